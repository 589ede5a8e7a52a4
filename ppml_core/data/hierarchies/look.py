"""What a suggestion starts from: the values of one column in their order, who has them, and what its header means."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from ppml_core.data.dataset import MOST_LEAVES, Dataset
from ppml_core.data.hierarchies.builders import Entries, from_rows
from ppml_core.data.hierarchy import MISSING, MISSING_MARKS, ROOT, plain
from ppml_core.data.schema import INFERRED, Column
from ppml_core.data.words import meaning, tokens

FEW = 6


@dataclass(frozen=True)
class Suggestion:
    """A hierarchy for one column: `column` is the schema's with its hierarchy replaced; `why` is one sentence.

    Its source is `INFERRED` where values, their order or their number of people were read off the table.
    """

    title: str
    why: str
    column: Column


@dataclass(frozen=True, eq=False)
class Look:
    """One column seen for a suggestion; `people` says how many have each value (an absent one left out)."""

    name: str
    column: Column
    people: Mapping[str, int]
    lacks_some: bool
    has_numbers: bool

    @property
    def meant(self) -> str | None:
        """Key of what the header speaks of, as `words.MEANINGS` has it."""
        return meaning(self.name)

    @property
    def words(self) -> frozenset[str]:
        return frozenset(tokens(self.name))

    @cached_property
    def values(self) -> tuple[str, ...]:
        """The declared values in their order, then what else occurs; an absent value is none of them."""
        declared = [value for value in self.column.categories or () if value != MISSING]
        rest = sorted(set(self.people) - set(declared), key=_natural)
        return tuple(dict.fromkeys([*declared, *rest]))

    @property
    def declared(self) -> bool:
        """Whether the values come from a public list that has all of them."""
        return bool(self.column.categories) and self.column.is_public and set(self.people) <= set(self.values_declared)

    @property
    def values_declared(self) -> tuple[str, ...]:
        return self.column.categories or ()

    @cached_property
    def numbers(self) -> np.ndarray:
        """The different numbers that occur, rising; none for a column of texts."""
        return np.sort(np.array([float(value) for value in self.people])) if self.has_numbers else np.zeros(0)

    @cached_property
    def whole(self) -> bool:
        return self.has_numbers and bool((self.numbers == np.round(self.numbers)).all())

    @cached_property
    def bounds(self) -> tuple[float, float] | None:
        """The declared bounds where all numbers are inside, else the smallest and largest number."""
        if not len(self.numbers):
            return self.column.bounds if self.has_numbers else None
        low, high = float(self.numbers[0]), float(self.numbers[-1])
        given = self.column.bounds
        if given is not None and given[0] <= low and high <= given[1]:
            return given
        return low, high

    @property
    def within(self) -> bool:
        """Whether public bounds hold every number."""
        return self.column.bounds is not None and self.bounds == self.column.bounds and self.column.is_public

    @cached_property
    def leaves(self) -> tuple[float, ...]:
        """Every whole number within the bounds where they are whole and not too far apart, else what occurs."""
        if self.bounds is None or not self.whole or self.bounds[1] - self.bounds[0] > MOST_LEAVES:
            return tuple(float(number) for number in self.numbers)
        return tuple(float(number) for number in range(int(self.bounds[0]), int(self.bounds[1]) + 1))

    def suggestion(self, title: str, why: str, entries: Entries, public: bool) -> Suggestion:
        """The column under these entries; its source says so where they are not public."""
        marked = any(mark in self.values for mark in MISSING_MARKS)
        column = dataclasses.replace(
            self.column,
            **entries,
            missing=self.column.missing or (self.lacks_some and not marked),
            source=self.column.source if public and self.column.is_public else INFERRED,
        )
        if self.has_numbers and column.kind == "numeric" and column.bounds and self.bounds != column.bounds:
            column = dataclasses.replace(column, bounds=_apart(self.bounds), source=INFERRED)
        return Suggestion(title, why, column)


def look_at(data: Dataset, name: str) -> Look:
    """The column of the whole table, and of its population where it has one."""
    whole = data.whole or data
    texts, counts = np.unique(whole.texts(name).astype(str), return_counts=True)
    people = {str(text): int(count) for text, count in zip(texts, counts, strict=True)}
    if whole.population is not None and name in whole.population.table:
        people = {str(text): 0 for text in pd.unique(whole.population.texts(name))} | people
    lacks_some = people.pop(MISSING, None) is not None
    column = data.schema[name]
    values = whole.table[name]
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    finite = numeric and bool(np.isfinite(values.dropna().to_numpy(dtype=float)).all())
    return Look(name, column, people, lacks_some, finite and column.kind == "numeric")


def thinned(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """The rows without the levels that have no fewer groups than the one below, a root at the end.

    >>> thinned([["a", "a", "x", "*"], ["b", "b", "x", "*"], ["c", "c", "y", "*"]])
    [['a', 'x', '*'], ['b', 'x', '*'], ['c', 'y', '*']]
    """
    if not rows:
        return []
    counts = [len({row[level] for row in rows}) for level in range(len(rows[0]))]
    kept, last = [0], counts[0]
    for level in range(1, len(counts)):
        if 1 < counts[level] < last:
            kept.append(level)
            last = counts[level]
    return [[*(row[level] for level in kept), ROOT] for row in rows]


def entries_of(rows: Sequence[Sequence[str]], name: str) -> Entries:
    """The entries of the thinned rows."""
    return from_rows(thinned(rows), name)


def texts_of(numbers: Sequence[float]) -> list[str]:
    return [plain(number) for number in numbers]


def _apart(bounds: tuple[float, float] | None) -> tuple[float, float] | None:
    """The bounds, with room between them where they are one number."""
    if bounds is None or bounds[0] < bounds[1]:
        return bounds
    return bounds[0], bounds[0] + 1


def _natural(text: str) -> tuple[int, float, str]:
    """Numbers by size, then texts by the alphabet."""
    try:
        return 0, float(text), text
    except ValueError:
        return 1, 0.0, text
