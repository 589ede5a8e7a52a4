"""What every restriction of queries owes, proved once over all of them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from ppml_core.catalog import methods
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput
from ppml_core.queries.desk import Answer, RestrictedDesk
from ppml_core.queries.engine import Engine
from ppml_core.queries.policies.base import Policy
from ppml_core.queries.query import EVERYONE, And, Compare, Not, Query
from ppml_core.settings import settings_of

POLICIES = methods(Policy)
HIGH, FEW = Compare("systolic_bp", ">=", 130), And((Compare("systolic_bp", ">=", 190), Compare("sex", "=", "female")))
ILL = Compare("readmitted", "=", "yes")
QUERIES = [
    Query("count", None, where) for where in (EVERYONE, HIGH, Not(HIGH), FEW, And((HIGH, ILL)), HIGH)
] + [Query("count", group_by=("sex",)), Query("mean", "systolic_bp", HIGH), Query("sum", "systolic_bp")]  # fmt: skip

each = pytest.mark.parametrize("name", POLICIES)


@pytest.fixture(scope="module")
def clinic() -> Dataset:
    return load("clinic")


@pytest.fixture(scope="module")
def engine(clinic: Dataset) -> Engine:
    return Engine(clinic)


@pytest.fixture(scope="module")
def turned(clinic: Dataset) -> Engine:
    """The same people, each with another's secret."""
    table = clinic.table.copy()
    secret = str(clinic.schema.target)
    table[secret] = table[secret].to_numpy()[np.random.default_rng(1).permutation(len(table))]
    return Engine(dataclasses.replace(clinic, table=table))


def answers(engine: Engine, name: str, seed: int = 3) -> list[Answer]:
    """Everything asked of one desk by one analyst, in order."""
    desk = RestrictedDesk(engine, (POLICIES[name](),), np.random.default_rng(seed))
    return [desk.ask(query) for query in QUERIES]


@each
def test_it_answers_or_says_why_not_and_the_same_seed_says_the_same(name: str, engine: Engine, clinic: Dataset) -> None:
    before = clinic.table.copy(deep=True)
    first = answers(engine, name)
    assert first == answers(engine, name)
    assert any(answer.allowed for answer in first)
    for answer in first:
        assert answer.allowed or (answer.why and not answer.cells)
        assert [ruling.policy for ruling in answer.rulings] == [name]
    pd.testing.assert_frame_equal(clinic.table, before)


@each
def test_a_decision_on_public_ground_is_the_same_whatever_the_secrets(
    name: str, engine: Engine, turned: Engine
) -> None:
    """What an analyst could have foretold tells nothing: the secrets may change places and nothing is decided anew."""
    for here, there in zip(answers(engine, name), answers(turned, name), strict=True):
        if here.rulings[0].decision.rests_on == "public":
            assert here.allowed == there.allowed
        else:
            assert here.leaks


@each
def test_settings_out_of_range_are_refused_by_name_and_it_has_a_short_name(name: str) -> None:
    for field, declared in settings_of(POLICIES[name]).items():
        if declared.low is not None:
            with pytest.raises(BadInput, match=field):
                POLICIES[name](**{field: int(declared.low) - 1 if declared.type == "int" else declared.low / 2 - 1})
    assert POLICIES[name].title in POLICIES[name]().short()
