"""Peeling: classes are published at the cheapest generalization that makes them large enough, one node after another.

All nodes of the lattice are taken in the order of what they lose with nobody suppressed. At each, the tuples that
remain are grouped; every class that keeps the models is published and its tuples leave. One pass is enough: tuples that
leave only make classes smaller at nodes that were visited. What remains joins the class where it adds least.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ppml_core.anonymize.classes import Bools, Ints
from ppml_core.anonymize.local import kernels
from ppml_core.anonymize.local.cover import Cover, Forest
from ppml_core.anonymize.losses.arx_arithmetic import ArxArithmetic
from ppml_core.anonymize.requirement import Requirement
from ppml_core.anonymize.tuples import Tuples
from ppml_core.data.hierarchy import Codes

MOST_NODES = 2_000_000


def peel(requirement: Requirement, weights: Mapping[str, float]) -> Cover:
    """Classes that keep the per-class models; tuples that found none are in class -1."""
    tuples = requirement.tuples
    forest = Forest.of(tuples, weights)
    nodes = _nodes_by_loss(requirement, weights)
    shifted = _numbers(tuples, forest) << tuples.shifts[:, None, None]
    class_of = np.full(len(tuples.keys), -1, dtype=np.int32)
    alive = np.flatnonzero(tuples.counts > 0).astype(np.int32)
    stop = not requirement.is_size_alone
    node, rest, found = 0, len(alive), 0
    while node < len(nodes) and rest:
        node, rest, found, mine, totals = kernels.peel(
            forest.codes, shifted, forest.leaves, tuples.counts, nodes, node, alive, rest,
            requirement.least, class_of, found, stop,
        )  # fmt: skip
        if len(mine):
            passing = _passing(requirement, alive[:rest], mine, totals)
            leaving = passing[mine]
            number = (np.cumsum(passing) - 1 + found).astype(np.int32)
            class_of[alive[:rest][leaving]] = number[mine[leaving]]
            found += int(passing.sum())
            staying = alive[:rest][~leaving]
            rest = len(staying)
            alive[:rest] = staying
            node += 1
    return Cover.of(forest, class_of)


def _numbers(tuples: Tuples, forest: Forest) -> Ints:
    """The number inside a packed key of each leaf's label at each level, shape (attributes, levels, leaves)."""
    numbers = np.zeros(forest.codes.shape, dtype=np.int64)
    for attribute, tree in enumerate(tuples.packed):
        for level in range(forest.codes.shape[1]):
            numbers[attribute, level, tree.kept] = tree.codes[min(level, len(tree.codes) - 1)]
    return numbers


def _passing(requirement: Requirement, alive: Codes, mine: Codes, totals: Ints) -> Bools:
    """Which groups of remaining tuples keep every per-class model."""
    large = totals >= requirement.least
    number = np.where(large, np.cumsum(large) - 1, -1).astype(np.int32)
    of_tuple = number[mine]
    classes = requirement.classes_of(alive[of_tuple >= 0], of_tuple[of_tuple >= 0], int(large.sum()))
    passing = np.zeros(len(totals), dtype=bool)
    passing[large] = requirement.passing(classes)
    return passing


def _nodes_by_loss(requirement: Requirement, weights: Mapping[str, float]) -> Codes:
    """Levels of every node but the top, cheapest first, shape (nodes, attributes)."""
    tuples = requirement.tuples
    bounds = ArxArithmetic().bind(tuples, weights).bounds()
    order = np.argsort(bounds, kind="stable")
    shape = [tree.depth for tree in tuples.trees]
    levels = np.stack(np.unravel_index(order[order < len(order) - 1], shape), axis=1)
    return np.ascontiguousarray(levels.astype(np.int32))
