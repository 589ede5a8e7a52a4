"""Accounting against Google's dp-accounting and closed forms, calibration of chains, groups and shares."""

from __future__ import annotations

import math

import dp_accounting
import pytest
from dp_accounting.pld import PLDAccountant
from dp_accounting.rdp import RdpAccountant

from ppml_core.accounting.accountants import ACCOUNTANTS, gdp, mu_of_events, pld, pure, rdp, zcdp
from ppml_core.accounting.calibration import calibrate, for_groups, split_budget, subsampled_noise_multiplier
from ppml_core.accounting.events import (
    Composition,
    Event,
    Gaussian,
    Laplace,
    PureEpsilon,
    Selection,
    SubsampledGaussian,
)
from ppml_core.accounting.gaussian import delta_of, epsilon_of, mu_of
from ppml_core.accounting.selection import epsilon_of_selection
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.evidence import Guarantee

RATE = 512 / 32561


def steps(event: Event, count: int) -> Composition:
    return Composition(((event, count),))


@pytest.mark.parametrize(("z", "count"), [(28.9, 60), (5.0, 1), (87.05, 60), (0.7, 3)])
@pytest.mark.parametrize("delta", [1e-6, 1e-5, 1e-2])
def test_gaussian_noise_agrees_with_dp_accounting(z: float, count: int, delta: float) -> None:
    event = steps(Gaussian(noise_multiplier=z), count)
    theirs = dp_accounting.SelfComposedDpEvent(dp_accounting.GaussianDpEvent(z), count)
    exact = gdp(event, delta)
    assert exact == pytest.approx(epsilon_of(math.sqrt(count) / z, delta), rel=1e-12)
    assert delta_of(exact, mu_of_events(event)) == pytest.approx(delta, rel=1e-9)
    assert pld(event, delta) == pytest.approx(PLDAccountant().compose(theirs).get_epsilon(delta), rel=0.01)
    assert pld(event, delta) == pytest.approx(exact, rel=0.01, abs=1e-3)
    assert rdp(event, delta) == pytest.approx(RdpAccountant().compose(theirs).get_epsilon(delta), rel=1e-9)
    assert exact <= zcdp(event, delta) <= rdp(event, delta) * (1 + 1e-6) + 1e-9


@pytest.mark.parametrize(("epsilon", "by_pld"), [(0.3, 4.594), (1.0, 1.702), (3.0, 0.906)])
def test_subsampled_noise_agrees_with_what_was_measured(epsilon: float, by_pld: float) -> None:
    z = subsampled_noise_multiplier(epsilon, 1e-5, 640, RATE)
    assert z == pytest.approx(by_pld, rel=0.003)
    event = steps(SubsampledGaussian(noise_multiplier=z, rate=RATE), 640)
    theirs = dp_accounting.SelfComposedDpEvent(
        dp_accounting.PoissonSampledDpEvent(RATE, dp_accounting.GaussianDpEvent(z)), 640
    )
    reference = PLDAccountant(value_discretization_interval=1e-4).compose(theirs).get_epsilon(1e-5)
    assert pld(event, 1e-5) == pytest.approx(reference, rel=0.01)
    assert pld(event, 1e-5) <= epsilon
    assert rdp(event, 1e-5) > pld(event, 1e-5)


def test_pure_epsilons_add_up_however_often_they_are_composed() -> None:
    """dp-accounting 0.6.0 counts a composed randomized response once; ours does not."""
    event = steps(PureEpsilon("replace_one", 1.0), 10)
    assert pure(event, 0.0) == 10.0
    assert 5 < pld(event, 1e-5) <= 10.0
    theirs = dp_accounting.SelfComposedDpEvent(dp_accounting.RandomizedResponseDpEvent(2 / (1 + math.e), 2), 10)
    relation = dp_accounting.NeighboringRelation.REPLACE_ONE
    assert PLDAccountant(neighboring_relation=relation).compose(theirs).get_epsilon(1e-5) < 1.01
    laplace = steps(Laplace(noise_multiplier=2.0), 10)
    known = dp_accounting.SelfComposedDpEvent(dp_accounting.LaplaceDpEvent(2.0), 10)
    assert pld(laplace, 1e-5) == pytest.approx(PLDAccountant().compose(known).get_epsilon(1e-5), rel=0.01)
    assert pure(laplace, 0.0) == 5.0


def test_a_chain_of_several_mechanisms_is_calibrated_as_a_whole() -> None:
    def chain(z: float) -> Composition:
        return Composition(((Laplace(noise_multiplier=10.0), 1), (Gaussian(noise_multiplier=z), 20)))

    z = calibrate(chain, 1.0, 1e-6)
    assert pld(chain(z), 1e-6) <= 1.0 < pld(chain(z * 0.999), 1e-6)


@pytest.mark.parametrize("epsilon", [1e-3, 1e3])
def test_budgets_at_the_ends_are_calibrated(epsilon: float) -> None:
    z = subsampled_noise_multiplier(epsilon, 1e-6, 50, 0.1)
    assert 0 < z < math.inf
    assert pld(steps(SubsampledGaussian(noise_multiplier=z, rate=0.1), 50), 1e-6) <= epsilon


def test_what_an_accountant_does_not_cover_is_said() -> None:
    gaussian, sampled = Gaussian(noise_multiplier=2.0), SubsampledGaussian(noise_multiplier=2.0, rate=0.1)
    for name, event in (("pure", gaussian), ("gdp", sampled), ("gdp", Laplace()), ("zcdp", sampled)):
        with pytest.raises(NotApplicable):
            ACCOUNTANTS[name](event, 1e-5)
    for name in ("pld", "rdp"):
        with pytest.raises(NotApplicable, match="adding or removing"):
            ACCOUNTANTS[name](SubsampledGaussian("replace_one", 2.0, 0.1), 1e-5)


@pytest.mark.parametrize(("mu", "runs"), [(0.1, 5.0), (0.3, 10.0), (0.05, 20.0), (1.0, 3.0), (2.0, 50.0)])
def test_a_selection_costs_what_its_own_proof_says(mu: float, runs: float) -> None:
    """Worked out here and by dp-accounting on its coarser orders, which only make it dearer."""
    found = rdp(Selection(noise_multiplier=1 / mu, expected_runs=runs), 1e-5)
    assert epsilon_of_selection(mu, runs, 1e-5) <= found * (1 + 1e-4)
    assert found == pytest.approx(epsilon_of_selection(mu, runs, 1e-5), rel=0.05)


def test_a_selection_adds_to_what_was_spent_before() -> None:
    chosen, noise = Selection(noise_multiplier=5.0, expected_runs=10.0), Gaussian(noise_multiplier=5.0)
    both = rdp(Composition(((chosen, 1), (noise, 3))), 1e-5)
    assert max(rdp(chosen, 1e-5), rdp(Composition(((noise, 3),)), 1e-5)) < both
    assert both < rdp(chosen, 5e-6) + rdp(Composition(((noise, 3),)), 5e-6)
    for name in ("pure", "zcdp", "gdp", "pld"):
        with pytest.raises(NotApplicable):
            ACCOUNTANTS[name](chosen, 1e-5)
    with pytest.raises(BadInput):
        Selection(expected_runs=0.5)


def test_relations_are_never_mixed() -> None:
    with pytest.raises(NotApplicable, match="do not add up"):
        Composition(((Gaussian(), 1), (Gaussian("replace_one"), 1)))
    for odd in (lambda: Gaussian(noise_multiplier=0), lambda: SubsampledGaussian(rate=2), lambda: Composition(())):
        with pytest.raises(BadInput):
            odd()


def test_a_person_with_several_records_is_promised_less() -> None:
    gaussian = Guarantee(1.0, 1e-5, "add_or_remove_one", mu=mu_of(1.0, 1e-5))
    grouped = for_groups(gaussian, 3)
    assert grouped.mu == pytest.approx(3 * mu_of(1.0, 1e-5))
    assert grouped.epsilon == pytest.approx(epsilon_of(3 * mu_of(1.0, 1e-5), 1e-5))
    assert grouped.unit == "person with up to 3 records"
    plain = for_groups(Guarantee(0.5, 1e-6, "replace_one"), 2)
    assert plain.epsilon == 1.0
    assert plain.delta == pytest.approx(1e-6 * (1 + math.exp(0.5)))
    with pytest.raises(NotApplicable):
        for_groups(Guarantee(5.0, 1e-3, "replace_one"), 9)


def test_shares_of_a_budget_cost_the_whole() -> None:
    mus = split_budget(0.5, {"tables": 1, "model": 2}, gaussian=True)
    assert math.hypot(*mus.values()) == pytest.approx(0.5)
    assert sum(split_budget(2.0, {"a": 1, "b": 1, "c": 2}, gaussian=False).values()) == pytest.approx(2.0)
    with pytest.raises(BadInput):
        split_budget(1.0, {"a": 0.0, "b": 1.0}, gaussian=True)
