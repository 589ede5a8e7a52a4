"""Compiled loops of MDAV: groups of at least k people around those who are farthest out.

Points are distinct people with a count. `numbers` (numeric attributes, points) and `kinds` (categorical attributes,
points) are laid out by attribute, so that distances to one point are whole-array loops.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def _distances(numbers, kinds, alive, center, modes, found):  # type: ignore[no-untyped-def]
    """Fills the squared distance of the first `alive` points: squared differences, and 1 per category that differs."""
    found[:alive] = 0.0
    for attribute in range(len(numbers)):
        own, at = numbers[attribute], center[attribute]
        for point in range(alive):
            gap = own[point] - at
            found[point] += gap * gap
    for attribute in range(len(kinds)):
        mine, mode = kinds[attribute], modes[attribute]
        for point in range(alive):
            found[point] += mine[point] != mode


@njit(cache=True, nogil=True)
def _farthest(distances, alive):  # type: ignore[no-untyped-def]
    best = 0
    for point in range(1, alive):
        if distances[point] > distances[best]:
            best = point
    return best


@njit(cache=True, nogil=True)
def _nearest(distances, counts, alive, wanted, places):  # type: ignore[no-untyped-def]
    """Fills `places` with the nearest points, the nearest first, that together have `wanted` people; their number."""
    size, people = 0, 0
    for point in range(alive):
        distance = distances[point]
        if people >= wanted and distance >= distances[places[size - 1]]:
            continue
        place = size
        while place > 0 and distances[places[place - 1]] > distance:
            place -= 1
        for moved in range(size, place, -1):
            places[moved] = places[moved - 1]
        places[place] = point
        size += 1
        people += counts[point]
        while people - counts[places[size - 1]] >= wanted:
            size -= 1
            people -= counts[places[size]]
    return size


@njit(cache=True, nogil=True)
def _take_out(point, people, numbers, kinds, counts, ids, alive, sums, tallies):  # type: ignore[no-untyped-def]
    """Takes people away from a point; one left empty is replaced by the last. Returns how many points are alive."""
    for attribute in range(len(numbers)):
        sums[attribute] -= people * numbers[attribute, point]
    for attribute in range(len(kinds)):
        tallies[attribute, kinds[attribute, point]] -= people
    counts[point] -= people
    if counts[point]:
        return alive
    last = alive - 1
    numbers[:, point] = numbers[:, last]
    kinds[:, point] = kinds[:, last]
    counts[point] = counts[last]
    ids[point] = ids[last]
    return last


@njit(cache=True, nogil=True)
def _group_around(wanted, group, numbers, kinds, counts, ids, alive, sums, tallies, distances, places, members, size):  # type: ignore[no-untyped-def]
    """Writes the nearest `wanted` people down as a group and takes them out; (points alive, rows written)."""
    chosen = _nearest(distances, counts, alive, wanted, places)
    picked = np.sort(places[: chosen - 1])
    left = wanted
    for place in range(chosen - 1):
        left -= counts[places[place]]
    last = places[chosen - 1]
    members[size, 0], members[size, 1], members[size, 2] = ids[last], group, left
    size += 1
    for place in range(chosen - 1):
        members[size, 0], members[size, 1], members[size, 2] = ids[picked[place]], group, counts[picked[place]]
        size += 1
    counts_last = counts[last]
    partly = left < counts_last
    if partly:
        alive = _take_out(last, left, numbers, kinds, counts, ids, alive, sums, tallies)
        gone = picked
    else:
        gone = np.sort(places[:chosen])
    for place in range(len(gone) - 1, -1, -1):  # from behind, so that the point moved in is one that stays
        point = gone[place]
        alive = _take_out(point, counts[point], numbers, kinds, counts, ids, alive, sums, tallies)
    return alive, size


@njit(cache=True, nogil=True)
def mdav(numbers, kinds, counts, k):  # type: ignore[no-untyped-def]
    """Rows (point, group, people) that say in which groups of k to 2k - 1 people the people of each point are.

    The arrays are used up. Domingo-Ferrer & Torra 2005, MDAV-generic:
    the person farthest from the centre and the k - 1 nearest to them, then the person farthest from that one and the
    k - 1 nearest to them, and so on; what is left is the last group. Equal distances go to the first point.
    """
    points = len(counts)
    remaining = counts.sum()
    sums = np.zeros(len(numbers))
    levels = np.ones(len(kinds), dtype=np.int64)
    for attribute in range(len(kinds)):
        levels[attribute] = kinds[attribute].max() + 1
    tallies = np.zeros((len(kinds), levels.max() if len(kinds) else 0), dtype=np.int64)
    for point in range(points):
        for attribute in range(len(numbers)):
            sums[attribute] += counts[point] * numbers[attribute, point]
        for attribute in range(len(kinds)):
            tallies[attribute, kinds[attribute, point]] += counts[point]
    ids = np.arange(points)
    distances = np.empty(points)
    places = np.empty(k + 1, dtype=np.int64)
    members = np.empty((points + remaining // k + 1, 3), dtype=np.int64)
    center, modes = np.empty(len(numbers)), np.empty(len(kinds), dtype=np.int64)
    alive, size, group = points, 0, 0
    while remaining >= 2 * k:
        for attribute in range(len(numbers)):
            center[attribute] = sums[attribute] / remaining
        for attribute in range(len(kinds)):
            modes[attribute] = np.argmax(tallies[attribute, : levels[attribute]])
        _distances(numbers, kinds, alive, center, modes, distances)
        turns = 2 if remaining >= 3 * k else 1
        for turn in range(turns):
            far = _farthest(distances, alive)
            center[:] = numbers[:, far]
            modes[:] = kinds[:, far]
            _distances(numbers, kinds, alive, center, modes, distances)
            alive, size = _group_around(
                k, group, numbers, kinds, counts, ids, alive, sums, tallies, distances, places, members, size
            )
            remaining -= k
            group += 1
            if turn + 1 < turns:
                _distances(numbers, kinds, alive, center, modes, distances)
    for point in range(alive):
        members[size, 0], members[size, 1], members[size, 2] = ids[point], group, counts[point]
        size += 1
    return members[:size]
