"""A whole federated training in one process: the same client and server code as between machines, without the wire.

In: a model, a plan, the clients' rows, a seed. Out: the weights after each round, and what went over the wire had
there been one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ppml_core.data.dataset import Dataset
from ppml_core.federated.client import local_update
from ppml_core.federated.model import Model, Rows, Weights, model_of
from ppml_core.federated.partition import partition
from ppml_core.federated.plan import Plan, generator
from ppml_core.federated.strategies.base import strategy_of
from ppml_core.learn.base import Fitted, Learner
from ppml_core.learn.models import one_thread

NUMBER_BYTES = 8


@dataclass(frozen=True, eq=False)
class Round:
    """The server's weights after a round (the first is 1), who answered, and the bytes that it took, both ways."""

    number: int
    weights: Weights
    answered: tuple[int, ...]
    asked: tuple[int, ...]
    bytes: int


def dealt(plan: Plan, data: Dataset, seed: int) -> list[Dataset]:
    """Each client's people."""
    return [data.take(places) for places in partition(plan, data, generator(seed, "partition"))]


def asked_in(plan: Plan, seed: int, round: int) -> tuple[int, ...]:
    """The clients that take part in a round, drawn without replacement: no amplification follows from it."""
    rng = generator(seed, "asked", round)
    return tuple(int(one) for one in np.sort(rng.permutation(plan.clients)[: plan.sampled]))


def answering(plan: Plan, seed: int, round: int, asked: Sequence[int]) -> tuple[int, ...]:
    """Those that do not drop out in the round."""
    rng = generator(seed, "drop-outs", round)
    return tuple(client for client, chance in zip(asked, rng.random(len(asked)), strict=True) if chance >= plan.dropout)


def rounds(model: Model, plan: Plan, parts: Sequence[Rows], seed: int) -> Iterator[Round]:
    """Round after round. One in which nobody with rows answers leaves the weights as they are."""
    strategy = strategy_of(plan)
    weights, state = model.initial(seed), list[Weights]()
    size = NUMBER_BYTES * sum(weight.size for weight in weights)
    for number in range(1, plan.rounds + 1):
        asked = asked_in(plan, seed, number)
        answered = answering(plan, seed, number, asked)
        updates = [local_update(model, plan, weights, parts[client], seed, client, number) for client in answered]
        if any(update.rows for update in updates):
            weights, state = strategy.aggregate(weights, updates, state)
        yield Round(number, weights, answered, asked, size * (len(asked) + len(answered)))


def trained(learner: Learner, plan: Plan, data: Dataset, seed: int) -> Fitted:
    """The model after the last round, with its costs: rounds, bytes, messages."""
    start = time.perf_counter()
    model = model_of(learner, data)
    parts = [model.rows(part) for part in dealt(plan, data, seed)]
    with one_thread():
        walked = list(rounds(model, plan, parts, seed))
    fitted = model.fitted(walked[-1].weights, seconds=time.perf_counter() - start)
    fitted.costs = (
        ("rounds", len(walked)), ("bytes", sum(one.bytes for one in walked)),
        ("messages", sum(len(one.asked) + len(one.answered) for one in walked)),
    )  # fmt: skip
    return fitted
