"""One federated training as it is told: accuracy round by round, beside the same learner on everybody in one place.

In: a plan, a learner, training and test people, a seed. Out: plain data, as `ppml federate --json` prints it. The
accuracies are measured on private test people: internal.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ppml_core.data.dataset import Dataset
from ppml_core.federated.engine import compiled, dealt, rounds
from ppml_core.federated.gossip import SEES, GossipPlan, meetings
from ppml_core.federated.model import Model, model_of
from ppml_core.federated.plan import Plan
from ppml_core.federated.privacy import Privacy, privacy_of
from ppml_core.federated.update import Weights
from ppml_core.learn.base import Fitted, Learner
from ppml_core.learn.models import one_thread

Progress = Callable[[int, int], None]
CLEAR = "the server sees every client's update as it is"
SUM = "the server sees the sum of a round's updates, and no single one"


def federate(
    plan: Plan, learner: Learner, train: Dataset, test: Dataset, seed: int, progress: Progress | None = None
) -> dict[str, Any]:
    """`rounds[{round, accuracy, answered}]`, `central{accuracy}`, `guarantee`, `sees`, `bytes`, `seconds`, the plan.

    `progress(done, rounds)` may raise to stop. Round 0, weights that nobody trained, is not listed.
    """
    model = model_of(learner, train)
    parts = [model.rows(part) for part in dealt(plan, train, seed)]
    asked = Asked(model, test)
    central = learner.fit(train, np.random.default_rng(seed))
    compiled(model, plan, parts)
    found, sent = [], 0
    start = time.perf_counter()
    away = 0.0
    with one_thread():
        for one in rounds(model, plan, parts, seed):
            paused = time.perf_counter()
            found.append({"round": one.number, "accuracy": asked.accuracy(one.answer), "answered": len(one.answered)})
            if one.tries > 1:
                found[-1]["tries"] = one.tries
            sent += one.bytes
            if progress:
                progress(one.number, plan.rounds)
            away += time.perf_counter() - paused
    seconds = time.perf_counter() - start - away
    return told(plan, learner, privacy_of(plan, model), model, found, asked.of(central), sent, seconds) | {
        "rows": [len(part) for part in parts]
    }


def gossip(
    plan: GossipPlan, learner: Learner, train: Dataset, test: Dataset, seed: int, progress: Progress | None = None
) -> dict[str, Any]:
    """The same without a server: accuracies are the mean over holders, with the `lowest`, the `highest`, and
    `disagreement`, the largest distance of a holder's model from the mean of all."""
    model = model_of(learner, train)
    parts = [model.rows(part) for part in dealt(plan.plan(), train, seed)]
    asked = Asked(model, test)
    central = learner.fit(train, np.random.default_rng(seed))
    compiled(model, plan.plan(), parts)
    found, sent, away, start = [], 0, 0.0, time.perf_counter()
    with one_thread():
        for meeting in meetings(model, plan, parts, seed):
            paused = time.perf_counter()
            each = [asked.accuracy(weights) for weights in meeting.models]
            found.append({
                "round": meeting.number, "accuracy": float(np.mean(each)), "lowest": min(each), "highest": max(each),
                "disagreement": meeting.disagreement,
            })  # fmt: skip
            sent += meeting.bytes
            if progress:
                progress(meeting.number, plan.rounds)
            away += time.perf_counter() - paused
    seconds = time.perf_counter() - start - away
    privacy = privacy_of(plan.plan(), model)
    return told(plan.plan(), learner, privacy, model, found, asked.of(central), sent, seconds) | {
        "sees": SEES[plan.protection], "plan": plan.values(), "rows": [len(part) for part in parts],
    }  # fmt: skip


def told(
    plan: Plan, learner: Learner, privacy: Privacy | None, model: Model, found: list[dict[str, Any]],
    central: float, sent: int, seconds: float,
) -> dict[str, Any]:  # fmt: skip
    """What is said of a training, wherever it ran."""
    guarantee = model.ground.promised(privacy.guarantee) if privacy else None
    return {
        "rounds": found,
        "central": {"accuracy": central, "learner": learner.name()},
        "guarantee": None if guarantee is None else dataclasses.asdict(guarantee),
        "guarantee_note": model.ground.doubt if privacy else "",
        "sees": privacy.sees if privacy else SUM if plan.secagg else CLEAR,
        "bytes": sent,
        "seconds": seconds,
        "plan": plan.values(),
        "notes": list(model.notes),
    }


class Asked:
    """Test people, encoded once, and the share of them that a model is right about."""

    def __init__(self, model: Model, test: Dataset) -> None:
        self.model, self.test = model, test
        self.truth = model.ground.target(test)

    def accuracy(self, weights: Weights) -> float:
        return self.of(self.model.fitted(weights))

    def of(self, model: Fitted) -> float:
        return float((model.predict_proba(self.test).argmax(axis=1) == self.truth).mean())
