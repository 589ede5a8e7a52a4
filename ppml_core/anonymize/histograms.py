"""Compiled questions about the sensitive histograms of equivalence classes.

In: the table of `Classes` (people in column 0) and where the histogram of one attribute starts in it. Out: a number or
a verdict per class. They are asked once per lattice node, so each is one pass; a class of nobody divides nothing.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def within(table, start, low, high, absent):  # type: ignore[no-untyped-def]
    """Whether every value's share of a class lies in [low, high] of that value; `absent` asks it of shares of 0 too."""
    kept = np.ones(len(table), dtype=np.bool_)
    for row in range(len(table)):
        size = table[row, 0]
        for value in range(len(high)):
            count = table[row, start + value]
            if count == 0 and not absent:
                continue
            if count > high[value] * size or count < low[value] * size:
                kept[row] = False
                break
    return kept


@njit(cache=True, nogil=True)
def spread(table, start, values, logs, log_l):  # type: ignore[no-untyped-def]
    """Whether the sum of n ln n over the counts of a class of c people is at most c (ln c - ln l).

    `logs[n]` holds ln n of small n.
    """
    kept = np.ones(len(table), dtype=np.bool_)
    for row in range(len(table)):
        size = table[row, 0]
        if size == 0:
            continue
        total = 0.0
        for value in range(values):
            count = table[row, start + value]
            if count > 1:
                total += count * (logs[count] if count < len(logs) else math.log(count))
        kept[row] = total <= size * ((logs[size] if size < len(logs) else math.log(size)) - log_l)
    return kept


@njit(cache=True, nogil=True)
def recursive(table, start, values, c, l):  # type: ignore[no-untyped-def]  # noqa: E741
    """Whether the most frequent count is below c times the sum of the l-th most frequent and all rarer ones."""
    kept = np.zeros(len(table), dtype=np.bool_)
    top = np.zeros(l, dtype=np.int64)
    for row in range(len(table)):
        top[:] = 0
        total = 0
        for value in range(values):
            count = table[row, start + value]
            total += count
            place = l - 1
            if count <= top[place]:
                continue
            while place > 0 and top[place - 1] < count:
                top[place] = top[place - 1]
                place -= 1
            top[place] = count
        tail = total - top[: l - 1].sum()
        kept[row] = c * tail - top[0] > 1e-9
    return kept


@njit(cache=True, nogil=True)
def tree_work(table, start, nodes, shares):  # type: ignore[no-untyped-def]
    """Sum over tree nodes of |people under the node - people expected there|, per class.

    `nodes[level, value]` numbers the node above a value, all levels in one numbering; `shares[node]` is its share in
    the whole table.
    """
    work = np.zeros(len(table))
    extra = np.empty(len(shares))
    for row in range(len(table)):
        size = table[row, 0]
        for node in range(len(shares)):
            extra[node] = -size * shares[node]
        for value in range(nodes.shape[1]):
            count = table[row, start + value]
            if count > 0:
                for level in range(nodes.shape[0]):
                    extra[nodes[level, value]] += count
        total = 0.0
        for node in range(len(shares)):
            total += abs(extra[node])
        work[row] = total
    return work


@njit(cache=True, nogil=True)
def ordered_work(table, start, shares):  # type: ignore[no-untyped-def]
    """Sum over cuts in the order of values of |people below the cut - people expected there|, per class."""
    work = np.zeros(len(table))
    for row in range(len(table)):
        size = table[row, 0]
        below = total = 0.0
        for value in range(len(shares) - 1):
            below += table[row, start + value] - size * shares[value]
            total += abs(below)
        work[row] = total
    return work


@njit(cache=True, nogil=True)
def excesses(table, columns, most, group_of, groups, kept):  # type: ignore[no-untyped-def]
    """(people with a value) - most * (people) over the kept classes of each group, shape (groups, columns)."""
    found = np.zeros((groups, len(columns)))
    for row in range(len(table)):
        if kept[row]:
            for place in range(len(columns)):
                found[group_of[row], place] += table[row, columns[place]] - most * table[row, 0]
    return found


@njit(cache=True, nogil=True)
def lower_confidence(table, column, most, group_of, excess, order, kept):  # type: ignore[no-untyped-def]
    """Drops classes, in `order`, from groups in which a value has too many people, until it has no longer.

    `excess[group]` is (people with the value) - most * (people) over the group's kept classes; it and `kept` are
    changed. Classes that would not lower it are left alone.
    """
    for row in order:
        if not kept[row] or excess[group_of[row]] <= 1e-9:
            continue
        share = table[row, column] - most * table[row, 0]
        if share > 0:
            kept[row] = False
            excess[group_of[row]] -= share
