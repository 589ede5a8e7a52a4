"""A whole run on shares: cut, train, predict, and the same in the clear beside it.

In: a table, a model, an engine. Out: a `SharedRun` with accuracies on people nobody trained on, the largest difference
to the clear run, bytes and seconds. The clear run uses the same polynomial, steps and rounded public numbers in floats;
the exact run the true sigmoid. Both look at the whole table, which only a simulation can.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput, Unreachable
from ppml_core.evidence import Estimate, Threat
from ppml_core.learn.base import Array
from ppml_core.learn.models import one_thread, require_all_classes
from ppml_core.mpc.coordinator import Outcome, compute
from ppml_core.mpc.cutting import Cut, Encoding, Features, cut
from ppml_core.mpc.descent import Weights, probabilities, trained_in_clear
from ppml_core.mpc.engines import chosen, engines
from ppml_core.mpc.plan import Model, Plan, Split
from ppml_core.mpc.threats import threats_of
from ppml_core.workers import Waiting, patient

SEEDS = 2**31
MOST_SETTLED = 100.0


@dataclass(frozen=True)
class Wanted:
    """What is to be computed; None is chosen by engine and model."""

    model: Model = "logistic_regression"
    engine: str = "auto"
    split: Split = "horizontal"
    rows: int | None = None
    test_rows: int | None = None
    steps: int | None = None
    learning_rate: float | None = None
    batch: int | None = None
    hidden: int = 8
    knots: int = 8

    def plan(self, engine: str, encoding: Encoding, parts: Cut, rng: np.random.Generator, opens_model: bool) -> Plan:
        usual = engines()[engine]
        return Plan.of(
            self.model, self.split, parts.rows, parts.test_rows, parts.columns, longest=encoding.longest,
            steps=self.steps or usual.steps[self.model], batch=self.batch or usual.batch[self.model],
            hidden=self.hidden, rate=self.learning_rate, first_seed=int(rng.integers(SEEDS)), opens_model=opens_model,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Trained:
    """A model that was trained on shares and then opened to all parties."""

    engine: str
    encoding: Encoding
    plan: Plan
    outcome: Outcome


@dataclass(frozen=True, eq=False)
class SharedRun:
    """Training and prediction on shares, beside the clear run and exact training; the model was never opened."""

    engine: str
    plan: Plan
    accuracy: Estimate
    clear_accuracy: Estimate
    exact_accuracy: Estimate
    majority: float
    test_people: int
    max_probability_difference: float
    outcome: Outcome
    threats: tuple[Threat, ...] = field(repr=False, default=())


def train_on_shares(wanted: Wanted, data: Dataset, rng: np.random.Generator, waiting: Waiting = patient) -> Trained:
    """The model, opened to everybody at the end. No test person takes part."""
    engine, encoding, _, parts, plan = _planned(wanted, data, rng)
    outcome = compute(plan, parts.holdings, engine, waiting)
    _check_settled(plan, *outcome.weights)
    return Trained(engine, encoding, plan, outcome)


def weights_in_clear(wanted: Wanted, data: Dataset, rng: np.random.Generator) -> tuple[Encoding, Plan, Weights]:
    """The same people, plan and steps in floats."""
    _, encoding, people, _, plan = _planned(wanted, data, rng)
    with one_thread(), np.errstate(all="ignore"):
        weights = trained_in_clear(plan, people.X, people.y)
    _check_settled(plan, *weights)
    return encoding, plan, weights


def _planned(wanted: Wanted, data: Dataset, rng: np.random.Generator) -> tuple[str, Encoding, Features, Cut, Plan]:
    engine = chosen(wanted.engine)
    encoding = Encoding.of(data, wanted.knots)
    people = encoding.of_people(_drawn(data, wanted.rows or engines()[engine].most_rows, rng))
    require_all_classes(people.y.astype(int), encoding.classes)
    parts = cut(encoding, wanted.split, people, people.X[:3])
    return engine, encoding, people, parts, wanted.plan(engine, encoding, parts, rng, opens_model=True)


def run_on_shares(
    wanted: Wanted, train: Dataset, test: Dataset, rng: np.random.Generator,
    waiting: Waiting = patient,
) -> SharedRun:  # fmt: skip
    """Trains on shares of `train` and predicts on shares of `test`; only each holder's predictions are opened to it."""
    engine = chosen(wanted.engine)
    encoding = Encoding.of(train, wanted.knots)
    people = encoding.of_people(_drawn(train, wanted.rows or engines()[engine].most_rows, rng))
    asked = encoding.of_people(_drawn(test, wanted.test_rows or engines()[engine].most_test_rows, rng))
    require_all_classes(people.y.astype(int), encoding.classes)
    parts = cut(encoding, wanted.split, people, asked.X)
    plan = wanted.plan(engine, encoding, parts, rng, opens_model=False)
    outcome = compute(plan, parts.holdings, engine, waiting)
    shared: Array = np.concatenate(outcome.predictions)
    _check_settled(plan, shared)
    clear, exact = (_in_clear(plan, people, asked, exact) for exact in (False, True))
    share = float(np.mean(asked.y))
    return SharedRun(
        engine=engine,
        plan=plan,
        accuracy=_accuracy(shared, asked),
        clear_accuracy=_accuracy(clear, asked),
        exact_accuracy=_accuracy(exact, asked),
        majority=max(share, 1 - share),
        test_people=len(asked.y),
        max_probability_difference=float(np.abs(shared - clear).max()),
        outcome=outcome,
        threats=threats_of(engine),
    )


def _in_clear(plan: Plan, people: Features, asked: Features, exact: bool) -> Any:
    with one_thread(), np.errstate(all="ignore"):
        weights = trained_in_clear(plan, people.X, people.y, exact)
        return probabilities(plan, asked.X, weights, exact)


def _check_settled(plan: Plan, *opened: Array) -> None:
    """Raises Unreachable where steps were too long: numbers that left their range on shares come back as any number."""
    if any(not (np.abs(array) <= MOST_SETTLED).all() for array in opened):
        raise Unreachable(
            f"the training on shares did not settle in {plan.steps} steps of {plan.rate:.3g}: "
            "give a smaller learning_rate, or more people in a batch."
        )


def _accuracy(found: Array, asked: Features) -> Estimate:
    share = float(np.mean((found > 0.5) == (asked.y > 0.5)))
    return Estimate.of_share(share, len(asked.y), "test people")


def _drawn(data: Dataset, most: int, rng: np.random.Generator) -> Dataset:
    """That many people in a random order, or all of them in one: which holder has whom is drawn, too."""
    if most < 1:
        raise BadInput(f"rows must be at least 1, not {most}.")
    return data.take(rng.permutation(len(data))[:most])
