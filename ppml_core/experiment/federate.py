"""One federated training as it is told: accuracy round by round, beside the same learner on everybody in one place.

In: a plan, a learner, training and test people, a seed. Out: plain data, as `ppml federate --json` prints it. The
accuracies are measured on private test people: internal.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence, Sized
from math import nan
from typing import Any

import numpy as np
import numpy.typing as npt

from ppml_core.data.dataset import Dataset
from ppml_core.evidence import EXPLORATORY, Z95, Estimate
from ppml_core.experiment.prepare import whom
from ppml_core.federated.engine import readied, rounds, timed
from ppml_core.federated.gossip import SEES, GossipPlan, meetings
from ppml_core.federated.model import Model
from ppml_core.federated.plan import Plan
from ppml_core.federated.privacy import privacy_of
from ppml_core.federated.update import Weights
from ppml_core.learn.base import Fitted, Learner
from ppml_core.learn.models import one_thread
from ppml_core.measures.base import Score
from ppml_core.workers import Progress

CLEAR = "the server sees every client's update as it is"
SUM = "the server sees the sum of a round's updates, and no single one"


def federate(
    plan: Plan, learner: Learner, train: Dataset, test: Dataset, seed: int, progress: Progress | None = None
) -> dict[str, Any]:
    """`rounds[{round, accuracy, low, high, answered}]`, `central{accuracy, low, high}`, `majority{…}`, `guarantee`,
    `sees`, `bytes`, `seconds`, the plan. Intervals are 95 %, over test people.

    `progress(done, rounds)` may raise to stop. Round 0, weights that nobody trained, is not listed.
    """
    model, parts, _ = readied(learner, plan, train, seed)
    people, found, sent, spent = TestPeople(model, test), [], 0, 0.0
    central = learner.fit(train, np.random.default_rng(seed))
    with one_thread():
        for one, seconds in timed(rounds(model, plan, parts, seed)):
            found.append({"round": one.number, **written(people.accuracy(one.answer)), "answered": len(one.answered)})
            if one.tries > 1:
                found[-1]["tries"] = one.tries
            sent, spent = sent + one.bytes, seconds
            if progress:
                progress(one.number, plan.rounds)
    report = training_report(plan, learner, model, found, people, people.share_right(central), sent, spent)
    return report | dealt_out(report, train, parts)


def gossip(
    plan: GossipPlan, learner: Learner, train: Dataset, test: Dataset, seed: int, progress: Progress | None = None
) -> dict[str, Any]:
    """The same without a server: accuracies are the mean over holders, with the `lowest`, the `highest`, and
    `disagreement`, the largest distance of a holder's model from the mean of all."""
    model, parts, _ = readied(learner, plan.plan(), train, seed)
    people, found, sent, spent = TestPeople(model, test), [], 0, 0.0
    central = learner.fit(train, np.random.default_rng(seed))
    with one_thread():
        for meeting, seconds in timed(meetings(model, plan, parts, seed)):
            right = np.array([people.right(model.fitted(weights)) for weights in meeting.models])
            each = right.mean(axis=1)
            found.append({
                "round": meeting.number, **written(_mean(right.mean(axis=0))), "lowest": float(each.min()),
                "highest": float(each.max()), "disagreement": meeting.disagreement,
            })  # fmt: skip
            sent, spent = sent + meeting.bytes, seconds
            if progress:
                progress(meeting.number, plan.rounds)
    report = training_report(plan.plan(), learner, model, found, people, people.share_right(central), sent, spent)
    return report | {"sees": SEES[plan.protection], "plan": plan.values(), **dealt_out(report, train, parts)}


def training_report(
    plan: Plan, learner: Learner, model: Model, found: list[dict[str, Any]], people: TestPeople | None,
    central: Estimate | None, sent: int, seconds: float,
) -> dict[str, Any]:  # fmt: skip
    """What is said of a training, wherever it ran; `central` is the accuracy of a model of all, where it is known."""
    privacy = privacy_of(plan, model)
    ground = model.ground
    guarantee = ground.promised(privacy.guarantee) if privacy else None
    return {
        "rounds": found,
        "central": {**written(central), "learner": learner.name()},
        "majority": written(people.majority if people else None),
        "measures_note": "internal: measured on private test people",
        "guarantee": None if guarantee is None else dataclasses.asdict(guarantee),
        "guarantee_note": EXPLORATORY if guarantee else ground.doubt if privacy else "",
        "sees": privacy.sees if privacy else SUM if plan.secagg else CLEAR,
        "bytes": sent,
        "seconds": seconds,
        "plan": plan.values(),
        "notes": [*model.notes, *(ground.size_warnings(privacy.guarantee.delta) if privacy else ())],
    }


def dealt_out(report: dict[str, Any], train: Dataset, parts: Sequence[Sized]) -> dict[str, Any]:
    """Training people of each holder, and whom the report's epsilon is about."""
    unit = report["guarantee"]["unit"] if report["guarantee"] else None
    return {"rows": [len(part) for part in parts], "split_note": whom(train, unit)}


def written(one: Estimate | None) -> dict[str, float]:
    """An accuracy with its interval as the answer holds it; no numbers where there is none."""
    return {"accuracy": nan, "low": nan, "high": nan} if one is None else {
        "accuracy": one.value, "low": one.low, "high": one.high,
    }  # fmt: skip


class TestPeople:
    """Test people, encoded once, and the share of them that a model is right about."""

    __test__ = False

    def __init__(self, model: Model, people: Dataset) -> None:
        self.model, self.people = model, people
        self.truth = model.ground.target(people)

    def accuracy(self, weights: Weights) -> Estimate:
        return self.share_right(self.model.fitted(weights))

    def share_right(self, model: Fitted) -> Estimate:
        return self._share(float(self.right(model).mean()))

    def right(self, model: Fitted) -> npt.NDArray[np.bool_]:
        """About whom the model is right."""
        found: npt.NDArray[np.bool_] = model.predict_proba(self.people).argmax(axis=1) == self.truth
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
