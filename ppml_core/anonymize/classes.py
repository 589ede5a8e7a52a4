"""Equivalence classes of one generalization, with what privacy models count in them.

In: packed tuples and the columns that models ask for. Out: `Classes`, whose columns all add up when classes merge, so
that a sensitive histogram rolls up the lattice as the number of people does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from ppml_core.anonymize.tuples import Tuples
from ppml_core.data.dataset import Dataset
from ppml_core.data.hierarchy import MISSING, Codes, Hierarchy
from ppml_core.errors import BadInput, NotApplicable

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

MOST_CELLS = 100_000_000
PEOPLE = "people"
POPULATION = "population"


@dataclass(frozen=True, eq=False)
class Sensitive:
    """One sensitive attribute over a whole table.

    `labels` (values,) in their natural order: numbers by size, listed categories as listed, else by the alphabet; an
    absent value is a value of its own. `codes` (rows,) is each person's, `shares` (values,) sums to 1. `tree` is the
    declared hierarchy, or None, and `leaf_of` (values,) the leaf of each label in it.
    """

    name: str
    labels: tuple[str, ...]
    codes: Codes
    shares: Floats
    tree: Hierarchy | None = None
    leaf_of: Codes | None = None

    @classmethod
    def of(cls, data: Dataset, name: str) -> Sensitive:
        if name not in data.schema.columns:
            raise BadInput(f"there is no column {name!r}; the table has {', '.join(data.schema.columns)}.")
        codes, labels = _ordered(data, name)
        shares = np.bincount(codes, minlength=len(labels)) / max(len(codes), 1)
        if not data.schema[name].has_hierarchy:
            return cls(name, labels, codes, shares)
        tree = data.hierarchy(name)
        first = np.zeros(len(labels), dtype=np.int64)
        first[codes] = np.arange(len(codes))
        return cls(name, labels, codes, shares, tree, data.leaf_codes(name, tree)[first])


@dataclass(frozen=True, eq=False)
class Ground:
    """What models are bound to: the table, its packed tuples and its sensitive attributes.

    `population` is a table of everybody the release was drawn from, with the same quasi-identifiers, or None.
    """

    data: Dataset
    tuples: Tuples
    population: Dataset | None = None
    known: dict[str, Sensitive] = field(default_factory=dict)

    @property
    def people(self) -> int:
        return int(self.tuples.counts.sum())

    def sensitive_names(self, asked: Sequence[str]) -> tuple[str, ...]:
        """The named attributes, or all that the schema calls sensitive. Raises BadInput where there is none."""
        names = tuple(asked) or tuple(self.data.schema.with_role("sensitive"))
        if not names:
            raise BadInput("no column is sensitive: give one that role, or name it with --sensitive.")
        for name in names:
            if name in self.tuples.names:
                raise BadInput(f"{name!r} is a quasi-identifier and cannot be the sensitive attribute as well.")
        return names

    def sensitive(self, name: str) -> Sensitive:
        if name not in self.known:
            self.known[name] = Sensitive.of(self.data, name)
        return self.known[name]


@dataclass(frozen=True, eq=False)
class Layout:
    """Which columns of a table of classes hold what: people first, then one block per name."""

    blocks: Mapping[str, slice]

    @property
    def width(self) -> int:
        return int(max(block.stop for block in self.blocks.values()))


@dataclass(frozen=True, eq=False)
class Classes:
    """Equivalence classes: packed `keys` (classes,), `table` (classes, columns) of counts, read through `layout`.

    `persons` (classes,) counts different persons where rows of one person are told apart, else None. Keys are None
    where classes do not stand at one node (local recoding).
    """

    table: Ints
    layout: Layout
    keys: Ints | None = None
    persons: Ints | None = None
    tuples: Tuples | None = None

    def __len__(self) -> int:
        return len(self.table)

    @property
    def sizes(self) -> Ints:
        """People in each class, shape (classes,)."""
        return self.table[:, 0]

    def histogram(self, name: str) -> Ints:
        """People with each sensitive value, shape (classes, values)."""
        return self.table[:, self.layout.blocks[name]]

    @property
    def population(self) -> Ints:
        """People of the population in each class, shape (classes,)."""
        return self.table[:, self.layout.blocks[POPULATION]][:, 0]


def base_table(ground: Ground, sensitive: Sequence[str], population: bool) -> tuple[Ints, Layout]:
    """(counts per distinct tuple, where they stand). Raises NotApplicable where a histogram would not fit."""
    tuples = ground.tuples
    blocks: dict[str, slice] = {PEOPLE: slice(0, 1)}
    width = 1
    for name in sensitive:
        values = len(ground.sensitive(name).labels)
        blocks[name] = slice(width, width + values)
        width += values
    if population:
        blocks[POPULATION] = slice(width, width + 1)
        width += 1
    if width * len(tuples.keys) > MOST_CELLS:
        raise NotApplicable(
            f"{', '.join(sensitive)} has too many different values to be counted in {len(tuples.keys):,} classes: "
            f"group its values first."
        )
    table = np.zeros((len(tuples.keys), width), dtype=np.int64)
    table[:, 0] = tuples.counts
    for name in sensitive:
        start = blocks[name].start
        np.add.at(table, (tuples.row_of, start + ground.sensitive(name).codes), 1)
    if population:
        table[:, blocks[POPULATION].start] = _population_counts(ground)
    return table, Layout(blocks)


def _population_counts(ground: Ground) -> Ints:
    """People of the population in each distinct tuple; the tuples were made over both tables."""
    if ground.population is None:
        raise BadInput("this model needs a population table: give one with --population.")
    keys = ground.tuples.pack(ground.population)
    order = np.argsort(ground.tuples.keys)
    place = np.searchsorted(ground.tuples.keys[order], keys)
    counts = np.bincount(order[place], minlength=len(order))
    return counts.astype(np.int64)


def _ordered(data: Dataset, name: str) -> tuple[Codes, tuple[str, ...]]:
    codes, texts = pd.factorize(data.texts(name))
    column = data.schema[name]
    listed = {text: place for place, text in enumerate(column.categories or ())}
    numbers = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce").to_numpy(dtype=float)
    by_number = not listed and not np.isnan(numbers[texts != MISSING]).any()
    ranks = [
        (text == MISSING, listed.get(text, len(listed)), numbers[place] if by_number and text else 0.0, str(text))
        for place, text in enumerate(texts)
    ]
    order = sorted(range(len(texts)), key=lambda place: ranks[place])
    rank = np.empty(len(texts), dtype=np.int32)
    rank[order] = np.arange(len(texts), dtype=np.int32)
    return rank[codes] if len(codes) else np.zeros(0, dtype=np.int32), tuple(str(texts[place]) for place in order)
