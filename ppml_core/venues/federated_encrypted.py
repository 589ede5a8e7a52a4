"""Federated training whose updates are added on ciphertexts, by a server that cannot read them."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.catalog import methods
from ppml_core.data.dataset import Dataset
from ppml_core.encrypted.aggregation import EncryptedSums
from ppml_core.encrypted.ckks import library
from ppml_core.encrypted.threats import AGGREGATION
from ppml_core.errors import NotApplicable
from ppml_core.evidence import PROTECTS
from ppml_core.federated.client import local_update
from ppml_core.federated.engine import TRIES, answering, asked_in, dealt, readied, timed
from ppml_core.federated.model import Model, Rows
from ppml_core.federated.plan import PARTITIONS, Plan
from ppml_core.federated.server import Server
from ppml_core.federated.strategies.base import Strategy
from ppml_core.federated.update import Update, Weights
from ppml_core.learn.base import Array, Fitted, Learner
from ppml_core.settings import setting, settings_of
from ppml_core.venues import scenes
from ppml_core.venues.base import Venue
from ppml_core.venues.federated import Federated
from ppml_core.venues.seen import Form, Seen
from ppml_core.workers import Waiting, patient

MOST = 2.0**20
SUMMED = tuple(name for name, cls in methods(Strategy).items() if not cls.needs_each)


@dataclass(frozen=True)
class FederatedEncrypted(Venue):
    """Clients that share a key pair train on their own people; the server adds their ciphertexts and never sees a sum.

    Each client decrypts the sum and makes the strategy's step itself, so no decrypted value goes back to the server.
    Whoever joins a client and the server opens every update. One process here; only bytes pass to the adding.
    """

    title: ClassVar[str] = "Federated, sums on ciphertexts"
    version: ClassVar[int] = 2
    extra: ClassVar[str] = "encrypted"
    network: ClassVar[str] = "network"

    clients: int = setting(5, 3, 1000, slider=(3, 50), help="holders of people, each with its own rows", log=True)
    rounds: int = setting(20, 1, 10_000, slider=(1, 100), help="times that updates are summed")
    strategy: str = setting("fedavg", choices=SUMMED, help="what is made of the sum")
    partition: str = setting(
        "iid", choices=PARTITIONS, help="who holds whom: by lot, by skewed classes, in unequal numbers, by a column"
    )
    alpha: float = setting(
        0.3, 1e-3, 1e4, slider=(0.05, 10.0), log=True,
        help="Dirichlet parameter of skewed classes or numbers; the smaller, the more unlike the clients",
    )  # fmt: skip
    by: str = setting("", help="the column whose values tell the clients apart, where the partition is by a column")
    dropout: float = setting(
        0.0, 0.0, 0.95, slider=(0.0, 0.8), help="chance that a client in a round does not answer", unit="share"
    )
    local_epochs: int = setting(1, 1, 1000, slider=(1, 20), help="times a client goes through its rows in a round")
    security_bits: str = setting(
        "128", choices=("128", "192", "256"), help="security level that the ciphertexts reach", unit="bits"
    )

    @property
    def form(self) -> Form:
        return "encrypted"

    def seen(self, network: bool = False) -> Seen:
        return Seen.by_item(scenes.among_key_holders(self.clients), AGGREGATION.rows(), (PROTECTS,))

    def walk(
        self, learner: Learner, data: Dataset, rng: np.random.Generator, waiting: Waiting = patient
    ) -> Generator[Fitted]:
        library()
        seed, plan, sent = int(rng.integers(2**63)), self.plan(), 0
        model, parts, spent = readied(learner, plan, data, seed)
        for (answer, bytes_), seconds in timed(self._rounds(model, plan, parts, seed), spent):
            sent += bytes_
            fitted = model.fitted(answer, seconds=seconds)
            fitted.costs = (("bytes", float(sent)), ("rounds", float(plan.rounds)))
            yield fitted

    def _rounds(self, model: Model, plan: Plan, parts: Sequence[Rows], seed: int) -> Iterator[tuple[Weights, int]]:
        """The weights after each round, and its bytes."""
        sums = EncryptedSums(plan.clients, MOST, int(self.security_bits))
        everyone = Server(model, plan, seed)  # the same at every client: all of them see the sum
        for number in range(1, plan.rounds + 1):
            updates = [
                local_update(model, plan, everyone.weights, parts[client], seed, client, number)
                for client in _answered(plan, seed, number)
            ]
            total, rows, sent = summed(sums, updates, everyone.weights)
            everyone.receive_sum(total, rows)
            yield everyone.answer(), sent

    def train_in_clear(self, learner: Learner, data: Dataset, rng: np.random.Generator) -> Fitted:
        return Federated.from_values(self.plan().values()).train(learner, data, rng)

    def holders(self, data: Dataset, rng: np.random.Generator) -> list[Dataset]:
        return dealt(self.plan(), data, int(rng.integers(2**63)))

    def plan(self) -> Plan:
        """The same training as the venue `federated` has it. Raises BadInput where a column is lacking."""
        own = settings_of(Plan)
        return Plan(**{name: value for name, value in self.values().items() if name in own})


def _answered(plan: Plan, seed: int, number: int) -> tuple[int, ...]:
    """Who answers in the round, begun again while they are too few for a sum."""
    for again in range(TRIES):
        found = answering(plan, seed, number, asked_in(plan, seed, number), again)
        if len(found) >= plan.least_survivors:
            return found
    raise NotApplicable(
        f"round {number} was begun {TRIES} times in vain: fewer than {plan.least_survivors} clients answer; "
        f"lower dropout."
    )


def summed(sums: EncryptedSums, updates: Sequence[Update], like: Weights) -> tuple[Weights, float, int]:
    """Sum of rows × change in the shape of the weights, sum of rows, and bytes up and down to each that answered."""
    vectors = [np.concatenate([*(u.rows * one.ravel() for one in u.change), [float(u.rows)]]) for u in updates]
    total = sums.add(vectors)
    cuts = np.cumsum([one.size for one in like])
    arrays: list[Array] = np.split(total.value, cuts)
    shaped = [array.reshape(one.shape) for array, one in zip(arrays, like, strict=False)]
    return shaped, float(round(float(total.value[-1]))), total.bytes_up + total.bytes_down * len(updates)
