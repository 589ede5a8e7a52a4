"""Federated averaging: the mean of the clients' models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from ppml_core.federated.strategies.base import State, Strategy, mean_of
from ppml_core.federated.update import Update, Weights
from ppml_core.settings import setting


@dataclass(frozen=True)
class FedAvg(Strategy):
    """The clients' weights averaged by their rows. McMahan et al. 2017, Algorithm 1.

    With momentum the server keeps a share of its last step (Hsu, Qi, Brown 2019, section 4.3).
    """

    title: ClassVar[str] = "FedAvg"

    momentum: float = setting(0.0, 0.0, 0.99, help="share of the server's last step that is kept")

    def combined(self, updates: Sequence[Update]) -> Weights:
        return mean_of(updates)

    def stepped(self, weights: Weights, change: Weights, state: State) -> tuple[Weights, State]:
        if not self.momentum:
            return super().stepped(weights, change, state)
        if state:
            change = [self.momentum * last + new for last, new in zip(state[0], change, strict=True)]
        return super().stepped(weights, change, [change])
