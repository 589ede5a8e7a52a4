"""A whole federated training in one process: the same client and server code as between machines, without the wire.

In: a model, a plan, the clients' rows, a seed. Out: the weights after each round, and what went over the wire had
there been one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from ppml_core.data.dataset import Dataset
from ppml_core.errors import NotApplicable
from ppml_core.federated.client import local_update
from ppml_core.federated.masking import secure_sum
from ppml_core.federated.model import Model, Rows, model_of
from ppml_core.federated.partition import Places, partition
from ppml_core.federated.plan import Plan, generator
from ppml_core.federated.privacy import privacy_of
from ppml_core.federated.ring import from_ring, to_ring
from ppml_core.federated.server import Server
from ppml_core.federated.update import Update, Weights
from ppml_core.learn.base import Fitted, Learner

T = TypeVar("T")

NUMBER_BYTES = 8
TRIES = 10


@dataclass(frozen=True, eq=False)
class Round:
    """The model after a round (the first is 1), who was asked and who answered, and the bytes of it, both ways.

    `tries` is above 1 where too few answered for a sum to be opened, so that the round was begun again.
    """

    number: int
    answer: Weights
    asked: tuple[int, ...]
    answered: tuple[int, ...]
    bytes: int
    tries: int = 1


def places_dealt(plan: Plan, data: Dataset, seed: int) -> list[Places]:
    """Where each client's people stand in the table."""
    return partition(plan, data, generator(seed, "partition"))


def dealt(plan: Plan, data: Dataset, seed: int) -> list[Dataset]:
    """Each client's people."""
    return [data.take(places) for places in places_dealt(plan, data, seed)]


def asked_in(plan: Plan, seed: int, round: int) -> tuple[int, ...]:
    """The clients that take part in a round: a fixed number without replacement, or each by its own coin."""
    rng = generator(seed, "asked", round)
    if plan.poisson:
        return tuple(int(one) for one in np.flatnonzero(rng.random(plan.clients) < plan.fraction))
    return tuple(int(one) for one in np.sort(rng.permutation(plan.clients)[: plan.sampled]))


def answering(plan: Plan, seed: int, round: int, asked: Sequence[int], again: int = 0) -> tuple[int, ...]:
    """Those that do not drop out in the round, at its `again`-th repetition."""
    rng = generator(seed, "drop-outs", round, again)
    return tuple(client for client, chance in zip(asked, rng.random(len(asked)), strict=True) if chance >= plan.dropout)


def rounds(model: Model, plan: Plan, parts: Sequence[Rows], seed: int) -> Iterator[Round]:
    """Round after round. Raises NotApplicable where a sum cannot be opened, however often the round is begun again."""
    server = Server(model, plan, seed)
    size = NUMBER_BYTES * model.size
    for number in range(1, plan.rounds + 1):
        asked = asked_in(plan, seed, number)
        answered = answering(plan, seed, number, asked)

        def update(client: int, number: int = number) -> Update:
            return local_update(model, plan, server.weights, parts[client], seed, client, number, server.privacy)

        if plan.secagg:
            answered, sent, tries = _in_secret(server, update, asked, answered, number)
            sent += size * len(asked) * tries
        else:
            server.receive([update(client) for client in answered])
            sent, tries = size * (len(asked) + len(answered)), 1
        yield Round(number, server.answer(), asked, answered, sent, tries)


def compiled(model: Model, plan: Plan, parts: Sequence[Rows]) -> None:
    """Takes one person through a client's step, so that no round waits for a compiler."""
    held = next((part for part in parts if len(part)), parts[0])
    local_update(model, plan, model.initial(0), held.first(), 0, 0, 0, privacy_of(plan, model))


def _in_secret(
    server: Server, update: Callable[[int], Update], asked: Sequence[int], answered: tuple[int, ...], number: int
) -> tuple[tuple[int, ...], int, int]:
    """A round whose updates are summed behind masks: who answered in the end, bytes, tries."""
    plan, sent = server.plan, 0
    found = {client: update(client) for client in asked}
    vectors = {
        client: to_ring([one.rows * array for array in one.change] + [np.array([float(one.rows)])], len(asked))
        for client, one in found.items()
    }
    for again in range(TRIES):
        if again:
            answered = answering(plan, server.seed, number, asked, again)
        try:
            rng = generator(server.seed, "masks", number, again)
            opened = secure_sum(vectors, answered, plan.least_survivors, rng)
        except NotApplicable as fault:
            sent += NUMBER_BYTES * sum(len(vectors[client]) for client in answered)
            reason = str(fault)
            continue
        *total, rows = from_ring(opened.total, [*server.weights, np.zeros(1)])
        server.receive_sum(total, float(rows[0]))
        return opened.survivors, sent + opened.bytes, again + 1
    raise NotApplicable(f"round {number} was begun {TRIES} times in vain: {reason}")


def readied(learner: Learner, plan: Plan, data: Dataset, seed: int) -> tuple[Model, list[Rows], float]:
    """The model, each client's rows, and the seconds that this took: what a compiler took is not among them."""
    start = time.perf_counter()
    model = model_of(learner, data)
    parts = model.rows_of(data, places_dealt(plan, data, seed))
    spent = time.perf_counter() - start
    compiled(model, plan, parts)
    return model, parts, spent


def walked(learner: Learner, plan: Plan, data: Dataset, seed: int) -> Generator[Fitted]:
    """The model after each round; the last with guarantee, noise, and costs: rounds, bytes, messages."""
    model, parts, spent = readied(learner, plan, data, seed)
    privacy, sent, messages = privacy_of(plan, model), 0, 0
    for one, seconds in timed(rounds(model, plan, parts, seed), spent):
        sent, messages = sent + one.bytes, messages + len(one.asked) + len(one.answered)
        if one.number < plan.rounds:
            yield model.fitted(one.answer, seconds=seconds)
    fitted = model.fitted(
        one.answer, privacy.guarantee if privacy else None, privacy.told(plan) if privacy else (), seconds
    )
    fitted.costs = (("rounds", one.number), ("bytes", sent), ("messages", messages))
    yield fitted


def timed(made: Iterable[T], spent: float = 0.0) -> Iterator[tuple[T, float]]:
    """Each of them with the seconds that making them took so far; what is done between two of them does not count."""
    source = iter(made)
    while True:
        start = time.perf_counter()
        try:
            one = next(source)
        except StopIteration:
            return
        spent += time.perf_counter() - start
        yield one, spent
