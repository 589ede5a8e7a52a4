"""How much of a table a recoding keeps, in ARX's measures of data quality.

In: for every distinct tuple of quasi-identifiers its class, whether it stays, and the level at which each of its cells
is published. So full-domain and local recodings are judged alike. Out: `Quality`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ppml_core.anonymize.tuples import Ints, Tuples
from ppml_core.data.hierarchy import Codes, Hierarchy

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Quality:
    """What a release keeps. 1 is no loss, but for `loss` and `missings`, where 0 is none.

    `loss` is ARX's geometric-mean loss, `missings` the share of cells that say `*`. All measures compare with the raw
    table as 1 and the table of nothing but `*` as 0. They say nothing about risk.
    """

    loss: float
    granularity: float
    discernibility: float
    aecs: float
    ambiguity: float
    nonuniform_entropy: float
    precision: float
    ssesst: float
    record_se: float
    missings: float

    def values(self) -> dict[str, float]:
        """Plain values for JSON."""
        return dataclasses.asdict(self)


@dataclass(frozen=True, eq=False)
class Recoded:
    """A recoding of distinct tuples: `counts` people in each, all arrays of shape (tuples,).

    `leaves` and `levels` hold one array per attribute: the raw value's code, and the level at which it is published (a
    cell may say nothing but an ancestor of its value, so that the level names the node). `class_of` numbers the
    classes from 0; who does not stay is published as `*`. A class that says `*` everywhere counts as suppressed.
    """

    trees: tuple[Hierarchy, ...]
    counts: Ints
    leaves: tuple[Codes, ...]
    levels: tuple[Ints, ...]
    class_of: Ints
    stays: Bools

    @classmethod
    def of(
        cls, tuples: Tuples, class_of: npt.ArrayLike, stays: npt.ArrayLike, levels: Sequence[npt.ArrayLike]
    ) -> Recoded:
        """A recoding of a table's tuples; tuples that nobody in the table has are left out."""
        there = tuples.counts > 0
        reduced = tuple(
            _first_levels(tree, np.broadcast_to(np.asarray(level, dtype=np.int64), there.shape)[there], codes[there])
            for tree, level, codes in zip(tuples.trees, levels, tuples.codes, strict=True)
        )
        roots = np.array([level == _root_level(tree) for tree, level in zip(tuples.trees, reduced, strict=True)])
        return cls(
            tuples.trees, tuples.counts[there], tuple(codes[there] for codes in tuples.codes), reduced,
            np.asarray(class_of, dtype=np.int64)[there], np.asarray(stays, dtype=bool)[there] & ~roots.all(axis=0),
        )  # fmt: skip

    @classmethod
    def at(cls, tuples: Tuples, levels: Mapping[str, int], k: int) -> Recoded:
        """The full-domain generalization at one node, classes below k suppressed."""
        sizes, class_of = tuples.classes(levels)
        return cls.of(tuples, class_of, (sizes >= k)[class_of], [levels[name] for name in tuples.names])

    @property
    def people(self) -> int:
        return int(self.counts.sum())

    @cached_property
    def suppressed(self) -> int:
        """People who are published as `*` in every quasi-identifier."""
        return int(self.counts[~self.stays].sum())

    @cached_property
    def sizes(self) -> Ints:
        """People in each class that stays."""
        sizes = np.bincount(self.class_of[self.stays], self.counts[self.stays])
        return sizes[sizes > 0].astype(np.int64)

    @cached_property
    def cells(self) -> tuple[Cells, ...]:
        return tuple(
            Cells.of(tree, leaves, levels, self.stays)
            for tree, leaves, levels in zip(self.trees, self.leaves, self.levels, strict=True)
        )

    @cached_property
    def shares(self) -> Floats:
        """Part of its attribute's domain that each cell may mean, shape (attributes, tuples)."""
        return np.array([cell.share for cell in self.cells])

    @cached_property
    def domains(self) -> Ints:
        return np.array([len(tree.leaves) for tree in self.trees], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Cells:
    """One attribute's published cells, per tuple: share of the domain, first and last leaf, level, and whether `*`.

    Who is suppressed has the level of the root, or one above the top where a hierarchy ends in several labels.
    """

    tree: Hierarchy
    leaves: Codes
    share: Floats
    low: Floats
    high: Floats
    level: Ints
    is_root: Bools

    @classmethod
    def of(cls, tree: Hierarchy, leaves: Codes, levels: Ints, stays: Bools) -> Cells:
        root = _root_level(tree)
        domain = len(tree.leaves)
        share, low, high = np.ones(len(leaves)), np.zeros(len(leaves)), np.full(len(leaves), domain - 1.0)
        for level in np.unique(levels[stays]):
            here = stays & (levels == level)
            codes = tree.codes[level]
            first, last = _ends(codes, len(tree.labels[level]))
            share[here] = tree.sizes[level][codes[leaves[here]]] / domain
            low[here], high[here] = first[codes[leaves[here]]], last[codes[leaves[here]]]
        level_of = np.where(stays, levels, root)
        return cls(tree, leaves, share, low, high, level_of, level_of == root)


def quality(recoded: Recoded) -> Quality:
    """Every measure of one recoding."""
    return Quality(
        loss=geometric_loss(recoded),
        granularity=granularity(recoded.shares, recoded.domains, recoded.counts),
        discernibility=discernibility(recoded.counts, recoded.sizes),
        aecs=average_class_size(recoded.counts, recoded.sizes),
        ambiguity=ambiguity(recoded.shares, recoded.domains, recoded.counts),
        nonuniform_entropy=nonuniform_entropy(recoded),
        precision=precision(recoded),
        ssesst=ssesst(recoded),
        record_se=record_squared_error(recoded),
        missings=float(np.mean([recoded.counts @ cell.is_root for cell in recoded.cells]) / recoded.people),
    )


def geometric_loss(recoded: Recoded) -> float:
    """Geometric mean over attributes of 1 + loss, less 1; an attribute's loss is 0 (raw) to 1 (nothing but `*`).

    Iyengar 2002, equation 1 (general loss metric), aggregated as Prasser et al. 2020 do.
    """
    people = recoded.people
    least = people / recoded.domains
    losses = np.maximum(0.0, _normalised(recoded.shares @ recoded.counts - least, people - least))
    return float(np.prod(1 + losses) ** (1 / len(losses)) - 1)


def granularity(shares: Floats, domains: Ints, counts: Ints) -> float:
    """1 less the mean share of the domain a cell may mean, normalised after summing over attributes.

    `shares` has shape (attributes, tuples). Iyengar 2002; summed as ARX does.

    >>> granularity(np.array([[0.5, 1.0]]), np.array([4]), np.array([1, 1]))
    0.33333333333333337
    """
    mean = shares @ counts / counts.sum()
    return 1 - float(_normalised((mean - 1 / domains).sum(), (1 - 1 / domains).sum()))


def discernibility(counts: Ints, sizes: Ints) -> float:
    """1 less the penalty of Bayardo & Agrawal 2005, section 3: each person costs the size of their class, or all
    people where suppressed. `counts` are the raw classes, `sizes` those that stay."""
    people = int(counts.sum())
    least = int((counts**2).sum())
    penalty = int((sizes**2).sum()) + (people - int(sizes.sum())) * people
    return 1 - float(_normalised(penalty - least, people**2 - least))


def average_class_size(counts: Ints, sizes: Ints) -> float:
    """1 less the mean size of the classes that stay, between the raw table's mean and one class of all.

    LeFevre et al. 2006, section 5 (C_AVG, here without its division by k). 0 where no class stays.
    """
    people = int(counts.sum())
    if not len(sizes):
        return 0.0
    least = people / len(counts)
    return 1 - float(_normalised(sizes.mean() - least, people - least))


def ambiguity(shares: Floats, domains: Ints, counts: Ints) -> float:
    """1 less the mean number of raw tuples that a record may stand for, over all that there could be.

    Goldberger & Tassa 2010, section 3.
    """
    largest = float(np.prod(domains.astype(float)))
    mean = float(np.prod(shares, axis=0) @ counts) / int(counts.sum()) * largest
    return 1 - float(_normalised(mean - 1, largest - 1))


def precision(recoded: Recoded) -> float:
    """1 less the mean height of a cell in its hierarchy, 0 at the value and 1 at the root.

    Sweeney 2002, "Achieving k-anonymity privacy protection", section 3.4.
    """
    heights = [recoded.counts @ np.minimum(1.0, cell.level / max(1, cell.tree.depth - 1)) for cell in recoded.cells]
    return 1 - float(np.mean(heights)) / recoded.people


def nonuniform_entropy(recoded: Recoded) -> float:
    """1 less the bits that generalizing takes away, over those that `*` everywhere would take, summed over attributes.

    A cell that goes from value a to label b costs -log2(people with a / people with b). Where levels are mixed, each
    step to the next level in use is charged to the cells that go so far or farther. De Waal & Willenborg 1999; for
    local recoding Prasser, Bild & Kuhn 2016.
    """
    lost = sum(_bits(cell, recoded.counts) for cell in recoded.cells)
    possible = sum(_step(cell.leaves, np.zeros_like(cell.leaves), recoded.counts) for cell in recoded.cells)
    return 1 - float(_normalised(lost, possible))


def ssesst(recoded: Recoded) -> float:
    """1 less the squared error of the cells' midpoints over their spread, at least 0.

    Values are places in the hierarchy's list; a cell's midpoint lies between the first and the last leaf under it. As
    ARX does, the spread is that of the *published* midpoints around the raw mean, where Solanas et al. 2006 have that
    of the raw values; a table that says `*` everywhere scores 0 either way unless its leaves lie evenly.
    """
    errors = spread = 0.0
    for cell in recoded.cells:
        middle = (cell.low + cell.high) / 2
        errors += float(recoded.counts @ (cell.leaves - middle) ** 2)
        spread += float(recoded.counts @ (middle - recoded.counts @ cell.leaves / recoded.people) ** 2)
    return max(0.0, 1 - float(_normalised(errors, spread)))


def record_squared_error(recoded: Recoded) -> float:
    """1 less the mean distance from a record to the farthest one its cells allow, over the farthest in the table.

    Values are places in the hierarchy's list, in units of their standard deviation. Sánchez, Martínez &
    Domingo-Ferrer 2016 (supplement).
    """
    error, largest = np.zeros(len(recoded.counts)), np.zeros(len(recoded.counts))
    for cell in recoded.cells:
        mean = recoded.counts @ cell.leaves / recoded.people
        deviation = float(np.sqrt(recoded.counts @ (cell.leaves - mean) ** 2 / recoded.people))
        if deviation == 0:
            continue
        low, high = min(cell.leaves.min(), cell.low.min()), max(cell.leaves.max(), cell.high.max())
        error += (np.maximum(cell.leaves - cell.low, cell.high - cell.leaves) / deviation) ** 2
        largest += (np.maximum(cell.leaves - low, high - cell.leaves) / deviation) ** 2
    return 1 - float(_normalised(recoded.counts @ np.sqrt(error), recoded.counts @ np.sqrt(largest)))


def _normalised(lost: npt.ArrayLike, possible: npt.ArrayLike) -> Floats:
    """Their ratio; where nothing could be lost, 0 for nothing lost and 1 for anything."""
    lost, possible = np.asarray(lost, dtype=float), np.asarray(possible, dtype=float)
    some = possible > 0
    return np.where(some, lost / np.where(some, possible, 1.0), (lost > 0).astype(float))


def _root_level(tree: Hierarchy) -> int:
    """The lowest level at which the root's label stands; one above the top where there is no single root."""
    if len(tree.labels[-1]) > 1:
        return tree.depth
    root = tree.labels[-1][0]
    return next(level for level in range(tree.depth) if level == tree.depth - 1 or tree.labels[level] == (root,))


def _first_levels(tree: Hierarchy, levels: Ints, leaves: Codes) -> Ints:
    """Each cell's level, lowered to the first at which the same label stands."""
    first: dict[str, int] = {}
    for level, labels in enumerate(tree.labels):
        for label in labels:
            first.setdefault(label, level)
    lowered = levels.copy()
    for level in np.unique(levels):
        here = levels == level
        of_code = np.array([first[label] for label in tree.labels[level]])
        lowered[here] = of_code[tree.codes[level][leaves[here]]]
    return lowered


def _ends(codes: Codes, labels: int) -> tuple[Ints, Ints]:
    """The first and the last leaf under every label of a level."""
    first, last = np.full(labels, len(codes), dtype=np.int64), np.zeros(labels, dtype=np.int64)
    np.minimum.at(first, codes, np.arange(len(codes)))
    np.maximum.at(last, codes, np.arange(len(codes)))
    return first, last


def _bits(cell: Cells, counts: Ints) -> float:
    lost, below = 0.0, cell.leaves
    for level in np.unique(cell.level):
        above = cell.tree.codes[level][cell.leaves] if level < cell.tree.depth else np.zeros_like(cell.leaves)
        so_far = cell.level >= level
        lost += _step(below[so_far], above[so_far], counts[so_far])
        below = above
    return lost


def _step(below: Codes, above: Codes, counts: Ints) -> float:
    """Bits lost when the codes `below` become the codes `above`, over all people counted."""
    people_below, people_above = np.bincount(below, counts), np.bincount(above, counts)
    return float(counts @ np.log2(people_above[above] / people_below[below]))
