"""Adam at the server, with the clients' mean change as its gradient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.federated.strategies.base import State, Strategy, mean_of
from ppml_core.federated.update import Update, Weights
from ppml_core.settings import setting

FIRST, SECOND, FLOOR = 0.9, 0.99, 1e-3


@dataclass(frozen=True)
class FedAdam(Strategy):
    """Steps as long in every coordinate, whatever the size of its changes. Reddi et al. 2021, Algorithm 2.

    Moments decay by .9 and .99, and tau is .001; both start at 0 and are not corrected for it, as in the paper.
    """

    title: ClassVar[str] = "FedAdam"

    server_rate: float = setting(1.0, 1e-5, 1e3, log=True, help="length of the server's step")

    def combined(self, updates: Sequence[Update]) -> Weights:
        return mean_of(updates)

    def stepped(self, weights: Weights, change: Weights, state: State) -> tuple[Weights, State]:
        means, squares = state or [[np.zeros_like(one) for one in change] for _ in range(2)]
        means = [FIRST * mean + (1 - FIRST) * one for mean, one in zip(means, change, strict=True)]
        squares = [SECOND * square + (1 - SECOND) * one**2 for square, one in zip(squares, change, strict=True)]
        steps = [self.server_rate * mean / (np.sqrt(sq) + FLOOR) for mean, sq in zip(means, squares, strict=True)]
        return [old + step for old, step in zip(weights, steps, strict=True)], [means, squares]
