"""Federated training: the people stay with their holders, and only updates of a model travel."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.data.dataset import Dataset
from ppml_core.federated import engine
from ppml_core.federated.plan import Plan
from ppml_core.federated.threats import notes_of, threats_of
from ppml_core.learn.base import Fitted, Learner
from ppml_core.venues import scenes
from ppml_core.venues.base import Venue
from ppml_core.venues.seen import Form, Seen
from ppml_core.workers import Waiting, patient


@dataclass(frozen=True)
class Federated(Plan, Venue):
    """Clients train on their own people, a server puts their updates together; computed here in one process.

    The server sees each client's update in the clear unless the plan says otherwise.
    """

    title: ClassVar[str] = "Federated"
    network: ClassVar[str] = "network"

    @property
    def form(self) -> Form:
        return "masked" if self.secagg else "noisy" if self.dp == "local" else "clear"

    def seen(self, network: bool = False) -> Seen:
        scene = scenes.with_server(self.clients, self.form, noise_at_server=self.dp == "central")
        return Seen.by_onlooker(scene, threats_of(self), notes_of(self))

    def walk(
        self, learner: Learner, data: Dataset, rng: np.random.Generator, waiting: Waiting = patient
    ) -> Generator[Fitted]:
        return engine.walked(learner, self, data, int(rng.integers(2**63)))

    def holders(self, data: Dataset, rng: np.random.Generator) -> list[Dataset]:
        return engine.dealt(self, data, int(rng.integers(2**63)))
