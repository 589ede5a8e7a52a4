"""Federated training: the people stay with their holders, and only updates of a model travel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.data.dataset import Dataset
from ppml_core.federated.plan import Plan
from ppml_core.learn.base import Fitted, Learner
from ppml_core.venues.base import Venue


@dataclass(frozen=True)
class Federated(Plan, Venue):
    """Clients train on their own people, a server puts their updates together; computed here in one process.

    The server sees each client's update in the clear unless the plan says otherwise.
    """

    title: ClassVar[str] = "Federated"

    def train(self, learner: Learner, data: Dataset, rng: np.random.Generator) -> Fitted:
        from ppml_core.federated.engine import trained

        return trained(learner, self, data, int(rng.integers(2**63)))
