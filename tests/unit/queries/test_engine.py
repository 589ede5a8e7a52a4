"""The engine counts as pandas does, defines every comparison for every row, and reaches nothing else."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput
from ppml_core.queries.engine import Engine
from ppml_core.queries.query import And, Compare, Condition, Missing, Not, OneOf, Or, Query, checked

CONDITIONS: dict[str, Condition] = {
    "everyone": And(()),
    "nobody": Or(()),
    "numbers": And((Compare("age", ">=", 20), Compare("age", "<", 60))),
    "texts": Or((Compare("sex", "=", "f"), OneOf("town", ("b", "c")))),
    "missing": Missing("sex"),
    "a negation holds where a value is missing": Not(Compare("age", "<", 50)),
    "days": Compare("born", ">", "1990-01-31"),
}


def masks(table: pd.DataFrame) -> dict[str, pd.Series]:
    age, sex = table["age"], table["sex"]
    return {
        "everyone": pd.Series(True, table.index),
        "nobody": pd.Series(False, table.index),
        "numbers": (age >= 20) & (age < 60),
        "texts": (sex == "f") | table["town"].isin(["b", "c"]),
        "missing": sex == "",
        "a negation holds where a value is missing": ~(age < 50),
        "days": table["born"] == "2001-12-01",
    }


@pytest.mark.parametrize("name", CONDITIONS)
def test_filters_and_aggregates_agree_with_pandas(name: str, people: Dataset, engine: Engine) -> None:
    picked = masks(people.table)[name]
    assert (engine.rows(CONDITIONS[name]) == picked.to_numpy()).all()
    age = people.table["age"][picked]
    wanted = {"count": len(age), "sum": age.sum(), "mean": age.mean(), "variance": age.var()}
    wanted["quantile"] = age.quantile(0.25) if len(age) else np.nan
    for function, value in wanted.items():
        query = Query(
            function,  # type: ignore[arg-type]
            None if function == "count" else "age",
            CONDITIONS[name],
            argument=0.25 if function == "quantile" else None,
        )
        (cell,) = engine.cells(checked(query, people.schema))
        assert cell.value == pytest.approx(value) if not np.isnan(value) else cell.value is None
        assert engine.cells(query, np.ones(len(people), dtype=bool)) == (cell,)


def test_groups_come_from_the_schema_and_not_from_the_rows(people: Dataset, engine: Engine) -> None:
    cells = engine.cells(Query("count", group_by=("sex", "town")))
    assert [cell.key for cell in cells] == [(sex, town) for sex in "fmx" for town in "abc"]
    assert all(cell.people == 0 for cell in cells if cell.key[0] == "x")
    assert sum(cell.people for cell in cells) == (people.table["sex"] != "").sum()
    histogram = engine.cells(Query("histogram", "age", argument=4))
    assert [cell.key[0] for cell in histogram] == ["[0, 25)", "[25, 50)", "[50, 75)", "[75, 100]"]
    assert sum(cell.people for cell in histogram) == people.table["age"].notna().sum()


def test_the_connection_reaches_nothing_else(engine: Engine, tmp_path: Path) -> None:
    """Should a text ever come through, the database itself refuses."""
    secret, out = tmp_path / "secret.csv", tmp_path / "out.csv"
    secret.write_text("a\n1\n")
    for text in (
        f"SELECT * FROM '{secret}'",
        f"SELECT * FROM read_text('{secret}')",
        f"SELECT * FROM glob('{tmp_path}/*')",
        f"COPY people TO '{out}'",
        f"ATTACH '{tmp_path}/other.db' AS other",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET threads = 8",
        "RESET lock_configuration",
        "SELECT * FROM frame",
    ):
        with pytest.raises(duckdb.Error):
            engine._run(text, [])
    assert not out.exists()


def test_values_are_parameters_and_never_text(engine: Engine, people: Dataset) -> None:
    sly = "f' OR '1' = '1"
    assert engine.cells(Query("count", None, Compare("sex", "=", sly)))[0].value == 0
    assert engine.cells(Query("count", None, OneOf("sex", (sly, "m"))))[0].value == (people.table["sex"] == "m").sum()


@pytest.mark.parametrize(
    "query",
    [
        Query("count", "age"),
        Query("sum"),
        Query("sum", "sex"),
        Query("maximum", "age"),  # type: ignore[arg-type]
        Query("quantile", "age", argument=1.5),
        Query("histogram", "born"),
        Query("histogram", "age", argument=2.5),
        Query("count", group_by=("age",)),
        Query("count", group_by=("sex", "sex")),
        Query("count", None, Compare("age", "=", float("nan"))),
        Query("count", None, Compare("age", "=", True)),
        Query("count", None, Compare("age", "~", 3)),  # type: ignore[arg-type]
        Query("count", None, OneOf("sex", ())),
        Query("count", None, Compare("sex", "<", "m")),
        Query("count", None, Compare("nobody", "=", "m")),
        Query("count", None, And(tuple(Compare("age", "=", at) for at in range(200)))),
    ],
)
def test_clicks_are_held_against_the_schema_as_well(query: Query, people: Dataset) -> None:
    with pytest.raises(BadInput):
        checked(query, people.schema)


def test_a_deep_filter_is_refused_without_recursion(people: Dataset) -> None:
    deep: Condition = Compare("age", "=", 1)
    for _ in range(300):
        deep = Not(deep)
    with pytest.raises(BadInput, match="levels"):
        checked(Query("count", None, deep), people.schema)
