"""Runs checked queries on DuckDB over one table, in a connection that reaches nothing else.

In: a Dataset, a `Query` that was checked. Out: exact numbers, and the set of people a filter picks. The SQL is written
here from the query's values, with parameters; no text of a person is ever part of it. The database lives in memory,
may not touch files, extensions or settings, and holds the one table `people`: numeric columns as DOUBLE, all others as
texts (dates as ISO days), so that every comparison is defined for every row.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from ppml_core.data.counts_duckdb import quoted
from ppml_core.data.dataset import Dataset
from ppml_core.data.hierarchy import MISSING
from ppml_core.queries.query import And, Compare, Condition, Missing, Not, OneOf, Or, Query, bins_of, keys_of

Rows = npt.NDArray[np.bool_]
Number = float | None

LOCKED: dict[str, str | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_unsigned_extensions": "false",
    "threads": 1,
}
AGGREGATES = {
    "sum": "sum({0})", "mean": "avg({0})", "variance": "var_samp({0})", "quantile": "quantile_cont({0}, ?)",
}  # fmt: skip
ROW = "row number"
KEPT = "query engine"
MOST_REMEMBERED = 64

T = TypeVar("T")


@dataclass(frozen=True)
class Cell:
    """One number of an answer: for the group with that key (() for all), or the bin of that label; people in it."""

    key: tuple[str, ...]
    value: Number
    people: int


class Engine:
    """The table, loaded once; may be asked from several threads, one after another."""

    def __init__(self, data: Dataset) -> None:
        import duckdb  # loaded where it is used: 30 MB

        self.data = data
        self.schema = data.schema
        self._row = ROW
        while self._row in data.schema.columns:
            self._row += "_"
        self._lock = threading.Lock()
        self._memory: dict[Any, Any] = {}
        self._connection = duckdb.connect(":memory:", config=dict(LOCKED))
        self._connection.execute("SET enable_progress_bar = false")
        frame = self._frame()
        self._connection.register("frame", frame)
        self._connection.execute("CREATE TABLE people AS SELECT * FROM frame")
        self._connection.unregister("frame")
        self._connection.execute("SET python_enable_replacements = false")
        self._connection.execute("SET lock_configuration = true")

    def __len__(self) -> int:
        return len(self.data)

    def rows(self, condition: Condition) -> Rows:
        """Who fulfils the condition, shape (people,)."""
        return self._remembered(("rows", condition), lambda: self._rows(condition))

    def _rows(self, condition: Condition) -> Rows:
        text, values = self._condition(condition)
        found = self._run(f"SELECT {quoted(self._row)} FROM people WHERE {text}", values)
        picked = np.zeros(len(self.data), dtype=bool)
        picked[np.array([row for (row,) in found], dtype=np.int64)] = True
        picked.flags.writeable = False
        return picked

    def cells(self, query: Query, among: Rows | None = None) -> tuple[Cell, ...]:
        """The exact answer, one cell for each group or bin that the schema names, absent ones too.

        `among` restricts it to these people. A cell without people has no mean, variance or quantile: None; no more
        has a variance of one. Missing values of the aggregated column are left out.
        """
        key = ("cells", query, None if among is None else among.tobytes())
        return self._remembered(key, lambda: self._cells(query, among))

    def _cells(self, query: Query, among: Rows | None) -> tuple[Cell, ...]:
        where, values = self._condition(query.where)
        if among is not None:
            where = f"({where}) AND {quoted(self._row)} IN (SELECT unnest(?::BIGINT[]))"
            values = [*values, np.flatnonzero(among).tolist()]
        if query.function == "histogram":
            return self._histogram(query, where, values)
        shown, first = self._shown(query)
        groups = "".join(f"{quoted(name)}, " for name in query.group_by)
        grouped = f" GROUP BY {groups.removesuffix(', ')}" if query.group_by else ""
        text = f"SELECT {groups}{shown}, count(*) FROM people WHERE {where}{grouped}"
        found = {tuple(row[:-2]): (row[-2], row[-1]) for row in self._run(text, [*first, *values])}
        empty = 0.0 if query.function in ("count", "sum") else None
        return tuple(
            Cell(key, empty if (told := found.get(key, (None, 0)))[0] is None else float(told[0]), int(told[1]))
            for key in keys_of(query, self.schema)
        )

    def sums(self, expressions: Sequence[str], query: Query) -> dict[tuple[str, ...], tuple[int, ...]]:
        """What whole-number expressions of ours, never of a person, give for each group that occurs."""
        return self._remembered(("sums", tuple(expressions), query), lambda: self._sums(expressions, query))

    def _sums(self, expressions: Sequence[str], query: Query) -> dict[tuple[str, ...], tuple[int, ...]]:
        where, values = self._condition(query.where)
        groups = "".join(f"{quoted(name)}, " for name in query.group_by)
        grouped = f" GROUP BY {groups.removesuffix(', ')}" if query.group_by else ""
        found = self._run(f"SELECT {groups}{', '.join(expressions)} FROM people WHERE {where}{grouped}", values)
        cut = len(query.group_by)
        return {tuple(row[:cut]): tuple(int(one or 0) for one in row[cut:]) for row in found}

    def numbers(self, query: Query) -> dict[tuple[str, ...], npt.NDArray[np.float64]]:
        """The values of a numeric column in each group that occurs, those that are there."""
        where, values = self._condition(query.where)
        name = quoted(query.column or "")
        groups = "".join(f"{quoted(one)}, " for one in query.group_by)
        found = self._run(f"SELECT {groups}{name} FROM people WHERE ({where}) AND {name} IS NOT NULL", values)
        gathered: dict[tuple[str, ...], list[float]] = {}
        for row in found:
            gathered.setdefault(tuple(row[:-1]), []).append(float(row[-1]))
        return {key: np.array(numbers) for key, numbers in gathered.items()}

    def close(self) -> None:
        self._connection.close()

    def _shown(self, query: Query) -> tuple[str, list[Any]]:
        if query.function == "count":
            return "count(*)", []
        first = [query.argument] if query.function == "quantile" else []
        return AGGREGATES[query.function].format(quoted(query.column or "")), first

    def _histogram(self, query: Query, where: str, values: list[Any]) -> tuple[Cell, ...]:
        name = quoted(query.column or "")
        bins = bins_of(query, self.schema)
        if self.schema[query.column or ""].kind != "numeric":
            counts = dict(self._run(f"SELECT {name}, count(*) FROM people WHERE {where} GROUP BY {name}", values))
            return tuple(Cell((str(label),), float(counts.get(label, 0)), int(counts.get(label, 0))) for label in bins)
        edges = cast(tuple[float, ...], bins)
        found = self._run(f"SELECT {name} FROM people WHERE ({where}) AND {name} IS NOT NULL", values)
        counted = counts_in(np.array([value for (value,) in found], dtype=float), edges)
        return tuple(
            Cell((label,), float(count), int(count)) for label, count in zip(labels_of(edges), counted, strict=True)
        )

    def _condition(self, condition: Condition) -> tuple[str, list[Any]]:
        """SQL that is true or false for every row, never NULL, and its parameters."""
        if isinstance(condition, Not):
            text, values = self._condition(condition.part)
            return f"NOT ({text})", values
        if isinstance(condition, And | Or):
            word, empty = (" AND ", "true") if isinstance(condition, And) else (" OR ", "false")
            parts = [self._condition(part) for part in condition.parts]
            joined = word.join(f"({text})" for text, _ in parts) or empty
            return joined, [value for _, values in parts for value in values]
        name = quoted(condition.column)
        if isinstance(condition, Missing):
            return f"{name} IS NULL", []
        kind = "DOUBLE" if self.schema[condition.column].kind == "numeric" else "VARCHAR"
        if isinstance(condition, OneOf):
            return f"coalesce({name} IN (SELECT unnest(?::{kind}[])), false)", [list(condition.values)]
        assert isinstance(condition, Compare)
        return f"coalesce({name} {condition.operator} ?::{kind}, false)", [condition.value]

    def _remembered(self, key: Any, work_out: Callable[[], T]) -> T:
        """The last few results: the same query comes again and again, from policies and from those who average."""
        if (found := self._memory.get(key)) is not None:
            return cast(T, found)
        made = work_out()
        if len(self._memory) >= MOST_REMEMBERED:
            self._memory.clear()
        self._memory[key] = made
        return made

    def _run(self, text: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(text, list(values)).fetchall()

    def _frame(self) -> pd.DataFrame:
        columns: dict[str, Any] = {self._row: np.arange(len(self.data), dtype=np.int64)}
        for name, column in self.schema.columns.items():
            if column.kind == "numeric":
                numbers = pd.to_numeric(self.data.table[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
                columns[name] = pd.array(np.where(np.isfinite(numbers), numbers, np.nan), dtype="Float64")
            else:
                texts = pd.Series(self.data.texts(name), dtype="string")
                columns[name] = texts.mask(texts == MISSING)
        return pd.DataFrame(columns)


def engine_of(data: Dataset) -> Engine:
    """The table's engine, loaded once and kept with the table, so that desks and games share it."""
    if KEPT not in data.memo:
        data.memo[KEPT] = Engine(data)
    return cast(Engine, data.memo[KEPT])


def counts_in(numbers: npt.NDArray[np.float64], edges: Sequence[float]) -> npt.NDArray[np.int64]:
    """How many lie in each bin; below the first edge counts to the first, above the last to the last."""
    place = np.searchsorted(np.asarray(edges)[1:-1], numbers, side="right")
    return np.bincount(place, minlength=len(edges) - 1).astype(np.int64)


def labels_of(edges: Sequence[float]) -> tuple[str, ...]:
    """The bins in words.

    >>> labels_of((0.0, 5.0, 10.0))
    ('[0, 5)', '[5, 10]')
    """
    last = len(edges) - 2
    return tuple(f"[{edges[at]:g}, {edges[at + 1]:g}{']' if at == last else ')'}" for at in range(last + 1))
