"""Compiled loops of bottom-up merging."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def nearest(codes, lost, marks, levels, sizes, losses, alive, one):  # type: ignore[no-untyped-def]
    """(the place in `alive` of the class that is cheapest to merge with class `one`, what is lost more)."""
    attributes = levels.shape[1]
    best, cost = -1, np.inf
    for place in range(len(alive)):
        other = alive[place]
        if other == one:
            continue
        before = losses[other] * sizes[other] + losses[one] * sizes[one]
        both = sizes[other] + sizes[one]
        budget = (cost + before) / both
        together = 0.0
        for attribute in range(attributes):
            own, mark = marks[one, attribute], marks[other, attribute]
            level = max(levels[one, attribute], levels[other, attribute])
            while codes[attribute, level, own] != codes[attribute, level, mark]:
                level += 1
            together += lost[attribute, level, codes[attribute, level, own]]
            if together >= budget:
                break
        if together < budget:
            best, cost = place, together * both - before
    return best, cost


@njit(cache=True, nogil=True)
def agglomerate(codes, lost, leaves, counts, rows, bounds, least, class_of):  # type: ignore[no-untyped-def]
    """Merges, block by block, the pair that loses least more until each class has `least` people.

    A block is `rows[bounds[b]:bounds[b + 1]]`; one with fewer people in all stays one class. Fills `class_of`.
    """
    attributes = leaves.shape[1]
    found = 0
    for block in range(len(bounds) - 1):
        mine = rows[bounds[block] : bounds[block + 1]]
        size = len(mine)
        marks = np.empty((size, attributes), dtype=np.int32)
        levels = np.zeros((size, attributes), dtype=np.int32)
        sizes = np.empty(size, dtype=np.int64)
        losses = np.zeros(size)
        into = np.arange(size).astype(np.int32)
        alive = np.arange(size).astype(np.int32)
        version = np.zeros(size, dtype=np.int32)
        partner = np.full(size, -1, dtype=np.int32)
        seen = np.zeros(size, dtype=np.int32)
        costs = np.full(size, np.inf)
        young = 0
        for place in range(size):
            marks[place] = leaves[mine[place]]
            sizes[place] = counts[mine[place]]
        for place in range(size):
            if sizes[place] < least:
                near, costs[place] = nearest(codes, lost, marks, levels, sizes, losses, alive, place)
                partner[place] = alive[near] if near >= 0 else -1
                young += 1
        there = size
        while young and there > 1:
            one = -1
            for position in range(there):
                place = alive[position]
                if sizes[place] < least and (one < 0 or costs[place] < costs[one]):
                    one = place
            other = partner[one]
            if into[other] != other or version[other] != seen[one]:
                near, costs[one] = nearest(codes, lost, marks, levels, sizes, losses, alive[:there], one)
                partner[one] = alive[near]
                seen[one] = version[partner[one]]
                continue
            if sizes[other] < least:
                young -= 1
            both = sizes[one] + sizes[other]
            losses[other] = (costs[one] + losses[one] * sizes[one] + losses[other] * sizes[other]) / both
            sizes[other] = both
            into[one] = other
            version[other] += 1
            for attribute in range(attributes):
                level = max(levels[one, attribute], levels[other, attribute])
                while codes[attribute, level, marks[one, attribute]] != codes[attribute, level, marks[other, attribute]]:
                    level += 1
                levels[other, attribute] = level
            gone = 0
            while alive[gone] != one:
                gone += 1
            there -= 1
            alive[gone] = alive[there]
            if both < least:
                near, costs[other] = nearest(codes, lost, marks, levels, sizes, losses, alive[:there], other)
                partner[other] = alive[near] if near >= 0 else -1
                seen[other] = version[partner[other]] if near >= 0 else 0
            else:
                young -= 1
                if sizes[other] - sizes[one] >= least:
                    young += 0
        for place in range(size):
            last = place
            while into[last] != last:
                last = into[last]
            class_of[mine[place]] = found + last
        found += size
