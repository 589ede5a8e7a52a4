"""A partition of distinct tuples into classes, and what each class publishes: the lowest common ancestor of its values.

In: tuples, a class for each of them. Out: `Cover`, with a level per class and attribute, its loss, and the classes as
privacy models see them. Loss is the share of the domain under a published value, as ARX counts it, summed over cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ppml_core.anonymize.classes import Bools, Classes, Floats, Ints
from ppml_core.anonymize.local import kernels
from ppml_core.anonymize.requirement import Requirement
from ppml_core.anonymize.tuples import Tuples
from ppml_core.data.hierarchy import Codes


@dataclass(frozen=True, eq=False)
class Forest:
    """The hierarchies of tuples as arrays for compiled loops, and the leaves of each tuple.

    `codes[a, l, leaf]` is the leaf's code at level l; above an attribute's own top the root repeats, so that all have
    as many levels. `lost[a, l, code]` is what one cell loses: (leaves under it / leaves - 1 / leaves) of the attribute,
    weighted, so that a sum over attributes is a loss. `leaves[tuple, a]` are the tuples' own.
    """

    codes: Codes
    lost: Floats
    leaves: Codes
    counts: Ints
    depths: Ints

    @classmethod
    def of(cls, tuples: Tuples, weights: Mapping[str, float] | None = None) -> Forest:
        trees = tuples.trees
        deepest, widest = max(tree.depth for tree in trees), max(len(tree.leaves) for tree in trees)
        codes = np.zeros((len(trees), deepest, widest), dtype=np.int32)
        lost = np.zeros((len(trees), deepest, widest))
        for attribute, (name, tree) in enumerate(zip(tuples.names, trees, strict=True)):
            weight = 1.0 if weights is None else weights.get(name, 1.0)
            for level in range(deepest):
                own = min(level, tree.depth - 1)
                codes[attribute, level, : len(tree.leaves)] = tree.codes[own]
                sizes = tree.sizes[own]
                lost[attribute, level, : len(sizes)] = weight * (sizes - 1) / len(tree.leaves)
        leaves = np.ascontiguousarray(np.stack(tuples.codes, axis=1))
        return cls(codes, lost, leaves, tuples.counts, np.array([tree.depth for tree in trees], dtype=np.int64))

    @cached_property
    def roots(self) -> Bools:
        """Whether a level of an attribute has one code only, shape (attributes, levels)."""
        return np.asarray((self.codes == self.codes[:, :, :1]).all(axis=2))


@dataclass(frozen=True, eq=False)
class Cover:
    """Classes over distinct tuples: `class_of` (tuples,), -1 for a tuple that is in none.

    `sample` (classes,) is one tuple of each class, `levels` (classes, attributes) where the class is published: its
    label is the sample's ancestor at that level.
    """

    forest: Forest
    class_of: Codes
    sample: Codes
    levels: Codes

    @classmethod
    def of(cls, forest: Forest, class_of: Codes) -> Cover:
        """Classes published at their lowest common ancestors; numbered on without gaps."""
        numbers, dense = np.unique(class_of, return_inverse=True)
        shifted = (dense - (1 if len(numbers) and numbers[0] < 0 else 0)).astype(np.int32)
        sample, levels = kernels.ancestors(forest.codes, forest.leaves, shifted, int(shifted.max(initial=-1)) + 1)
        return cls(forest, shifted, sample, levels)

    def __len__(self) -> int:
        return len(self.sample)

    @cached_property
    def sizes(self) -> Ints:
        """People in each class."""
        there = self.class_of >= 0
        sizes = np.bincount(self.class_of[there], weights=self.forest.counts[there], minlength=len(self))
        return sizes.astype(np.int64)

    @cached_property
    def losses(self) -> Floats:
        """What one person of each class loses, summed over attributes."""
        forest, lost = self.forest, np.zeros(len(self))
        for attribute in range(self.levels.shape[1]):
            level = self.levels[:, attribute]
            code = forest.codes[attribute, level, forest.leaves[self.sample, attribute]]
            lost += forest.lost[attribute, level, code]
        return lost

    @property
    def loss(self) -> float:
        """Summed over people."""
        return float(self.losses @ self.sizes)

    def granularity(self) -> float:
        """1 is no loss, 0 is everything at the root or in no class."""
        worst = sum(float(self.forest.lost[a, -1, 0]) for a in range(self.levels.shape[1]))
        people = int(self.forest.counts.sum())
        missing = people - int(self.sizes.sum())
        return 1 - (self.loss + missing * worst) / (people * worst) if worst and people else 1.0

    def classes(self, requirement: Requirement) -> Classes:
        """The classes as privacy models see them (no keys: they do not stand at one node)."""
        return requirement.classes_of(np.arange(len(self.class_of), dtype=np.int32), self.class_of, len(self))
