"""Training without a server: holders average their models with their neighbours'."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.data.dataset import Dataset
from ppml_core.federated.gossip import GossipPlan
from ppml_core.learn.base import Fitted, Learner
from ppml_core.venues.base import Venue


@dataclass(frozen=True)
class Gossip(GossipPlan, Venue):
    """Holders train on their own people and average with neighbours in a graph; the model is the first holder's.

    Neighbours see each other's models as they are, unless noise or masks keep them from it.
    """

    title: ClassVar[str] = "Gossip"

    def train(self, learner: Learner, data: Dataset, rng: np.random.Generator) -> Fitted:
        from ppml_core.federated.engine import readied
        from ppml_core.federated.gossip import SEES, meetings
        from ppml_core.federated.privacy import privacy_of
        from ppml_core.learn.models import one_thread

        seed, plan = int(rng.integers(2**63)), self.plan()
        model, parts, start = readied(learner, plan, data, seed)
        with one_thread():
            walked = list(meetings(model, self, parts, seed))
        privacy = privacy_of(plan, model)
        noise = privacy.told(plan) if privacy else (("seen", SEES[self.protection]),)
        guarantee = privacy.guarantee if privacy else None
        fitted = model.fitted(walked[-1].models[0], guarantee, noise, time.perf_counter() - start)
        fitted.costs = (("rounds", len(walked)), ("bytes", sum(one.bytes for one in walked)))
        return fitted
