"""Logistic regressions on many parts of one table, side by side, by Newton steps with one shared Hessian.

In: encoded rows, a class of two for each, masks. Out: the ridge-penalized weights of every part. The Hessian is that of
the whole table with every row counted half, at its own minimum: what a random half's Hessian is on average. Its inverse
turns a part's own gradient into a step that nearly is Newton's, so the minimum is each part's and only the way there is
shared. Parts are lanes of one width on one thread: their numbers do not depend on the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_matrix, hstack
from scipy.special import expit

from ppml_core.learn.base import Masks
from ppml_core.learn.gradients import TILE
from ppml_core.learn.models import one_thread
from ppml_core.learn.subset_gradients import SubsetSums

Block = npt.NDArray[np.float64]

TOLERANCE = 5e-6
MOST_STEPS = 150
FEW_NEWTON = 30
CLOSE = 0.05


class Parts:
    """The rows of one table with a class of two for each, ready for many sets of parts."""

    def __init__(self, X: Any, y: npt.NDArray[Any], C: float) -> None:
        rows = hstack([X, csr_matrix(np.ones((X.shape[0], 1)))], format="csr")
        self.ridge = np.append(np.full(X.shape[1], 1 / C), 0.0)
        self.sums = SubsetSums(rows, y)
        with one_thread():
            self.start, self.factor = _shared(rows, y, self.ridge)

    def minima(self, masks: Masks) -> Iterator[Block | None]:
        """Per mask the weights, the last of them the unpenalized constant; None where the minimum was not reached.

        Reached means that no entry of the gradient of the mean log loss with its penalty is above `TOLERANCE`, a
        twentieth of what scikit-learn's solver is content with.
        """
        with one_thread():
            for first in range(0, len(masks), TILE):
                yield from _tile(self.sums, masks[first : first + TILE], self.ridge, self.start, self.factor)


def _shared(rows: Any, y: npt.NDArray[Any], ridge: Block) -> tuple[Block, Any]:
    """Near the minimum of the whole table with every row counted half, and the factor of the Hessian there.

    Most of the way is gone on every fourth row, counted twice.
    """
    w = np.zeros(rows.shape[1])
    factor = None
    for step, counted, steps in ((4, 2.0, FEW_NEWTON), (1, 0.5, 2)):
        part, truth = rows[::step], y[::step]
        for _ in range(steps):
            p = expit(part @ w)
            curved = (part.T @ part.multiply((counted * p * (1 - p))[:, None]).tocsr()).toarray()
            factor = cho_factor(curved + np.diag(ridge + 1e-9))
            move = cho_solve(factor, counted * (part.T @ (p - truth)) + ridge * w)
            w = w - move
            if abs(move).max() < CLOSE:
                break
    return w, factor


def _tile(sums: SubsetSums, masks: Masks, ridge: Block, start: Block, factor: Any) -> list[Block | None]:
    within, everything = sums.within(masks), np.full(TILE, np.inf)
    allowed = np.zeros(TILE)
    allowed[: len(masks)] = TOLERANCE * masks.sum(axis=1)
    W = np.repeat(start[:, None], TILE, axis=1)
    moving = np.arange(TILE) < len(masks)
    for _ in range(MOST_STEPS):
        gradient = within.sums(W[:, None, :], everything)[:, 0, :] + ridge[:, None] * W
        moving &= abs(gradient).max(axis=0) > allowed
        if not moving.any():
            break
        W = np.where(moving, W - cho_solve(factor, gradient), W)
    return [None if moving[lane] else np.ascontiguousarray(W[:, lane]) for lane in range(len(masks))]
