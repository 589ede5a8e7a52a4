"""What every attack on a desk owes, proved once over all of them."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from ppml_core.catalog import methods
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.queries.attacks.base import Outcome, QueryAttack
from ppml_core.queries.attacks.channels import attacked, game_of
from ppml_core.queries.desk import read_policies

ATTACKS = methods(QueryAttack)
# Fewer people and questions than by default, where an attack has a number of them.
SMALLER = {"people": 10, "queries": 30, "repeats": 10}
EPSILON = 1.0

each = pytest.mark.parametrize("name", ATTACKS)


@pytest.fixture(scope="module")
def clinic() -> Dataset:
    return load("clinic")


def run(data: Dataset, name: str, *policies: str, epsilon: float | None = None, trials: int = 3) -> Outcome:
    cls = ATTACKS[name]
    attack = cls.from_values({setting: value for setting, value in SMALLER.items() if setting in cls().values()})
    return attacked(attack, game_of(data, read_policies(policies), epsilon), trials, seed=5)


@each
def test_an_unprotected_desk_tells_everything_and_the_table_stays_as_it_was(name: str, clinic: Dataset) -> None:
    before = clinic.table.copy(deep=True)
    found = run(clinic, name)
    assert (found.success.value, found.denied, found.bound) == (1.0, 0, None)
    assert found.success.low < 1.0 == found.success.high
    assert found.success.covers
    assert found.guessing == 0.5
    assert 1 <= found.queries <= found.most_queries
    assert found.log[0][1] is not None
    pd.testing.assert_frame_equal(clinic.table, before)


@each
def test_the_same_seed_gives_the_same_outcome(name: str, clinic: Dataset) -> None:
    first, second = (run(clinic, name, "fresh_noise=1", "random_sample=.9", trials=2) for _ in range(2))
    assert first == second


@each
def test_within_a_budget_its_success_covers_no_more_than_the_budget_allows(name: str, clinic: Dataset) -> None:
    found = run(clinic, name, epsilon=EPSILON, trials=4)
    assert found.bound == pytest.approx(math.exp(EPSILON) / (1 + math.exp(EPSILON)))
    assert found.epsilon == EPSILON
    assert found.success.low <= found.bound
    assert found.predicted is None or 0.5 <= found.predicted <= found.bound + 1e-9
