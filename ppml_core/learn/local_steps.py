"""Stochastic gradient descent of linear models and small networks, compiled: in one place, or a client on its own rows.

In: rows in the order in which they are visited, weights (skip, first, second, out). Out: those weights, changed in
place. Gradients are in single precision as in `learn.network_kernels`, weights in double.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from ppml_core.learn.network_kernels import add_clipped, copy_rows

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

NO_CLIP = 1e30


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
    inputs, outputs = skip.shape
    base = np.empty((inputs, outputs + first.shape[1]), np.float32)
    g_base, g2, g_out = np.empty_like(base), np.empty(second.shape, np.float32), np.empty(out.shape, np.float32)
    rows = orders.shape[1]
    everybody = np.arange(rows)
    ones, no_clip = np.ones((rows, 1), np.float32), np.full(1, NO_CLIP, np.float32)
    s, p, v = np.empty_like(starts), np.empty_like(places), np.empty_like(values)
    t, n = np.empty_like(targets), np.empty_like(lengths)
    for visit in range(orders.shape[0]):
        copy_rows(starts, places, values, targets, lengths, orders[visit], s, p, v, t, n)
        for begin in range(0, rows, batch):
            end = min(begin + batch, rows)
            g_base[:], g2[:], g_out[:] = 0, 0, 0
            base[:, :outputs], base[:, outputs:] = skip, first
            W2, last = second.astype(np.float32), out.astype(np.float32)
            add_clipped(kind, everybody[begin:end], s, p, v, t, n, ones, base, W2, last, no_clip, g_base, g2, g_out)
            scale = 1.0 / (end - begin)
            _step(skip, g_base[:, :outputs], a_skip, scale, rate, ridge, proximal, free)
            _step(first, g_base[:, outputs:], a1, scale, rate, 0.0, proximal, 0)
            _step(second, g2, a2, scale, rate, 0.0, proximal, 0)
            _step(out, g_out, a_out, scale, rate, 0.0, proximal, 0)
