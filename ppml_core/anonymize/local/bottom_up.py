"""Bottom-up: classes that are too small merge with the cheapest neighbour, or are lent a tuple, until none is left.

Each distinct tuple starts as a class. What a merger costs is how much more everybody in it loses at the lowest common
ancestors; the cheapest goes first. Neighbours are looked for in blocks of similar tuples, so that time grows with the
table and not with its square, and no lattice is listed: this serves tables whose lattice is too large to peel.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ppml_core.anonymize.classes import Ints
from ppml_core.anonymize.local import kernels, kernels_bottom_up
from ppml_core.anonymize.local.cover import Cover, Forest
from ppml_core.anonymize.local.polish import blocks, in_blocks, polish
from ppml_core.anonymize.requirement import Requirement
from ppml_core.data.hierarchy import Codes

BLOCK = 400
BLOCK_OF_CLASSES = 1000
MOST_TRIED = 50


def bottom_up(requirement: Requirement, weights: Mapping[str, float]) -> Cover:
    """Classes that keep the per-class models; tuples of blocks with too few people are in class -1.

    Where the whole table does not keep the models, all of it is one class.
    """
    forest = Forest.of(requirement.tuples, weights)
    cover = Cover.of(forest, _large_enough(forest, requirement.least))
    if not requirement.is_size_alone:
        cover = _merged_until_passing(cover, requirement)
    return polish(cover, requirement) if len(cover) else cover


def _large_enough(forest: Forest, least: int) -> Codes:
    rows = np.flatnonzero(forest.counts > 0).astype(np.int32)
    members, bounds = in_blocks(blocks(forest, rows, max(BLOCK, 4 * least)))
    found = kernels_bottom_up.agglomerate(
        forest.codes, forest.lost, forest.leaves, forest.counts, rows[members], bounds, least
    )
    return np.asarray(found)


def _merged_until_passing(cover: Cover, requirement: Requirement) -> Cover:
    """Classes that break a model merge, a round of pairs at a time; in the end with everybody."""
    while len(cover) > 1:
        failing = np.flatnonzero(~requirement.passing(cover.classes(requirement)))
        if not len(failing):
            return cover
        into = _pairs(cover, requirement, failing)
        class_of = cover.class_of.copy()
        there = class_of >= 0
        class_of[there] = into[class_of[there]]
        cover = Cover.of(cover.forest, class_of)
    return cover


def _pairs(cover: Cover, requirement: Requirement, failing: Ints) -> Codes:
    """The class that each class becomes part of, mostly itself: each failing one pairs with its best free neighbour."""
    block = blocks(cover.forest, cover.sample, BLOCK_OF_CLASSES)
    members, bounds = in_blocks(block)
    if np.diff(bounds).min() < 2:
        members, bounds, block = np.arange(len(cover), dtype=np.int32), np.array([0, len(cover)]), np.zeros_like(block)
    table = cover.classes(requirement).table
    into, free = np.arange(len(cover), dtype=np.int32), np.ones(len(cover), dtype=bool)
    for one in failing[np.argsort(-cover.losses[failing], kind="stable")]:
        near = members[bounds[block[one]] : bounds[block[one] + 1]]
        near = near[free[near] & (near != one)]
        if free[one] and len(near):
            other = _best(cover, requirement, table, int(one), near)
            into[one], free[one], free[other] = other, False, False
    return into


def _best(cover: Cover, requirement: Requirement, table: Ints, one: int, near: Codes) -> int:
    """The cheapest neighbour with which a class keeps the models, or else the cheapest."""
    forest = cover.forest
    chosen = np.append(near, one)
    added = kernels.merging(
        forest.codes, forest.lost, forest.leaves, cover.sizes[chosen], cover.losses[chosen], cover.sample[chosen],
        cover.levels[chosen], len(near),
    )[:-1]  # fmt: skip
    tried = near[np.argsort(added, kind="stable")[:MOST_TRIED]]
    passing = requirement.passing(requirement.classes_without_keys(table[tried] + table[one]))
    return int(tried[np.argmax(passing)])
