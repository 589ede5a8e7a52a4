"""Compiled loops of top-down splitting: class c is the slice `starts[c]:starts[c + 1]` of `order` (rows,)."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def lowest(codes, leaves, order, starts):  # type: ignore[no-untyped-def]
    """The lowest level per class and attribute at which all of its tuples agree."""
    classes, attributes = len(starts) - 1, leaves.shape[0]
    levels = np.zeros((classes, attributes), dtype=np.int32)
    for attribute in range(attributes):
        mine = leaves[attribute]
        for place in range(classes):
            first = mine[order[starts[place]]]
            level = 0
            for position in range(starts[place] + 1, starts[place + 1]):
                own = mine[order[position]]
                while codes[attribute, level, own] != codes[attribute, level, first]:
                    level += 1
            levels[place, attribute] = level
    return levels


@njit(cache=True, nogil=True)
def children(codes, lost, leaves, counts, order, starts, levels):  # type: ignore[no-untyped-def]
    """Every class divided by the codes of one attribute, one level down.

    Returns (the child of each position, the first child of each class, people in each child, what a child's people
    lose less than with their parent's label). A class at level 0 has one child, itself.
    """
    classes, rows = len(starts) - 1, starts[-1]
    child_of = np.empty(rows, dtype=np.int32)
    first = np.zeros(classes + 1, dtype=np.int64)
    sizes = np.zeros(rows, dtype=np.int64)
    gains = np.zeros(rows)
    known = np.full(codes.shape[1], -1, dtype=np.int32)
    found = 0
    for place in range(classes):
        first[place] = found
        below = max(levels[place] - 1, 0)
        for position in range(starts[place], starts[place + 1]):
            row = order[position]
            code = codes[below, leaves[row]]
            child = known[code]
            if child < 0:
                child = found
                known[code] = child
                found += 1
            child_of[position] = child
            sizes[child] += counts[row]
        for position in range(starts[place], starts[place + 1]):
            leaf = leaves[order[position]]
            code = codes[below, leaf]
            if known[code] >= 0:
                above = lost[levels[place], codes[levels[place], leaf]]
                gains[known[code]] = sizes[known[code]] * (above - lost[below, code])
                known[code] = -1
    first[classes] = found
    return child_of, first, sizes[:found], gains[:found]


@njit(cache=True, nogil=True)
def pool_sizes(first, sizes, pooled):  # type: ignore[no-untyped-def]
    """People in the pooled children of each class."""
    people = np.zeros(len(first) - 1, dtype=np.int64)
    for place in range(len(people)):
        for child in range(first[place], first[place + 1]):
            if pooled[child]:
                people[place] += sizes[child]
    return people


@njit(cache=True, nogil=True)
def take_cheapest(first, gains, pooled, poor):  # type: ignore[no-untyped-def]
    """Adds to the pool of each `poor` class the child that gives away least, in place; says which still split."""
    left = np.zeros(len(poor), dtype=np.bool_)
    for place in range(len(poor)):
        if not poor[place]:
            continue
        cheapest = -1
        free = 0
        for child in range(first[place], first[place + 1]):
            if not pooled[child]:
                free += 1
                if cheapest < 0 or gains[child] < gains[cheapest]:
                    cheapest = child
        if cheapest >= 0:
            pooled[cheapest] = True
        left[place] = free > 1
    return left


@njit(cache=True, nogil=True)
def scores(first, sizes, gains, pooled):  # type: ignore[no-untyped-def]
    """What each class wins per square root of the entropy that the split spends, -1 where there are no two parts.

    Also numbers the parts of each class: 0 is the pool, whose people win only where it is one child.
    """
    worth = np.full(len(first) - 1, -1.0)
    part = np.zeros(len(sizes), dtype=np.int32)
    for place in range(len(worth)):
        people, pool, inside, parts, gain, spent = 0, 0, 0, 0, 0.0, 0.0
        alone = 0.0
        for child in range(first[place], first[place + 1]):
            people += sizes[child]
            if pooled[child]:
                pool += sizes[child]
                inside += 1
                alone = gains[child]
            else:
                parts += 1
                part[child] = parts
                gain += gains[child]
                spent -= sizes[child] * np.log(sizes[child])
        if inside:
            spent -= pool * np.log(max(pool, 1))
            if inside == 1:
                gain += alone
        if parts + (inside > 0) > 1:
            spent += people * np.log(people)
            worth[place] = gain / np.sqrt(max(spent, 1e-12))
    return worth, part


@njit(cache=True, nogil=True)
def divide(order, starts, best, part_of, found, class_of):  # type: ignore[no-untyped-def]
    """Splits each class by the parts of its best attribute, in `part_of` (attributes, positions); -1: it is finished.

    A finished class gets its number in `class_of`, counted on from `found`. Returns (order, starts, classes found).
    """
    rows = starts[-1]
    after = np.empty(rows, dtype=order.dtype)
    cuts = np.zeros(rows + 1, dtype=np.int64)
    sizes = np.zeros(rows + 1, dtype=np.int64)
    filled, made = 0, 0
    for place in range(len(best)):
        low, high = starts[place], starts[place + 1]
        if best[place] < 0:
            for position in range(low, high):
                class_of[order[position]] = found
            found += 1
            continue
        mine = part_of[best[place]]
        parts = 0
        for position in range(low, high):
            sizes[mine[position]] += 1
            parts = max(parts, mine[position] + 1)
        where = filled
        for part in range(parts):
            here = sizes[part]
            sizes[part] = where
            where += here
            if here:
                made += 1
                cuts[made] = where
        for position in range(low, high):
            after[sizes[mine[position]]] = order[position]
            sizes[mine[position]] += 1
        for part in range(parts):
            sizes[part] = 0
        filled = where
    return after[:filled], cuts[: made + 1], found
