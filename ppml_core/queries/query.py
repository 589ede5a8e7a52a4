"""What may be asked of a table: one aggregate, a filter, and groups, as values that clicks and SQL both produce.

In: names of columns and plain values. Out: a `Query` that `checked` has held against the schema. Filters are total
functions of a row: nothing in them casts, divides or calculates, so no row can make a query fail (EVIDENCE 7). A
missing value fulfils no comparison; the negation of that comparison it does fulfil.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from ppml_core.data.schema import Column, Schema
from ppml_core.errors import BadInput

Function = Literal["count", "sum", "mean", "variance", "quantile", "histogram"]
Operator = Literal["=", "<>", "<", "<=", ">", ">="]
Value = str | float

MOST_ATOMS = 100
MOST_VALUES = 5_000
MOST_DEPTH = 40
MOST_CELLS = 10_000
DEFAULT_BINS = 20
MOST_NAMED = 20


@dataclass(frozen=True)
class Compare:
    """A column held against one value."""

    column: str
    operator: Operator
    value: Value


@dataclass(frozen=True)
class OneOf:
    """A column whose value is among these."""

    column: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Missing:
    """A column without a value."""

    column: str


@dataclass(frozen=True)
class And:
    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Or:
    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Not:
    part: Condition


Atom = Compare | OneOf | Missing
Condition = Atom | And | Or | Not

EVERYONE = And(())


@dataclass(frozen=True)
class Query:
    """One aggregate of one column over the people who fulfil `where`, for each combination of the `group_by` columns.

    `column` is None for a count of people. `argument` is the share below a quantile (0..1), or the number of equal
    bins in a histogram of a numeric column.
    """

    function: Function
    column: str | None = None
    where: Condition = EVERYONE
    group_by: tuple[str, ...] = ()
    argument: float | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the answer depends on, each once."""
        told = [self.column] if self.column else []
        return tuple(dict.fromkeys([*told, *self.group_by, *columns_of(self.where)]))


def columns_of(condition: Condition) -> tuple[str, ...]:
    """The columns of a condition, each once."""
    return tuple(dict.fromkeys(atom.column for atom in atoms(condition)))


def atoms(condition: Condition) -> Iterator[Atom]:
    """The comparisons of a condition, from left to right."""
    if isinstance(condition, Not):
        yield from atoms(condition.part)
    elif isinstance(condition, And | Or):
        for part in condition.parts:
            yield from atoms(part)
    else:
        yield condition


def checked(query: Query, schema: Schema) -> Query:
    """The query itself, or BadInput that names the column or value at fault."""
    if query.function not in get_args(Function):
        raise BadInput(f"{query.function!r} is no aggregate; there are {', '.join(get_args(Function))}.")
    for name in query.columns:
        if name not in schema.columns:
            there = list(schema.columns)
            more = f" and {len(there) - MOST_NAMED} more" if len(there) > MOST_NAMED else ""
            raise BadInput(f"there is no column {name[:40]!r}; the table has {', '.join(there[:MOST_NAMED])}{more}.")
    _check_target(query, schema)
    _check_groups(query, schema)
    found = list(atoms(query.where))
    if len(found) > MOST_ATOMS or depth(query.where) > MOST_DEPTH:
        raise BadInput(f"a filter may have {MOST_ATOMS} comparisons and {MOST_DEPTH} levels at most.")
    for atom in found:
        _check_atom(atom, schema[atom.column])
    return query


def depth(condition: Condition) -> int:
    """How deep conditions stand in one another; counted without recursion, for a hostile one may be deep."""
    deepest, waiting = 0, [(condition, 1)]
    while waiting:
        one, level = waiting.pop()
        deepest = max(deepest, level)
        if level > MOST_DEPTH:
            return level
        parts = (one.part,) if isinstance(one, Not) else one.parts if isinstance(one, And | Or) else ()
        waiting += [(part, level + 1) for part in parts]
    return deepest


def keys_of(query: Query, schema: Schema) -> list[tuple[str, ...]]:
    """Every group that could exist, from the schema's categories; [()] without groups. Never read off the rows."""
    keys: list[tuple[str, ...]] = [()]
    for name in query.group_by:
        keys = [(*key, value) for key in keys for value in schema[name].categories or ()]
    return keys


def bins_of(query: Query, schema: Schema) -> tuple[str, ...] | tuple[float, ...]:
    """The bins of a histogram: the column's categories, or the edges of equal bins within its public bounds."""
    column = schema[query.column or ""]
    if column.kind != "numeric":
        return column.categories or ()
    low, high = column.bounds or (0.0, 1.0)
    count = int(query.argument or DEFAULT_BINS)
    return tuple(low + (high - low) * at / count for at in range(count + 1))


def _check_target(query: Query, schema: Schema) -> None:
    if query.function == "count":
        if query.column is not None or query.argument is not None:
            raise BadInput("count takes no column: it counts the people who fulfil the filter.")
        return
    if query.column is None:
        raise BadInput(f"{query.function} needs a column.")
    column = schema[query.column]
    if query.function == "histogram":
        _check_histogram(query, column)
    elif column.kind != "numeric":
        raise BadInput(f"{query.function} needs a numeric column, and {query.column!r} is {column.kind}.")
    elif query.function == "quantile":
        if query.argument is None or not 0 <= query.argument <= 1:
            raise BadInput(f"a quantile takes a share between 0 and 1, not {query.argument}.")
    elif query.argument is not None:
        raise BadInput(f"{query.function} takes a column and nothing else.")


def _check_histogram(query: Query, column: Column) -> None:
    if column.kind == "numeric":
        if column.bounds is None:
            raise BadInput(f"a histogram of {query.column!r} needs its public bounds in the schema.")
        if query.argument is not None and not (2 <= query.argument <= 1000 and query.argument == int(query.argument)):
            raise BadInput(f"a histogram has 2 to 1000 bins, not {query.argument:g}.")
    elif not column.categories:
        raise BadInput(f"a histogram of {query.column!r} needs its categories in the schema.")
    elif query.argument is not None:
        raise BadInput(f"the bins of {query.column!r} are its categories: leave out the number of bins.")


def _check_groups(query: Query, schema: Schema) -> None:
    cells = 1
    if len(set(query.group_by)) != len(query.group_by):
        raise BadInput("a column is named twice in group by.")
    for name in query.group_by:
        if not schema[name].categories:
            raise BadInput(f"groups by {name!r} need its categories in the schema: keys are never read off the rows.")
        cells *= len(schema[name].categories or ())
    if query.function == "histogram":
        if query.group_by:
            raise BadInput("a histogram takes no group by: group a count instead.")
        cells = len(bins_of(query, schema))
    if cells > MOST_CELLS:
        raise BadInput(f"{cells:,} groups are too many: {MOST_CELLS:,} at most.")


def _check_atom(atom: Atom, column: Column) -> None:
    if isinstance(atom, Missing):
        return
    values = (atom.value,) if isinstance(atom, Compare) else atom.values
    if not 0 < len(values) <= MOST_VALUES:
        raise BadInput(f"a list of values for {atom.column!r} has 1 to {MOST_VALUES:,} of them, not {len(values):,}.")
    for value in values:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if column.kind == "numeric" and not (number and math.isfinite(float(value))):
            raise BadInput(f"{atom.column!r} is numeric and cannot be compared with {str(value)[:40]!r}.")
        if column.kind != "numeric" and not isinstance(value, str):
            raise BadInput(f"{atom.column!r} holds texts: write {str(value)[:40]!r} in single quotes.")
    if isinstance(atom, Compare):
        if atom.operator not in get_args(Operator):
            raise BadInput(f"{atom.operator!r} is no comparison; there are {', '.join(get_args(Operator))}.")
        if atom.operator not in ("=", "<>") and column.kind not in ("numeric", "date"):
            raise BadInput(f"{atom.column!r} has no order: only = and <> apply.")
