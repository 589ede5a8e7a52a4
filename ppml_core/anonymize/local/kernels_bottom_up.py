"""Compiled loops of bottom-up merging: in a block, class c is the chain of tuples from `head[c]` along `following`."""

from __future__ import annotations

import numpy as np
from numba import njit

from ppml_core.anonymize.local.kernels_polish import loss_of, lowest_without, unchain


@njit(cache=True, nogil=True)
def nearest(codes, lost, marks, levels, sizes, losses, near, one):  # type: ignore[no-untyped-def]
    """(the class of `near` that is cheapest to merge with class `one`, what is lost more), -1 where there is no other.

    `marks` (classes, attributes) are the leaves of one member of each class.
    """
    attributes = levels.shape[1]
    best, cost = -1, np.inf
    for other in near:
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
            best, cost = other, together * both - before
    return best, cost


@njit(cache=True, nogil=True)
def cheapest_loan(codes, lost, leaves, counts, home, marks, levels, sizes, losses, one, least, limit):  # type: ignore[no-untyped-def]
    """The tuple that class `one` is best lent by a class that can spare it: what more is lost, per person it needs.

    Only a loan under `limit` is found, else -1. That the lender may lose less without the tuple is left out of account.
    """
    attributes = levels.shape[1]
    best, cost = -1, limit
    needed = least - sizes[one]
    for row in range(len(home)):
        lender = home[row]
        people = counts[row]
        if sizes[lender] - people < least:
            continue
        before = losses[one] * sizes[one] + losses[lender] * people
        after = sizes[one] + people
        useful = min(people, needed)
        budget = (cost * useful + before) / after
        together = 0.0
        for attribute in range(attributes):
            own, mark = leaves[row, attribute], marks[one, attribute]
            level = levels[one, attribute]
            while codes[attribute, level, own] != codes[attribute, level, mark]:
                level += 1
            together += lost[attribute, level, codes[attribute, level, own]]
            if together >= budget:
                break
        if together < budget:
            best, cost = row, (together * after - before) / useful
    return best


@njit(cache=True, nogil=True)
def raise_levels(codes, mine, other, levels):  # type: ignore[no-untyped-def]
    """Raises `levels` (attributes,) until two tuples' leaves agree, in place."""
    for attribute in range(len(levels)):
        level = levels[attribute]
        while codes[attribute, level, mine[attribute]] != codes[attribute, level, other[attribute]]:
            level += 1
        levels[attribute] = level


@njit(cache=True, nogil=True)
def lend(codes, lost, leaves, counts, home, head, following, marks, levels, sizes, losses, row, one):  # type: ignore[no-untyped-def]
    """Moves a tuple from its class to class `one`, in place."""
    lender = home[row]
    other = lowest_without(codes, leaves, head[lender], following, row, levels[lender])
    unchain(head, following, lender, row)
    marks[lender] = leaves[other]
    sizes[lender] -= counts[row]
    losses[lender] = loss_of(codes, lost, marks[lender], levels[lender])
    following[row] = head[one]
    head[one] = row
    home[row] = one
    raise_levels(codes, marks[one], leaves[row], levels[one])
    sizes[one] += counts[row]
    losses[one] = loss_of(codes, lost, marks[one], levels[one])


@njit(cache=True, nogil=True)
def absorb(codes, lost, home, head, following, marks, levels, sizes, losses, one, other):  # type: ignore[no-untyped-def]
    """Merges class `one` into class `other`, in place."""
    row = head[one]
    while row >= 0:
        after = following[row]
        home[row] = other
        following[row] = head[other]
        head[other] = row
        row = after
    for attribute in range(levels.shape[1]):
        levels[other, attribute] = max(levels[one, attribute], levels[other, attribute])
    raise_levels(codes, marks[one], marks[other], levels[other])
    sizes[other] += sizes[one]
    sizes[one] = 0
    losses[other] = loss_of(codes, lost, marks[other], levels[other])


@njit(cache=True, nogil=True)
def grow(codes, lost, leaves, counts, least):  # type: ignore[no-untyped-def]
    """The class of each tuple of one block: the class that has too few people and is cheapest to help goes first.

    It merges with the class where that loses least more; where that one can spare people, it is lent a tuple
    instead if that loses less per person it needs.
    A block with fewer than `least` people becomes one class.
    """
    size, attributes = leaves.shape
    home = np.arange(size).astype(np.int32)
    head = np.arange(size).astype(np.int32)
    following = np.full(size, -1, dtype=np.int32)
    marks, sizes, losses = leaves.copy(), counts.copy(), np.zeros(size)
    levels = np.zeros((size, attributes), dtype=np.int32)
    alive = np.arange(size).astype(np.int32)
    version, seen = np.zeros(size, dtype=np.int32), np.full(size, -1, dtype=np.int32)
    partner, costs = np.full(size, -1, dtype=np.int32), np.full(size, np.inf)
    there = size
    for one in range(size):
        if sizes[one] < least:
            partner[one], costs[one] = nearest(codes, lost, marks, levels, sizes, losses, alive, one)
            seen[one] = 0
    while there > 1:
        one, gone = -1, -1
        for position in range(there):
            place = alive[position]
            if sizes[place] < least and (one < 0 or costs[place] < costs[one]):
                one, gone = place, position
        if one < 0:
            break
        other = partner[one]
        if sizes[other] == 0 or version[other] != seen[one]:
            partner[one], costs[one] = nearest(codes, lost, marks, levels, sizes, losses, alive[:there], one)
            seen[one] = version[partner[one]]
            continue
        row = -1
        if sizes[other] >= least:
            limit = costs[one] / (least - sizes[one])
            row = cheapest_loan(
                codes, lost, leaves, counts, home, marks, levels, sizes, losses, one, least, limit
            )  # fmt: skip
        if row >= 0:
            version[home[row]] += 1
            lend(codes, lost, leaves, counts, home, head, following, marks, levels, sizes, losses, row, one)
            other = one
        else:
            absorb(codes, lost, home, head, following, marks, levels, sizes, losses, one, other)
            there -= 1
            alive[gone] = alive[there]
        version[other] += 1
        if sizes[other] < least and there > 1:
            partner[other], costs[other] = nearest(codes, lost, marks, levels, sizes, losses, alive[:there], other)
            seen[other] = version[partner[other]]
    return home


@njit(cache=True, nogil=True)
def agglomerate(codes, lost, leaves, counts, rows, bounds, least):  # type: ignore[no-untyped-def]
    """Classes of at least `least` people, block by block, shape (tuples,), -1 for a tuple of none.

    A block is `rows[bounds[b]:bounds[b + 1]]`.
    """
    class_of = np.full(len(counts), -1, dtype=np.int32)
    for block in range(len(bounds) - 1):
        mine = rows[bounds[block] : bounds[block + 1]]
        people = 0
        for row in mine:
            people += counts[row]
        if people < least:
            continue
        home = grow(codes, lost, leaves[mine], counts[mine], least)
        for place in range(len(mine)):
            class_of[mine[place]] = bounds[block] + home[place]
    return class_of
