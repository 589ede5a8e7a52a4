"""Federated training whose updates are added on ciphertexts, by a server that cannot read them."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.catalog import methods
from ppml_core.data.dataset import Dataset
from ppml_core.encrypted.ckks import library
from ppml_core.encrypted.summing import Summing
from ppml_core.encrypted.threats import AGGREGATION
from ppml_core.errors import NotApplicable
from ppml_core.evidence import PROTECTS
from ppml_core.federated.client import local_update
from ppml_core.federated.engine import TRIES, answering, asked_in, dealt, readied, timed
from ppml_core.federated.model import Model, Rows
from ppml_core.federated.plan import Plan, alpha_setting, by_setting, partition_setting
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
NOTES = (
    "Whoever starts the processes here deals the rows out and trains for the clients, and so has all rows and updates.",
    "All clients have one key, and nothing between them is encrypted once more: a client that reads what another sends "
    "opens its update. From nine clients on several share a process.",
    PROTECTS,
)
SUMMED = tuple(name for name, cls in methods(Strategy).items() if not cls.needs_each)


@dataclass(frozen=True)
class FederatedEncrypted(Venue):
    """Clients that share a key pair train on their own people; the server adds their ciphertexts and never sees a sum.

    Each client decrypts the sum and makes the strategy's step itself, so no decrypted value goes back to the server.
    Whoever joins a client and the server opens every update. The server and each client are processes (from nine
    clients on several share one), with ciphertexts on sockets between them; the local training runs in the process that
    starts them.
    """

    title: ClassVar[str] = "Federated, sums on ciphertexts"
    version: ClassVar[int] = 3
    extra: ClassVar[str] = "encrypted"
    network: ClassVar[str] = "network"

    clients: int = setting(5, 3, 1000, slider=(3, 50), help="holders of people, each with its own rows", log=True)
    rounds: int = setting(20, 1, 10_000, slider=(1, 100), help="times that updates are summed")
    strategy: str = setting("fedavg", choices=SUMMED, help="what is made of the sum")
    partition: str = partition_setting()
    alpha: float = alpha_setting()
    by: str = by_setting()
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
        return Seen.by_item(scenes.among_key_holders(self.clients), AGGREGATION.rows(), NOTES)

    def walk(
        self, learner: Learner, data: Dataset, rng: np.random.Generator, waiting: Waiting = patient
    ) -> Generator[Fitted]:
        library()
        seed, plan = int(rng.integers(2**63)), self.plan()
        model, parts, spent = readied(learner, plan, data, seed)
        for (answer, sent), seconds in timed(self._rounds(model, plan, parts, seed, waiting), spent):
            fitted = model.fitted(answer, seconds=seconds)
            fitted.costs = (("bytes", float(sent)), ("rounds", float(plan.rounds)))
            yield fitted

    def _rounds(
        self, model: Model, plan: Plan, parts: Sequence[Rows], seed: int, waiting: Waiting
    ) -> Iterator[tuple[Weights, int]]:
        """The weights after each round, and the bytes so far."""
        everyone = Server(model, plan, seed)  # the same at every client: all of them see the sum
        with Summing(plan.clients, MOST, plan.rounds, int(self.security_bits)) as sums:
            for number in range(1, plan.rounds + 1):
                waiting()
                updates: list[Array | None] = [None] * plan.clients
                for client in _answered(plan, seed, number):
                    update = local_update(model, plan, everyone.weights, parts[client], seed, client, number)
                    updates[client] = in_one(update)
                opened = sums.add(updates)
                everyone.receive_sum(*in_shape(opened.total, everyone.weights))
                yield everyone.answer(), opened.bytes

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


def in_one(update: Update) -> Array:
    """Rows × change, and last the rows: what a client encrypts."""
    return np.concatenate([*(update.rows * one.ravel() for one in update.change), [float(update.rows)]])


def in_shape(total: Array, like: Weights) -> tuple[Weights, float]:
    """The sum of what clients encrypted: of rows × change in the shape of the weights, and of rows."""
    arrays = np.split(total, np.cumsum([one.size for one in like]))
    shaped = [array.reshape(one.shape) for array, one in zip(arrays, like, strict=False)]
    return shaped, float(round(float(total[-1])))
