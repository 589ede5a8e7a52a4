"""Blanked cells: k-anonymity as plain pandas counts it, few cells, and the columns that matter spared."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ppml_core.anonymize.transforms.cell_suppression import CellSuppression
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Column, Schema
from ppml_core.errors import BadInput, NotApplicable, Unreachable


def people(table: pd.DataFrame) -> Dataset:
    columns = {name: Column(role="quasi_identifier", kind="categorical") for name in table.columns}
    return Dataset(table, Schema(columns=columns))


def smallest_class(table: pd.DataFrame) -> int:
    """As someone else would count it: blanks are one value."""
    return int(table.groupby(list(table.columns), dropna=False, observed=True).size().min())


def fewest_blanks(table: pd.DataFrame, k: int) -> int:
    """By trying every set of cells."""
    cells = list(itertools.product(range(len(table)), range(table.shape[1])))
    values = table.to_numpy(dtype=object)
    for count in range(len(cells) + 1):
        for blanked in itertools.combinations(cells, count):
            tried = values.copy()
            for cell in blanked:
                tried[cell] = None
            if min(pd.Series([tuple(row) for row in tried]).value_counts()) >= k:
                return count
    raise AssertionError("blanking everything always works")


def blanked(data: Dataset, **values: object) -> pd.DataFrame:
    return CellSuppression(**values).fit(data, np.random.default_rng(0)).release.table  # type: ignore[arg-type]


def test_one_cell_each_is_blanked_where_that_is_enough() -> None:
    """Two pairs differ in one column only: worked out by hand."""
    table = pd.DataFrame({"sex": list("ffmm"), "zip": ["1", "2", "3", "3"], "job": ["a", "a", "b", "b"]})
    out = blanked(people(table), k=2)
    assert out["zip"].isna().tolist() == [True, True, False, False]
    assert out[["sex", "job"]].equals(table[["sex", "job"]])


def test_nothing_is_blanked_where_nothing_need_be() -> None:
    data = people(pd.DataFrame({"a": ["x", "x", None, None], "b": ["1", "1", "2", "2"]}))
    recoding = CellSuppression(k=2).fit(data, np.random.default_rng(0))
    pd.testing.assert_frame_equal(recoding.release.table, data.table)
    assert recoding.release.schema == data.schema
    assert recoding.statistics["blanked_share"] == 0


def test_an_absent_cell_joins_blanks_and_costs_nothing() -> None:
    data = people(pd.DataFrame({"a": ["x", "x", "x"], "b": ["1", None, None]}))
    recoding = CellSuppression(k=3).fit(data, np.random.default_rng(0))
    assert recoding.statistics["blanked"] == {"a": 0, "b": 1}


def test_the_last_few_take_others_along() -> None:
    """One person alone, three pairs alike: k = 2 needs one more blank row, and a third of a class is to spare."""
    data = people(pd.DataFrame({"a": ["x", "x", "x", "y"]}))
    out = blanked(data, k=2)
    assert out["a"].isna().sum() == 2
    assert smallest_class(out) == 2


@pytest.mark.parametrize(("importance", "spared"), [(("a",), "a"), (("b",), "b"), (("b", "a"), "b")])
def test_the_important_column_is_spared(importance: tuple[str, ...], spared: str) -> None:
    data = people(pd.DataFrame({"a": list("xxyy"), "b": list("pqpq")}))
    out = blanked(data, k=2, importance=importance)
    assert not out[spared].isna().any()
    assert smallest_class(out) >= 2


def test_one_important_column_outweighs_two_others() -> None:
    data = people(pd.DataFrame({"a": list("xy"), "b": list("pp"), "c": list("qr"), "d": list("st")}))
    assert not blanked(data.take(np.array([0, 0, 1, 1])), k=2, importance=("a",)).isna().any(axis=None)
    pairs = people(pd.DataFrame({"a": list("xxyy"), "b": list("pqpq"), "c": list("stst")}))
    plain, spared = blanked(pairs, k=2), blanked(pairs, k=2, importance=("a",))
    assert plain["a"].isna().all()
    assert not plain[["b", "c"]].isna().any(axis=None)
    assert spared[["b", "c"]].isna().all(axis=None)


@settings(max_examples=60)
@given(
    st.integers(2, 3),
    st.lists(st.tuples(st.sampled_from("xy"), st.sampled_from("pqr")), min_size=3, max_size=5),
)
def test_close_to_the_fewest_cells(k: int, rows: list[tuple[str, str]]) -> None:
    """Never fewer than the optimum, which would mean a broken promise, and never more than twice it."""
    table = pd.DataFrame(rows, columns=["a", "b"], dtype=object)
    count = int(blanked(people(table), k=k).isna().to_numpy().sum())
    best = fewest_blanks(table, k)
    assert best <= count <= 2 * best


CELLS = st.one_of(st.none(), st.sampled_from(["a", "b", "ä ", " ", "", "猫", "?", "nan"]))


@settings(max_examples=150)
@given(
    st.integers(1, 6),
    st.integers(1, 4).flatmap(lambda n: st.lists(st.tuples(*[CELLS] * n), min_size=1, max_size=40)),
    st.booleans(),
)
def test_every_combination_is_shared_by_k(k: int, rows: list[tuple[str | None, ...]], spare: bool) -> None:
    names = ["first", "zweite Spalte", "três", "四"][: len(rows[0])]
    table = pd.DataFrame(rows, columns=names, dtype=object)
    method = CellSuppression(k=k, importance=(names[0],) if spare else ())
    if len(table) < k:
        with pytest.raises(Unreachable) as refused:
            method.fit(people(table), np.random.default_rng(0))
        assert refused.value.best == len(table)
        return
    recoding = method.fit(people(table), np.random.default_rng(0))
    out = recoding.release.table
    assert smallest_class(out) >= k
    assert recoding.statistics["min_class"] == smallest_class(out)
    shown = out.notna()
    assert (out.where(shown, "-") == table.where(shown, "-")).all(axis=None)


@pytest.mark.parametrize("k", [2, 5, 25])
def test_the_census_table_in_seconds(k: int) -> None:
    data = load("adult")
    CellSuppression(k=k).fit(data.take(np.arange(100)), np.random.default_rng(0))  # compiled before it is measured
    start = time.thread_time()
    recoding = CellSuppression(k=k).fit(data, np.random.default_rng(0))
    seconds = time.thread_time() - start
    table = recoding.release.table[data.quasi_identifiers]
    assert smallest_class(table) >= k
    assert recoding.statistics["seconds"] > 0
    assert seconds < 10
    dropping = data.table.groupby(data.quasi_identifiers, dropna=False, observed=True)["age"].transform("size") < k
    assert recoding.statistics["people_touched"] < 1.01 * dropping.sum()
    assert recoding.statistics["blanked_share"] < dropping.mean() / 3


def test_all_different_and_all_equal() -> None:
    many = pd.DataFrame({"a": [f"v{i}" for i in range(300)], "b": ["x"] * 300})
    out = blanked(people(many), k=5)
    assert out["a"].isna().all()
    assert not out["b"].isna().any()


def test_the_schema_tells_of_blanks_and_later_steps_know_them() -> None:
    data = load("clinic")
    recoding = CellSuppression(k=5).fit(data, np.random.default_rng(0))
    assert recoding.release.schema["birth_date"].missing
    assert "" in recoding.release.hierarchy("birth_date").index
    unseen = recoding.transform(data.take(np.arange(10)))
    assert unseen.hierarchy("zip").leaves == recoding.release.hierarchy("zip").leaves
    pd.testing.assert_frame_equal(unseen.table, data.table.head(10))


def test_what_cannot_be_is_refused() -> None:
    data = people(pd.DataFrame({"a": list("xxyy"), "b": list("pqpq")}))
    with pytest.raises(BadInput, match="'c'"):
        blanked(data, importance=("c",), k=2)
    with pytest.raises(BadInput, match="twice"):
        blanked(data, importance=("a", "a"), k=2)
    with pytest.raises(NotApplicable, match="17 columns"):
        blanked(people(pd.DataFrame({f"c{i}": list("xy") for i in range(17)})), k=2)
