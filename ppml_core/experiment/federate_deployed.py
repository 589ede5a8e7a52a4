"""One deployed federated training as it is told: what `ppml federate --json` prints in process, and what it took.

In: a plan, a learner, training and test people, a seed. Out: plain data. Accuracies are measured here, on the test
people that neither server nor nodes ever see: internal.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import numpy as np

from ppml_core.data.dataset import Dataset
from ppml_core.evidence import Estimate
from ppml_core.experiment.federate import TestPeople, dealt_out, training_report, written
from ppml_core.federated.deploy.local import PATIENCE_SECONDS, Lap, deployment
from ppml_core.federated.engine import dealt
from ppml_core.federated.model import Model, model_of
from ppml_core.federated.plan import Plan
from ppml_core.learn.base import Learner
from ppml_core.workers import Progress

COUNTED = "Flower's serialized messages both ways, without the HTTP and TLS around them"


def federate_deployed(
    plan: Plan, learner: Learner, train: Dataset, test: Dataset, seed: int, patience: float = PATIENCE_SECONDS,
    progress: Progress | None = None,
) -> dict[str, Any]:  # fmt: skip
    """As `federate`, among processes; and `deployment`, with what was to be said.

    `seconds` are those of the rounds; `deployment.seconds` those of everything, from the first key to the last process.
    """
    model, start = model_of(learner, train), time.perf_counter()
    people = TestPeople(model, test)
    central = people.share_right(learner.fit(train, np.random.default_rng(seed)))
    with deployment(plan, train, model, seed) as running:
        laps = followed(running.rounds(learner, plan, model, seed, patience), plan, progress)
    found = [as_row(lap) | written(people.accuracy(lap.answer)) for lap in laps]
    report = whole(plan, learner, model, laps, found, people, central)
    return report | {
        **dealt_out(report, train, dealt(plan, train, seed)),
        "deployment": deployed(laps, time.perf_counter() - start),
    }


def followed(laps: Iterable[Lap], plan: Plan, progress: Progress | None) -> list[Lap]:
    """All rounds, each told of when it is done."""
    done = []
    for lap in laps:
        done.append(lap)
        if progress:
            progress(lap.number, plan.rounds)
    return done


def as_row(lap: Lap) -> dict[str, Any]:
    """A round as a line of the answer."""
    row = {"round": lap.number, "answered": len(lap.answered), "bytes": lap.bytes, "seconds": lap.seconds}
    return row | ({"tries": lap.tries} if lap.tries > 1 else {}) | ({"notes": list(lap.notes)} if lap.notes else {})


def whole(
    plan: Plan, learner: Learner, model: Model, laps: list[Lap], found: list[dict[str, Any]],
    people: TestPeople | None, central: Estimate | None,
) -> dict[str, Any]:  # fmt: skip
    """What is said of any training, with the bytes and seconds of its rounds."""
    sent, seconds = sum(lap.bytes for lap in laps), sum(lap.seconds for lap in laps)
    return training_report(plan, learner, model, found, people, central, sent, seconds)


def deployed(laps: list[Lap], seconds: float) -> dict[str, Any]:
    """How it ran: over what, for how long, and what happened on the way."""
    return {
        "runtime": "Flower SuperLink and SuperNodes over TLS, each node known by its key", "bytes_are": COUNTED,
        "seconds": seconds, "notes": [note for lap in laps for note in lap.notes],
    }  # fmt: skip
