"""Compiled loop behind record linkage: how many released records lie nearest to a target, and whether theirs is one."""

from __future__ import annotations

import numpy as np
from numba import njit

NUMBERS, TEXTS, RECODED = 0, 1, 2
TOLERANCE = 1e-9


@njit(cache=True, nogil=True)
def nearest(asked, own, released, people, kinds, scales, neutral, starts, widths, tables):  # type: ignore[no-untyped-def]
    """Per target the number of people at the least distance where `own` lies there too, else 0; shape (targets,).

    `asked` (targets, columns) and `released` (tuples, columns) hold numbers, codes of texts, or places in the column's
    table of distances, which begins at `starts` and is `widths` wide; NaN is a blank cell. `own` (targets,) is the
    tuple of the target's record, -1 where it was not released. `people` (tuples,) counts who publishes it.
    """
    found = np.zeros(len(asked), dtype=np.int64)
    for target in range(len(asked)):
        if own[target] < 0:
            continue
        bound = np.inf
        bound = distance(asked[target], released[own[target]], bound, kinds, scales, neutral, starts, widths, tables)
        for record in range(len(released)):
            far = distance(asked[target], released[record], bound, kinds, scales, neutral, starts, widths, tables)
            if far < bound - TOLERANCE:
                found[target] = 0
                break
            if far <= bound + TOLERANCE:
                found[target] += people[record]
    return found


@njit(cache=True, nogil=True)
def distance(one, other, bound, kinds, scales, neutral, starts, widths, tables):  # type: ignore[no-untyped-def]
    """The sum over the columns, or any number above the bound where the sum is above it."""
    total = 0.0
    for column in range(len(kinds)):
        a, b = one[column], other[column]
        if np.isnan(a) or np.isnan(b):
            if not (np.isnan(a) and np.isnan(b)):
                total += neutral[column]
        elif kinds[column] == NUMBERS:
            total += abs(a - b) * scales[column]
        elif kinds[column] == TEXTS:
            total += a != b
        else:
            total += tables[starts[column] + int(a) * widths[column] + int(b)]
        if total > bound + TOLERANCE:
            return total
    return total
