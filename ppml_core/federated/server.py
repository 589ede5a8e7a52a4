"""What the server does in a round, and what it has in the end; the Flower app's server holds one of these too.

In: updates, or where they are masked their sum. Out: `Server.weights`, to be sent in the next round, and
`Server.answer()`, the model of the rounds so far.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ppml_core.federated.model import Model
from ppml_core.federated.plan import Plan, generator, strategy_of
from ppml_core.federated.privacy import privacy_of
from ppml_core.federated.strategies.base import State
from ppml_core.federated.update import Update, Weights


class Server:
    """Weights, what the strategy remembers, and the rounds done so far; every client's arrays have these shapes."""

    def __init__(self, model: Model, plan: Plan, seed: int) -> None:
        self.model, self.plan, self.seed = model, plan, seed
        self.privacy = privacy_of(plan, model)
        momentum = self.privacy.momentum if self.privacy else plan.momentum
        self.strategy = strategy_of(plan, momentum=momentum)
        self.weights: Weights = model.initial(seed)
        self.round = 0
        self._state: State = []
        self._averaged: Weights = []

    def receive(self, updates: Sequence[Update]) -> None:
        """Ends a round with each update in the clear. One in which nobody has a row changes nothing."""
        if self.privacy is not None and not self.strategy.needs_each:
            self.receive_sum([np.sum(arrays, axis=0) for arrays in zip(*(u.change for u in updates), strict=True)], 1)
        elif any(update.rows for update in updates):
            change = self.strategy.combined(updates)
            if self.privacy is not None:
                change = [one * self.plan.sampled * self.privacy.step for one in change]
            self._end(change)
        else:
            self._end(None)

    def receive_sum(self, total: Weights, rows: float) -> None:
        """Ends a round with the sum over clients of rows × change, and of rows: what secure aggregation opens.

        With noise rows are not counted, and what it is divided by is public. An empty sum of nobody changes nothing.
        """
        if self.privacy is None:
            self._end([one / rows for one in total] if rows else None)
        elif not total and not self.privacy.server_noise:
            self._end(None)
        else:
            rng = generator(self.seed, "server noise", self.round)
            sums = total or [np.zeros_like(weight) for weight in self.weights]
            noisy = [one + self.privacy.server_noise * rng.standard_normal(one.shape) for one in sums]
            self._end([one * self.privacy.step for one in noisy])

    def answer(self) -> Weights:
        """The weights of the last round, or with noise the mean of the last rounds' (which costs nothing)."""
        return self._averaged or self.weights

    def _end(self, change: Weights | None) -> None:
        if change is not None:
            self.weights, self._state = self.strategy.stepped(self.weights, change, self._state)
        self.round += 1
        if self.privacy is not None and self.round > self.privacy.first_averaged:
            before = self.round - self.privacy.first_averaged - 1
            so_far = self._averaged or self.weights
            pairs = zip(so_far, self.weights, strict=True)
            self._averaged = [(mean * before + new) / (before + 1) for mean, new in pairs]
