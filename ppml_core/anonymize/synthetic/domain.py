"""A column as a short list of codes, by public knowledge alone, and codes as values again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from ppml_core.data.bins import generic_bins
from ppml_core.data.dataset import Dataset
from ppml_core.data.hierarchy import MISSING
from ppml_core.data.schema import INFERRED, Column, Schema
from ppml_core.errors import NotApplicable

Codes = npt.NDArray[np.int64]

MOST_LEVELS = 500
PRIVATE_SIZE = "the number of rows was taken from the private table; write expected_rows into the schema"
USED = ("quasi_identifier", "sensitive", "feature")


@dataclass(frozen=True)
class Coded:
    """A column of `size` codes: categories, or bins of a number, 0 by itself where amounts are 0 for most people.

    `missing` gives absent values a code of their own, the last. Unknown values go to the nearest bin or the last code.
    """

    name: str
    categories: tuple[str, ...] | None
    edges: tuple[float, ...] = ()
    whole: bool = False
    missing: bool = False

    @property
    def size(self) -> int:
        levels = len(self.categories) if self.categories is not None else len(self.edges) - 1
        return levels + self.missing

    @cached_property
    def places(self) -> dict[str, int]:
        return {value: place for place, value in enumerate(self.categories or ())}

    def codes(self, data: Dataset) -> Codes:
        if self.categories is not None:
            texts, uniques = pd.factorize(data.texts(self.name))
            return np.array([self.places.get(str(text), self.size - 1) for text in uniques], dtype=np.int64)[texts]
        cells = pd.to_numeric(data.table[self.name], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        place = np.searchsorted(self.edges[1:-1], np.nan_to_num(cells, nan=self.edges[0]), side="right")
        return np.where(np.isnan(cells), self.size - 1 if self.missing else 0, place).astype(np.int64)

    def values(self, codes: Codes, rng: np.random.Generator) -> pd.Series:
        """A category for each code, or a number drawn evenly from its bin."""
        if self.categories is not None:
            named = np.array([*self.categories, *([None] if self.missing else [])], dtype=object)
            return pd.Series(named[codes], dtype="str", name=self.name)
        absent = codes == len(self.edges) - 1
        spot = np.minimum(codes, len(self.edges) - 2)
        low, high = np.array(self.edges)[spot], np.array(self.edges)[spot + 1]
        if self.whole:
            last = spot == len(self.edges) - 2
            first, end = np.ceil(low), np.where(last, np.floor(high) + 1, np.ceil(high))
            drawn = np.floor(first + rng.random(len(codes)) * np.maximum(end - first, 1))
        else:
            drawn = low + rng.random(len(codes)) * (high - low)
        if self.whole and not absent.any():
            return pd.Series(drawn.astype(np.int64), name=self.name)
        return pd.Series(np.where(absent, np.nan, drawn), name=self.name)


def domain_of(data: Dataset) -> tuple[dict[str, Coded], list[str]]:
    """(column -> codes, sentences about what is left out). Raises NotApplicable where the schema says too little."""
    found: dict[str, Coded] = {}
    notes: list[str] = []
    for name, column in data.schema.columns.items():
        if column.role not in USED or name == data.schema.split:
            continue
        coded = _coded(name, column)
        if coded is None:
            notes.append(f"{name!r} is {'free text' if column.kind == 'text' else 'a date'} and is left out.")
        else:
            found[name] = coded
    if not found:
        raise NotApplicable("the schema leaves no column to make up people with.")
    return found, notes


def doubt_of(schema: Schema, names: list[str], *, sized: bool) -> str:
    """Why no guarantee can stand on these columns; "" where everything is public."""
    inferred = [name for name in names if not schema[name].is_public]
    if inferred:
        how = (
            "were inferred from the private rows" if schema[inferred[0]].source == INFERRED else "come without a source"
        )
        return f"bounds or categories of {inferred[0]!r} {how}"
    if not sized:
        return PRIVATE_SIZE
    return ""


def _coded(name: str, column: Column) -> Coded | None:
    if column.categories is not None:
        if len(column.categories) > MOST_LEVELS:
            raise NotApplicable(f"{name!r} has more than {MOST_LEVELS} categories: generalize it or ignore it.")
        return Coded(name, column.categories, missing=column.missing and MISSING not in column.categories)
    if column.kind in ("text", "date"):
        return None
    if column.bounds is None:
        what = "bounds" if column.kind == "numeric" else "categories"
        raise NotApplicable(
            f"the schema gives no {what} for {name!r}, and they may not be read off the rows: add them."
        )
    low, high = column.bounds
    cut = generic_bins(low, high)
    inner = cut[-1].edges if cut[-1].drop_lowest else cut[0].edges
    first = min(1.0, inner[0]) if cut[-1].drop_lowest else None
    edges = [low, *([first] if first is not None and low < first < inner[0] else []), *inner]
    top = high if high > edges[-1] else math.nextafter(edges[-1], math.inf)
    return Coded(name, None, (*edges, top), column.is_whole, column.missing)
