"""Compiled loops of local recoding."""

from __future__ import annotations

import numpy as np
from numba import njit

MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
LOW_HALF = 0xFFFFFFFF


@njit(cache=True, nogil=True)
def ancestors(codes, leaves, class_of, classes):  # type: ignore[no-untyped-def]
    """(one tuple of each class, the lowest level per attribute at which all of its tuples agree)."""
    attributes = leaves.shape[1]
    sample = np.full(classes, -1, dtype=np.int32)
    levels = np.zeros((classes, attributes), dtype=np.int32)
    for row in range(len(class_of)):
        place = class_of[row]
        if place < 0:
            continue
        if sample[place] < 0:
            sample[place] = row
            continue
        for attribute in range(attributes):
            own, other = leaves[row, attribute], leaves[sample[place], attribute]
            level = levels[place, attribute]
            while codes[attribute, level, own] != codes[attribute, level, other]:
                level += 1
            levels[place, attribute] = level
    return sample, levels


@njit(cache=True, nogil=True)
def joining(codes, lost, leaves, counts, sizes, losses, sample, levels, row):  # type: ignore[no-untyped-def]
    """What is lost more when a tuple joins each class: its own cells there, and those of who is there already."""
    classes, attributes = levels.shape
    added = np.empty(classes)
    for place in range(classes):
        together = 0.0
        for attribute in range(attributes):
            own, other = leaves[row, attribute], leaves[sample[place], attribute]
            level = levels[place, attribute]
            while codes[attribute, level, own] != codes[attribute, level, other]:
                level += 1
            together += lost[attribute, level, codes[attribute, level, own]]
        added[place] = together * (sizes[place] + counts[row]) - losses[place] * sizes[place]
    return added


@njit(cache=True, nogil=True)
def peel(codes, shifted, leaves, counts, nodes, start, alive, rest, smallest, class_of, found, stop):  # type: ignore[no-untyped-def]
    """Goes through `nodes` (nodes, attributes) from `start`, publishing classes of at least `smallest` people.

    `shifted[a, l, leaf]` is a code at its place in a packed key. `alive[:rest]` are the tuples in no class yet; the
    classes found are numbered on from `found` in `class_of`. With `stop`, halts at the first node with a class that is
    large enough, publishes nothing, and leaves there each alive tuple's class in `mine` and the sizes in `totals`.
    Returns (node, alive tuples left, classes found, mine, totals).
    """
    attributes = leaves.shape[1]
    bits = 4
    while (1 << bits) < 2 * max(rest, 1):
        bits += 1
    slots = np.zeros(1 << bits, dtype=np.int64)
    keys = np.empty(rest, dtype=np.int64)
    mine = np.empty(rest, dtype=np.int32)
    totals = np.empty(rest, dtype=np.int64)
    number = np.empty(rest, dtype=np.int32)
    people = 0
    for place in range(rest):
        people += counts[alive[place]]
    for node in range(start, len(nodes)):
        if people < smallest:
            return len(nodes), rest, found, mine[:0], totals[:0]
        used = 4
        while (1 << used) < 2 * max(rest, 1):
            used += 1
        mask = np.uint64((1 << used) - 1)
        drop = np.uint64(64 - used)
        stamp = np.int64(node + 1)
        seen = 0
        large = 0
        for place in range(rest):
            row = alive[place]
            key = np.int64(0)
            for attribute in range(attributes):
                key |= shifted[attribute, nodes[node, attribute], leaves[row, attribute]]
            slot = (np.uint64(key) * MULTIPLIER) >> drop
            while True:
                entry = slots[slot]
                if (entry >> 32) != stamp:
                    slots[slot] = (stamp << 32) | seen
                    keys[seen] = key
                    totals[seen] = counts[row]
                    mine[place] = seen
                    seen += 1
                    break
                known = entry & LOW_HALF
                if keys[known] == key:
                    totals[known] += counts[row]
                    mine[place] = known
                    break
                slot = (slot + np.uint64(1)) & mask
        for known in range(seen):
            if totals[known] >= smallest:
                number[known] = found + large
                large += 1
            else:
                number[known] = -1
        if not large:
            continue
        if stop:
            return node, rest, found, mine[:rest].copy(), totals[:seen].copy()
        found += large
        left = 0
        for place in range(rest):
            row = alive[place]
            if number[mine[place]] >= 0:
                class_of[row] = number[mine[place]]
                people -= counts[row]
            else:
                alive[left] = row
                left += 1
        rest = left
    return len(nodes), rest, found, mine[:0], totals[:0]


@njit(cache=True, nogil=True)
def raise_to(codes, leaves, sample, row, levels):  # type: ignore[no-untyped-def]
    """Raises `levels` (attributes,) until a tuple agrees with the sample, in place."""
    for attribute in range(leaves.shape[1]):
        own, other = leaves[row, attribute], leaves[sample, attribute]
        while codes[attribute, levels[attribute], own] != codes[attribute, levels[attribute], other]:
            levels[attribute] += 1


@njit(cache=True, nogil=True)
def merging(codes, lost, leaves, sizes, losses, sample, levels, one):  # type: ignore[no-untyped-def]
    """What is lost more when class `one` is merged with each of the classes."""
    classes, attributes = levels.shape
    added = np.empty(classes)
    for place in range(classes):
        together = 0.0
        for attribute in range(attributes):
            own, other = leaves[sample[one], attribute], leaves[sample[place], attribute]
            level = max(levels[place, attribute], levels[one, attribute])
            while codes[attribute, level, own] != codes[attribute, level, other]:
                level += 1
            together += lost[attribute, level, codes[attribute, level, own]]
        both = sizes[place] + sizes[one]
        added[place] = together * both - losses[place] * sizes[place] - losses[one] * sizes[one]
    return added
