"""Suggestions: every bundled quasi-identifier gets usable ones, and each says what it rests on."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppml_core.data.bundled import load, names
from ppml_core.data.dataset import Dataset
from ppml_core.data.hierarchies import level_counts, suggest, values_at
from ppml_core.data.inference import infer_schema
from ppml_core.data.schema import INFERRED, Column, Schema

QUICK = [name for name in names() if name != "census_kdd"]
SETS = [*QUICK, pytest.param("census_kdd", marks=pytest.mark.slow)]


def without_hierarchy(data: Dataset, name: str) -> Dataset:
    bare = dataclasses.replace(data.schema[name], hierarchy_file=None, widths=None, levels=None)
    return data.with_schema(data.schema.replace_columns({name: bare}))


def assert_usable(data: Dataset, name: str, column: Column) -> None:
    """It covers every value, nests, has a root, a level between where there are many values, and shrinks."""
    trial = data.with_schema(data.schema.replace_columns({name: column}))
    tree = trial.hierarchy(name)
    assert (trial.leaf_codes(name, tree) >= 0).all()
    counts = [len(labels) for labels in tree.labels]
    assert counts[-1] == 1
    assert all(finer > coarser for finer, coarser in pairwise(counts)) or counts == [1, 1]
    assert tree.depth > 2 or len(set(data.texts(name)) - {""}) <= 6
    for lower, upper, parents in zip(tree.codes, tree.codes[1:], tree.parents, strict=False):
        assert np.array_equal(parents[lower], upper)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("inferred", [False, True], ids=["declared", "inferred"])
def test_every_bundled_quasi_identifier_gets_usable_suggestions(name: str, inferred: bool) -> None:
    data = load(name)
    wanted = data.quasi_identifiers
    assert wanted
    if inferred:
        data = data.with_schema(infer_schema(data.table).schema)
    for column in wanted:
        bare = without_hierarchy(data, column)
        suggestions = suggest(bare, column)
        assert suggestions, column
        for suggestion in suggestions:
            assert_usable(bare, column, suggestion.column)
            assert suggestion.why.endswith(".")
            assert suggestion.why.count(". ") == 0


@pytest.mark.parametrize("name", SETS)
def test_the_first_suggestion_rests_on_public_knowledge_where_the_values_are_public(name: str) -> None:
    data = load(name)
    for column in data.quasi_identifiers:
        bare = without_hierarchy(data, column)
        assert suggest(bare, column)[0].column.source == data.schema[column].source != INFERRED
        table = bare.with_schema(
            bare.schema.replace_columns({column: Column("quasi_identifier", bare.schema[column].kind)})
        )
        if bare.schema[column].kind != "date":
            assert all(suggestion.column.source == INFERRED for suggestion in suggest(table, column))


def made(values: list[Any], name: str = "x", **entries: Any) -> Dataset:
    column = Column("quasi_identifier", **entries)
    return Dataset(pd.DataFrame({name: values}), Schema({name: column}))


@pytest.mark.parametrize(
    ("name", "values", "entries", "title"),
    [
        ("age", [float(n) for n in range(18, 80)], {"kind": "numeric", "bounds": (0, 120)}, "Bands of"),
        ("birth_year", [float(n) for n in range(1930, 2005)], {"kind": "numeric"}, "Periods of"),
        ("amount", [n * 130.5 for n in range(60)], {"kind": "numeric"}, "Intervals of"),
        (
            "admitted",
            [f"{y}-{m:02}-1{d}" for y in (1988, 1991, 1992) for m in (1, 2, 3, 7) for d in (1, 2)],
            {"kind": "date"},
            "Month, quarter",
        ),
        ("zip", [f"{n}" for n in range(81000, 81900, 37)], {}, "One digit less"),
        ("postcode", ["SW1A 1AA", "SW1A 2AB", "M1 1AE", "EC1A 1BB", "M2 5BQ", "SW3 1AA", "M1 2AB"], {}, "District"),
        ("income_band", ["0-10", "10-20", "20-30", "30-40", "40-50", "50-60", "60-70"], {}, "Neighbours"),
        ("grade", list("abcdefgh"), {"kind": "ordinal", "categories": tuple("abcdefgh")}, "Neighbours"),
        ("unit", [f"{a}/{b}" for a in ("ward", "lab", "desk") for b in "pqr"], {}, "What stands before"),
        ("icd", [f"{a}{n}.{m}" for a in "EI" for n in (10, 11) for m in (1, 2)], {}, "What stands before"),
        ("member", ["yes", "no"], {}, "Shown or not"),
        ("colour", ["red"] * 5 + ["green"] * 4 + ["blue", "pink", "grey", "teal", "gold"], {}, "Frequent values"),
    ],
)
def test_each_kind_of_column_gets_its_own(name: str, values: list[Any], entries: dict[str, Any], title: str) -> None:
    data = made(values, name, **entries)
    suggestions = suggest(data, name)
    assert suggestions[0].title.startswith(title)
    for suggestion in suggestions:
        assert_usable(data, name, suggestion.column)


def test_absent_values_and_values_outside_declared_bounds_are_covered() -> None:
    data = made([17.0, 30.0, np.nan, 131.0, *range(40, 60)], "age", kind="numeric", bounds=(18, 90), source="a law")
    first = suggest(data, "age")[0].column
    assert_usable(data, "age", first)
    assert first.source == INFERRED
    assert first.missing


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), min_size=1, max_size=30))
def test_whatever_the_texts_the_suggestions_are_usable(values: list[str]) -> None:
    data = made(values)
    for suggestion in suggest(data, "x"):
        assert_usable(data, "x", suggestion.column)


@given(st.lists(st.floats(-1e6, 1e6, width=32) | st.integers(-50, 50).map(float), min_size=8, max_size=30, unique=True))
def test_whatever_the_numbers_there_is_a_usable_suggestion(values: list[float]) -> None:
    data = made(values, kind="numeric")
    suggestions = suggest(data, "x")
    assert suggestions
    for suggestion in suggestions:
        assert_usable(data, "x", suggestion.column)


def test_levels_are_counted_in_values_that_occur_and_in_people() -> None:
    data = made([20.0, 21.0, 21.0, 38.0], "age", kind="numeric", bounds=(0, 99), widths=(5, 10))
    assert level_counts(data, "age") == [3, 2, 2, 1]
    at = values_at(data, "age", 1)
    assert [(value.text, value.people, value.values) for value in at] == [("20-24", 3, 2), ("35-39", 1, 1)]
    assert [value.text for value in values_at(data, "age", 0, most=1)] == ["21"]
