"""Polish: a cover that keeps the models loses less after tuples moved and classes split."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ppml_core.anonymize.classes import Ints
from ppml_core.anonymize.local import kernels_polish as kernels
from ppml_core.anonymize.local.cover import Cover, Forest
from ppml_core.anonymize.local.top_down import split
from ppml_core.anonymize.requirement import Requirement
from ppml_core.data.hierarchy import Codes

ROUNDS = 3
MOST_NEAR = 1000


def polish(cover: Cover, requirement: Requirement, rounds: int = ROUNDS) -> Cover:
    for _ in range(rounds):
        cover = Cover.of(cover.forest, split(cover.forest, cover.class_of, requirement))
        if not requirement.is_size_alone:
            return cover
        class_of, levels, sample = cover.class_of.copy(), cover.levels.copy(), cover.sample.copy()
        near, bounds, group_of = groups(cover)
        moved = kernels.move(
            cover.forest.codes, cover.forest.lost, cover.forest.leaves, cover.forest.counts, class_of, sample,
            levels, cover.sizes.copy(), cover.losses.copy(), near, bounds, group_of, requirement.least,
        )  # fmt: skip
        cover = Cover.of(cover.forest, class_of)
        if not moved:
            break
    return Cover.of(cover.forest, split(cover.forest, cover.class_of, requirement))


def groups(cover: Cover) -> tuple[Codes, Ints, Codes]:
    block = blocks(cover.forest, cover.sample, MOST_NEAR)
    near = np.argsort(block, kind="stable").astype(np.int32)
    return near, np.append(0, np.cumsum(np.bincount(block))).astype(np.int64), block


def blocks(forest: Forest, rows: Codes, most: int) -> Codes:
    """Some tuples divided into blocks of similar ones, at most `most` each: the block of each."""
    chosen = replace(forest, leaves=np.ascontiguousarray(forest.leaves[rows]), counts=np.ones(len(rows), dtype=np.int64))
    block = np.zeros(len(rows), dtype=np.int32)
    if len(rows) <= most:
        return block
    block = split(chosen, block, most // 2)
    order = np.argsort(block, kind="stable")
    sizes = np.bincount(block)
    inside = np.arange(len(rows)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    cut = np.empty(len(rows), dtype=np.int64)
    cut[order] = block[order] * (int(inside.max()) // most + 1) + inside // most
    return np.unique(cut, return_inverse=True)[1].astype(np.int32)
