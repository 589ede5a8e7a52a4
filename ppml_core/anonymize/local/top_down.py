"""Top-down: everybody starts in one class, and classes split as long as every part keeps the models.

A class stands at its lowest common ancestors. Per attribute, those of its children one level down that keep the models
split off and the others pool; a pool that does not keep them takes in the child that gives away least. A class splits
by the attribute that wins most per square root of the entropy spent, for people who are split off by one attribute
cannot be told apart by another. Needs no lattice, so it also serves tables with many attributes, and as a preview.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ppml_core.anonymize.classes import Bools, Floats, Ints
from ppml_core.anonymize.local import kernels_top_down as kernels
from ppml_core.anonymize.local.cover import Cover, Forest
from ppml_core.anonymize.requirement import Requirement
from ppml_core.data.hierarchy import Codes

MOST_TAKEN = 4


def top_down(requirement: Requirement, weights: Mapping[str, float]) -> Cover:
    """Classes that keep the per-class models, everybody in one; where the whole table does not, that is the class."""
    forest = Forest.of(requirement.tuples, weights)
    everybody = np.where(forest.counts > 0, 0, -1).astype(np.int32)
    return Cover.of(forest, split(forest, everybody, requirement))


def split(forest: Forest, class_of: Codes, requirement: Requirement | int) -> Codes:
    """The classes, each split as far as every part keeps the models, or has so many people where a number is asked."""
    order = np.argsort(class_of, kind="stable").astype(np.int32)[np.count_nonzero(class_of < 0) :]
    starts = np.append(0, np.cumsum(np.bincount(class_of[order]))).astype(np.int64)
    parts, found = np.full(len(class_of), -1, dtype=np.int32), 0
    if not isinstance(requirement, int) and requirement.is_size_alone:
        requirement = requirement.least
    leaves = np.ascontiguousarray(forest.leaves.T)
    while len(starts) > 1:
        levels = kernels.lowest(forest.codes, leaves, order, starts)
        best, part_of = _best_splits(_Round(forest, requirement, leaves, order, starts, levels))
        order, starts, found = kernels.divide(order, starts, best, part_of, found, parts)
    return parts


@dataclass(frozen=True, eq=False)
class _Round:
    """All classes that are still open: slices of `order` between `starts`, at `levels` (classes, attributes)."""

    forest: Forest
    requirement: Requirement | int
    leaves: Codes
    order: Codes
    starts: Ints
    levels: Codes

    @property
    def places(self) -> Codes:
        """The class of each position."""
        return np.repeat(np.arange(len(self.levels), dtype=np.int32), np.diff(self.starts))

    def passing(self, positions: slice | Bools, number: Codes, sizes: Ints) -> Bools:
        """Which groups of the people at some positions keep the models."""
        if isinstance(self.requirement, int):
            return np.asarray(sizes >= self.requirement)
        rows = self.order[positions]
        return self.requirement.passing(self.requirement.classes_of(rows, number, len(sizes)))


def _best_splits(now: _Round) -> tuple[Codes, Codes]:
    """(the attribute by which each class splits, -1 for none; the part of each position per attribute)."""
    attributes = len(now.leaves)
    worth = np.empty((attributes, len(now.levels)))
    part_of = np.empty((attributes, len(now.order)), dtype=np.int32)
    for attribute in range(attributes):
        worth[attribute], part_of[attribute] = _split_by(now, attribute)
    best = worth.argmax(axis=0).astype(np.int32)
    best[worth.max(axis=0) <= 0] = -1
    return best, part_of


def _split_by(now: _Round, attribute: int) -> tuple[Floats, Codes]:
    """(what each class wins by splitting by one attribute, the part of each position)."""
    forest = now.forest
    child_of, first, sizes, gains = kernels.children(
        forest.codes[attribute], forest.lost[attribute], now.leaves[attribute], forest.counts,
        now.order, now.starts, now.levels[:, attribute],
    )  # fmt: skip
    pooled = ~now.passing(slice(None), child_of, sizes)
    _fill_pools(now, child_of, first, sizes, gains, pooled)
    worth, part = kernels.scores(first, sizes, gains, pooled)
    return worth, part[child_of]


def _fill_pools(now: _Round, child_of: Codes, first: Ints, sizes: Ints, gains: Floats, pooled: Bools) -> None:
    """Lets pools grow until they keep the models, in place; a class whose pool does not is pooled as a whole."""
    parent = np.repeat(np.arange(len(first) - 1), np.diff(first))
    asked = np.ones(len(first) - 1, dtype=bool)
    for _ in range(MOST_TAKEN):
        poor = asked & ~_pools_passing(now, child_of, first, sizes, pooled & asked[parent])
        asked = kernels.take_cheapest(first, gains, pooled, poor)
        if not asked.any() or isinstance(now.requirement, int):
            return
    poor = asked & ~_pools_passing(now, child_of, first, sizes, pooled & asked[parent])
    pooled |= poor[parent]


def _pools_passing(now: _Round, child_of: Codes, first: Ints, sizes: Ints, pooled: Bools) -> Bools:
    """Whether the pool of each class is empty or keeps the models."""
    people = kernels.pool_sizes(first, sizes, pooled)
    if isinstance(now.requirement, int):
        return np.asarray((people == 0) | (people >= now.requirement))
    inside = pooled[child_of]
    return np.asarray((people == 0) | now.passing(inside, now.places[inside], people))
