"""Stochastic gradient descent of linear models and small networks, compiled: in one place, or a client on its own rows.

In: rows in the order in which they are visited, weights (skip, first, second, out). Out: those weights, changed in
place. Gradients are in single precision as in `learn.network_kernels`, weights in double.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from ppml_core.learn.network_kernels import _add

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

NO_CLIP = 1e30


@njit(nogil=True, cache=True, error_model="numpy")
def _in_order(
    starts: Ints, places: Ints, values: Floats, targets: Floats, lengths: Floats, order: npt.NDArray[np.int64]
) -> tuple[Any, ...]:
    rows = len(order)
    total = 0
    for i in order:
        total += starts[i + 1] - starts[i]
    new_starts, new_places = np.zeros(rows + 1, np.int32), np.empty(total, np.int32)
    new_values, new_targets = np.empty(total, np.float32), np.empty(rows, np.float32)
    new_lengths = np.empty(rows, np.float32)
    at = 0
    for r in range(rows):
        i = order[r]
        for p in range(starts[i], starts[i + 1]):
            new_places[at], new_values[at] = places[p], values[p]
            at += 1
        new_starts[r + 1] = at
        new_targets[r], new_lengths[r] = targets[i], lengths[i]
    return new_starts, new_places, new_values, new_targets, new_lengths


@njit(nogil=True, cache=True, error_model="numpy")
def _step(
    W: Doubles, g: Floats, anchor: Doubles, scale: float, rate: float, ridge: float, proximal: float, free: int
) -> None:
    """One array's step; the ridge spares its last `free` rows. The pull to the anchor is taken at the end of the step,
    so that no length of step makes it overshoot."""
    for i in range(W.shape[0]):
        own = ridge if i < W.shape[0] - free else 0.0
        for j in range(W.shape[1]):
            moved = W[i, j] - rate * (g[i, j] * scale + own * W[i, j])
            W[i, j] = (moved + rate * proximal * anchor[i, j]) / (1.0 + rate * proximal)


@njit(nogil=True, cache=True, error_model="numpy")
def local_steps(
    kind: int, starts: Ints, places: Ints, values: Floats, targets: Floats, lengths: Floats,
    orders: npt.NDArray[np.int64], batch: int, rate: float, ridge: float, proximal: float, free: int,
    skip: Doubles, first: Doubles, second: Doubles, out: Doubles,
) -> None:  # fmt: skip
    """One pass for each row of `orders` (passes, rows); the gradient of a batch is its mean."""
    a_skip, a1, a2, a_out = skip.copy(), first.copy(), second.copy(), out.copy()
    g_skip, g1 = np.empty(skip.shape, np.float32), np.empty(first.shape, np.float32)
    g2, g_out = np.empty(second.shape, np.float32), np.empty(out.shape, np.float32)
    rows = orders.shape[1]
    everybody, ones = np.ones(rows, np.bool_), np.ones(rows, np.float32)
    for visit in range(orders.shape[0]):
        s, p, v, t, n = _in_order(starts, places, values, targets, lengths, orders[visit])
        for begin in range(0, rows, batch):
            end = min(begin + batch, rows)
            g_skip[:], g1[:], g2[:], g_out[:] = 0, 0, 0, 0
            _add(
                kind, begin, end, s, p, v, t, ones, n, everybody,
                skip.astype(np.float32), first.astype(np.float32), second.astype(np.float32), out.astype(np.float32),
                NO_CLIP, g_skip, g1, g2, g_out,
            )  # fmt: skip
            scale = 1.0 / (end - begin)
            _step(skip, g_skip, a_skip, scale, rate, ridge, proximal, free)
            _step(first, g1, a1, scale, rate, 0.0, proximal, 0)
            _step(second, g2, a2, scale, rate, 0.0, proximal, 0)
            _step(out, g_out, a_out, scale, rate, 0.0, proximal, 0)
