"""One training in a venue, watched: accuracy after each round, beside central training and each holder alone.

In: a scenario with a venue, and a table. Out: `Apart`. The model after the last round is the one that `train` gives for
the same scenario. What comes back may stand on a page: aggregates over test people and no row.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass

import numpy as np

from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput, NotApplicable, PPMLError
from ppml_core.evidence import Estimate, Guarantee
from ppml_core.experiment.points import point_of, record_of
from ppml_core.experiment.prepare import prepare, truth_of
from ppml_core.experiment.scenario import Scenario
from ppml_core.experiment.sweep import Memory
from ppml_core.federated.inversion_study import Sighting, Study
from ppml_core.learn.base import Fitted, Learner
from ppml_core.learn.models import one_thread
from ppml_core.venues.base import Venue
from ppml_core.venues.seen import Form
from ppml_core.workers import Progress

MOST_ALONE = 10


@dataclass(frozen=True)
class Holder:
    """A holder who trains without the others: how many people it has, and how well that goes (None: not at all)."""

    people: int
    accuracy: Estimate | None


@dataclass(frozen=True)
class Apart:
    """`rounds` holds the accuracy after each round, of the whole model after the last; `form` is what travels, as sums
    over `rows` people. `with_server` is the same training with a server, where the venue has none.

    `majority` is the share of the most frequent class among the test people.
    """

    scenario: Scenario
    title: str
    rounds: tuple[Estimate, ...]
    with_server: tuple[Estimate, ...]
    central: Estimate
    alone: tuple[Holder, ...]
    majority: float
    costs: tuple[tuple[str, float], ...]
    guarantee: Guarantee | None
    note: str
    warnings: tuple[str, ...]
    form: Form
    rows: int

    @property
    def accuracy(self) -> Estimate:
        return self.rounds[-1]

    @property
    def trained_alone(self) -> tuple[Estimate, ...]:
        return tuple(holder.accuracy for holder in self.alone if holder.accuracy is not None)


def together_apart(
    scenario: Scenario, data: Dataset, progress: Progress = lambda done, total: None, memory: Memory | None = None
) -> Apart:
    """Trains in the scenario's venue. `progress(done, total)` counts models and may raise to stop, processes included.

    `memory` keeps the result as the scenario's first repeat, so that a sweep does not train it again; not where asking
    the model about all people of the table is what costs.
    Raises NotApplicable where the venue does not have that learner, its extra is missing, or the target is no class.
    """
    if scenario.venue is None:
        raise BadInput("the scenario names no venue to train in.")
    venue: Venue = scenario.venue.make(Venue)
    learner: Learner = scenario.learner.make(Learner)
    prepared = prepare(scenario, data, 0)
    test, truth = prepared.test, truth_of(prepared.test)
    if truth.dtype.kind == "f":
        raise NotApplicable("the target is a number, and what is shown here is the accuracy of classes.")

    def judged(model: Fitted) -> Estimate:
        right = model.predict_proba(test).argmax(axis=1) == truth
        return Estimate.of_share(float(right.mean()), len(truth), covers="test people")

    def drawn() -> np.random.Generator:
        return scenario.rng(0, "learner")

    def walked(place: Venue, done: int = 0) -> tuple[tuple[Estimate, ...], Fitted]:
        """The accuracy after each round, and the model after the last."""
        found: list[Estimate] = []
        steady = place.walk(learner, prepared.train, drawn(), lambda: progress(done, steps))
        with one_thread(), closing(steady):
            for model in steady:
                found.append(judged(model))
                progress(done + len(found), steps)
        return tuple(found), model

    parts, reference = venue.holders(prepared.train, drawn()), venue.with_server()
    places = [venue, *([reference] if reference else [])]
    steps = sum(place.looks for place in places) + min(len(parts), MOST_ALONE)
    rounds, model = walked(venue)
    if memory is not None and venue.asks_freely:
        point = point_of(scenario, 0, data.fingerprint)
        memory.keep(point.key, scenario, 0, record_of(point, model, prepared))
    with_server = walked(reference, len(rounds))[0] if reference else ()
    central = learner.fit(prepared.train, scenario.rng(0, "central"))
    alone = []
    for number, part in enumerate(parts[:MOST_ALONE]):
        progress(steps - min(len(parts), MOST_ALONE) + number, steps)
        alone.append(_alone(learner, part, scenario.rng(number, "alone"), judged))
    counts = np.bincount(truth.astype(np.int64))
    return Apart(
        scenario=scenario, title=venue.title, rounds=rounds, with_server=with_server,
        central=judged(central), alone=tuple(alone),
        majority=float(counts.max() / counts.sum()),
        costs=(("seconds", model.seconds), *model.costs), guarantee=model.guarantee,
        note=model.guarantee_note, warnings=model.warnings,
        form=venue.form, rows=min((len(part) for part in parts if len(part)), default=len(prepared.train)),
    )  # fmt: skip


def read_out(apart: Apart, study: Study) -> Sighting | None:
    """What reading a message of that form gave in the study, or the next one there that hides less.

    None for ciphertexts and shares: the study reads none of them.
    """
    if apart.form in ("encrypted", "shares"):
        return None
    if apart.form == "masked":
        return study.masked
    if apart.form == "noisy" and apart.guarantee is not None:
        weaker = [one for one in study.noisy if one.epsilon is not None and one.epsilon >= apart.guarantee.epsilon]
        if weaker:
            return weaker[0]
    return [one for one in study.sums if one.records <= apart.rows][-1]


def _alone(learner: Learner, part: Dataset, rng: np.random.Generator, judged: Callable[[Fitted], Estimate]) -> Holder:
    with suppress(PPMLError):
        return Holder(len(part), judged(learner.fit(part, rng)))
    return Holder(len(part), None)
