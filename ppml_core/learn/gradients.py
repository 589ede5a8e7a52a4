"""Sums of clipped per-example gradients of linear classifiers, for a tile of models at once, compiled.

In: a sparse table (CSR, float32), labels, and the weights of TILE models side by side. Out: per model the sum over all
rows of the loss gradient, each row's share clipped to that model's norm. A row's gradient is (p - y) times x, so its
norm is |p - y|·|x| and clipping is one multiply (for softmax |p - e_y|·|x|, with the Frobenius norm).

Rows that are alike in every feature and in the label are summed once and counted. Models are lanes that never mix: no
operation here adds across lanes, none may be reordered (no fast-math), and p comes from arithmetic alone. So a model's
sum is the same bytes in any lane beside any others.
"""

from __future__ import annotations

import time
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Link = Literal["logit", "identity", "softmax"]

TILE = 64
ROWS_PER_BLOCK = 4096

_HALF = np.float32(0.5)
_ONE = np.float32(1.0)
_ZERO = np.float32(0.0)
_TINY = np.float32(1e-30)
_BEYOND = np.float32(7.9)
_UP = tuple(
    np.float32(a)
    for a in (
        -2.76076847742355e-16,
        2.00018790482477e-13,
        -8.60467152213735e-11,
        5.12229709037114e-08,
        1.48572235717979e-05,
        6.37261928875436e-04,
        4.89352455891786e-03,
    )
)
_DOWN = tuple(
    np.float32(b) for b in (1.19825839466702e-06, 1.18534705686654e-04, 2.26843463243900e-03, 4.89352518554385e-03)
)
_U0, _U1, _U2, _U3, _U4, _U5, _U6 = _UP
_D0, _D1, _D2, _D3 = _DOWN


@njit(inline="always")
def _tanh(x: np.float32) -> np.float32:
    """tanh by a ratio of polynomials of degree 13 and 6 (Eigen's), within 3e-7; flat beyond 7.9."""
    x = x if x > -_BEYOND else -_BEYOND
    x = x if x < _BEYOND else _BEYOND
    q = x * x
    up = ((((((_U0 * q + _U1) * q + _U2) * q + _U3) * q + _U4) * q + _U5) * q + _U6) * x
    return up / (((_D0 * q + _D1) * q + _D2) * q + _D3)


@njit(nogil=True, cache=True, error_model="numpy")
def _add_single(
    logit: bool,
    first: int,
    last: int,
    starts: Ints,
    places: Ints,
    values: Floats,
    labels: Floats,
    counts: Floats,
    per_norm: Floats,
    W: Floats,
    clip: Floats,
    total: Floats,
) -> None:
    """Adds rows first to last to `total`, shape (features, TILE); W as total, `per_norm` is 1/|x| per row.

    `counts` says for how many people a row stands. Without `logit` the prediction is the weighted sum itself.
    """
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
        label, scale, count = labels[i], per_norm[i], counts[i]
        if logit:
            for m in range(TILE):
                residual = (_HALF + _HALF * _tanh(_HALF * z[m])) - label
                bound = clip[m] * scale
                residual = residual if residual > -bound else -bound
                z[m] = (residual if residual < bound else bound) * count
        else:
            for m in range(TILE):
                residual = z[m] - label
                bound = clip[m] * scale
                residual = residual if residual > -bound else -bound
                z[m] = (residual if residual < bound else bound) * count
        for p in range(begin, end):
            j, v = places[p], values[p]
            for m in range(TILE):
                total[j, m] += v * z[m]


@njit(nogil=True, cache=True, error_model="numpy")
def _add_softmax(
    first: int,
    last: int,
    starts: Ints,
    places: Ints,
    values: Floats,
    labels: Floats,
    counts: Floats,
    per_norm: Floats,
    W: Floats,
    clip: Floats,
    total: Floats,
) -> None:
    """The same for several classes: W and `total` have shape (features, classes, TILE).

    exp(x) for x <= 0 is (1 + t) / (1 - t) with t = tanh(x/2): its error against the largest class is what counts.
    """
    classes = W.shape[1]
    z = np.empty((classes, TILE), np.float32)
    top = np.empty(TILE, np.float32)
    for i in range(first, last):
        for c in range(classes):
            for m in range(TILE):
                z[c, m] = _ZERO
        for p in range(starts[i], starts[i + 1]):
            j, v = places[p], values[p]
            for c in range(classes):
                for m in range(TILE):
                    z[c, m] += v * W[j, c, m]
        for m in range(TILE):
            top[m] = z[0, m]
        for c in range(1, classes):
            for m in range(TILE):
                top[m] = top[m] if top[m] > z[c, m] else z[c, m]
        for c in range(classes):
            for m in range(TILE):
                t = _tanh(_HALF * (z[c, m] - top[m]))
                z[c, m] = (_ONE + t) / (_ONE - t)
        for m in range(TILE):
            top[m] = _ZERO
        for c in range(classes):
            for m in range(TILE):
                top[m] += z[c, m]
        for c in range(classes):
            hit = _ONE if labels[i] == c else _ZERO
            for m in range(TILE):
                z[c, m] = z[c, m] / top[m] - hit
        for m in range(TILE):
            top[m] = _TINY
        for c in range(classes):
            for m in range(TILE):
                top[m] += z[c, m] * z[c, m]
        for m in range(TILE):
            shrink = clip[m] * per_norm[i] / np.sqrt(top[m])
            top[m] = (shrink if shrink < _ONE else _ONE) * counts[i]
        for c in range(classes):
            for m in range(TILE):
                z[c, m] *= top[m]
        for p in range(starts[i], starts[i + 1]):
            j, v = places[p], values[p]
            for c in range(classes):
                for m in range(TILE):
                    total[j, c, m] += v * z[c, m]


class ClippedSums:
    """The rows of one table, ready to be summed: `sums(W, clip)` for weights of shape (features, outputs, TILE).

    One output is the logit of class 1 of two or, with the link identity, a number; more are the logits of as many
    classes. `target` holds class numbers or numbers.
    """

    def __init__(self, X: Any, target: npt.NDArray[Any], link: Link = "logit") -> None:
        table, labels, counts = distinct(X.astype(np.float32), target.astype(np.float32))
        norms = np.sqrt(np.asarray(table.multiply(table).sum(axis=1), dtype=np.float64)).ravel()
        self.link = link
        self.starts = table.indptr.astype(np.int32)
        self.places = table.indices.astype(np.int32)
        self.values = np.ascontiguousarray(table.data)
        self.labels, self.counts = labels, counts
        # one part in a million short of 1/|x|, so that float32 rounding never carries a row over its bound
        self.per_norm = np.where(norms > 0, (1 - 1e-6) / np.where(norms > 0, norms, 1.0), 0.0).astype(np.float32)

    def compile(self, outputs: int) -> float:
        """Compiles what `sums` needs (once per machine; kept on disk) and gives the seconds that took."""
        start = time.perf_counter()
        nothing = ClippedSums.__new__(ClippedSums)
        nothing.link, nothing.starts = self.link, np.zeros(2, dtype=np.int32)
        nothing.places, nothing.values = self.places[:0], self.values[:0]
        nothing.labels, nothing.counts, nothing.per_norm = self.labels[:1] * 0, self.counts[:1], self.per_norm[:1]
        nothing.sums(np.zeros((1, outputs, TILE)), np.zeros(TILE))
        return time.perf_counter() - start

    def sums(self, W: npt.NDArray[np.float64], clip: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Per feature, output and model the sum of the clipped gradients; blocks of rows are added in double."""
        weights, bound = W.astype(np.float32), clip.astype(np.float32)
        if W.shape[1] == 1:
            weights = weights[:, 0, :]
        total = np.zeros(weights.shape)
        block = np.empty_like(weights)
        table = (self.starts, self.places, self.values, self.labels, self.counts, self.per_norm)
        rows = len(self.labels)
        for first in range(0, rows, ROWS_PER_BLOCK):
            block[:] = 0
            last = min(first + ROWS_PER_BLOCK, rows)
            if W.shape[1] == 1:
                _add_single(self.link == "logit", first, last, *table, weights, bound, block)
            else:
                _add_softmax(first, last, *table, weights, bound, block)
            total += block
        return total.reshape(W.shape)


def distinct(table: Any, labels: Floats) -> tuple[Any, Floats, Floats]:
    """(rows, labels, how many people each stands for): rows alike in every feature and in the label are one.

    They are found by a hash and compared entry by entry, so that no two people who differ are ever taken for one.
    """
    if not len(labels):
        return table, labels, np.ones(0, dtype=np.float32)
    lengths = np.diff(table.indptr)
    entries = (table.indices.astype(np.uint64) << np.uint64(32)) | table.data.view(np.uint32)
    sums = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(_mixed(entries))])
    hashes = _mixed(sums[table.indptr[1:]] - sums[table.indptr[:-1]] + _mixed(labels.view(np.uint32).astype(np.uint64)))
    _, first, group = np.unique(hashes, return_index=True, return_inverse=True)
    alike = first[group]
    same = (lengths == lengths[alike]).all() and (labels == labels[alike]).all()
    twins = table[alike]
    if not (same and np.array_equal(twins.indices, table.indices) and np.array_equal(twins.data, table.data)):
        return table, labels, np.ones(len(labels), dtype=np.float32)
    order = np.argsort(first)
    kept = first[order]
    return table[kept], labels[kept], np.bincount(group)[order].astype(np.float32)


def _mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The finalizer of splitmix64 (Steele, Lea, Flood 2014): every bit depends on every other."""
    z = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)))
