"""Masks of a deployed secure sum: uniform, from the whole seed, and nothing is cut or wraps around."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ppml_core.errors import BadInput, NotApplicable
from ppml_core.federated.deploy.limits import MOST_NODES, refuse
from ppml_core.federated.deploy.masks import check_cut, mask, precision
from ppml_core.federated.plan import Plan


def test_masks_are_uniform_and_each_bit_of_the_seed_matters() -> None:
    seed = bytes(range(32))
    (drawn,) = mask(seed, 2**32, [(100_000,)])
    assert drawn.min() >= 0
    assert drawn.max() < 2**32
    counts = np.bincount(drawn >> 26, minlength=64)
    assert stats.chisquare(counts).pvalue > 1e-4
    for place in (0, 4, 28, 31):
        other = seed[:place] + bytes([seed[place] ^ 1]) + seed[place + 1 :]
        assert (mask(other, 2**32, [(50,)])[0] != drawn[:50]).all()


def test_seeds_that_flower_folds_together_give_unlike_masks() -> None:
    """XOR of the eight words is all that Flower 1.41 keeps of a seed: here both words are swapped."""
    first, second = bytes([1] * 4 + [2] * 4 + [0] * 24), bytes([2] * 4 + [1] * 4 + [0] * 24)
    assert (mask(first, 2**32, [(50,)])[0] != mask(second, 2**32, [(50,)])[0]).all()


@given(st.integers(3, MOST_NODES))
def test_a_sum_of_all_clients_does_not_wrap(clients: int) -> None:
    assert clients * precision(clients) < 2**32


def test_an_update_that_is_no_number_or_has_too_many_rows_is_refused() -> None:
    with pytest.raises(BadInput, match="would be cut"):
        check_cut(np.array([np.nan]), 1, 1.0, 8.0)
    with pytest.raises(BadInput, match="rows"):
        check_cut(np.array([0.0]), 1001, 1000.0, 8.0)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"clients": MOST_NODES + 1}, "at most"),
        ({"dropout": 0.2}, "one process only"),
        ({"dp": "distributed", "secagg": True}, "rounds after the clients' noise"),
        ({"secagg": True, "poisson": True}, "fixed number"),
    ],
)
def test_what_cannot_be_deployed_is_told_before_anything_starts(settings: dict[str, object], said: str) -> None:
    with pytest.raises((BadInput, NotApplicable), match=said):
        refuse(Plan(**settings))  # type: ignore[arg-type]
