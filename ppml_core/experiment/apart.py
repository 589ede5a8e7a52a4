"""One training in a venue, watched: accuracy after each round, beside central training and each holder alone.

In: a scenario with a venue, and a table. Out: `Apart`. The model after the last round is the one that `train` gives for
the same scenario. What comes back may stand on a page: aggregates over test people and no row.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput, NotApplicable, PPMLError
from ppml_core.evidence import Estimate, Guarantee
from ppml_core.experiment.prepare import prepare, truth_of
from ppml_core.experiment.scenario import Scenario
from ppml_core.federated.engine import dealt, rounds
from ppml_core.federated.gossip import GossipPlan, meetings
from ppml_core.federated.inversion_study import Sighting, Study
from ppml_core.federated.model import Model, Rows, Weights, model_of
from ppml_core.federated.plan import Plan
from ppml_core.federated.privacy import privacy_of
from ppml_core.learn.base import Fitted, Learner
from ppml_core.learn.models import one_thread
from ppml_core.venues.base import Venue

Progress = Callable[[int, int], None]
Form = Literal["clear", "noisy", "masked", "encrypted", "shares"]

MOST_ALONE = 10
PROTECTED: dict[str, Form] = {"none": "clear", "noise": "noisy", "masks": "masked"}
FORMS: dict[str, Form] = {
    "encrypted_inference": "encrypted", "encrypted_training": "encrypted", "federated_encrypted": "encrypted",
    "secret_shares": "shares",
}  # fmt: skip


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
    holders: int
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


def together_apart(scenario: Scenario, data: Dataset, progress: Progress = lambda done, total: None) -> Apart:
    """Trains in the scenario's venue. `progress(done, total)` counts models and may raise to stop.

    Raises NotApplicable where the venue does not have that learner, its extra is missing, or the target is no class.
    """
    if scenario.venue is None:
        raise BadInput("the scenario names no venue to train in.")
    venue: Venue = scenario.venue.make(Venue)
    learner: Learner = scenario.learner.make(Learner)
    prepared = prepare(dataclasses.replace(scenario, repeats=1), data, 0)
    test, truth = prepared.test, truth_of(prepared.test)
    if truth.dtype.kind == "f":
        raise NotApplicable("the target is a number, and what is shown here is the accuracy of classes.")

    def judged(model: Fitted) -> Estimate:
        right = model.predict_proba(test).argmax(axis=1) == truth
        return Estimate.of_share(float(right.mean()), len(truth), covers="test people")

    rng, parts = scenario.rng(0, "learner"), list[Dataset]()
    if isinstance(venue, Plan | GossipPlan):
        seed = int(rng.integers(2**63))
        parts = dealt(venue.plan() if isinstance(venue, GossipPlan) else venue, prepared.train, seed)
        walk = _walked(venue, learner, prepared.train, parts, seed, judged, progress)
    else:
        made = venue.train(learner, prepared.train, rng)
        walk = _Walk((judged(made),), (), made)
    walked, model = walk.rounds, walk.fitted
    central = learner.fit(prepared.train, scenario.rng(0, "central"))
    alone = []
    for number, part in enumerate(parts[:MOST_ALONE]):
        progress(len(walked) + number, len(walked) + min(len(parts), MOST_ALONE))
        alone.append(_alone(learner, part, scenario.rng(number, "alone"), judged))
    counts = np.bincount(truth.astype(np.int64))
    return Apart(
        scenario=scenario, title=venue.title, rounds=walked, with_server=walk.with_server,
        central=judged(central), alone=tuple(alone),
        holders=len(parts), majority=float(counts.max() / counts.sum()),
        costs=(("seconds", model.seconds), *model.costs), guarantee=model.guarantee,
        note=model.guarantee_note, warnings=model.warnings,
        form=form_of(venue), rows=min((len(part) for part in parts if len(part)), default=len(prepared.train)),
    )  # fmt: skip


def form_of(venue: Venue | Plan | GossipPlan) -> Form:
    """In which form what leaves a holder travels to whoever computes."""
    if isinstance(venue, GossipPlan):
        return PROTECTED[venue.protection]
    if not isinstance(venue, Plan):
        return FORMS.get(venue.name(), "clear")
    return "masked" if venue.secagg else "noisy" if venue.dp == "local" else "clear"


def read_out(apart: Apart, study: Study) -> Sighting:
    """What reading a message of that form gave in the study, or the next one there that hides less."""
    if apart.form in ("masked", "encrypted", "shares"):
        return study.masked
    if apart.form == "noisy" and apart.guarantee is not None:
        weaker = [one for one in study.noisy if one.epsilon is not None and one.epsilon >= apart.guarantee.epsilon]
        if weaker:
            return weaker[0]
    return [one for one in study.sums if one.records <= apart.rows][-1]


@dataclass(frozen=True)
class _Walk:
    """A training round by round: accuracies of the model, of the same training with a server, and the model itself."""

    rounds: tuple[Estimate, ...]
    with_server: tuple[Estimate, ...]
    fitted: Fitted


def _walked(
    venue: Plan | GossipPlan, learner: Learner, train: Dataset, parts: Sequence[Dataset], seed: int,
    judged: Callable[[Fitted], Estimate], progress: Progress,
) -> _Walk:  # fmt: skip
    """The training of that seed, its model judged after every round."""
    start = time.perf_counter()
    plan = venue.plan() if isinstance(venue, GossipPlan) else venue
    model, walked, reference, spent, taken, judging = model_of(learner, train), [], [], 0, 0, 0.0
    encoded = [model.rows(part) for part in parts]
    with one_thread():
        for number, (weights, sent, messages) in enumerate(_steps(venue, model, encoded, seed)):
            begun = time.perf_counter()
            progress(number, plan.rounds + min(len(parts), MOST_ALONE))
            walked.append(judged(model.fitted(weights)))
            spent, taken = spent + sent, taken + messages
            judging += time.perf_counter() - begun
        seconds, privacy = time.perf_counter() - start - judging, privacy_of(plan, model)
        if isinstance(venue, GossipPlan):
            for one in rounds(model, plan, encoded, seed):
                progress(one.number - 1, plan.rounds)
                reference.append(judged(model.fitted(one.answer)))
    fitted = model.fitted(weights, privacy.guarantee if privacy else None, seconds=seconds)
    fitted.costs = (("rounds", plan.rounds), ("bytes", spent), *((("messages", taken),) if taken else ()))
    return _Walk(tuple(walked), tuple(reference), fitted)


def _steps(
    venue: Plan | GossipPlan, model: Model, parts: Sequence[Rows], seed: int
) -> Iterator[tuple[Weights, int, int]]:
    """After each round the weights of the venue's model, the round's bytes, and its messages (0: not counted)."""
    if isinstance(venue, GossipPlan):
        for meeting in meetings(model, venue, parts, seed):
            yield meeting.models[0], meeting.bytes, 0
    else:
        for one in rounds(model, venue, parts, seed):
            yield one.answer, one.bytes, len(one.asked) + len(one.answered)


def _alone(learner: Learner, part: Dataset, rng: np.random.Generator, judged: Callable[[Fitted], Estimate]) -> Holder:
    with suppress(PPMLError):
        return Holder(len(part), judged(learner.fit(part, rng)))
    return Holder(len(part), None)
