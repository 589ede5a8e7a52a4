"""What every attack owes, proved once over all of them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.transforms.full_domain import FullDomain
from ppml_core.anonymize.transforms.local import Local
from ppml_core.attacks.base import Attack
from ppml_core.attacks.table_attack import TableAttack
from ppml_core.catalog import methods
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput
from ppml_core.experiment.needs import need_of
from ppml_core.settings import settings_of

ATTACKS = methods(Attack)
ON_TABLES = {name: cls for name, cls in ATTACKS.items() if issubclass(cls, TableAttack)}
KNOWN, SECRET = ["age", "housing"], "savings"

each = pytest.mark.parametrize("name", ATTACKS)
each_on_tables = pytest.mark.parametrize("name", ON_TABLES)


@pytest.fixture(scope="module")
def sides() -> tuple[Dataset, Dataset]:
    data = load("german_credit")
    schema = data.schema.with_quasi_identifiers(KNOWN)
    roles = dict.fromkeys(schema.with_role("sensitive"), "feature") | {SECRET: "sensitive"}
    changed = {name: dataclasses.replace(schema[name], role=role) for name, role in roles.items()}
    data = data.with_schema(schema.replace_columns(changed))
    return data.take(np.arange(120)), data.take(np.arange(120, 240))


def made_for(cls: type[TableAttack]) -> Anonymizer:
    """A method whose releases the attack is about: one that keeps models and leaves nobody out, where it asks that."""
    if cls.decided:
        return FullDomain(k=2, models="distinct_l_diversity(l=2)", suppression_limit=0.0)
    return Local(k=3)


@each
def test_it_names_what_it_finds_and_each_finding_can_be_needed(name: str) -> None:
    cls = ATTACKS[name]
    assert cls.against
    assert len(set(cls().measures())) == len(cls().measures()) >= 1
    for measure in cls().measures():
        axis = need_of(f"{measure}<=0.5").axis
        assert (axis.attack, axis.things) == (name, cls.against), measure


@each
def test_settings_out_of_range_are_refused_by_name(name: str) -> None:
    for field, declared in settings_of(ATTACKS[name]).items():
        beyond = [declared.low - 1] if declared.low is not None else []
        beyond += [declared.high * 2 + 1] if declared.high is not None else []
        for value in beyond:
            with pytest.raises(BadInput, match=field):
                ATTACKS[name].from_values({field: int(value) if declared.type == "int" else value})


@each_on_tables
def test_it_runs_alone_leaves_its_tables_alone_and_draws_the_same_again(
    name: str, sides: tuple[Dataset, Dataset]
) -> None:
    """With an interval of something named, within what its kind of number can be."""
    cls, (members, others) = ON_TABLES[name], sides
    method = made_for(cls)
    release = method.fit(members, np.random.default_rng(1))
    attack = cls.from_values(cls.decided_by(method.values()))
    tables = [members.table, others.table, release.release.table]
    before = [table.copy(deep=True) for table in tables]
    first, second = (
        attack.on(members, others, release.release, release.kept, np.random.default_rng(5)) for _ in range(2)
    )
    assert first == second
    for table, was in zip(tables, before, strict=True):
        pd.testing.assert_frame_equal(table, was)
    assert tuple(one.measure for one in first) == attack.measures()
    for finding in first:
        found = finding.estimate
        assert -1 <= found.low <= found.value <= found.high <= 1
        assert found.covers
        assert finding.unit
        assert finding.baseline is None or 0 <= finding.baseline <= 1
