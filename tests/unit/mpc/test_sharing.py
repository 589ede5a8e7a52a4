"""Secret sharing in the small: what it takes to know, and what less tells."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from ppml_core.errors import BadInput
from ppml_core.mpc.sharing import (
    P,
    additive_secret,
    additive_shares,
    beaver_product,
    bgw_product,
    shamir_secret,
    shamir_secrets_that_fit,
    shamir_shares,
)

secrets = st.integers(0, P - 1)
seeds = st.integers(0, 2**32)


@given(secrets, secrets, st.integers(2, 6), seeds)
def test_shares_of_a_sum_are_sums_of_shares(a: int, b: int, parties: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    pairs = zip(additive_shares(a, parties, rng), additive_shares(b, parties, rng), strict=True)
    assert additive_secret([left + right for left, right in pairs]) == (a + b) % P


@given(secrets, st.integers(1, 6), seeds, st.data())
def test_any_threshold_and_one_give_the_secret(secret: int, parties: int, seed: int, data: st.DataObject) -> None:
    threshold = data.draw(st.integers(0, parties - 1))
    cut = shamir_shares(secret, parties, threshold, np.random.default_rng(seed))
    for who in combinations(cut, threshold + 1):
        assert shamir_secret({party: cut[party] for party in who}, threshold) == secret


def test_as_many_as_the_threshold_fit_every_secret() -> None:
    cut = shamir_shares(7, 3, 1, np.random.default_rng(1))
    everything = range(100)
    for party in cut:
        one = {party: cut[party]}
        assert shamir_secrets_that_fit(one, 1, everything) == list(everything)
        with pytest.raises(BadInput, match="fits every secret"):
            shamir_secret(one, 1)
    assert shamir_secrets_that_fit({1: cut[1], 3: cut[3]}, 1, everything) == [7]


@pytest.mark.parametrize("secret", [0, 1, P - 1])
def test_what_one_party_holds_is_uniform_whatever_the_secret(secret: int) -> None:
    rng = np.random.default_rng(5)
    for party in range(3):
        additive = [additive_shares(secret, 3, rng)[party] for _ in range(2000)]
        shamir = [shamir_shares(secret, 3, 1, rng)[party + 1] for _ in range(2000)]
        for held in (additive, shamir):
            assert chisquare(np.histogram(held, bins=20, range=(0, P))[0]).pvalue > 1e-4


def test_two_of_three_additive_shares_are_independent_of_the_secret() -> None:
    rng = np.random.default_rng(6)
    for left, right in combinations(range(3), 2):
        cells = np.zeros((5, 5))
        for _ in range(5000):
            cut = additive_shares(42, 3, rng)
            cells[cut[left] * 5 // P, cut[right] * 5 // P] += 1
        assert chisquare(cells.ravel()).pvalue > 1e-4


@given(secrets, secrets, seeds)
def test_products_on_shares(a: int, b: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    shared = bgw_product(shamir_shares(a, 3, 1, rng), shamir_shares(b, 3, 1, rng), 1, rng)
    for who in combinations(shared, 2):
        assert shamir_secret({party: shared[party] for party in who}, 1) == a * b % P
    x, y = (int(drawn) for drawn in rng.integers(P, size=2))
    triple = (additive_shares(x, 3, rng), additive_shares(y, 3, rng), additive_shares(x * y % P, 3, rng))
    assert additive_secret(beaver_product(additive_shares(a, 3, rng), additive_shares(b, 3, rng), triple)) == a * b % P


def test_a_product_needs_an_honest_majority() -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(BadInput, match="takes 5 parties, not 3"):
        bgw_product(shamir_shares(1, 3, 2, rng), shamir_shares(1, 3, 2, rng), 2, rng)
