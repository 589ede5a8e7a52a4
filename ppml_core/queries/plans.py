"""How a query is answered privately: exact sums of whole numbers with a known sensitivity, and what becomes of them.

In: a checked query and the schema. Out: a `Plan`, all of it public. Numbers are clipped to the schema's bounds and
brought to a grid of whole steps, so that a sum is exact and one person moves it by `sensitivity` at most, when added or
removed. Groups are disjoint: one person is in one cell, and all cells of a part cost as much as one (McSherry 2009,
Theorem 4). Raises NotApplicable where a bound or category that is needed is missing or was read off the rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from ppml_core.data.counts_duckdb import quoted
from ppml_core.data.schema import INFERRED, Schema
from ppml_core.errors import NotApplicable
from ppml_core.queries.engine import labels_of
from ppml_core.queries.query import Query, bins_of, keys_of

STEPS = 16
CANDIDATES = 256
NO_SOURCE = "come without a source"


@dataclass(frozen=True)
class Part:
    """One sum: its SQL over a group's rows, and how far one person can move it."""

    expression: str
    sensitivity: int


@dataclass(frozen=True)
class Plan:
    """The parts of an answer, each with an equal part of the cost, and the public numbers that turn them into one.

    A number x stands on the grid as the nearest whole number to (x - `middle`) / `step`, within `most` in size.
    `candidates` are the values among which a quantile is selected.
    """

    query: Query
    keys: tuple[tuple[str, ...], ...]
    parts: tuple[Part, ...]
    step: float = 1.0
    middle: float = 0.0
    most: int = 1
    candidates: tuple[float, ...] = ()

    def value(self, noisy: Sequence[float]) -> float:
        """The answer for one cell from its noisy parts: post-processing, free of cost."""
        function = self.query.function
        if function in ("count", "histogram"):
            return noisy[0]
        if function == "sum":
            return self.step * noisy[0]
        people = max(noisy[0], 1.0)
        mean = min(max(noisy[1] / people, -self.most), self.most)
        if function == "mean":
            return self.middle + self.step * mean
        squares = (noisy[2] + self.most**2 * people) / 2 / people
        return self.step**2 * min(max(squares - mean**2, 0.0), float(self.most**2))


def plan_of(query: Query, schema: Schema) -> Plan:
    """The plan of a query that was checked against this schema."""
    for name in query.group_by:
        _require_public(schema, name, "categories")
    keys = tuple(keys_of(query, schema))
    if query.function == "count":
        return Plan(query, keys, (Part("count(*)", 1),))
    name = query.column or ""
    if query.function == "histogram":
        _require_public(schema, name, "bounds" if schema[name].kind == "numeric" else "categories")
        bins = bins_of(query, schema)
        if schema[name].kind == "numeric":
            bins = labels_of(cast(tuple[float, ...], bins))
        return Plan(query, tuple((str(label),) for label in bins), (Part("count(*)", 1),))
    _require_public(schema, name, "bounds")
    low, high = schema[name].bounds or (0.0, 1.0)
    if query.function == "quantile":
        return Plan(query, keys, (), candidates=_candidates(low, high))
    return _summed(query, keys, name, low, high)


def _summed(query: Query, keys: tuple[tuple[str, ...], ...], name: str, low: float, high: float) -> Plan:
    middle = 0.0 if query.function == "sum" else (low + high) / 2
    reach = max(abs(low - middle), abs(high - middle))
    step = 2.0 ** (math.ceil(math.log2(reach)) - STEPS)
    most = math.ceil(reach / step)
    column = quoted(name)
    clipped = f"least(greatest({column}, {low!r}::DOUBLE), {high!r}::DOUBLE)"
    whole = f"CAST(round(({clipped} - {middle!r}::DOUBLE) / {step!r}::DOUBLE) AS BIGINT)"
    whole = f"least(greatest({whole}, {-most}), {most})"
    there = f"FILTER (WHERE {column} IS NOT NULL)"  # least and greatest pass over NULL
    total = Part(f"sum({whole}) {there}", most)
    people = Part(f"count({column})", 1)
    square = Part(f"sum(2 * {whole} * {whole} - {most**2}) {there}", most**2)
    parts = {"sum": (total,), "mean": (people, total), "variance": (people, total, square)}[query.function]
    return Plan(query, keys, parts, step, middle, most)


def _candidates(low: float, high: float) -> tuple[float, ...]:
    """Every whole number between whole bounds that are near enough, else equal steps: public either way."""
    if low == int(low) and high == int(high) and high - low <= 4 * CANDIDATES:
        return tuple(float(value) for value in range(int(low), int(high) + 1))
    return tuple(low + (high - low) * at / CANDIDATES for at in range(CANDIDATES + 1))


def _require_public(schema: Schema, name: str, what: str) -> None:
    column = schema[name]
    if (column.bounds if what == "bounds" else column.categories) is None:
        raise NotApplicable(
            f"the schema gives no {what} for {name!r}, and private answers may not read them: add them."
        )
    if not column.is_public:
        raise NotApplicable(
            f"{what} of {name!r} {'were inferred from the private rows' if column.source == INFERRED else NO_SOURCE}; "
            f"write public {what} into the schema to ask about it privately."
        )
