"""One federated training as it is told: accuracy round by round, beside the same learner on everybody in one place.

In: a plan, a learner, training and test people, a seed. Out: plain data, as `ppml federate --json` prints it. The
accuracies are measured on private test people: internal.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from math import nan
from typing import Any

import numpy as np
import numpy.typing as npt

from ppml_core.data.dataset import Dataset
from ppml_core.evidence import EXPLORATORY, Z95, Estimate
from ppml_core.federated.engine import compiled, dealt, rounds
from ppml_core.federated.gossip import SEES, GossipPlan, meetings
from ppml_core.federated.model import Model, model_of
from ppml_core.federated.plan import Plan
from ppml_core.federated.privacy import Privacy, privacy_of
from ppml_core.federated.update import Weights
from ppml_core.learn.base import Fitted, Learner
from ppml_core.learn.models import one_thread
from ppml_core.measures.base import Score

Progress = Callable[[int, int], None]
CLEAR = "the server sees every client's update as it is"
SUM = "the server sees the sum of a round's updates, and no single one"


def federate(
    plan: Plan, learner: Learner, train: Dataset, test: Dataset, seed: int, progress: Progress | None = None
) -> dict[str, Any]:
    """`rounds[{round, accuracy, low, high, answered}]`, `central{accuracy, low, high}`, `majority{…}`, `guarantee`,
    `sees`, `bytes`, `seconds`, the plan. Intervals are 95 %, over test people.

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
            found.append({"round": one.number, **written(asked.accuracy(one.answer)), "answered": len(one.answered)})
            if one.tries > 1:
                found[-1]["tries"] = one.tries
            sent += one.bytes
            if progress:
                progress(one.number, plan.rounds)
            away += time.perf_counter() - paused
    seconds = time.perf_counter() - start - away
    return told(plan, learner, privacy_of(plan, model), model, found, asked, asked.of(central), sent, seconds) | {
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
            right = np.array([asked.right(model.fitted(weights)) for weights in meeting.models])
            each = right.mean(axis=1)
            found.append({
                "round": meeting.number, **written(_mean(right.mean(axis=0))), "lowest": float(each.min()),
                "highest": float(each.max()), "disagreement": meeting.disagreement,
            })  # fmt: skip
            sent += meeting.bytes
            if progress:
                progress(meeting.number, plan.rounds)
            away += time.perf_counter() - paused
    seconds = time.perf_counter() - start - away
    privacy = privacy_of(plan.plan(), model)
    return told(plan.plan(), learner, privacy, model, found, asked, asked.of(central), sent, seconds) | {
        "sees": SEES[plan.protection], "plan": plan.values(), "rows": [len(part) for part in parts],
    }  # fmt: skip


def told(
    plan: Plan, learner: Learner, privacy: Privacy | None, model: Model, found: list[dict[str, Any]],
    asked: Asked | None, central: Estimate | None, sent: int, seconds: float,
) -> dict[str, Any]:  # fmt: skip
    """What is said of a training, wherever it ran; `asked` are test people, `central` a model of all, where known."""
    guarantee = model.ground.promised(privacy.guarantee) if privacy else None
    return {
        "rounds": found,
        "central": {**written(central), "learner": learner.name()},
        "majority": written(asked.majority if asked else None),
        "measures_note": "internal: measured on private test people",
        "guarantee": None if guarantee is None else dataclasses.asdict(guarantee),
        "guarantee_note": EXPLORATORY if guarantee else model.ground.doubt if privacy else "",
        "sees": privacy.sees if privacy else SUM if plan.secagg else CLEAR,
        "bytes": sent,
        "seconds": seconds,
        "plan": plan.values(),
        "notes": list(model.notes),
    }


def written(one: Estimate | None) -> dict[str, float]:
    """An accuracy with its interval as the answer holds it; no numbers where there is none."""
    return {"accuracy": nan, "low": nan, "high": nan} if one is None else {
        "accuracy": one.value, "low": one.low, "high": one.high,
    }  # fmt: skip


class Asked:
    """Test people, encoded once, and the share of them that a model is right about."""

    def __init__(self, model: Model, test: Dataset) -> None:
        self.model, self.test = model, test
        self.truth = model.ground.target(test)

    def accuracy(self, weights: Weights) -> Estimate:
        return self.of(self.model.fitted(weights))

    def of(self, model: Fitted) -> Estimate:
        return self._share(float(self.right(model).mean()))

    def right(self, model: Fitted) -> npt.NDArray[np.bool_]:
        """About whom the model is right."""
        found: npt.NDArray[np.bool_] = model.predict_proba(self.test).argmax(axis=1) == self.truth
        return found

    @property
    def majority(self) -> Estimate:
        """What always naming the most frequent class of these people gives."""
        return self._share(float(np.bincount(self.truth).max()) / len(self.truth))

    def _share(self, share: float) -> Estimate:
        return Estimate.of_share(share, len(self.truth), covers="test people")


def _mean(shares: npt.NDArray[np.float64]) -> Estimate:
    """The mean over holders and people, from the share of holders that is right about each person."""
    score = Score.of_mean(shares)
    reach = Z95 * score.std_error
    return Estimate(score.value, max(score.value - reach, 0.0), min(score.value + reach, 1.0), covers="test people")
