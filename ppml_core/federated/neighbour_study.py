"""How much of a holder's people a neighbour reads out of the models it gets, in a training without a server.

In: a table. Out: one `Sighting` for each thing that a neighbour sees, in small trainings of `HOLDERS` holders with new
people in each repeat. What is read is the holder's step: the model it sends, less the average that it began from. That
average is public in the first round, where all begin alike, and known to whoever got every model in it, as in a
complete graph. In a ring the onlooker lacks one model of it and takes the holder's last one in its place: what is left
is the step and a share of two models' difference, which it cannot tell apart. Whoever was there in the first round has
the record from then. Guessing is as in `inversion_study`, the control is the same reading of another training. Another
attack may find more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ppml_core.accounting.gaussian import mu_of
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput
from ppml_core.federated.gossip import GossipPlan, Matrix, Meeting, meetings, metropolis, neighbours_in
from ppml_core.federated.inversion import Codes, Floats, Onlooker
from ppml_core.federated.inversion_study import (
    EPSILONS,
    KNOTS,
    LEAST_PEOPLE,
    MOST_OTHERS,
    RECORDS,
    Sighting,
    Study,
    Try,
    inversion_study,
    likeliest,
    most_right,
    sighting,
)
from ppml_core.federated.model import GRID, Model, Rows, model_of
from ppml_core.federated.privacy import privacy_of
from ppml_core.federated.ring import from_ring, to_ring
from ppml_core.federated.update import Weights
from ppml_core.learn.logistic_regression import LogisticRegression
from ppml_core.workers import Progress

HOLDERS = 8
ROUNDS = 5
SEVERAL = 5
ONLOOKER, TARGET = 0, 1
OTHERS = tuple(range(1, HOLDERS))
BUDGETS = (1.0, 10.0)
PRECISION = 1e-6
NO_PENALTY = 1e6
SEEDS = 2**63


def whole_study(
    data: Dataset, rng: np.random.Generator, records: Sequence[int] = RECORDS, epsilons: Sequence[float] = EPSILONS,
    repeats: int = 40, progress: Progress = lambda done, total: None,
) -> Study:  # fmt: skip
    """The study of updates, with what neighbours see beside it."""
    more = len(_ways())

    def heard(done: int, total: int) -> None:
        progress(done, total + more)

    study = inversion_study(data, rng, records, epsilons, repeats, heard)
    before = len(records) + 1 + len(epsilons)
    seen = neighbour_study(data, rng, repeats, lambda done, total: progress(before + done, before + total))
    return replace(study, neighbours=seen)


def neighbour_study(
    data: Dataset, rng: np.random.Generator, repeats: int = 40, progress: Progress = lambda done, total: None
) -> tuple[Sighting, ...]:
    """Raises NotApplicable where no column or target is categories, BadInput for too few people."""
    least = max(LEAST_PEOPLE, 4 * HOLDERS)
    if len(data) < least:
        raise BadInput(f"reading records out of neighbours' models is measured on at least {least} people.")
    half = _Half.of(data, rng)
    found: list[Sighting] = []
    for way in _ways():
        progress(len(found), len(_ways()))
        tries = [way.tried(half, rng) for _ in range(repeats * (5 if way.epsilon else 1))]
        bound = half.bound(way.epsilon) if way.epsilon else None
        found.append(sighting(way.seen, way.judged, tries, way.epsilon, bound))
    progress(len(found), len(found))
    return tuple(found)


def step_seen(mixing: Matrix, known: Collection[int], before: Sequence[Weights], now: Weights, target: int) -> Weights:
    """How far the target moved, as whoever got the `known` holders' last models sees it from the one it sends `now`.

    Exact where the target averaged known models only; for each other one its own last model is taken.
    """
    used = [(float(weight), other if other in known else target) for other, weight in enumerate(mixing[target])]
    averaged = [np.sum([weight * before[at][k] for weight, at in used], axis=0) for k in range(len(now))]
    return [new - old for new, old in zip(now, averaged, strict=True)]


@dataclass(frozen=True, eq=False)
class _Half:
    """People that holders' records are drawn from, and an onlooker who knows others."""

    onlooker: Onlooker
    model: Model
    rows: Any
    targets: npt.NDArray[Any]
    codes: Codes
    other_rows: Any
    other_targets: npt.NDArray[Any]
    other_codes: Codes

    @classmethod
    def of(cls, data: Dataset, rng: np.random.Generator) -> _Half:
        model, order = model_of(LogisticRegression(C=NO_PENALTY, knots=KNOTS), data), rng.permutation(len(data))
        half = min(len(data) // 2, MOST_OTHERS)
        others, drawn = data.take(np.sort(order[:half])), data.take(np.sort(order[half : 2 * half]))
        onlooker = Onlooker.of(model.ground.encoder, others)
        theirs, mine = (
            (model.features.rows(people), np.asarray(model.ground.target(people)), onlooker.codes(people))
            for people in (others, drawn)
        )
        return cls(onlooker, model, *mine, *theirs)

    def bound(self, epsilon: float) -> float:
        return most_right(self.codes, mu_of(epsilon, self.model.ground.delta(None)))

    def dealt(self, records: int, rng: np.random.Generator) -> tuple[list[Rows], Codes]:
        """Each holder's rows, and everybody's true categories, shape (holders, records, columns)."""
        places = rng.integers(0, len(self.codes), (HOLDERS, records))
        return [Rows.of(self.rows[mine], self.targets[mine]) for mine in places], self.codes[places]


@dataclass(frozen=True)
class _Way:
    """A training, the round that is looked at, and how many records a holder has; `reads` makes categories of it."""

    seen: str
    graph: str
    records: int
    round: int
    reads: Callable[[_Way, _Half, Sequence[Meeting], Matrix], Codes]
    whose: tuple[int, ...] = (TARGET,)
    epsilon: float | None = None

    @property
    def judged(self) -> int:
        """How many records are in what is read."""
        return self.records * len(self.whose)

    @property
    def plan(self) -> GossipPlan:
        noise: dict[str, Any] = {} if self.epsilon is None else {"protection": "noise", "epsilon": self.epsilon}
        return GossipPlan(clients=HOLDERS, rounds=ROUNDS, graph=self.graph, **noise)

    def tried(self, half: _Half, rng: np.random.Generator) -> Try:
        (truth, read), (_, control) = self.walked(half, rng), self.walked(half, rng)
        return Try(truth, read, half.onlooker.guess(len(truth)), control)

    def walked(self, half: _Half, rng: np.random.Generator) -> tuple[Codes, Codes]:
        """One training: the true categories, and those that the onlooker says."""
        parts, codes = half.dealt(self.records, rng)
        held = zip(range(self.round), meetings(half.model, self.plan, parts, int(rng.integers(SEEDS))), strict=False)
        met = [meeting for _, meeting in held]
        mixing = metropolis(neighbours_in(self.graph, HOLDERS, rng))
        return np.concatenate([codes[at] for at in self.whose]), self.reads(self, half, met, mixing)


def _from_a_model(way: _Way, half: _Half, met: Sequence[Meeting], mixing: Matrix) -> Codes:
    """Of a model that came as it is. A single record is read off what is largest in each column."""
    start = [half.model.initial(0)] * HOLDERS
    before, near = (met[-2].sent, np.flatnonzero(mixing[ONLOOKER])) if len(met) > 1 else (start, np.arange(HOLDERS))
    step = step_seen(mixing, set(near.tolist()), before, met[-1].sent[TARGET], TARGET)[0]
    return _read(half.onlooker, step, way.records)


def _from_a_sum(way: _Way, half: _Half, met: Sequence[Meeting], mixing: Matrix) -> Codes:
    """Of the sum that masks open: all others' models in the ring, in a complete graph, which began from one model."""
    weights, sent = mixing[ONLOOKER], met[-1].sent
    vectors = [to_ring([weights[at] * one for one in sent[at]], len(way.whose)) for at in way.whose]
    opened = from_ring(np.sum(vectors, axis=0, dtype=vectors[0].dtype), sent[0])[0]
    steps = opened - (1 - weights[ONLOOKER]) * met[-2].models[ONLOOKER][0]
    return _read(half.onlooker, steps, way.judged)


def _from_noise(way: _Way, half: _Half, met: Sequence[Meeting], mixing: Matrix) -> Codes:
    """Of a first model with noise: the likeliest category, by the gradients that other people would have had."""
    privacy = privacy_of(way.plan.plan(), half.model)
    assert privacy is not None
    gradient = -met[0].sent[TARGET][0][:, -1] / (HOLDERS * privacy.step)
    known = _first_gradients(half.other_rows, half.other_targets, half.model.outputs, privacy.clip)
    return likeliest(known, half.other_codes, gradient, privacy.client_noise)


def _first_gradients(rows: Any, classes: npt.NDArray[Any], outputs: int, clip: float) -> Any:
    """Per person the clipped gradient of the last output's weights at weights of 0, sparse."""
    chance = 1 / max(outputs, 2)
    residuals = chance - (classes == max(outputs, 2) - 1)
    whole = np.abs(residuals) if outputs == 1 else np.full(len(classes), np.sqrt(1 - chance))
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel()) * whole
    return rows.multiply((residuals * np.minimum(1.0, clip / lengths))[:, None]).tocsr()


def _read(onlooker: Onlooker, step: Floats, records: int) -> Codes:
    if records == 1:
        return onlooker.codes_of(onlooker.row(step))
    return onlooker.unmix(step, records, max(records * GRID, PRECISION * float(np.abs(step).max())))


def _ways() -> tuple[_Way, ...]:
    several, others = f"{SEVERAL} records", f"{len(OTHERS)} others"
    return (
        _Way("first model of a neighbour with one record", "ring", 1, 1, _from_a_model),
        _Way(f"model of round {ROUNDS}, in a ring", "ring", 1, ROUNDS, _from_a_model),
        _Way(f"model of round {ROUNDS}, complete graph", "complete", 1, ROUNDS, _from_a_model),
        _Way(f"first model of a neighbour with {several}", "ring", SEVERAL, 1, _from_a_model),
        _Way(f"model of round {ROUNDS}, complete, {several}", "complete", SEVERAL, ROUNDS, _from_a_model),
        _Way(f"masks: sum of {others}, round {ROUNDS}", "complete", 1, ROUNDS, _from_a_sum, OTHERS),
        *(
            _Way(f"first model with noise, ε = {epsilon:g}", "ring", 1, 1, _from_noise, epsilon=epsilon)
            for epsilon in BUDGETS
        ),
    )
