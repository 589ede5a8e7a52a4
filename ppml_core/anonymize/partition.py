"""A table cut at medians into parts that each satisfy a requirement (Mondrian's greedy recursion).

In: a `Requirement` and the order of each attribute's leaves. Out: `Parts`, the part of every unit that was cut: of
each distinct tuple, or of each person where people who share a tuple may be parted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ppml_core.anonymize import cuts
from ppml_core.anonymize.classes import PEOPLE, POPULATION, Bools, Classes, Ints
from ppml_core.anonymize.requirement import Requirement
from ppml_core.data.hierarchy import MISSING_MARKS, Hierarchy
from ppml_core.data.schema import Kind
from ppml_core.errors import NotApplicable

CutCheck = Callable[[Ints, Ints, Ints, Bools], Bools]


@dataclass(frozen=True, eq=False)
class Units:
    """What is cut: `weights` people each (units,), `tuple_of` the distinct tuple of each, `ranks` (units, attributes).

    Units are distinct tuples, or people where `by_person`.
    """

    requirement: Requirement
    weights: Ints
    tuple_of: Ints
    ranks: Ints
    by_person: bool

    @classmethod
    def of(cls, requirement: Requirement, orders: Sequence[Ints], by_person: bool) -> Units:
        """Raises NotApplicable where people are to be parted and a model counts a population, which cannot be."""
        tuples = requirement.tuples
        if by_person and POPULATION in requirement.layout.blocks:
            raise NotApplicable(
                "relaxed cuts part people who share a tuple, and a population cannot be parted alike: cut strictly."
            )
        tuple_of = np.asarray(tuples.row_of if by_person else np.arange(len(tuples.keys)), dtype=np.int64)
        weights = np.ones(len(tuple_of), dtype=np.int64) if by_person else tuples.counts
        ranks = np.empty((len(tuple_of), len(orders)), dtype=np.int64)
        for attribute, (codes, order) in enumerate(zip(tuples.codes, orders, strict=True)):
            ranks[:, attribute] = order[codes[tuple_of]]
        return cls(requirement, weights, tuple_of, ranks, by_person)

    def __len__(self) -> int:
        return len(self.weights)

    def classes(self, units: Ints, class_of: Ints, number: int) -> Classes:
        """What the requirement counts in classes that hold these units."""
        if self.by_person:
            table = self._count_people(units, class_of, number)
        else:
            table = cuts.add_up(self.requirement.table, units, class_of, number)
        persons = self._persons(units, class_of, number)
        return dataclasses.replace(self.requirement.classes(np.zeros(0, dtype=np.int64), table, persons), keys=None)

    def _count_people(self, people: Ints, class_of: Ints, number: int) -> Ints:
        layout = self.requirement.layout
        table = np.zeros((number, layout.width), dtype=np.int64)
        for name, block in layout.blocks.items():
            width = block.stop - block.start
            codes = 0 if name == PEOPLE else self.requirement.ground.sensitive(name).codes[people]
            table[:, block] = np.bincount(class_of * width + codes, minlength=number * width).reshape(number, width)
        return table

    def _persons(self, units: Ints, class_of: Ints, number: int) -> Ints | None:
        """Different persons in each class, where a model tells them apart."""
        pairs = self.requirement.pairs
        if pairs is None:
            return None
        part_of = np.full(len(self), -1, dtype=np.int64)
        part_of[units] = class_of
        unit, person = self._people_of_units() if self.by_person else pairs
        there = part_of[unit] >= 0
        most = int(person.max(initial=0)) + 1
        different = pd.unique(part_of[unit[there]] * most + person[there])
        return np.bincount(different // most, minlength=number).astype(np.int64)

    def _people_of_units(self) -> tuple[Ints, Ints]:
        names = {model.person() for model in self.requirement.models} - {""}
        codes, _ = pd.factorize(self.requirement.ground.data.table[names.pop()], use_na_sentinel=False)
        return np.arange(len(self), dtype=np.int64), np.asarray(codes, dtype=np.int64)


def partition(units: Units, spans: Ints) -> Ints:
    """The part of every unit, numbered from 0: no part can be cut further at a median by the requirement.

    `spans` is the largest distance of ranks in each attribute's domain: the attribute that is widest against it goes
    first. LeFevre, DeWitt & Ramakrishnan 2006, section 4.
    """
    return cut(
        units.ranks, units.weights, spans, units.requirement.k, units.by_person,
        lambda order, starts, stops, left: _allowed(units, order, starts, stops, left),
    )  # fmt: skip


def cut(
    ranks: Ints, weights: Ints, spans: Ints, smallest: int, relaxed: bool = False, allowed: CutCheck | None = None
) -> Ints:
    """The part of every unit, numbered from 0: cut at medians while both sides hold `smallest` and are allowed.

    All parts of a round are judged together. `allowed(order, starts, stops, left)` says which proposed cuts may be.
    """
    order = np.arange(len(weights), dtype=np.int64)
    left = np.zeros(len(weights), dtype=np.bool_)
    starts, stops, tried = np.array([0]), np.array([len(weights)]), np.array([0])
    finished: list[Ints] = []
    while len(starts):
        chosen = cuts.propose(
            order, starts, stops, tried, ranks, weights, np.maximum(spans, 1), smallest, relaxed, left
        )
        found = chosen >= 0
        finished.append(starts[~found])
        starts, stops, chosen = starts[found], stops[found], chosen[found]
        fine = np.ones(len(starts), dtype=bool) if allowed is None else allowed(order, starts, stops, left)
        middles = cuts.divide(order, starts[fine], stops[fine], left)
        tried = np.concatenate([np.zeros(2 * len(middles), dtype=np.int64), chosen[~fine] + 1])
        starts, stops = (
            np.concatenate([starts[fine], middles, starts[~fine]]),
            np.concatenate([middles, stops[fine], stops[~fine]]),
        )
    begins = np.zeros(len(weights), dtype=np.int64)
    begins[np.concatenate(finished)] = 1
    part_of = np.empty(len(weights), dtype=np.int64)
    part_of[order] = np.cumsum(begins) - 1
    return part_of


def satisfies(requirement: Requirement, classes: Classes) -> Bools:
    """Which classes satisfy every model, each as if it were the whole release."""
    passing = requirement.passing(classes)
    if requirement.is_per_class:
        return passing
    for place in np.flatnonzero(passing):
        persons = None if classes.persons is None else classes.persons[place : place + 1]
        alone = dataclasses.replace(classes, table=classes.table[place : place + 1], persons=persons)
        passing[place] = requirement.keep(alone)[0]
    return passing


def _allowed(units: Units, order: Ints, starts: Ints, stops: Ints, left: Bools) -> Bools:
    """Which of the proposed cuts leave both sides satisfied; sizes are right already."""
    if units.requirement.is_size_alone or not len(starts):
        return np.ones(len(starts), dtype=bool)
    lengths = stops - starts
    places = np.repeat(starts - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths) + np.arange(lengths.sum())
    side_of = 2 * np.repeat(np.arange(len(starts)), lengths) + ~left[places]
    sides = units.classes(order[places], side_of, 2 * len(starts))
    return np.asarray(satisfies(units.requirement, sides).reshape(-1, 2).all(axis=1))


def leaf_values(tree: Hierarchy, kind: Kind) -> npt.NDArray[np.float64]:
    """The number or day that each leaf of an ordered column is; NaN for any other text, and for columns without one.

    Ordinal columns are ordered by their leaves where all of these are numbers, else by their hierarchy.
    """
    if kind not in ("numeric", "ordinal", "date"):
        return np.full(len(tree.leaves), np.nan)
    texts = pd.Series(tree.leaves, dtype=object)
    absent = texts.isin(MISSING_MARKS)
    if kind == "date":
        days = pd.to_datetime(texts.mask(absent), errors="coerce", format="%Y-%m-%d")
        return np.where(days.isna(), np.nan, days.to_numpy().astype("datetime64[D]").astype(np.float64))
    values = pd.to_numeric(texts.mask(absent), errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    values = np.where(np.isfinite(values), values, np.nan)
    return np.full(len(values), np.nan) if kind == "ordinal" and np.isnan(values[~absent]).any() else values


def leaf_order(tree: Hierarchy, values: npt.NDArray[np.float64]) -> Ints:
    """The rank of every leaf: by its value, and without one behind, so that each subtree is one run of ranks.

    >>> from ppml_core.data.hierarchy import hierarchy_from_rows
    >>> rows = [["a", "vowel", "*"], ["b", "consonant", "*"], ["e", "vowel", "*"]]
    >>> leaf_order(hierarchy_from_rows(rows, "letter"), np.full(3, np.nan)).tolist()
    [0, 2, 1]
    """
    leaves = np.arange(len(tree.leaves))
    rank = np.empty(len(leaves), dtype=np.int64)
    keys: list[npt.NDArray[Any]] = [leaves, *tree.codes[1:], np.where(np.isnan(values), np.inf, values)]
    rank[np.lexsort(keys)] = leaves
    return rank
