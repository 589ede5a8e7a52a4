"""Suppressed rows of a table that was a release: found by hand, in every kind of column, and never one class."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppml_core.anonymize.transforms.full_domain import FullDomain
from ppml_core.attacks.linkage import risk_of_counts, risk_report
from ppml_core.data.bundled import load
from ppml_core.data.counts import count_table
from ppml_core.data.dataset import Dataset
from ppml_core.data.export import spreadsheet_csv
from ppml_core.data.reading import read_dataset
from ppml_core.data.schema import Column, Schema
from ppml_core.data.starred import starred_rows

SCHEMA = Schema(
    columns={
        "age": Column(role="quasi_identifier"),
        "sex": Column(role="quasi_identifier"),
        "pay": Column(role="feature"),
        "ill": Column(role="sensitive"),
    }
)


def people(rows: list[tuple[str | None, str | None, str, str]]) -> Dataset:
    return Dataset(pd.DataFrame(rows, columns=list(SCHEMA.columns)), SCHEMA, "people")


SIX = people(
    [
        ("30", "F", "1", "flu"), ("30", "F", "2", "none"), ("40", "*", "3", "flu"),
        ("*", "*", "4", "flu"), ("*", None, "5", "flu"), (None, "", "6", "flu"),
    ]
)  # fmt: skip


def test_a_row_of_stars_is_found_and_one_of_blanks_stays() -> None:
    assert starred_rows(SIX).tolist() == [False, False, False, True, True, False]


def test_nothing_is_starred_where_no_row_is_all_stars() -> None:
    raw = people([("30", "F", "1", "flu"), ("*", "F", "1", "flu")])
    none_known = SIX.with_schema(SIX.schema.with_quasi_identifiers([]))
    assert [int(starred_rows(data).sum()) for data in (raw, people([]), none_known)] == [0, 0, 0]


@pytest.mark.parametrize("kind", [object, "string", "category"])
def test_stars_are_seen_in_every_kind_of_column(kind: Any) -> None:
    table = SIX.table.assign(age=SIX.table["age"].astype(kind), sex=SIX.table["sex"].astype(kind))
    assert starred_rows(Dataset(table, SCHEMA)).tolist() == starred_rows(SIX).tolist()


def test_numbers_and_days_are_no_stars() -> None:
    table = pd.DataFrame({"age": [42.0, np.nan, 42.0], "sex": ["*", "*", "*"], "pay": "1", "ill": "flu"})
    assert starred_rows(Dataset(table, SCHEMA)).tolist() == [False, True, False]
    days = table.assign(age=pd.to_datetime(pd.Series(["2020-01-01", None, "2020-01-01"])))
    assert starred_rows(Dataset(days, SCHEMA)).tolist() == [False, True, False]


def test_the_risk_of_a_table_with_stars_by_hand() -> None:
    """Four people are told of, in classes of 2, 1 and 1; the two starred ones are alone by what they earn."""
    risk = risk_report(SIX)
    assert (risk.rows, risk.starred, risk.classes, risk.class_size.max) == (6, 2, 3, 2)
    assert risk.unique_share == pytest.approx(2 / 4)
    assert risk.marketer == risk.prosecutor.mean == pytest.approx(3 / 4)
    assert risk.attribute_disclosure.certain_share == pytest.approx(2 / 4)
    assert risk.unique_share_with_kept == 1.0


def test_a_table_of_stars_alone_is_one_class() -> None:
    risk = risk_report(people([("*", "*", "1", "flu"), ("*", "*", "2", "none")]))
    assert (risk.rows, risk.starred, risk.classes, risk.class_size.min, risk.unique_share) == (2, 0, 1, 2, 0.0)
    assert risk.attribute_disclosure.certain_share == 0.0


def test_a_release_read_again_has_the_risk_it_was_published_with(tmp_path: Path) -> None:
    """Not k = 4 out of the few who were suppressed, and not a mean risk that their class improves."""
    data = load("german_credit")
    recoding = FullDomain(k=8).fit(data, np.random.default_rng(0))
    gone = len(data) - len(recoding.kept)
    (tmp_path / "again.csv").write_bytes(spreadsheet_csv(recoding.with_suppressed().table))
    again = read_dataset(tmp_path / "again.csv", qi=data.quasi_identifiers, sensitive=[])
    found, expected = risk_report(again), risk_report(recoding.release)
    assert (found.starred, found.rows, expected.starred) == (gone, len(data), 0)
    assert gone > 0
    for name in ("classes", "class_size", "unique_share", "prosecutor", "marketer"):
        assert getattr(found, name) == getattr(expected, name), name


CELLS = st.sampled_from(["a", "b", "*", "", None])


@given(st.lists(st.tuples(CELLS, CELLS, st.sampled_from("xy"), st.sampled_from("pq")), min_size=1, max_size=20))
def test_risk_is_that_of_the_others_however_it_is_counted(rows: list[tuple[str | None, str | None, str, str]]) -> None:
    data = people(rows)
    known = data.quasi_identifiers
    silent = [set(row[:2]) <= {"*", "", None} and "*" in row[:2] for row in rows]
    assert starred_rows(data).tolist() == silent
    risk = risk_report(data)
    assert risk == dataclasses.replace(
        risk_of_counts(count_table(data.table, [*known, "ill"]), known, ["ill"]),
        unique_share_with_kept=risk.unique_share_with_kept,
    )
    others, starred = data.take(np.flatnonzero(~starred_rows(data))), sum(silent)
    assert risk.rows == len(data)
    if len(others):
        assert risk.starred == starred
        alone = dataclasses.replace(
            risk_report(others), rows=len(data), starred=starred, unique_share_with_kept=risk.unique_share_with_kept
        )
        assert risk == alone
    else:
        assert risk.starred == 0


def test_people_whom_a_new_release_publishes_as_stars_alone_are_counted() -> None:
    columns = {"age": Column(role="quasi_identifier"), "sex": Column(role="quasi_identifier")}
    table = pd.DataFrame({"age": ["*", "*", "30", "30", "30"], "sex": ["*", "*", "f", "f", "f"]})
    data = Dataset(table, Schema(columns=columns), "release")
    assert (risk_report(data).starred, risk_report(data).prosecutor.max) == (2, pytest.approx(1 / 3))
    assert (risk_report(data, marked=False).starred, risk_report(data, marked=False).prosecutor.max) == (0, 1 / 2)
