"""What a client does in a round: a pure function of the server's weights, its own rows and the plan.

In: `Model` and `Plan` (public, the same for all), the weights as they arrived, the client's `Rows`, the seed, its
number and the round. Out: an `Update`, all that ever leaves the client. Nothing here knows whether it runs in a process
of its own: the in-process engine and the Flower app call the same function.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ppml_core.federated.kernels import local_steps
from ppml_core.federated.model import Model, Rows, Weights, in_four
from ppml_core.federated.plan import Plan, generator


@dataclass(frozen=True, eq=False)
class Update:
    """What a client sends: how far its weights moved, arrays shaped like the weights, and how many rows moved them."""

    client: int
    change: Weights
    rows: int


def local_update(
    model: Model, plan: Plan, weights: Sequence[npt.NDArray[np.float64]], rows: Rows, seed: int, client: int, round: int
) -> Update:
    """Local epochs of stochastic gradient descent from the server's weights (McMahan et al. 2017, Algorithm 1).

    With FedProx the client is held near them (Li et al. 2020, equation 2). A client without rows does not move.
    """
    if not len(rows):
        return Update(client, [np.zeros_like(weight) for weight in weights], 0)
    rng = generator(seed, "order", client, round)
    orders = np.array([rng.permutation(len(rows)) for _ in range(plan.local_epochs)])
    moved = [np.array(weight, dtype=np.float64) for weight in weights]
    proximal = plan.proximal if plan.strategy == "fedprox" else 0.0
    linear = model.hidden == 0
    local_steps(
        model.kind, rows.starts, rows.places, rows.values, rows.targets, rows.lengths, orders, plan.batch,
        plan.learning_rate, model.ridge, proximal, int(linear), *in_four(moved),
    )  # fmt: skip
    return Update(client, [new - old for new, old in zip(moved, weights, strict=True)], len(rows))
