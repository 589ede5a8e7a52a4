"""Compiled loops that cut a table at medians: which cut comes next for a part, and the parts after it.

People (or distinct tuples with a weight) are places in `order`; a part is a run of it from a start to a stop.
"""

from __future__ import annotations

import numpy as np
from numba import njit

STRICT_CUTS = 2


@njit(cache=True, nogil=True)
def _ranges(order, start, stop, ranks, low, high):  # type: ignore[no-untyped-def]
    """Fills the smallest and the largest rank of every attribute in a part."""
    for attribute in range(ranks.shape[1]):
        low[attribute] = ranks[order[start], attribute]
        high[attribute] = low[attribute]
    for place in range(start + 1, stop):
        for attribute in range(ranks.shape[1]):
            rank = ranks[order[place], attribute]
            if rank < low[attribute]:
                low[attribute] = rank
            elif rank > high[attribute]:
                high[attribute] = rank


@njit(cache=True, nogil=True)
def _widest_first(low, high, spans, ranking):  # type: ignore[no-untyped-def]
    """Fills `ranking` with the attributes, the widest part of its domain first; equals in their own order."""
    for attribute in range(len(low)):
        width = (high[attribute] - low[attribute]) / spans[attribute]
        place = attribute
        while place > 0:
            other = ranking[place - 1]
            if (high[other] - low[other]) / spans[other] >= width:
                break
            ranking[place] = other
            place -= 1
        ranking[place] = attribute


@njit(cache=True, nogil=True)
def _median(order, start, stop, ranks, weights, attribute, low, high, total, tally):  # type: ignore[no-untyped-def]
    """(median rank, weight below it, weight up to it); `tally` is all zeros before and after."""
    half = (total + 1) // 2
    below = 0
    if high - low <= 8 * (stop - start) + 64:
        for place in range(start, stop):
            tally[ranks[order[place], attribute] - low] += weights[order[place]]
        rank = 0
        while below + tally[rank] < half:
            below += tally[rank]
            rank += 1
        upto = below + tally[rank]
        tally[: high - low + 1] = 0
        return low + rank, below, upto
    values = np.empty(stop - start, dtype=np.int64)
    for place in range(start, stop):
        values[place - start] = ranks[order[place], attribute]
    sorting = np.argsort(values)
    upto = 0
    median = values[sorting[0]]
    for place in range(len(sorting)):
        if values[sorting[place]] != median:
            if upto >= half:
                break
            median, below = values[sorting[place]], upto
        upto += weights[order[start + sorting[place]]]
    return median, below, upto


@njit(cache=True, nogil=True)
def propose(order, starts, stops, tried, ranks, weights, spans, smallest, relaxed, left):  # type: ignore[no-untyped-def]
    """Number of the next cut of each part that leaves `smallest` on both sides, -1 where there is none, shape (parts,).

    `tried` says how many cuts of each part are behind. Cuts go through the attributes, the widest first; at the median
    they put it with the lower or with the higher values, the more even way first. Relaxed cuts come after all of these
    and halve the people, some with the median on either side. `left[place]` says who goes to the first side.
    """
    attributes = ranks.shape[1]
    strict_cuts = attributes * STRICT_CUTS
    cuts = strict_cuts + attributes if relaxed else strict_cuts
    chosen = np.full(len(starts), -1, dtype=np.int64)
    low, high = np.empty(attributes, dtype=np.int64), np.empty(attributes, dtype=np.int64)
    ranking = np.empty(attributes, dtype=np.int64)
    tally = np.zeros(int(spans.max()) + 1, dtype=np.int64)
    for part in range(len(starts)):
        start, stop = starts[part], stops[part]
        total = 0
        for place in range(start, stop):
            total += weights[order[place]]
        if total < 2 * smallest:
            continue
        _ranges(order, start, stop, ranks, low, high)
        _widest_first(low, high, spans, ranking)
        seen = -1
        median, below, upto = 0, 0, 0
        for cut in range(tried[part], cuts):
            attribute = ranking[cut // STRICT_CUTS if cut < strict_cuts else cut - strict_cuts]
            if high[attribute] == low[attribute]:
                continue
            if attribute != seen:
                median, below, upto = _median(
                    order, start, stop, ranks, weights, attribute, low[attribute], high[attribute], total, tally
                )
                seen = attribute
            if cut >= strict_cuts:
                goal = total // 2
            elif (cut % STRICT_CUTS == 0) == (abs(2 * upto - total) <= abs(2 * below - total)):
                goal = upto
            else:
                goal = below
            if goal < smallest or total - goal < smallest:
                continue
            chosen[part] = cut
            ties = goal - below
            for place in range(start, stop):
                rank = ranks[order[place], attribute]
                left[place] = rank < median
                if rank == median and ties > 0:
                    left[place] = True
                    ties -= weights[order[place]]
                elif rank == median and goal == upto:
                    left[place] = True
            break
    return chosen


@njit(cache=True, nogil=True)
def divide(order, starts, stops, left):  # type: ignore[no-untyped-def]
    """Puts the first side of each part before the second, each in its order; returns where the second begins."""
    middles = np.empty(len(starts), dtype=np.int64)
    for part in range(len(starts)):
        start, stop = starts[part], stops[part]
        later = np.empty(stop - start, dtype=order.dtype)
        behind, front = 0, start
        for place in range(start, stop):
            if left[place]:
                order[front] = order[place]
                front += 1
            else:
                later[behind] = order[place]
                behind += 1
        order[front:stop] = later[:behind]
        middles[part] = front
    return middles


@njit(cache=True, nogil=True)
def add_up(table, rows, class_of, classes):  # type: ignore[no-untyped-def]
    """Rows of `table` (any, columns) added up by class, shape (classes, columns)."""
    sums = np.zeros((classes, table.shape[1]), dtype=np.int64)
    for place in range(len(rows)):
        for column in range(table.shape[1]):
            sums[class_of[place], column] += table[rows[place], column]
    return sums
