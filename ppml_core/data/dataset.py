"""Dataset: a table of people together with what its columns mean, and the hierarchies of its quasi-identifiers."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from ppml_core.data.dates import parse_dates
from ppml_core.data.hierarchy import (
    MISSING,
    Codes,
    Hierarchy,
    flat_hierarchy,
    hierarchy_from_dates,
    hierarchy_from_file,
    hierarchy_from_levels,
    hierarchy_from_widths,
    plain,
)
from ppml_core.data.published import Published
from ppml_core.data.schema import Schema
from ppml_core.errors import BadInput

MOST_NAMED = 5
MOST_LEAVES = 100_000


@dataclass(frozen=True, eq=False)
class Dataset:
    """A table (one row per person) and its schema. The table is never changed in place.

    `whole` is the table that this one is a part of: where a hierarchy is built over what occurs, not declared, a part
    uses that of the whole, so that training and test people are generalized alike. `population` are the people that
    the table's were drawn from, under the same quasi-identifiers: what occurs there occurs. `published` says what the
    texts of a recoded column may stand for, where cells of one column are generalized unequally; the release and raw
    people who are to be compared with it carry the same.

    Raises BadInput when schema and table do not fit each other.
    """

    table: pd.DataFrame
    schema: Schema
    name: str = "table"
    whole: Dataset | None = field(default=None, repr=False)
    population: Dataset | None = field(default=None, repr=False)
    published: Mapping[str, Published] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        absent = [name for name in self.schema.columns if name not in self.table.columns]
        if absent:
            raise BadInput(f"the schema describes a column {absent[0]!r} that the table does not have.")
        unknown = [str(name) for name in self.table.columns if name not in self.schema.columns]
        if unknown:
            raise BadInput(
                f"the table has a column {unknown[0]!r} that the schema does not describe; "
                f"add it, or give it the role ignore."
            )

    def __len__(self) -> int:
        return len(self.table)

    @property
    def quasi_identifiers(self) -> list[str]:
        return self.schema.quasi_identifiers

    def take(self, rows: np.ndarray) -> Dataset:
        """The people at these positions, with the same meaning."""
        return dataclasses.replace(self, table=self.table.iloc[rows].reset_index(drop=True), whole=self.whole or self)

    def with_schema(self, schema: Schema) -> Dataset:
        return dataclasses.replace(self, schema=schema)

    @cached_property
    def hierarchies(self) -> dict[str, Hierarchy]:
        """The hierarchy of every quasi-identifier, in their order; refused where it lacks a value of the table."""
        return {name: self.hierarchy(name) for name in self.quasi_identifiers}

    def hierarchy(self, name: str) -> Hierarchy:
        """The hierarchy of one column: the declared one, or intervals, dates or a root over what occurs."""
        column = self.schema[name]
        if self.whole is not None and self.whole.schema.columns.get(name) == column:
            return self.whole.hierarchies.get(name) or self.whole.hierarchy(name)
        if column.hierarchy_file:
            folder = self.schema.folder or Path()
            return hierarchy_from_file(folder / column.hierarchy_file, name, column.missing)
        if column.levels:
            return hierarchy_from_levels(column.levels, name, column.missing)
        if self.population is not None and name in self.population.table:
            both = pd.concat([self.table[[name]], self.population.table[[name]]], ignore_index=True)
            return Dataset(both, Schema({name: column})).hierarchy(name)
        missing = column.missing or self._lacks_some(name)
        if column.kind == "numeric":
            widths = column.widths or _default_widths(self.table[name], column.bounds)
            if widths:
                leaves = _numeric_leaves(self.table[name], column.bounds)
                return hierarchy_from_widths(
                    leaves, widths, name, missing=(missing and not column.widths) or column.missing
                )
        present = sorted(set(self.texts(name)) - {MISSING})
        if column.kind == "date":
            return hierarchy_from_dates(present, name, missing)
        return flat_hierarchy(list(column.categories or present), name, missing)

    def _lacks_some(self, name: str) -> bool:
        """Whether a cell of the column is absent, or an empty text."""
        values = self.table[name]
        absent = bool(values.isna().any())
        return absent or (not pd.api.types.is_numeric_dtype(values) and bool((values == MISSING).any()))

    def texts(self, name: str) -> np.ndarray:
        """The column as the texts that hierarchies and releases speak of; an absent value is the empty text."""
        values = self.table[name]
        if self.schema[name].kind == "date":
            days = parse_dates(values, name).dt.strftime("%Y-%m-%d").fillna(MISSING)
            return np.asarray(days.to_numpy(dtype=object))
        if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
            if pd.api.types.is_integer_dtype(values) and not values.isna().any():  # floats would merge large ones
                integers, inverse = np.unique(values.to_numpy(), return_inverse=True)
                return np.array([str(value) for value in integers], dtype=object)[inverse]
            unique, inverse = np.unique(values.to_numpy(dtype=float, na_value=np.nan), return_inverse=True)
            shown = np.array([MISSING if np.isnan(value) else plain(value) for value in unique], dtype=object)
            return shown[inverse]
        return values.astype("object").where(values.notna(), MISSING).astype(str).to_numpy(dtype=object)

    def leaf_codes(self, name: str, hierarchy: Hierarchy) -> Codes:
        """Each person's leaf in the hierarchy, shape (rows,). Raises BadInput naming the values that it lacks."""
        codes, texts = pd.factorize(self.texts(name))
        lookup = np.array([hierarchy.leaf_of(text) for text in texts], dtype=np.int32)
        lacking = sorted(str(text) or "an empty cell" for text, code in zip(texts, lookup, strict=True) if code < 0)
        if lacking:
            more = f" and {len(lacking) - MOST_NAMED} more" if len(lacking) > MOST_NAMED else ""
            named = ", ".join(repr(value) for value in lacking[:MOST_NAMED])
            raise BadInput(f"the hierarchy of {name!r} lacks {named}{more}: add a line for each, or widen the bounds.")
        return lookup[codes] if len(codes) else np.zeros(0, dtype=np.int32)

    def check_hierarchies(self) -> None:
        """Raises BadInput where a declared hierarchy, of a quasi-identifier or not, lacks a value of the table."""
        for name, column in self.schema.columns.items():
            if column.role == "quasi_identifier" and column.has_hierarchy:
                self.leaves_of(name)
            elif column.has_hierarchy:
                self.leaf_codes(name, self.hierarchy(name))

    def leaves_of(self, name: str) -> Codes:
        """Leaf codes of one quasi-identifier, computed once."""
        if name not in self.memo:
            self.memo[name] = self.leaf_codes(name, self.hierarchies[name])
        return cast(Codes, self.memo[name])

    @cached_property
    def memo(self) -> dict[Any, Any]:
        """Room for arrays derived from the table, that live as long as it does and no longer."""
        return {}

    @cached_property
    def leaves(self) -> dict[str, Codes]:
        """Leaf codes of every quasi-identifier."""
        return {name: self.leaves_of(name) for name in self.hierarchies}

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the schema and every cell: equal tables with equal meaning, and only those, share it.

        The order of the schema's columns counts: models read them in that order, and their sums round accordingly.
        """
        digest = hashlib.sha256(json.dumps(self.schema.values(), sort_keys=True, default=str).encode())
        digest.update(json.dumps(list(self.schema.columns)).encode())
        for name in self.table.columns:
            values = self.table[name]
            digest.update(str(name).encode())
            digest.update(np.ascontiguousarray(pd.util.hash_pandas_object(values, index=False).to_numpy()).tobytes())
        for name, column in self.schema.columns.items():
            if column.hierarchy_file:
                digest.update(((self.schema.folder or Path()) / column.hierarchy_file).read_bytes())
                digest.update(name.encode())
        for name, published in sorted(self.published.items()):
            digest.update(name.encode() + published.digest)
        if self.population is not None:
            digest.update(self.population.fingerprint.encode())
        return digest.hexdigest()


def _numeric_leaves(values: pd.Series, bounds: tuple[float, float] | None) -> list[float]:
    """Every whole number within the bounds where values are whole and the bounds not too far; else what occurs."""
    present = np.unique(values.dropna().to_numpy(dtype=float))
    low, high = bounds or ((present[0], present[-1]) if len(present) else (0, 0))
    if not np.all(present == np.round(present)) or high - low > MOST_LEAVES:
        return [float(value) for value in present]
    return [float(value) for value in range(int(low), int(high) + 1)]


def _default_widths(values: pd.Series, bounds: tuple[float, float] | None) -> tuple[float, ...]:
    """5, 10, 20 and so on, scaled to the range; none for a handful of values."""
    present = values.dropna().to_numpy(dtype=float)
    if not len(present):
        return ()
    low, high = bounds or (float(present.min()), float(present.max()))
    if len(np.unique(present)) <= 12 or high <= low:
        return ()
    unit = 10.0 ** np.floor(np.log10((high - low) / 20))
    return tuple(float(unit * step) for step in (5, 10, 20, 40) if unit * step < high - low)
