"""The figures of attacks on the query desk, over enough trials to be held to them."""

from __future__ import annotations

import math

import pytest

from ppml_core.data.dataset import Dataset
from ppml_core.data.reading import read_dataset
from ppml_core.queries.attacks.average import Average
from ppml_core.queries.attacks.base import QueryAttack
from ppml_core.queries.attacks.channels import attacked, game_of
from ppml_core.queries.attacks.difference import Difference
from ppml_core.queries.attacks.reconstruct import Reconstruct
from ppml_core.queries.attacks.tracker import Tracker
from ppml_core.queries.desk import read_policies
from ppml_core.queries.noise import OpenDPNoise

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def clinic() -> Dataset:
    return read_dataset("clinic")


@pytest.mark.parametrize(
    ("attack", "epsilon", "chance"),
    [(Tracker(), 1.0, 0.697), (Difference(), 1.0, 0.562), (Tracker(), 0.1, 0.524), (Average(repeats=4), 1.0, None)],
)
def test_under_a_budget_success_is_the_exact_chance(
    clinic: Dataset, attack: QueryAttack, epsilon: float, chance: float | None
) -> None:
    """With OpenDP's own noise, from the operating system: five standard errors, once in two million by chance.

    The bound is held to the exact chance alone: where they are as near as .5250 and .5244, no figure of so many trials
    tells them apart.
    """
    trials = 1500
    found = attacked(attack, game_of(clinic, epsilon=epsilon, noise=lambda _: OpenDPNoise()), trials, seed=1)
    assert found.predicted is not None
    assert found.bound is not None
    assert chance is None or found.predicted == pytest.approx(chance, abs=5e-4)
    spread = math.sqrt(found.predicted * (1 - found.predicted) / trials)
    assert found.success.value == pytest.approx(found.predicted, abs=5 * spread)
    assert found.predicted <= found.bound


@pytest.mark.parametrize(
    ("policy", "trials", "low", "high"),
    [("", 2, 0.95, 1.0), ("fresh_noise=5", 5, 0.78, 0.86), ("fresh_noise=20", 5, 0.5, 0.66)],
)
def test_reconstruction_of_200_people_from_800_counts(
    clinic: Dataset, policy: str, trials: int, low: float, high: float
) -> None:
    """Must show 2: a balanced secret, least squares. Without noise nothing differs between trials."""
    game = game_of(clinic, read_policies([policy] if policy else []))
    found = attacked(Reconstruct(people=200, queries=800), game, trials, seed=1)
    assert low <= found.success.value <= high
    assert found.predicted == pytest.approx(found.success.value, abs=0.03)
    assert found.queries == 800


def test_the_budget_of_reconstruction_is_the_sum_of_its_queries(clinic: Dataset) -> None:
    """Scale 20 in 800 counts is ε = 40 in all, and does as well as fresh noise of that scale."""
    found = attacked(Reconstruct(people=200, queries=800), game_of(clinic, epsilon=40.0), 4, seed=1)
    assert found.queries == 800
    assert found.denied == 0
    assert found.success.value <= 0.66


def test_the_tracker_on_adult() -> None:
    adult = read_dataset("adult")
    found = attacked(Tracker(), game_of(adult, read_policies(["min_size=50"])), 40, seed=1)
    assert found.most_queries <= 8
    assert found.success.value >= 0.9
    audited = attacked(Tracker(), game_of(adult, read_policies(["min_size=50", "sum_audit"])), 20, seed=1)
    assert audited.denied >= 1
    assert audited.success.low < 0.5 < audited.success.high
