"""Sums of clipped per-example gradients of small networks with a linear skip, compiled; several models side by side.

In: sparse rows (CSR, float32), targets, for how many people a row stands with each model, the weights. Out: the sum
over those people of the loss gradient of all weights, each person's whole gradient clipped to one norm. A layer's
per-example gradient is the outer product of its input and what comes back, so its norm is the product of two norms
(Goodfellow 2015) and nothing is formed per person. The answer is x·skip + tanh(… tanh(x·W1))·out; every hidden layer is
divided by the root of its width, so that it is at most 1 long.

Models are lanes, the last axis of every array. What lies between the sparse products runs over some 128 cells, each a
row with a model: many rows of one model or a few rows of many. No operation adds across models and none is reordered
(no fast-math), so a model's sum is the same bytes in any lane beside any others.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from ppml_core.learn.gradients import _tanh

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

LOGIT, SOFTMAX, IDENTITY = 0, 1, 2
ROWS_PER_BLOCK = 4096
CELLS = 128
LINE = 64

_HALF = np.float32(0.5)
_ONE = np.float32(1.0)
_ZERO = np.float32(0.0)


@njit(nogil=True, cache=True, error_model="numpy")
def _from_rows(
    chosen: npt.NDArray[np.int64], many: int, starts: Ints, places: Ints, values: Floats, base: Floats, lanes: int,
    sums: Floats, cells: Floats,
) -> None:  # fmt: skip
    """Products of the chosen rows with the weights of the row itself, as (unit, cell)."""
    wide = base.shape[1]
    for r in range(many):
        i = chosen[r]
        p, end = starts[i], starts[i + 1]
        for k in range(wide):
            sums[k] = _ZERO
        while p + 4 <= end:
            j0, j1, j2, j3 = places[p], places[p + 1], places[p + 2], places[p + 3]
            v0, v1, v2, v3 = values[p], values[p + 1], values[p + 2], values[p + 3]
            for k in range(wide):
                sums[k] = (((sums[k] + v0 * base[j0, k]) + v1 * base[j1, k]) + v2 * base[j2, k]) + v3 * base[j3, k]
            p += 4
        while p < end:
            j, v = places[p], values[p]
            for k in range(wide):
                sums[k] += v * base[j, k]
            p += 1
        for u in range(wide // lanes):
            for m in range(lanes):
                cells[u, r * lanes + m] = sums[u * lanes + m]


@njit(nogil=True, cache=True, error_model="numpy")
def _to_rows(
    chosen: npt.NDArray[np.int64], many: int, starts: Ints, places: Ints, values: Floats, lanes: int, sums: Floats,
    cells: Floats, g_base: Floats,
) -> None:  # fmt: skip
    """Adds the outer products of the chosen rows with what came back to them."""
    wide = g_base.shape[1]
    for r in range(many):
        i = chosen[r]
        for u in range(wide // lanes):
            for m in range(lanes):
                sums[u * lanes + m] = cells[u, r * lanes + m]
        for p in range(starts[i], starts[i + 1]):
            j, v = places[p], values[p]
            for k in range(wide):
                g_base[j, k] += v * sums[k]


@njit(nogil=True, cache=True, error_model="numpy")
def _add_products(into: Floats, source: Floats, weights: Floats, backwards: bool, many: int, lanes: int) -> None:
    """Adds a layer times each model's own weights to another, over cells; backwards from the units to the inputs."""
    inputs, units = (into.shape[0], source.shape[0]) if backwards else (source.shape[0], into.shape[0])
    for t in range(inputs):
        for u in range(units):
            to, of = (t, u) if backwards else (u, t)
            if lanes == 1:
                only = weights[t, u]
                for c in range(many):
                    into[to, c] += source[of, c] * only
            else:
                for r in range(many):
                    for m in range(lanes):
                        into[to, r * lanes + m] += source[of, r * lanes + m] * weights[t, u * lanes + m]


@njit(nogil=True, cache=True, error_model="numpy")
def _add_outer(into: Floats, left: Floats, right: Floats, many: int, lanes: int) -> None:
    """Adds each row's outer product of two layers to its model's sum, row by row."""
    if lanes > 1:
        for r in range(many):
            at = r * lanes
            for t in range(left.shape[0]):
                for u in range(right.shape[0]):
                    for m in range(lanes):
                        into[t, u * lanes + m] += left[t, at + m] * right[u, at + m]
        return
    for u in range(right.shape[0]):
        t = 0
        while t + 4 <= left.shape[0]:
            s0, s1, s2, s3 = into[t, u], into[t + 1, u], into[t + 2, u], into[t + 3, u]
            for r in range(many):
                b = right[u, r]
                s0 += left[t, r] * b
                s1 += left[t + 1, r] * b
                s2 += left[t + 2, r] * b
                s3 += left[t + 3, r] * b
            into[t, u], into[t + 1, u], into[t + 2, u], into[t + 3, u] = s0, s1, s2, s3
            t += 4
        while t < left.shape[0]:
            s0 = into[t, u]
            for r in range(many):
                s0 += left[t, r] * right[u, r]
            into[t, u] = s0
            t += 1


@njit(nogil=True, cache=True, error_model="numpy")
def _residuals(kind: int, z: Floats, targets: Floats, top: Floats, cells: int) -> None:
    """From answers to what the loss sends back, in place; `top` is room for a number of each cell."""
    outputs = z.shape[0]
    if kind == LOGIT:
        for c in range(cells):
            z[0, c] = (_HALF + _HALF * _tanh(_HALF * z[0, c])) - targets[c]
    elif kind == IDENTITY:
        for c in range(cells):
            z[0, c] -= targets[c]
    else:
        for c in range(cells):
            top[c] = z[0, c]
        for o in range(1, outputs):
            for c in range(cells):
                top[c] = top[c] if top[c] > z[o, c] else z[o, c]
        for o in range(outputs):
            for c in range(cells):
                half_way = _tanh(_HALF * (z[o, c] - top[c]))
                z[o, c] = (_ONE + half_way) / (_ONE - half_way)
        for c in range(cells):
            top[c] = _ZERO
        for o in range(outputs):
            for c in range(cells):
                top[c] += z[o, c]
        for o in range(outputs):
            for c in range(cells):
                z[o, c] = z[o, c] / top[c] - (_ONE if np.float32(o) == targets[c] else _ZERO)


@njit(nogil=True, cache=True, error_model="numpy")
def _squares(layer: Floats, into: Floats, cells: int) -> None:
    """Squared lengths of a layer, one of each cell."""
    for c in range(cells):
        into[c] = _ZERO
    for u in range(layer.shape[0]):
        for c in range(cells):
            into[c] += layer[u, c] * layer[u, c]


@njit(nogil=True, cache=True, error_model="numpy")
def _activate(layer: Floats, cells: int) -> None:
    scale = np.float32(1.0 / np.sqrt(layer.shape[0])) if layer.shape[0] > 0 else _ONE
    for u in range(layer.shape[0]):
        for c in range(cells):
            layer[u, c] = _tanh(layer[u, c]) * scale


@njit(nogil=True, cache=True, error_model="numpy")
def _through(layer: Floats, back: Floats, cells: int) -> None:
    """What came back to a layer's output, in place to what goes on to its input."""
    scale = np.float32(1.0 / np.sqrt(layer.shape[0])) if layer.shape[0] > 0 else _ONE
    for u in range(layer.shape[0]):
        for c in range(cells):
            back[u, c] = back[u, c] * (scale - layer[u, c] * layer[u, c] / scale)


@njit(nogil=True, cache=True, error_model="numpy")
def add_clipped(
    kind: int, people: npt.NDArray[np.int64],
    starts: Ints, places: Ints, values: Floats, targets: Floats, lengths: Floats, counts: Floats,
    base: Floats, W2: Floats, out: Floats, clip: Floats, g_base: Floats, g2: Floats, g_out: Floats,
) -> None:  # fmt: skip
    """Adds the rows `people`; `lengths` holds |x|², `counts` (rows, lanes) and `clip` (lanes,) are each model's own.

    Weights have shape (in, units × lanes), units before lanes. `base` holds the skip and W1 side by side, W2 no column
    where there is one hidden layer.
    """
    lanes = len(clip)
    outputs, h2 = out.shape[1] // lanes, W2.shape[1] // lanes
    h1 = base.shape[1] // lanes - outputs
    abreast = max(1, CELLS // lanes)
    width = abreast * lanes
    sums = np.empty(base.shape[1], np.float32)
    cells, back1 = np.empty((outputs + h1, width), np.float32), np.empty((h1, width), np.float32)
    z, a1 = cells[:outputs], cells[outputs:]
    a2, back2 = np.empty((h2, width), np.float32), np.empty((h2, width), np.float32)
    top, back = (a2, back2) if h2 > 0 else (a1, back1)
    own = np.empty((9, width), np.float32)
    goal, count, x, most, residual, length1, length2, came1, came2 = (
        own[0], own[1], own[2], own[3], own[4], own[5], own[6], own[7], own[8]
    )  # fmt: skip
    for r in range(abreast):
        for m in range(lanes):
            most[r * lanes + m] = clip[m]
    for begin in range(0, len(people), abreast):
        chosen = people[begin : begin + abreast]
        many = len(chosen)
        for r in range(many):
            i = chosen[r]
            for m in range(lanes):
                c = r * lanes + m
                goal[c], count[c], x[c] = targets[i], counts[i, m], lengths[i]
        full = many * lanes
        _from_rows(chosen, many, starts, places, values, base, lanes, sums, cells)
        _activate(a1, full)
        a2[:] = _ZERO
        _add_products(a2, a1, W2, False, many, lanes)
        _activate(a2, full)
        _add_products(z, top, out, False, many, lanes)
        _residuals(kind, z, goal, residual, full)
        back1[:], back2[:] = _ZERO, _ZERO
        _add_products(back, z, out, True, many, lanes)
        _through(a2, back2, full)
        _add_products(back1, back2, W2, True, many, lanes)
        _through(a1, back1, full)
        _squares(z, residual, full)
        _squares(a1, length1, full)
        _squares(a2, length2, full)
        _squares(back1, came1, full)
        _squares(back2, came2, full)
        for c in range(full):
            last_layer = length2[c] if h2 > 0 else length1[c]
            squared = x[c] * (residual[c] + came1[c]) + length1[c] * came2[c] + last_layer * residual[c]
            scale = most[c] / np.sqrt(squared) if squared > most[c] * most[c] else _ONE
            count[c] *= scale
        for u in range(outputs):
            for c in range(full):
                z[u, c] = z[u, c] * count[c] if count[c] > _ZERO else _ZERO
        for u in range(h1):
            for c in range(full):
                back1[u, c] = back1[u, c] * count[c] if count[c] > _ZERO else _ZERO
        for u in range(h2):
            for c in range(full):
                back2[u, c] = back2[u, c] * count[c] if count[c] > _ZERO else _ZERO
        _add_outer(g_out, top, z, many, lanes)
        _add_outer(g2, a1, back2, many, lanes)
        a1[:] = back1
        _to_rows(chosen, many, starts, places, values, lanes, sums, cells, g_base)


@njit(nogil=True, cache=True, error_model="numpy")
def copy_rows(
    starts: Ints, places: Ints, values: Floats, targets: Floats, lengths: Floats, order: npt.NDArray[np.int64],
    new_starts: Ints, new_places: Ints, new_values: Floats, new_targets: Floats, new_lengths: Floats,
) -> None:  # fmt: skip
    """Writes those rows of a table, in that order, into another that has room for them."""
    at = 0
    new_starts[0] = 0
    for r in range(len(order)):
        i = order[r]
        for p in range(starts[i], starts[i + 1]):
            new_places[at], new_values[at] = places[p], values[p]
            at += 1
        new_starts[r + 1] = at
        new_targets[r], new_lengths[r] = targets[i], lengths[i]


def clipped_sums(
    kind: int, table: tuple[Any, ...], sampled: npt.NDArray[np.bool_], weights: tuple[Doubles, ...], clip: float
) -> tuple[Doubles, ...]:
    """One sum for each of one model's `weights` (skip, first, second, out), over the people who are in the sample."""
    *rows, counts, lengths = table
    skip, first, second, out = weights
    base = np.concatenate([skip, first], axis=1)
    own = np.where(sampled, counts, _ZERO)[:, None]
    lanes = tuple(weight[:, :, None] for weight in (base, second, out))
    found = sums_side_by_side(kind, (*rows, lengths), np.flatnonzero(sampled), own, lanes, np.array([clip]))
    sums, g_second, g_out = (one[:, :, 0] for one in found)
    return sums[:, : skip.shape[1]], sums[:, skip.shape[1] :], g_second, g_out


def sums_side_by_side(
    kind: int, table: tuple[Any, ...], people: npt.NDArray[np.int64], counts: Floats, weights: tuple[Doubles, ...],
    clip: Doubles,
) -> tuple[Doubles, ...]:  # fmt: skip
    """One sum for each of `weights` (skip and first, second, out), with a model along the last axis of everything.

    `table` is (starts, places, values, targets, |x|²), `people` are the rows, in order, that count for any model.
    Blocks of rows are added in double.
    """
    flat = [_aligned(weight.reshape(len(weight), weight.shape[1] * weight.shape[2])) for weight in weights]
    blocks = [_aligned(np.zeros(one.shape)) for one in flat]
    totals = [np.zeros(one.shape) for one in flat]
    within = (clip * (1 - 1e-5)).astype(np.float32)
    ends = np.searchsorted(people, np.arange(0, len(counts) + ROWS_PER_BLOCK, ROWS_PER_BLOCK))
    if 2 * len(people) < len(counts):
        table, counts, people = _close_by(table, people), counts[people], np.arange(len(people))
    for begin, end in pairwise(ends):
        for block in blocks:
            block[:] = 0
        given: tuple[Any, ...] = (*table, counts, *flat, within, *blocks)
        add_clipped(kind, people[begin:end], *given)
        for total, block in zip(totals, blocks, strict=True):
            total += block
    return tuple(total.reshape(weight.shape) for total, weight in zip(totals, weights, strict=True))


def _close_by(table: tuple[Any, ...], people: npt.NDArray[np.int64]) -> tuple[Any, ...]:
    """Those rows alone, one after another: fetched row by row in the midst of sums, each would be waited for."""
    starts, places, values, targets, lengths = table
    entries, rows = int((starts[people + 1] - starts[people]).sum()), len(people)
    into = (
        np.empty(rows + 1, starts.dtype), np.empty(entries, places.dtype), np.empty(entries, values.dtype),
        np.empty(rows, targets.dtype), np.empty(rows, lengths.dtype),
    )  # fmt: skip
    copy_rows(starts, places, values, targets, lengths, people, *into)
    return into


def _aligned(values: Doubles) -> Floats:
    """In single precision, from the start of a cache line on: what straddles two costs a quarter of the time."""
    room = np.empty(values.size + LINE // 4, dtype=np.float32)
    start = -room.ctypes.data % LINE // 4
    placed = room[start : start + values.size].reshape(values.shape)
    placed[:] = values
    return placed
