"""Lower bounds of epsilon: known answers, directions in which they move, and how often a true claim is contradicted."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ppml_core.accounting.curves import highest_tpr
from ppml_core.accounting.gaussian import epsilon_of, mu_of
from ppml_core.attacks.audits.bounds import (
    epsilon_from_rates,
    highest_share,
    lowest_fpr,
    lowest_share,
    mu_from_rates,
)
from ppml_core.attacks.audits.one_run import (
    contradicts,
    curve_contradicted,
    epsilon_bound,
    gaussian_bound,
    guesses_for,
    one_run_audit,
    p_value,
)
from ppml_core.attacks.audits.two_world import two_world_audit
from ppml_core.errors import BadInput
from ppml_core.evidence import Guarantee

DELTA = 1e-5
CANARIES = 1000
PURE = Guarantee(1.0, 0.0, "replace_one")


def gaussian(epsilon: float) -> Guarantee:
    return Guarantee(epsilon, DELTA, "add_or_remove_one", mu=mu_of(epsilon, DELTA))


def test_clopper_pearson_is_the_textbooks() -> None:
    """8 of 10, two-sided 95 %: .444 to .975 (Clopper, Pearson 1934)."""
    assert float(lowest_share(8, 10, 0.025)) == pytest.approx(0.4439, abs=1e-4)
    assert float(highest_share(8, 10, 0.025)) == pytest.approx(0.9748, abs=1e-4)
    assert float(highest_share(10, 10, 0.025)) == 1
    assert float(lowest_share(0, 10, 0.025)) == 0


@pytest.mark.parametrize("claim", [PURE, Guarantee(2.0, 0.01, "replace_one"), gaussian(4.0)])
def test_rates_on_the_claims_own_curve_give_the_claim_back(claim: Guarantee) -> None:
    fpr = np.linspace(0.001, 0.9, 50)
    tpr = highest_tpr(claim, fpr)
    assert np.allclose(lowest_fpr(claim, tpr), fpr)
    if claim.mu is not None:
        assert np.allclose(mu_from_rates(tpr, fpr), claim.mu)
        assert (epsilon_from_rates(tpr, fpr, claim.delta) <= claim.epsilon).all()
    else:
        assert np.allclose(epsilon_from_rates(tpr, fpr, claim.delta), claim.epsilon)


def test_guessing_bounds_nothing() -> None:
    assert float(epsilon_from_rates(0.3, 0.3, 0.0)) == 0
    assert float(mu_from_rates(0.3, 0.3)) == 0
    assert float(epsilon_from_rates(0.0, 0.0, 0.0)) == 0
    assert math.isinf(float(epsilon_from_rates(1.0, 0.0, 0.0)))


def test_the_one_run_theorem_at_delta_0_is_a_binomial_tail() -> None:
    assert p_value(60, 100, 500, 0.0, 0.0) == pytest.approx(0.02844, abs=1e-5)
    assert p_value(0, 100, 500, 1.0, 0.0) == 1
    assert p_value(100, 100, 500, 1.0, 0.0) == pytest.approx((math.e / (1 + math.e)) ** 100)


def test_delta_costs_what_the_theorem_says() -> None:
    """v = r = 1, epsilon 0: P[W >= 1] is a half, and 2 m delta times P[W = 0] is added."""
    assert p_value(1, 1, 10, 0.0, 0.01) == pytest.approx(0.5 + 2 * 10 * 0.01 * 0.5)


def test_bounds_move_as_they_must() -> None:
    more = [epsilon_bound(right, 200, CANARIES, DELTA, 0.05) for right in (100, 130, 160, 190)]
    curve = [gaussian_bound(right, 200, CANARIES, DELTA, 0.05) for right in (100, 130, 160, 190)]
    for bounds in (more, curve):
        assert bounds == sorted(bounds)
        assert bounds[0] == 0
        assert bounds[-1] > 1
    assert epsilon_bound(160, 200, CANARIES, DELTA, 0.001) < more[2]
    assert epsilon_bound(160, 200, CANARIES, 1e-3, 0.05) < more[2]
    assert gaussian_bound(160, 200, CANARIES, DELTA, 0.001) < curve[2]


def test_the_curve_of_a_pair_says_no_less_than_nothing() -> None:
    """By the curve of (epsilon, 0) the recursion finds randomized response, as the other theorem does."""

    def inverse(rate: float) -> float:
        return float(lowest_fpr(PURE, rate))

    for right in (70, 75, 80, 85, 90):
        by_tail = p_value(right, 100, 100, 1.0, 0.0) <= 0.05
        assert not curve_contradicted(right, 100, 100, inverse, 0.05) or by_tail
    assert curve_contradicted(90, 100, 100, inverse, 0.05)


@pytest.mark.parametrize(
    ("epsilon", "pair", "curve"),
    [(1.0, (0.05, 0.4), (0.1, 0.5)), (4.0, (1.2, 1.7), (1.8, 2.5)), (8.0, (2.4, 3.1), (4.0, 5.1))],
)
def test_known_answers_of_one_run(epsilon: float, pair: tuple[float, float], curve: tuple[float, float]) -> None:
    """The Gaussian mechanism, 1,000 canaries, 95 %: about .15 / 1.4 / 2.9 by the pair, .20 / 2.0 / 4.8 by the curve."""
    claim, rng = gaussian(epsilon), np.random.default_rng(2)
    mu = mu_of(epsilon, DELTA)
    few, many = guesses_for(claim, CANARIES)
    found = []
    for _ in range(8):
        coins = rng.random(CANARIES) < 0.5
        order = np.argsort(-(rng.normal(0, 1, CANARIES) + mu * coins))
        right = [int(coins[order[: n // 2]].sum() + (~coins[order[-n // 2 :]]).sum()) for n in (few, many)]
        found.append(
            (
                epsilon_bound(right[0], few, CANARIES, DELTA, 0.05),
                gaussian_bound(right[1], many, CANARIES, DELTA, 0.05),
            )
        )
    told = np.mean(found, axis=0)
    assert pair[0] < told[0] < pair[1]
    assert curve[0] < told[1] < curve[1]
    assert told[0] < told[1] < epsilon


def test_two_worlds_of_the_gaussian_mechanism() -> None:
    """Ten thousand draws in each world, 95 %: about .70, 3.6, 7.5 with the Gaussian fit, never above the claim."""
    rng = np.random.default_rng(4)
    for epsilon, least in ((1.0, 0.6), (4.0, 3.3), (8.0, 6.8)):
        claim = gaussian(epsilon)
        found = two_world_audit(rng.normal(0, 1, 10_000), rng.normal(mu_of(epsilon, DELTA), 1, 10_000), claim, 0.05)
        assert found.gaussian_bound is not None
        assert least < found.gaussian_bound < epsilon
        assert found.lower_bound < found.gaussian_bound
        assert not found.contradicted


@pytest.mark.parametrize("mu", [1.0, 2.0])
def test_one_run_contradicts_a_true_claim_rarely_and_a_false_one_often(mu: float) -> None:
    """A claim of mu = 1 with 1,000 canaries: true in at most 5 of 100 audits contradicted, half the noise in most."""
    claim = Guarantee(epsilon_of(1.0, DELTA), DELTA, "add_or_remove_one", mu=1.0)
    rng = np.random.default_rng(6)
    guesses = guesses_for(claim, CANARIES)[1]
    coins = rng.random((100, CANARIES)) < 0.5
    order = np.argsort(-(rng.normal(0, 1, coins.shape) + mu * coins), axis=1)
    sorted_coins = np.take_along_axis(coins, order, axis=1)
    right = sorted_coins[:, : guesses // 2].sum(axis=1) + (~sorted_coins[:, -guesses // 2 :]).sum(axis=1)
    told = sum(contradicts(int(hits), guesses, CANARIES, claim, 0.05) for hits in right)
    assert told <= 5 if mu == 1 else told >= 80


def test_one_run_on_exact_randomized_response() -> None:
    """Each coin told with chance e/(1 + e): a claim met with equality, contradicted in at most 5 % of 200 audits."""
    rng = np.random.default_rng(8)
    told = 0
    for _ in range(200):
        coins = rng.random(CANARIES) < 0.5
        answers = np.where(rng.random(CANARIES) < math.e / (1 + math.e), coins, ~coins)
        told += one_run_audit(answers + 1e-3 * rng.random(CANARIES), coins, PURE).contradicted
    assert told <= 10


@pytest.mark.parametrize("epsilon", [0.5, 1.0, 3.0])
def test_exact_laplace_and_randomized_response_pass(epsilon: float) -> None:
    """Negative controls: a Gaussian fit would read four to five times the epsilon."""
    rng, claim = np.random.default_rng(9), Guarantee(epsilon, 0.0, "replace_one")
    honest = np.exp(epsilon) / (1 + np.exp(epsilon))
    audits = []
    for _ in range(40):
        audits.append(two_world_audit(rng.laplace(0, 1 / epsilon, 1000), rng.laplace(1, 1 / epsilon, 1000), claim))
        no, yes = rng.random(1000) > honest, rng.random(1000) < honest
        audits.append(two_world_audit(no.astype(float), yes.astype(float), claim))
    assert sum(one.contradicted for one in audits) <= 2
    assert sum(one.lower_bound > epsilon for one in audits) <= 2
    assert all(one.gaussian_bound is None for one in audits)


def test_power_and_error_of_two_worlds_are_as_stated() -> None:
    """At mu = 1 and the error of one audit of the suite: true noise never in 40, half of it in at least 36 of 40."""
    rng, claim = np.random.default_rng(5), Guarantee(epsilon_of(1.0, DELTA), DELTA, "add_or_remove_one", mu=1.0)

    def caught(mu: float) -> int:
        return sum(
            two_world_audit(rng.normal(0, 1, 600), rng.normal(mu, 1, 600), claim, error=1e-4).contradicted
            for _ in range(40)
        )

    assert caught(1.0) == 0
    assert caught(2.0) >= 36


def test_both_directions_are_tried() -> None:
    rng = np.random.default_rng(1)
    low, high = rng.normal(0, 1, 500), rng.normal(3, 1, 500)
    assert two_world_audit(low, high, PURE).contradicted
    assert two_world_audit(high, low, PURE).contradicted


def test_too_little_is_refused_in_words() -> None:
    with pytest.raises(BadInput, match="at least 20 runs"):
        two_world_audit(np.zeros(5), np.zeros(5), PURE)
    with pytest.raises(BadInput, match="at least 20 canaries"):
        one_run_audit(np.zeros(5), np.zeros(5, dtype=bool), PURE)
