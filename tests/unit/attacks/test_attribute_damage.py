"""Which columns do the damage: answers by hand, ARX's own figures, and plain pandas."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppml_core.attacks.attribute_damage import attribute_damage, distinction_separation
from ppml_core.attacks.reidentifying import reidentifying, with_every_column_known
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Column, Schema
from ppml_core.errors import BadInput

ROLES = {
    "age": "quasi_identifier",
    "sex": "quasi_identifier",
    "zip": "quasi_identifier",
    "pay": "feature",
    "ill": "sensitive",
}


def people(rows: list[tuple[str, str, str, str, str]]) -> Dataset:
    columns = {name: Column(role=role) for name, role in ROLES.items()}  # type: ignore[arg-type]
    return Dataset(pd.DataFrame(rows, columns=list(ROLES)), Schema(columns=columns, target="ill"))


FOUR = [
    ("1", "f", "A", "10", "no"),
    ("1", "m", "A", "10", "no"),
    ("2", "f", "A", "20", "yes"),
    ("2", "f", "A", "30", "yes"),
]


def test_by_hand() -> None:
    """The first two are told apart by sex alone, the last two by nothing: without sex nobody is unique."""
    sex, age, place = attribute_damage(people(FOUR))
    assert (sex.name, sex.unique_alone, sex.unique_without, sex.freed) == ("sex", 1, 0, 2)
    assert (age.name, age.unique_alone, age.unique_without, age.freed) == ("age", 0, 1, 1)
    assert (place.name, place.freed, place.separation) == ("zip", 0, 0.0)
    assert sex.separation == pytest.approx(3 / 6)


def test_a_kept_column_that_makes_people_unique_again_comes_first() -> None:
    first, second = reidentifying(people(FOUR))
    assert (first.column, first.unique_share_with, first.unique_share) == ("pay", 1.0, 0.5)
    assert (second.column, second.unique_share_with) == ("ill", 0.5)


def test_every_feature_can_be_taken_as_known() -> None:
    known = with_every_column_known(people(FOUR).schema)
    assert known.quasi_identifiers == ["age", "sex", "zip", "pay"]
    assert known["ill"].role == "sensitive"


def test_all_figures_of_arx(arx_oracle: Path) -> None:
    table = pd.read_csv(arx_oracle / "adult.csv", sep=";", dtype=str)
    data = Dataset(table, Schema(columns={name: Column(role="quasi_identifier") for name in table.columns}))
    expected = pd.read_csv(arx_oracle / "expected_attribute_risk.csv")
    assert len(expected) > 100
    for names, distinction, separation in expected.itertuples(index=False):
        found = distinction_separation(data, names.split("|"))
        assert found == pytest.approx((distinction, separation), abs=1e-9), names


def test_without_people_or_columns_it_is_a_sentence() -> None:
    with pytest.raises(BadInput, match="rows and a quasi-identifier"):
        attribute_damage(people([]))
    assert reidentifying(people([])) == ()


@given(st.lists(st.tuples(*[st.sampled_from("ab")] * 5), min_size=2, max_size=30))
def test_as_pandas_counts(rows: list[tuple[str, str, str, str, str]]) -> None:
    data = people(rows)
    known = ["age", "sex", "zip"]

    def unique(names: list[str]) -> int:
        return int((data.table.groupby(names).size() == 1).sum())

    for one in attribute_damage(data):
        others = [name for name in known if name != one.name]
        assert (one.unique_alone, one.unique_without) == (unique([one.name]), unique(others))
        assert one.freed == unique(known) - unique(others)
    for kept in reidentifying(data):
        assert kept.unique_share_with * len(rows) == pytest.approx(unique([*known, kept.column]))


def test_adult_is_given_away_by_age_first() -> None:
    found = attribute_damage(load("adult"))
    assert found[0].name == "age"
    assert found[0].freed > 5_000
