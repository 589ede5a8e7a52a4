"""Sums of clipped gradients over TILE parts of one table at once: each lane is a model with people of its own.

In: rows and labels of everybody, masks, the weights of TILE models side by side. Out: per model the sum over the people
it is trained on, as `gradients` gives it for one table. Lanes never mix, so a part's sum is the same bytes beside any
others; beside the sum over the same part as a table of its own, where people who are alike are added up once and blocks
begin elsewhere, it differs by rounding in single precision.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from ppml_core.learn.base import Masks
from ppml_core.learn.gradients import ROWS_PER_BLOCK, TILE, Floats, Ints, Link, _tanh

_HALF = np.float32(0.5)
_ZERO = np.float32(0.0)


@njit(nogil=True, cache=True, error_model="numpy")
def _add_within(
    logit: bool,
    first: int,
    last: int,
    starts: Ints,
    places: Ints,
    values: Floats,
    labels: Floats,
    inside: Floats,
    per_norm: Floats,
    W: Floats,
    clip: Floats,
    total: Floats,
) -> None:
    """Adds rows first to last to `total`, shape (features, TILE), each times `inside`, shape (rows, TILE)."""
    z = np.empty(TILE, np.float32)
    for i in range(first, last):
        begin, end = starts[i], starts[i + 1]
        for m in range(TILE):
            z[m] = _ZERO
        p = begin
        while p + 4 <= end:
            j0, j1, j2, j3 = places[p], places[p + 1], places[p + 2], places[p + 3]
            v0, v1, v2, v3 = values[p], values[p + 1], values[p + 2], values[p + 3]
            for m in range(TILE):
                z[m] = (((z[m] + v0 * W[j0, m]) + v1 * W[j1, m]) + v2 * W[j2, m]) + v3 * W[j3, m]
            p += 4
        while p < end:
            j, v = places[p], values[p]
            for m in range(TILE):
                z[m] += v * W[j, m]
            p += 1
        label, scale = labels[i], per_norm[i]
        for m in range(TILE):
            residual = (_HALF + _HALF * _tanh(_HALF * z[m])) - label if logit else z[m] - label
            bound = clip[m] * scale
            residual = residual if residual > -bound else -bound
            z[m] = (residual if residual < bound else bound) * inside[i, m]
        for p in range(begin, end):
            j, v = places[p], values[p]
            for m in range(TILE):
                total[j, m] += v * z[m]


class SubsetSums:
    """The rows of one table and up to TILE parts of it; `sums` as `gradients.ClippedSums` has it, for one output."""

    def __init__(self, X: Any, target: npt.NDArray[Any], link: Link = "logit") -> None:
        table = X.astype(np.float32)
        norms = np.sqrt(np.asarray(table.multiply(table).sum(axis=1), dtype=np.float64)).ravel()
        self.link = link
        self.starts, self.places = table.indptr.astype(np.int32), table.indices.astype(np.int32)
        self.values, self.labels = np.ascontiguousarray(table.data), target.astype(np.float32)
        # one part in a million short of 1/|x|, so that float32 rounding never carries a row over its bound
        self.per_norm = np.where(norms > 0, (1 - 1e-6) / np.where(norms > 0, norms, 1.0), 0.0).astype(np.float32)
        self.inside = np.zeros((len(self.labels), TILE), dtype=np.float32)

    def within(self, masks: Masks) -> SubsetSums:
        """The same rows, summed over these parts; further lanes hold nobody."""
        part = SubsetSums.__new__(SubsetSums)
        part.__dict__.update(self.__dict__)
        part.inside = np.zeros((len(self.labels), TILE), dtype=np.float32)
        part.inside[:, : len(masks)] = masks.T
        return part

    def sums(self, W: npt.NDArray[np.float64], clip: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """For weights of shape (features, 1, TILE); blocks of rows are added in double."""
        weights, bound = W[:, 0, :].astype(np.float32), clip.astype(np.float32)
        total, block = np.zeros(weights.shape), np.empty_like(weights)
        table = (self.starts, self.places, self.values, self.labels, self.inside, self.per_norm)
        rows = len(self.labels)
        for first in range(0, rows, ROWS_PER_BLOCK):
            block[:] = 0
            _add_within(self.link == "logit", first, min(first + ROWS_PER_BLOCK, rows), *table, weights, bound, block)
            total += block
        return total.reshape(W.shape)
