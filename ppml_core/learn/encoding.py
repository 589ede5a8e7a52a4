"""From a table of people to numbers a learner can use, by public knowledge only: bounds and categories of the schema.

In: a schema (and, for plain learners only, rows where the schema is silent). Out: an `Encoder`, whose features do not
depend on any private value, so that a guarantee may stand on them.

No column makes a row longer than 1: a category is one 1, a number is clipped to its bounds and scaled to [0, 1], or
split over two neighbouring knots with shares that add up to 1 at most; memberships in the nodes of a hierarchy are
divided by the longest that any value's could be. So every row is at most sqrt(columns) long, which is what clipping
and data norms rest on. Scaling to [0, 1] and not [-1, 1] because a count that is mostly 0
(capital gain) then adds nothing to the length of most rows, and because leaving out one record moves a sum over [0, 1]
by no more than the width of the bounds.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from ppml_core.data.dataset import Dataset
from ppml_core.data.dates import days_by_cell
from ppml_core.data.hierarchy import MISSING, MISSING_MARKS, hierarchy_from_file, hierarchy_from_levels
from ppml_core.data.published import MOST_NODES, Published
from ppml_core.data.schema import Column, Schema
from ppml_core.errors import BadInput, NotApplicable

Matrix = npt.NDArray[np.floating[Any]]
Places = npt.NDArray[np.int32]

MIDPOINT = 0.5
MOST_CATEGORIES = 10_000
NO_FEATURE = -1
FEW_PEOPLE = 10_000


@dataclass(frozen=True)
class Part:
    """What one column becomes: `knots` features from `low` to `high`, or one per category; one more for missing.

    One knot is the scaled number itself. K > 1 give a piecewise linear function: knot k stands at low + (k/K)² (high -
    low), closer together near the lower bound where most skewed columns have their people, and a number belongs to
    the two knots around it; the lower bound itself is all zeros.

    A column whose cells were generalized unequally has one feature per node of its hierarchy (`published`): the chance
    that the value lies under the node, over the longest row of such chances. A raw value and a published one that
    covers it so speak of the same features.
    """

    column: str
    categories: tuple[str, ...] | None = None
    low: float = 0.0
    high: float = 1.0
    missing: bool = False
    is_date: bool = False
    knots: int = 1
    published: Published | None = None

    @property
    def is_numeric(self) -> bool:
        return self.categories is None and self.published is None

    @property
    def names(self) -> tuple[str, ...]:
        if self.published is not None:
            nodes = self.published.node_names
            values = tuple(f"{self.column} missing" if node == MISSING else f"{self.column}={node}" for node in nodes)
        elif self.categories is not None:
            values = tuple(f"{self.column}={category}" for category in self.categories)
        elif self.knots == 1:
            values = (self.column,)
        else:
            span = self.high - self.low
            values = tuple(
                f"{self.column} near {self.low + span * (k / self.knots) ** 2:.4g}" for k in range(1, self.knots + 1)
            )
        return values + ((f"{self.column} missing",) if self.missing else ())

    @cached_property
    def lookup(self) -> dict[str, int]:
        """Text of a cell -> place among the features; an empty cell goes to the level that stands for it, if any."""
        places = {category: place for place, category in enumerate(self.categories or ())}
        if self.missing:
            places[MISSING] = len(self.categories or ())
        elif MISSING not in places:
            mark = next((mark for mark in MISSING_MARKS if mark in places), None)
            if mark is not None:
                places[MISSING] = places[mark]
        return places


@dataclass(frozen=True)
class Encoder:
    """The features of a schema. `inferred` names columns whose bounds or categories are not known to be public.

    `notes` are sentences about columns that are left out. Values outside the lists become zeros everywhere; numbers
    outside the bounds become the nearest bound.

    >>> schema = Schema.from_values({"columns": {"age": {"kind": "numeric", "bounds": [20, 70]},
    ...                                          "sex": {"categories": ["F", "M"]}}})
    >>> people = Dataset(pd.DataFrame({"age": [45, 99], "sex": ["M", "other"]}), schema)
    >>> Encoder.of(schema).encode(people).tolist()
    [[0.5, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """

    parts: tuple[Part, ...]
    inferred: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, schema: Schema, knots: int = 1, published: Mapping[str, Published] | None = None) -> Encoder:
        """From the schema alone. Raises NotApplicable naming the first column that it says too little about.

        A column in `published` is encoded by its hierarchy, whatever the schema says.
        """
        return cls._made(schema, None, knots, published or {})

    @classmethod
    def reading(cls, data: Dataset, knots: int = 1) -> Encoder:
        """From the schema and, where it is silent, the rows: for plain learners, for it tells what occurs."""
        return cls._made(data.schema, data, knots, data.published)

    @classmethod
    def _made(cls, schema: Schema, data: Dataset | None, knots: int, published: Mapping[str, Published]) -> Encoder:
        parts, notes = [], []
        for name in schema.inputs:
            column = schema[name]
            if name in published:
                notes += _node_notes(name, published[name])
                parts += [Part(name, published=published[name])] if published[name].node_names else []
            elif column.kind == "text":
                notes.append(f"{name!r} is free text and is not used.")
            elif column.kind == "date" and column.bounds is None and column.categories is None and data is None:
                notes.append(f"{name!r} is a date without bounds and is not used; give it bounds in years.")
            else:
                parts.append(_part(name, column, schema, data, knots))
        if not parts:
            raise NotApplicable("the schema leaves no column to learn from.")
        inferred = tuple(part.column for part in parts if not schema[part.column].is_public)
        return cls(tuple(parts), inferred, tuple(notes))

    @property
    def feature_names(self) -> tuple[str, ...]:
        return tuple(name for part in self.parts for name in part.names)

    @property
    def width(self) -> int:
        return int(self.offsets[-1])

    @property
    def row_norm(self) -> float:
        """No encoded row is longer than this (Euclidean), whoever the person is."""
        return math.sqrt(len(self.parts))

    @cached_property
    def offsets(self) -> npt.NDArray[np.int64]:
        """Where each part's features begin, and at the end how many there are."""
        return np.cumsum([0, *(len(part.names) for part in self.parts)])

    def encode(self, data: Dataset, dtype: type[np.floating[Any]] = np.float64) -> Matrix:
        """Features of every person, shape (rows, width)."""
        places, values = self._cells(data)
        X = np.zeros((len(data), self.width), dtype=dtype)
        rows, used = np.nonzero(places != NO_FEATURE)
        X[rows, places[rows, used]] = values[rows, used]
        for part, offset in zip(self.parts, self.offsets, strict=False):
            if part.published is not None:
                codes, nodes = _node_cells(data, part)
                X[:, offset : offset + nodes.shape[1]] = nodes.toarray().astype(dtype)[codes]
        return X

    def encode_sparse(self, data: Dataset, dtype: type[np.floating[Any]] = np.float64) -> Any:
        """The same features as a CSR matrix without zeros; remembered with the dataset, so not to be changed."""
        key = (self, "sparse", np.dtype(dtype).name)
        if key not in data.memo:
            data.memo[key] = self._sparse(data, dtype)
        return data.memo[key]

    def _sparse(self, data: Dataset, dtype: type[np.floating[Any]]) -> Any:
        from scipy.sparse import csr_matrix

        places, values = self._cells(data)
        kept = (places != NO_FEATURE) & (values != 0)
        starts = np.concatenate([[0], np.cumsum(kept.sum(axis=1))])
        shape = (len(data), self.width)
        X = csr_matrix((values[kept].astype(dtype), places[kept], starts), shape=shape)
        for part, offset in zip(self.parts, self.offsets, strict=False):
            if part.published is not None:
                codes, nodes = _node_cells(data, part)
                rows = nodes.astype(dtype)[codes]
                X = X + csr_matrix((rows.data, rows.indices + np.int32(offset), rows.indptr), shape=shape)
        return X

    def encode_columns(self, data: Dataset) -> Matrix:
        """One number per column for trees: the scaled value or the category's place; NaN where unknown or missing.

        A published column gives one per node, the coarsest first: where several nodes split the release alike, boosting
        takes the first, and only the coarsest of them splits raw people the same way.
        """
        columns = [_tree_columns(data, part) for part in self.parts]
        return np.asfortranarray(np.column_stack(columns))

    def _cells(self, data: Dataset) -> tuple[Places, npt.NDArray[np.float64]]:
        """Per person and slot a feature that is set (NO_FEATURE: none) and its value; a part has one slot or two.

        Published columns, which set many features at once, have none here.
        """
        places: list[Places] = [np.zeros((len(data), 0), dtype=np.int32)]
        values = [np.zeros((len(data), 0))]
        for part, offset in zip(self.parts, self.offsets, strict=False):
            if part.published is not None:
                continue
            in_category = [(categories_of(data, part), np.ones(len(data)))] if not part.is_numeric else []
            cells = in_category or _numeric_cells(data, part)
            for place, value in cells:
                places.append(np.where(place == NO_FEATURE, NO_FEATURE, place + np.int32(offset)))
                values.append(value)
        return np.column_stack(places), np.column_stack(values)


def texts_of(data: Dataset, name: str) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.object_]]:
    """A column as (code per person, distinct texts), an empty text for an absent cell; as fast as factorizing it.

    Those of a few people are remembered with them: many models are asked about the same ones. Not to be changed.
    """
    if len(data) > FEW_PEOPLE:
        return _texts_of(data, name)
    key = ("texts", name)
    if key not in data.memo:
        data.memo[key] = _texts_of(data, name)
    return cast("tuple[npt.NDArray[np.intp], npt.NDArray[np.object_]]", data.memo[key])


def _texts_of(data: Dataset, name: str) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.object_]]:
    codes, uniques = pd.factorize(data.table[name], use_na_sentinel=False)
    first = np.full(len(uniques), len(codes), dtype=np.intp)
    np.minimum.at(first, codes, np.arange(len(codes)))
    sample = dataclasses.replace(
        data,
        table=data.table[[name]].iloc[first].reset_index(drop=True),
        schema=Schema(columns={name: data.schema[name]}),
        published={},
    )
    return codes, sample.texts(name)


def numbers_of(values: pd.Series) -> npt.NDArray[np.float64]:
    """A column as floats, NaN for what is no number."""
    return np.asarray(pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan))


def years_of(values: pd.Series) -> npt.NDArray[np.float64]:
    """A column of dates as years with fractions, each cell read by itself: 2000-07-02 is 2000.5."""
    days = days_by_cell(values)
    return np.asarray((days.dt.year + (days.dt.day_of_year - 1) / 366).to_numpy(dtype=np.float64, na_value=np.nan))


def numbers_in(data: Dataset, part: Part) -> npt.NDArray[np.float64]:
    """Numbers of a column clipped to its public bounds, dates as years; NaN for what is none."""
    cells = _column(data, part)
    numbers = years_of(cells) if part.is_date else numbers_of(cells)
    return np.asarray(np.clip(numbers, part.low, part.high))


def _scaled(data: Dataset, part: Part) -> npt.NDArray[np.float64]:
    """Numbers clipped to the bounds and brought to [0, 1]; NaN for what is none."""
    return np.asarray((numbers_in(data, part) - part.low) / (part.high - part.low))


def _numeric_cells(data: Dataset, part: Part) -> list[tuple[Places, npt.NDArray[np.float64]]]:
    scaled = _scaled(data, part)
    absent = np.isnan(scaled)
    marked = absent & part.missing
    shares = np.where(absent, MIDPOINT, scaled)
    if part.knots == 1:
        return [(np.where(marked, 1, 0).astype(np.int32), np.where(marked, 1.0, shares))]
    heights = np.sqrt(shares) * part.knots
    below = np.minimum(heights.astype(np.int32), part.knots - 1)
    upper = heights - below
    return [
        (np.where(marked, part.knots, below - 1).astype(np.int32), np.where(marked, 1.0, 1.0 - upper)),
        (np.where(marked, NO_FEATURE, below).astype(np.int32), upper),
    ]


def categories_of(data: Dataset, part: Part) -> Places:
    """Per person the place of the cell among the part's names, NO_FEATURE for none of them."""
    _column(data, part)
    codes, texts = texts_of(data, part.column)
    places = np.array([part.lookup.get(text, NO_FEATURE) for text in texts], dtype=np.int32)
    return places[codes] if len(codes) else np.zeros(0, dtype=np.int32)


def _node_cells(data: Dataset, part: Part) -> tuple[npt.NDArray[np.intp], Any]:
    """(code per person, CSR of scaled memberships per code): every distinct text is encoded once."""
    assert part.published is not None
    _column(data, part)
    codes, texts = texts_of(data, part.column)
    return codes, part.published.sparse_membership(texts) / part.published.norm


def _tree_columns(data: Dataset, part: Part) -> npt.NDArray[np.float64]:
    if part.is_numeric:
        return _scaled(data, part)
    if part.published is not None:
        codes, nodes = _node_cells(data, part)
        return np.asarray(nodes.toarray()[codes, ::-1], dtype=np.float64)
    places = categories_of(data, part)
    return np.where(places == NO_FEATURE, np.nan, places)


def _node_notes(name: str, published: Published) -> list[str]:
    """What is said where a hierarchy has more nodes than are told apart, or none."""
    values = len(published.tree.leaves)
    if not published.node_names:
        return [
            f"{name!r} is not used: its hierarchy has no level of 2 to {MOST_NODES:,} groups of its {values:,} values."
        ]
    if published.first_level:
        return [f"{name!r} has {values:,} values and is used from level {published.first_level} of its hierarchy up."]
    return []


def _column(data: Dataset, part: Part) -> pd.Series:
    if part.column not in data.table.columns:
        raise BadInput(f"the table lacks the column {part.column!r} that the model was trained on.")
    return data.table[part.column]


def _part(name: str, column: Column, schema: Schema, data: Dataset | None, knots: int) -> Part:
    if column.kind == "date" and column.categories is None:
        low, high = column.bounds or _range(name, years_of(_rows(name, data)))
        return Part(name, low=low, high=high, missing=column.missing, is_date=True, knots=knots)
    if column.kind == "numeric" or (column.kind == "ordinal" and column.bounds and not column.categories):
        low, high = column.bounds or _range(name, numbers_of(_rows(name, data, "bounds")))
        return Part(name, low=low, high=high, missing=column.missing, knots=knots)
    categories = column.categories or _leaves(name, column, schema)
    if categories is None:
        _rows(name, data, "categories")
        assert data is not None
        categories = tuple(sorted(text for text in texts_of(data, name)[1] if text != MISSING))
    if len(categories) > MOST_CATEGORIES:
        raise NotApplicable(
            f"{name!r} has {len(categories):,} categories, more than {MOST_CATEGORIES:,}: generalize it or ignore it."
        )
    return Part(name, categories=categories, missing=column.missing and MISSING not in categories)


def _leaves(name: str, column: Column, schema: Schema) -> tuple[str, ...] | None:
    """The values that a declared hierarchy lists: as public as a list of categories."""
    if column.hierarchy_file and schema.folder:
        leaves: Sequence[str] = hierarchy_from_file(schema.folder / column.hierarchy_file, name).leaves
    elif column.levels:
        leaves = hierarchy_from_levels(column.levels, name).leaves
    else:
        return None
    return tuple(leaf for leaf in leaves if not (leaf == MISSING and column.missing))


def _rows(name: str, data: Dataset | None, what: str = "bounds") -> pd.Series:
    if data is None:
        raise NotApplicable(
            f"the schema gives no {what} for {name!r}, and a private learner may not read them off the rows: add them."
        )
    return data.table[name]


def _range(name: str, numbers: npt.NDArray[np.float64]) -> tuple[float, float]:
    present = numbers[np.isfinite(numbers)]
    if not len(present):
        raise BadInput(f"{name!r} holds no number: correct its kind in the schema, or give it the role ignore.")
    low, high = float(present.min()), float(present.max())
    return (low, high) if high > low else (low, low + 1.0)
