"""Gaussian accounting: known multipliers, round trips, and the two neighbouring relations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from ppml_core.accounting.gaussian import (
    as_add_or_remove_one,
    as_replace_one,
    delta_of,
    epsilon_of,
    mu_of,
    noise_multiplier,
    trade_off,
)
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.evidence import Guarantee

EPSILONS = st.floats(1e-3, 1e3)
DELTAS = st.floats(-12, -1).map(lambda exponent: 10.0**exponent)


@pytest.mark.parametrize(("epsilon", "z"), [(0.3, 87.05), (1.0, 28.90), (3.0, 10.77)])
def test_known_noise_multipliers(epsilon: float, z: float) -> None:
    assert noise_multiplier(epsilon, 1e-5, 60) == pytest.approx(z, abs=0.005)


@pytest.mark.parametrize(("epsilon", "mu"), [(0.1, 0.03252), (0.3, 0.08898), (1, 0.26805), (3, 0.71912), (10, 2.00045)])
def test_known_mu(epsilon: float, mu: float) -> None:
    assert mu_of(epsilon, 1e-5) == pytest.approx(mu, abs=6e-6)


@pytest.mark.parametrize(("epsilon", "mu"), [(0.0, 0.5), (0.5, 0.3), (1.0, 1.0), (4.0, 1.5), (0.01, 3.0)])
def test_delta_is_the_mass_by_which_one_normal_exceeds_the_other(epsilon: float, mu: float) -> None:
    exceeds = epsilon / mu + mu / 2
    area, _ = quad(
        lambda x: norm.pdf(x - mu) - math.exp(epsilon) * norm.pdf(x), exceeds, exceeds + 12, epsabs=1e-14, limit=200
    )
    assert delta_of(epsilon, mu) == pytest.approx(area, abs=1e-10)


@given(EPSILONS, DELTAS)
def test_budget_to_mu_and_back_never_promises_more(epsilon: float, delta: float) -> None:
    mu = mu_of(epsilon, delta)
    assert delta_of(epsilon, mu) <= delta
    assert delta_of(epsilon, mu) == pytest.approx(delta, rel=1e-7)
    assert epsilon_of(mu, delta) <= epsilon * (1 + 1e-9)
    assert epsilon_of(mu, delta) == pytest.approx(epsilon, rel=1e-5)


@given(EPSILONS, DELTAS, st.floats(1.01, 3.0))
def test_more_budget_gives_more_mu_and_more_steps_need_more_noise(epsilon: float, delta: float, factor: float) -> None:
    assert mu_of(epsilon * factor, delta) > mu_of(epsilon, delta)
    assert noise_multiplier(epsilon, delta, 40) == pytest.approx(2 * noise_multiplier(epsilon, delta, 10))


def test_replacing_is_adding_and_removing() -> None:
    ours = Guarantee(1.0, 1e-5, "add_or_remove_one", mu=mu_of(1.0, 1e-5))
    said = as_replace_one(ours)
    assert (said.neighbours, round(said.epsilon, 2)) == ("replace_one", 2.15)
    assert as_add_or_remove_one(said).epsilon == pytest.approx(1.0, rel=1e-6)
    assert as_replace_one(said) is said
    theirs = Guarantee(1.0, 1e-5, "replace_one", mu=mu_of(1.0, 1e-5))
    assert round(as_add_or_remove_one(theirs).epsilon, 2) == 0.47


def test_relations_without_a_known_curve() -> None:
    doubled = as_replace_one(Guarantee(0.5, 0.0, "add_or_remove_one"))
    assert (doubled.epsilon, doubled.delta) == (1.0, 0.0)
    with pytest.raises(NotApplicable):
        as_add_or_remove_one(Guarantee(1.0, 0.0, "replace_one"))
    with pytest.raises(NotApplicable):
        as_replace_one(Guarantee(100.0, 1e-5, "add_or_remove_one"))


def test_trade_off_passes_through_the_best_guess() -> None:
    fpr = np.linspace(0, 1, 1001)
    advantage = np.max(trade_off(fpr, 0.268) - fpr)
    assert 0.5 + advantage / 2 == pytest.approx(norm.cdf(0.134), abs=1e-6)
    assert trade_off(np.array([0.0, 1.0]), 1.0).tolist() == [0.0, 1.0]


@pytest.mark.parametrize(("epsilon", "delta"), [(0.0, 1e-5), (math.inf, 1e-5), (1.0, 0.0), (1.0, 1.0)])
def test_impossible_budgets_are_refused(epsilon: float, delta: float) -> None:
    with pytest.raises(BadInput):
        mu_of(epsilon, delta)
