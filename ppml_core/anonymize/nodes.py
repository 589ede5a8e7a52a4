"""One node of the generalization lattice: what it publishes, whom it leaves out, what it loses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ppml_core.anonymize.tuples import Ints, Tuples


@dataclass(frozen=True)
class Node:
    """One generalization at one k: a level per attribute, what it loses, and whom it leaves out.

    `loss` is ARX's geometric-mean loss (0 nothing, 1 all); `suppressed` counts people in classes below k; `classes`
    and `min_class` speak of the classes that stay (0 where none stays).
    """

    levels: dict[str, int]
    k: int
    loss: float
    suppressed: int
    classes: int
    min_class: int


@dataclass(frozen=True, eq=False)
class Trees:
    """The hierarchies of a table's tuples as arrays that compiled loops read.

    `parents[a, l, c]` is the code one level up, `sizes[a, l, c]` the leaves under a code; `spans[a, l]` is the number
    of leaves under every label of a level where all have as many, else 0; `domains[a]` counts the leaves.
    """

    depths: Ints
    parents: Ints
    sizes: Ints
    spans: Ints
    domains: Ints

    @classmethod
    def of(cls, tuples: Tuples) -> Trees:
        depths = np.array([tree.depth for tree in tuples.trees], dtype=np.int64)
        shape = (len(depths), int(depths.max()), int(tuples.fields.max()) + 1)
        parents, sizes = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        spans = np.zeros(shape[:2], dtype=np.int64)
        for attribute, tree in enumerate(tuples.packed):
            for level, counts in enumerate(tree.sizes):
                sizes[attribute, level, : len(counts)] = counts
                if len(set(counts.tolist())) == 1:
                    spans[attribute, level] = counts[0]
            for level, codes in enumerate(tree.parents):
                parents[attribute, level, : len(codes)] = codes
        domains = np.array([len(tree.leaves) for tree in tuples.trees], dtype=np.int64)
        return cls(depths, parents, sizes, spans, domains)


def buckets(ks: Sequence[int]) -> Ints:
    """Class size (up to the largest k) -> how many of the rising ks it satisfies."""
    return np.searchsorted(np.array(ks), np.arange(ks[-1] + 1), side="right")


def granularity(tuples: Tuples, levels: Mapping[str, int], k: int) -> float:
    """1 is no loss, 0 is everything generalized to the root or suppressed (as ARX's quality model counts it)."""
    sizes, class_of = tuples.classes(levels)
    kept = sizes[class_of] >= k
    weights = tuples.counts / tuples.counts.sum()
    lost = possible = 0.0
    for name, tree, codes in zip(tuples.names, tuples.trees, tuples.codes, strict=True):
        level, domain = levels[name], len(tree.leaves)
        share = np.where(kept, tree.sizes[level][tree.codes[level][codes]] / domain, 1.0)
        lost += float(share @ weights) - 1 / domain
        possible += 1 - 1 / domain
    return min(1.0, max(0.0, 1 - lost / possible)) if possible else 1.0
