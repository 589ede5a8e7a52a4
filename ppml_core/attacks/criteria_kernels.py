"""Compiled loops behind singling out, linkability and inference."""

from __future__ import annotations

import numpy as np
from numba import njit

from ppml_core.attacks.linkage_kernels import NUMBERS, RECODED, TOLERANCE, distance

EQUAL, AT_LEAST, AT_MOST, UNUSED = 0, 1, 2, 3


@njit(cache=True, nogil=True)
def grow(records, orders, released, kinds, middles, beyond):  # type: ignore[no-untyped-def]
    """(how each column is asked of, shape (records, columns); whether one released record fits, shape (records,)).

    Columns are taken in `orders` (records, columns) until the record is alone in the release. Where `beyond` is true of
    a record, numbers are asked to lie at or beyond its own, on its side of the middle; else all cells to be as its own.
    """
    operators = np.full((len(records), released.shape[1]), UNUSED, dtype=np.int8)
    alone = np.zeros(len(records), dtype=np.bool_)
    for at in range(len(records)):
        record = records[at]
        left = np.arange(len(released))
        for place in range(released.shape[1]):
            if len(left) < 2:
                break
            column = orders[at, place]
            value = released[record, column]
            if np.isnan(value):
                continue
            operator = EQUAL
            if beyond[at] and kinds[column] == NUMBERS:
                operator = AT_LEAST if value >= middles[column] else AT_MOST
            kept = 0
            for other in left:
                if _fits(released[other, column], value, operator):
                    left[kept] = other
                    kept += 1
            if kept < len(left):
                operators[at, column] = operator
                left = left[:kept]
        alone[at] = len(left) == 1
    return operators, alone


@njit(cache=True, nogil=True)
def isolated(records, operators, released, asked, kinds, starts, widths, inside):  # type: ignore[no-untyped-def]
    """Whether exactly one of `asked` (people, columns) fits what is asked of each record, shape (records,).

    `inside` holds for each generalized column which values asked lie under which cell, from `starts` on, `widths` wide.
    What asks nothing singles nobody out.
    """
    found = np.zeros(len(records), dtype=np.bool_)
    for at in range(len(records)):
        used = np.flatnonzero(operators[at] != UNUSED)
        if not len(used):
            continue
        fitting = 0
        for person in range(len(asked)):
            fits = True
            for column in used:
                a, b = asked[person, column], released[records[at], column]
                if kinds[column] == RECODED:
                    fits = inside[starts[column] + int(a) * widths[column] + int(b)]
                else:
                    fits = _fits(a, b, operators[at, column])
                if not fits:
                    break
            if fits:
                fitting += 1
                if fitting > 1:
                    break
        found[at] = fitting == 1
    return found


@njit(cache=True, nogil=True)
def guess(asked, released, votes, secrets, values, middle, kinds, scales, neutral, starts, widths, tables):  # type: ignore[no-untyped-def]
    """Per target the secret of the nearest released tuples: the commonest among them, or the middle one.

    `secrets` (tuples,) are codes below `values`, `votes` how many records have the tuple with that secret. Of equally
    common ones the lowest code is guessed. -1 where there is no tuple.
    """
    found = np.full(len(asked), -1, dtype=np.int64)
    counts = np.zeros(values, dtype=np.int64)
    for target in range(len(asked)):
        bound, counts[:] = np.inf, 0
        for record in range(len(released)):
            far = distance(asked[target], released[record], bound, kinds, scales, neutral, starts, widths, tables)
            if far < bound - TOLERANCE:
                bound, counts[:] = far, 0
            if far <= bound + TOLERANCE:
                counts[secrets[record]] += votes[record]
        total = counts.sum()
        if not total:
            continue
        if not middle:
            found[target] = counts.argmax()
            continue
        below = 0
        for code in range(values):
            below += counts[code]
            if 2 * below >= total:
                found[target] = code
                break
    return found


@njit(cache=True, nogil=True)
def least_distances(asked, released, kinds, scales, neutral, starts, widths, tables):  # type: ignore[no-untyped-def]
    """Distance of each target to the nearest released tuple, shape (targets,)."""
    found = np.full(len(asked), np.inf)
    for target in range(len(asked)):
        for record in range(len(released)):
            far = distance(
                asked[target], released[record], found[target], kinds, scales, neutral, starts, widths, tables
            )
            if far < found[target]:
                found[target] = far
    return found


@njit(cache=True, nogil=True)
def near(target, least, released, kinds, scales, neutral, starts, widths, tables):  # type: ignore[no-untyped-def]
    """Which released tuples lie at the least distance from one target, shape (tuples,)."""
    found = np.zeros(len(released), dtype=np.bool_)
    for record in range(len(released)):
        far = distance(target, released[record], least, kinds, scales, neutral, starts, widths, tables)
        found[record] = far <= least + TOLERANCE
    return found


@njit(cache=True, nogil=True)
def both_near(first, second, first_of, second_of):  # type: ignore[no-untyped-def]
    """(records near by the first columns, by the second, by both), from the tuples that are near."""
    one, other, both = 0, 0, 0
    for record in range(len(first_of)):
        a, b = first[first_of[record]], second[second_of[record]]
        one += a
        other += b
        both += a and b
    return one, other, both


@njit(cache=True, nogil=True)
def _fits(value, wanted, operator):  # type: ignore[no-untyped-def]
    if operator == AT_LEAST:
        return value >= wanted
    if operator == AT_MOST:
        return value <= wanted
    return value == wanted


@njit(cache=True, nogil=True)
def possible(asked, truth, released, secrets, values, kinds, scales, neutral, starts, widths, tables):  # type: ignore[no-untyped-def]
    """(different secrets among the nearest tuples, whether the target's own is one of them), shape (targets,) each."""
    found = np.zeros(len(asked), dtype=np.int64)
    there = np.zeros(len(asked), dtype=np.bool_)
    seen = np.zeros(values, dtype=np.bool_)
    for target in range(len(asked)):
        bound, seen[:] = np.inf, False
        for record in range(len(released)):
            far = distance(asked[target], released[record], bound, kinds, scales, neutral, starts, widths, tables)
            if far < bound - TOLERANCE:
                bound, seen[:] = far, False
            if far <= bound + TOLERANCE:
                seen[secrets[record]] = True
        found[target] = seen.sum()
        there[target] = truth[target] >= 0 and seen[truth[target]]
    return found, there
