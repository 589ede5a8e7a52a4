"""Training without a server: holders average their models with their neighbours'."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.data.dataset import Dataset
from ppml_core.federated import engine
from ppml_core.federated.gossip import GossipPlan, neighbours_in, walked
from ppml_core.federated.threats import notes_of, threats_among_neighbours
from ppml_core.learn.base import Fitted, Learner
from ppml_core.venues import scenes
from ppml_core.venues.base import Venue
from ppml_core.venues.federated import Federated
from ppml_core.venues.seen import Form, Seen
from ppml_core.workers import Waiting, patient

FORMS: dict[str, Form] = {"none": "clear", "noise": "noisy", "masks": "masked"}
EXAMPLE = 1


@dataclass(frozen=True)
class Gossip(GossipPlan, Venue):
    """Holders train on their own people and average with neighbours in a graph; the model is the first holder's.

    Neighbours see each other's models as they are, unless noise or masks keep them from it.
    """

    title: ClassVar[str] = "Gossip"
    network: ClassVar[str] = "network"

    @property
    def form(self) -> Form:
        return FORMS[self.protection]

    def seen(self, network: bool = False) -> Seen:
        """With the neighbours of one graph of that kind: a training draws its own."""
        drawn = min(self.clients, scenes.MOST_IN_A_RING)
        near = neighbours_in(self.graph, drawn, np.random.default_rng(EXAMPLE))
        edges = [(int(a), int(b)) for a, b in zip(*np.nonzero(np.triu(near)), strict=True)]
        scene = scenes.without_server(self.clients, self.graph, self.form, edges)
        return Seen.by_onlooker(scene, threats_among_neighbours(self), notes_of(self))

    def walk(
        self, learner: Learner, data: Dataset, rng: np.random.Generator, waiting: Waiting = patient
    ) -> Generator[Fitted]:
        return walked(learner, self, data, int(rng.integers(2**63)))

    def holders(self, data: Dataset, rng: np.random.Generator) -> list[Dataset]:
        return engine.dealt(self.plan(), data, int(rng.integers(2**63)))

    def with_server(self) -> Federated:
        return Federated.from_values(self.plan().values())
