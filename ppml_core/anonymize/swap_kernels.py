"""Compiled loops behind swapping: who trades values with whom."""

from __future__ import annotations

import numpy as np
from numba import njit

TRIES = 32


@njit(cache=True, nogil=True)
def near_partners(size, window, rng):  # type: ignore[no-untyped-def]
    """For each place of a sorted column the place it swaps with, at most `window` away; itself where none is left.

    From the lowest place up, each that is still free draws a free one above it, all alike (Moore 1996).
    """
    partner = np.arange(size)
    free = np.ones(size, dtype=np.bool_)
    for place in range(size):
        if not free[place]:
            continue
        free[place] = False
        last = min(size - 1, place + window)
        found = -1
        for _ in range(TRIES):
            if last <= place:
                break
            drawn = place + 1 + int(rng.random() * (last - place))
            if free[drawn]:
                found = drawn
                break
        if found < 0:
            left = 0
            for other in range(place + 1, last + 1):
                left += free[other]
            skip = int(rng.random() * left)
            for other in range(place + 1, last + 1):
                if free[other]:
                    if skip == 0:
                        found = other
                        break
                    skip -= 1
        if found >= 0:
            free[found] = False
            partner[place] = found
            partner[found] = place
    return partner


@njit(cache=True, nogil=True)
def far_partners(order, risky, quota, region, profile, starts, members, cells, free, rng):  # type: ignore[no-untyped-def]
    """For each person the one with whom regions are swapped, or oneself.

    `order` holds the people to swap, the first `risky` of them whatever it takes, the others until `quota` people are
    swapped. A partner has the same `profile` (its people are `members` from `starts`), another `region` and has not
    been swapped. `cells` numbers the pairs of profile and region; who is not `free` takes no part.
    """
    partner = np.arange(len(region))
    left = np.zeros(len(starts) - 1, dtype=np.int64)
    left_here = np.zeros(len(region), dtype=np.int64)
    for person in range(len(region)):
        if free[person]:
            left[profile[person]] += 1
            left_here[cells[person]] += 1
    swapped = 0
    for turn in range(len(order)):
        person = order[turn]
        if turn >= risky and swapped >= quota:
            break
        group = profile[person]
        if not free[person] or left[group] == left_here[cells[person]]:
            continue
        begin, size = starts[group], starts[group + 1] - starts[group]
        found = -1
        for _ in range(TRIES):
            drawn = members[begin + int(rng.random() * size)]
            if free[drawn] and region[drawn] != region[person]:
                found = drawn
                break
        if found < 0:
            offset = int(rng.random() * size)
            for step in range(size):
                drawn = members[begin + (offset + step) % size]
                if free[drawn] and region[drawn] != region[person]:
                    found = drawn
                    break
        partner[person], partner[found] = found, person
        free[person] = free[found] = False
        left[group] -= 2
        left_here[cells[person]] -= 1
        left_here[cells[found]] -= 1
        swapped += 2
    return partner
