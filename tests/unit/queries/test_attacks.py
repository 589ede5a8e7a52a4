"""Attacks find what they should where nothing protects, and guess where something does; heavy figures are slow."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ppml_core.catalog import methods
from ppml_core.data.dataset import Dataset
from ppml_core.errors import NotApplicable
from ppml_core.queries.attacks.average import Average
from ppml_core.queries.attacks.base import Outcome, QueryAttack, chance_below
from ppml_core.queries.attacks.channels import attacked, game_of, secret_of
from ppml_core.queries.attacks.difference import Difference
from ppml_core.queries.attacks.general_tracker import GeneralTracker
from ppml_core.queries.attacks.reconstruct import Reconstruct
from ppml_core.queries.attacks.tracker import Tracker
from ppml_core.queries.desk import read_policies


def run(data: Dataset, attack: QueryAttack, *policies: str, epsilon: float | None = None, trials: int = 40) -> Outcome:
    return attacked(attack, game_of(data, read_policies(policies), epsilon), trials, seed=5)


def test_the_tracker_gets_around_a_minimum_size_in_three_answers(clinic: Dataset) -> None:
    """Must show 1: at most 8 allowed queries isolate a person where no set may be smaller than 50."""
    for attack in (Tracker(), GeneralTracker(), Difference()):
        found = run(clinic, attack, "min_size=50", trials=20)
        assert found.success.low > 0.7
        assert found.success.value >= 0.9
        assert found.most_queries <= 8
        assert found.denied > 0


def test_auditing_denies_the_query_that_would_complete_it(clinic: Dataset) -> None:
    for attack in (Tracker(), Difference()):
        found = run(clinic, attack, "min_size=50", "sum_audit", trials=10)
        assert found.denied >= 2
        assert found.success.low < 0.5 < found.success.high


def test_the_exact_chances_of_the_issue() -> None:
    """ε = 1 in one count .697, two differenced counts of ½ each .562, ε = .1 in one count .524."""
    assert chance_below(1.0, 1, 0.5) == pytest.approx(1 - math.exp(-0.5) / 2, abs=1e-9)
    assert round(chance_below(1.0, 1, 0.5), 3) == 0.697
    assert round(chance_below(2.0, 2, 0.5), 3) == 0.562
    assert round(chance_below(10.0, 1, 0.5), 3) == 0.524
    rng = np.random.default_rng(1)
    for draws, scale, margin in ((4, 3.0, 0.5), (50, 1.0, 6.0)):
        sums = rng.laplace(scale=scale, size=(100_000, draws)).sum(axis=1)
        assert chance_below(scale, draws, margin) == pytest.approx((sums < margin).mean(), abs=0.006)


def test_a_budget_bounds_the_attacker(clinic: Dataset) -> None:
    for attack, wanted in ((Tracker(), 0.697), (Difference(), 0.562)):
        found = run(clinic, attack, epsilon=1.0, trials=120)
        assert found.predicted == pytest.approx(wanted, abs=5e-4)
        assert found.success.value == pytest.approx(wanted, abs=3.5 * math.sqrt(0.25 / 120))
        assert found.bound == pytest.approx(math.e / (1 + math.e))


def test_averaging_wins_against_fresh_noise_and_not_against_a_budget(clinic: Dataset) -> None:
    blurred = run(clinic, Average(repeats=1), "fresh_noise=1.5", trials=60)
    averaged = run(clinic, Average(repeats=200), "fresh_noise=1.5", trials=25)
    assert averaged.success.value > 0.9 > blurred.success.value
    assert averaged.predicted is not None
    assert averaged.success.low <= averaged.predicted <= averaged.success.high
    budgeted = run(clinic, Average(repeats=20), epsilon=1.0, trials=60)
    assert budgeted.predicted == pytest.approx(chance_below(20.0, 20, 10.0))
    assert budgeted.success.low <= budgeted.predicted <= budgeted.success.high


def test_a_small_reconstruction(clinic: Dataset) -> None:
    attack = Reconstruct(people=20, queries=80)
    assert run(clinic, attack, trials=1).success.value == 1.0
    blurred = run(clinic, attack, "fresh_noise=20", trials=2)
    assert blurred.success.value < 0.8
    budgeted = run(clinic, attack, epsilon=4.0, trials=2)
    assert budgeted.queries == 80
    assert budgeted.predicted == pytest.approx(blurred.predicted, abs=0.05)


def test_a_table_without_anybody_to_attack_says_so(clinic: Dataset) -> None:
    nobody = clinic.with_schema(clinic.schema.with_quasi_identifiers([]))
    with pytest.raises(NotApplicable):
        run(nobody, Tracker())
    with pytest.raises(NotApplicable):
        run(clinic, Reconstruct(people=1999))
    assert secret_of(clinic).text() == "readmitted = yes"


@pytest.mark.parametrize("cls", methods(QueryAttack).values(), ids=list(methods(QueryAttack)))
def test_a_page_waits_for_no_more_trials_than_a_command(cls: type[QueryAttack]) -> None:
    assert 1 <= cls.quick_trials <= cls.trials
