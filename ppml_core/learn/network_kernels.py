"""Sums of clipped per-example gradients of a small network with a linear skip, compiled; one model at a time.

In: sparse rows (CSR, float32), targets, who is in the sample, the weights. Out: the sum over those people of the loss
gradient of all weights, each person's whole gradient clipped to one norm. A layer's per-example gradient is the outer
product of its input and what comes back, so its norm is the product of two norms (Goodfellow 2015) and nothing is
formed per person. The answer is x·skip + tanh(… tanh(x·W1))·out; every hidden layer is divided by the root of its
width, so that it is at most 1 long.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from ppml_core.learn.gradients import _tanh

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

LOGIT, SOFTMAX, IDENTITY = 0, 1, 2
ROWS_PER_BLOCK = 4096


@njit(nogil=True, cache=True, error_model="numpy")
def _add(
    kind: int, first: int, last: int,
    starts: Ints, places: Ints, values: Floats, targets: Floats, counts: Floats, lengths: Floats,
    sampled: npt.NDArray[np.bool_],
    skip: Floats, W1: Floats, W2: Floats, out: Floats, clip: float,
    g_skip: Floats, g1: Floats, g2: Floats, g_out: Floats,
) -> None:  # fmt: skip
    """Adds rows first to last; `lengths` holds |x|². W2 has no column where there is one hidden layer."""
    outputs, h1, h2 = skip.shape[1], W1.shape[1], W2.shape[1]
    width = h2 if h2 > 0 else h1
    half, one = np.float32(0.5), np.float32(1.0)
    s1 = np.float32(1.0 / np.sqrt(h1)) if h1 > 0 else one
    s2 = np.float32(1.0 / np.sqrt(h2)) if h2 > 0 else one
    z = np.empty(outputs, np.float32)
    a1, back1 = np.empty(h1, np.float32), np.empty(h1, np.float32)
    a2, back2 = np.empty(h2, np.float32), np.empty(h2, np.float32)
    for i in range(first, last):
        if not sampled[i]:
            continue
        z[:] = 0
        a1[:] = 0
        for p in range(starts[i], starts[i + 1]):
            j, v = places[p], values[p]
            for o in range(outputs):
                z[o] += v * skip[j, o]
            for u in range(h1):
                a1[u] += v * W1[j, u]
        for u in range(h1):
            a1[u] = _tanh(a1[u]) * s1
        for u in range(h2):
            total = np.float32(0)
            for t in range(h1):
                total += a1[t] * W2[t, u]
            a2[u] = _tanh(total) * s2
        top = a2 if h2 > 0 else a1
        for u in range(width):
            for o in range(outputs):
                z[o] += top[u] * out[u, o]
        if kind == SOFTMAX:
            most = z.max()
            whole = np.float32(0)
            for o in range(outputs):
                half_way = _tanh(half * (z[o] - most))
                z[o] = (one + half_way) / (one - half_way)
                whole += z[o]
            for o in range(outputs):
                z[o] = z[o] / whole - (one if np.float32(o) == targets[i] else np.float32(0))
        elif kind == LOGIT:
            z[0] = half + half * _tanh(half * z[0]) - targets[i]
        else:
            z[0] -= targets[i]
        residual = np.float32(0)
        for o in range(outputs):
            residual += z[o] * z[o]
        for u in range(width):
            total = np.float32(0)
            for o in range(outputs):
                total += out[u, o] * z[o]
            if h2 > 0:
                back2[u] = total * (s2 - a2[u] * a2[u] / s2)
            else:
                back1[u] = total * (s1 - a1[u] * a1[u] / s1)
        if h2 > 0:
            for t in range(h1):
                total = np.float32(0)
                for u in range(h2):
                    total += W2[t, u] * back2[u]
                back1[t] = total * (s1 - a1[t] * a1[t] / s1)
        length1, length2, came1, came2 = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
        for u in range(h1):
            length1 += a1[u] * a1[u]
            came1 += back1[u] * back1[u]
        for u in range(h2):
            length2 += a2[u] * a2[u]
            came2 += back2[u] * back2[u]
        squared = lengths[i] * (residual + came1) + length1 * came2 + (length2 if h2 > 0 else length1) * residual
        scale = np.float32(clip / np.sqrt(squared)) if squared > clip * clip else one
        scale *= counts[i]
        for o in range(outputs):
            z[o] *= scale
        for u in range(h1):
            back1[u] *= scale
        for u in range(h2):
            back2[u] *= scale
        for u in range(width):
            for o in range(outputs):
                g_out[u, o] += top[u] * z[o]
        for t in range(h1):
            for u in range(h2):
                g2[t, u] += a1[t] * back2[u]
        for p in range(starts[i], starts[i + 1]):
            j, v = places[p], values[p]
            for o in range(outputs):
                g_skip[j, o] += v * z[o]
            for u in range(h1):
                g1[j, u] += v * back1[u]


def clipped_sums(
    kind: int, table: tuple[Any, ...], sampled: npt.NDArray[np.bool_],
    weights: tuple[npt.NDArray[np.float64], ...], clip: float,
) -> tuple[npt.NDArray[np.float64], ...]:  # fmt: skip
    """One sum for each of `weights` (skip, first, second, out); blocks of rows are added in double."""
    shapes = [weight.astype(np.float32) for weight in weights]
    totals = tuple(np.zeros(weight.shape) for weight in weights)
    blocks = tuple(np.zeros(weight.shape, dtype=np.float32) for weight in weights)
    rows = len(sampled)
    within = np.float32(clip * (1 - 1e-5))
    for first in range(0, rows, ROWS_PER_BLOCK):
        for block in blocks:
            block[:] = 0
        given: tuple[Any, ...] = (*table, sampled, *shapes, within, *blocks)
        _add(kind, first, min(first + ROWS_PER_BLOCK, rows), *given)
        for total, block in zip(totals, blocks, strict=True):
            total += block
    return totals
