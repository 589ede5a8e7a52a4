"""Logistic regression by gradient descent with a cubic in place of the sigmoid: the plan, and its run in the clear.

In: rows of features with a constant, classes as 0 and 1. Out: weights. The encrypted training takes the same
polynomial, steps and batches, so what differs between the two is encryption alone.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

POINTS = 20_001


@dataclass(frozen=True)
class Plan:
    """Full steps over one batch a round, in turn, with momentum (Polyak 1964); all of it is public.

    `interval` is where the cubic follows the sigmoid; `ridge` pulls weights to 0; a batch has at most `batch` rows.
    """

    rounds: int
    learning_rate: float
    momentum: float
    interval: float
    ridge: float
    batch: int

    @cached_property
    def cubic(self) -> tuple[float, float]:
        """c1 and c3 of 1/2 + c1·z + c3·z³, least squares on the interval (Kim, Song, Wang, Xia, Jiang 2018).

        >>> c1, c3 = Plan(1, 1.0, 0.0, 8.0, 0.0, 1).cubic
        >>> round(c1 * 8, 3), round(c3 * 8**3, 3)
        (1.201, -0.816)
        """
        z = np.linspace(-self.interval, self.interval, POINTS)
        c1, c3 = np.linalg.lstsq(np.column_stack([z, z**3]), 1 / (1 + np.exp(-z)) - 0.5, rcond=None)[0]
        return float(c1), float(c3)

    @classmethod
    def stable(cls, longest_squared: float, learning_rate: float | None = None, **settings: Any) -> Plan:
        """The plan with that learning rate, or the longest step that momentum bears while the cubic is near its line.

        2·(1 + momentum)/L, less a tenth, where L is c1 times the longest row squared (Polyak 1964).
        """
        plan = cls(learning_rate=learning_rate or 1.0, **settings)
        if learning_rate is not None:
            return plan
        return replace(plan, learning_rate=0.9 * 2 * (1 + plan.momentum) / (plan.cubic[0] * longest_squared))

    def batches(self, rows: int) -> list[slice]:
        return [slice(first, min(first + self.batch, rows)) for first in range(0, rows, self.batch)]

    def values(self) -> dict[str, Any]:
        return asdict(self)


def clear_run(X: Array, y: Array, plan: Plan) -> Array:
    """Weights (features, outputs) after all rounds in floats; y of shape (rows, outputs)."""
    weights = before = np.zeros((X.shape[1], y.shape[1]))
    c1, c3 = plan.cubic
    batches = plan.batches(len(X))
    for t in range(plan.rounds):
        rows = batches[t % len(batches)]
        z = X[rows] @ weights
        residual = y[rows] - 0.5 - c1 * z - c3 * z**3
        gradient = X[rows].T @ residual / (rows.stop - rows.start)
        step = plan.momentum * (weights - before) + plan.learning_rate * (gradient - plan.ridge * weights)
        weights, before = weights + step, weights
    return weights
