"""Compiled loops behind downcoding: which people of a population lie in which published class."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def finest(cells, leaves, inside, starts, widths, losses):  # type: ignore[no-untyped-def]
    """The least loss of a published class that each tuple lies in, infinite where in none, shape (tuples,).

    `cells` (classes, columns) are published texts, `leaves` (tuples, columns) raw values; `inside` says which values
    lie under which text, from `starts` on, `widths` wide.
    """
    found = np.full(len(leaves), np.inf)
    for place in range(len(cells)):
        for row in range(len(leaves)):
            if losses[place] < found[row] and _lies_in(cells[place], leaves[row], inside, starts, widths):
                found[row] = losses[place]
    return found


@njit(cache=True, nogil=True)
def best_parts(cells, leaves, people, inside, children, starts, widths, losses, least):  # type: ignore[no-untyped-def]
    """(likeliest part of each class, the same among tuples in no finer class), -1 where there is no tuple.

    A part says for each column which child of the published node a value lies under: `children` holds the child's
    number per text and value, a part is a number made of all of them.
    """
    plain = np.full(len(cells), -1, dtype=np.int64)
    told = np.full(len(cells), -1, dtype=np.int64)
    for place in range(len(cells)):
        parts = np.empty(len(leaves), dtype=np.int64)
        weights = np.empty(len(leaves), dtype=np.int64)
        apart = np.empty(len(leaves), dtype=np.bool_)
        found = 0
        for row in range(len(leaves)):
            if _lies_in(cells[place], leaves[row], inside, starts, widths):
                parts[found] = part_of(cells[place], leaves[row], children, starts, widths)
                weights[found] = people[row]
                apart[found] = least[row] >= losses[place]
                found += 1
        if not found:
            continue
        order = np.argsort(parts[:found])
        plain[place] = _heaviest(parts[:found][order], weights[:found][order])
        kept = order[apart[:found][order]]
        told[place] = _heaviest(parts[:found][kept], weights[:found][kept]) if len(kept) else plain[place]
    return plain, told


@njit(cache=True, nogil=True)
def part_of(cells, leaves, children, starts, widths):  # type: ignore[no-untyped-def]
    """The part of one class that one tuple lies in."""
    part = 0
    for column in range(len(cells)):
        part = part * 1_000_003 + children[starts[column] + cells[column] * widths[column] + leaves[column]]
    return part


@njit(cache=True, nogil=True)
def parts_of(cells, leaves, children, starts, widths):  # type: ignore[no-untyped-def]
    """The part of their own class that people lie in, shape (people,); `cells` and `leaves` are (people, columns)."""
    found = np.empty(len(cells), dtype=np.int64)
    for person in range(len(cells)):
        found[person] = part_of(cells[person], leaves[person], children, starts, widths)
    return found


@njit(cache=True, nogil=True)
def _lies_in(cells, leaves, inside, starts, widths):  # type: ignore[no-untyped-def]
    for column in range(len(cells)):
        if leaves[column] < 0 or not inside[starts[column] + cells[column] * widths[column] + leaves[column]]:
            return False
    return True


@njit(cache=True, nogil=True)
def _heaviest(parts, weights):  # type: ignore[no-untyped-def]
    """The part with the largest sum of weights; `parts` are sorted."""
    best, most, total = -1, 0, 0
    for at in range(len(parts)):
        total = weights[at] if at == 0 or parts[at] != parts[at - 1] else total + weights[at]
        if total > most:
            best, most = parts[at], total
    return best
