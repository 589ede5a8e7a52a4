"""Counts of code tuples, and what is made of them once they are noisy: nothing negative, and totals that agree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ppml_core.anonymize.synthetic.domain import Codes
from ppml_core.mechanisms.system import Whole

Table = npt.NDArray[np.float64]


def marginal(codes: Sequence[Codes], sizes: Sequence[int]) -> Whole:
    """People per tuple of codes, shape `sizes`. One person more or less moves it by 1 (L1 and L2)."""
    flat = np.zeros(len(codes[0]), dtype=np.int64)
    for column, size in zip(codes, sizes, strict=True):
        flat = flat * size + column
    return np.bincount(flat, minlength=int(np.prod(sizes))).reshape(tuple(sizes)).astype(np.int64)


def onto_people(table: Table, people: float) -> Table:
    """The nearest table (L2) without negative cells that adds up to `people`: what noise put below 0 is taken evenly.

    Post-processing; it removes the bias of cutting at 0. Wang, Chen, Wang 2011 (projection onto a simplex).

    >>> onto_people(np.array([5.0, -1.0, 2.0]), 5.0)
    array([4., 0., 1.])
    """
    flat = np.sort(table.ravel())[::-1]
    excess = (np.cumsum(flat) - people) / np.arange(1, len(flat) + 1)
    last = int(np.flatnonzero(flat - excess > 0)[-1]) if people > 0 else 0
    return np.asarray(np.maximum(table - excess[last], 0.0))


def draw(shares: Table, rows: Codes, rng: np.random.Generator) -> Codes:
    """For each person the code drawn from the row of `shares` (contexts, codes) that `rows` names."""
    heights = np.cumsum(shares, axis=1)
    heights /= heights[:, -1:]
    spots = rng.random(len(rows))
    found = np.empty(len(rows), dtype=np.int64)
    order = np.argsort(rows, kind="stable")
    bounds = np.searchsorted(rows[order], np.arange(len(shares) + 1))
    for context in range(len(shares)):
        who = order[bounds[context] : bounds[context + 1]]
        if len(who):
            found[who] = np.searchsorted(heights[context], spots[who], side="right")
    return np.asarray(np.minimum(found, shares.shape[1] - 1))
