"""What a client does in a round: a pure function of the server's weights, its own rows and the plan.

In: `Model`, `Plan` and `Privacy` (public, the same for all), the weights as they arrived, the client's `Rows`, the
seed, its number and the round. Out: an `Update`, all that ever leaves the client. Nothing here knows whether it runs in
a process of its own: the in-process engine and the Flower app call the same function.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ppml_core.federated.model import GRID, Model, Rows, in_four
from ppml_core.federated.plan import Plan, generator, strategy_of
from ppml_core.federated.privacy import Privacy
from ppml_core.federated.update import Update, Weights
from ppml_core.learn.local_steps import local_steps
from ppml_core.learn.network_kernels import clipped_sums


def local_update(
    model: Model, plan: Plan, weights: Sequence[npt.NDArray[np.float64]], rows: Rows,
    seed: int, client: int, round: int, privacy: Privacy | None = None,
) -> Update:  # fmt: skip
    """The client's part of a round; `privacy` is `privacy_of(plan, model)`.

    The noise grows from the seed: for experiments, not for a release.
    """
    if privacy is None:
        return Update(client, _moved(model, plan, weights, rows, generator(seed, "order", client, round)), len(rows))
    if privacy.is_of_records:
        change = _clipped_gradients(model, plan, weights, rows, privacy, generator(seed, "sample", client, round))
    else:
        change = _within(_moved(model, plan, weights, rows, generator(seed, "order", client, round)), privacy.clip)
    if privacy.client_noise:
        rng = generator(seed, "client noise", client, round)
        change = [np.round(one / GRID) * GRID + privacy.client_noise * rng.standard_normal(one.shape) for one in change]
    return Update(client, change, 1)


def _moved(
    model: Model, plan: Plan, weights: Sequence[npt.NDArray[np.float64]], rows: Rows, rng: np.random.Generator
) -> Weights:
    """Local epochs of stochastic gradient descent from the server's weights (McMahan et al. 2017, Algorithm 1).

    With FedProx the client is held near them (Li et al. 2020, equation 2). A client without rows does not move.
    """
    if not len(rows):
        return [np.zeros_like(weight) for weight in weights]
    orders = np.array([rng.permutation(len(rows)) for _ in range(plan.local_epochs)])
    moved = [np.array(weight, dtype=np.float64) for weight in weights]
    local_steps(
        model.kind, rows.starts, rows.places, rows.values, rows.targets, rows.lengths, orders, plan.batch,
        plan.learning_rate or model.learning_rate, model.ridge, plan.proximal if strategy_of(plan).holds_near else 0.0,
        int(not model.hidden), *in_four(moved),
    )  # fmt: skip
    return [new - old for new, old in zip(moved, weights, strict=True)]


def _clipped_gradients(
    model: Model, plan: Plan, weights: Sequence[npt.NDArray[np.float64]], rows: Rows, privacy: Privacy,
    rng: np.random.Generator,
) -> Weights:  # fmt: skip
    """Minus the sum of the gradients of the people in this round's Poisson sample, each within `clip`."""
    if not len(rows):
        return [np.zeros_like(weight) for weight in weights]
    sampled = rng.random(len(rows)) < plan.rate if plan.rate < 1 else np.ones(len(rows), dtype=bool)
    table = (
        rows.starts, rows.places, rows.values, rows.targets, np.ones(len(rows), dtype=np.float32), rows.lengths,
    )  # fmt: skip
    sums = clipped_sums(model.kind, table, sampled, in_four(weights), privacy.clip)
    return [-one for one in sums if one.size]


def _within(change: Weights, clip: float) -> Weights:
    """The change of a client, at most `clip` long over all its arrays together."""
    length = math.sqrt(sum(float((one**2).sum()) for one in change))
    shrink = min(1.0, clip * (1 - 1e-9) / length) if length > 0 else 1.0
    return [one * shrink for one in change]
