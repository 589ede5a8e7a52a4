"""Tuples that found no class of their own join one, so that nobody is suppressed."""

from __future__ import annotations

import numpy as np

from ppml_core.anonymize.classes import Floats
from ppml_core.anonymize.local import kernels
from ppml_core.anonymize.local.cover import Cover
from ppml_core.anonymize.requirement import Requirement

MOST_TRIED = 200


def place_leftovers(cover: Cover, requirement: Requirement) -> Cover:
    """Everybody in a class that keeps the per-class models, where that can be had by joining; see `Cover.class_of`.

    Each tuple goes where it adds least loss and breaks no model. Tuples that fit nowhere form one class, which takes in
    its cheapest neighbours until it keeps the models; in the end that is the whole table.
    """
    waiting = np.flatnonzero((cover.class_of < 0) & (cover.forest.counts > 0))
    if not len(waiting):
        return cover
    stuck = [int(row) for row in waiting]
    if len(cover):
        cover, stuck = _join_one_by_one(cover, requirement, stuck)
    return _pooled(cover, requirement, stuck) if stuck else cover


def _join_one_by_one(cover: Cover, requirement: Requirement, waiting: list[int]) -> tuple[Cover, list[int]]:
    forest = cover.forest
    class_of, levels = cover.class_of.copy(), cover.levels.copy()
    sizes, losses = cover.sizes.copy(), cover.losses.copy()
    table = cover.classes(requirement).table.copy()
    stuck = []
    for row in sorted(waiting, key=lambda row: -int(forest.counts[row])):
        added = kernels.joining(
            forest.codes, forest.lost, forest.leaves, forest.counts, sizes, losses, cover.sample, levels, row
        )
        place = _first_that_fits(requirement, table, row, added)
        if place is None:
            stuck.append(row)
            continue
        losses[place] = (added[place] + losses[place] * sizes[place]) / (sizes[place] + forest.counts[row])
        class_of[row] = place
        sizes[place] += forest.counts[row]
        table[place] += requirement.table[row]
        kernels.raise_to(forest.codes, forest.leaves, cover.sample[place], row, levels[place])
    return Cover.of(forest, class_of), stuck


def _first_that_fits(requirement: Requirement, table: np.ndarray, row: int, added: Floats) -> int | None:
    if requirement.is_size_alone or requirement.upward_closed:
        return int(np.argmin(added))
    tried = np.argsort(added, kind="stable")[:MOST_TRIED]
    joined = table[tried] + requirement.table[row]
    fits = np.flatnonzero(requirement.passing(requirement.classes_without_keys(joined)))
    return int(tried[fits[0]]) if len(fits) else None


def _pooled(cover: Cover, requirement: Requirement, stuck: list[int]) -> Cover:
    """The stuck tuples as one class that grows by whole classes, the cheapest to merge with first."""
    forest = cover.forest
    class_of = cover.class_of.copy()
    pool = int(class_of.max(initial=-1)) + 1
    class_of[stuck] = pool
    while True:
        cover = Cover.of(forest, class_of)
        if len(cover) == 1 or requirement.passing(cover.classes(requirement))[-1]:
            return cover
        pool = len(cover) - 1
        added = kernels.merging(
            forest.codes, forest.lost, forest.leaves, cover.sizes, cover.losses, cover.sample, cover.levels, pool
        )
        added[pool] = np.inf
        class_of = cover.class_of.copy()
        class_of[class_of == int(np.argmin(added))] = pool
