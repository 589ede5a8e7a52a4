"""How scenarios differ, axis by axis, and which differences are beyond noise.

In: tidy rows of scenarios. Out: `Difference`s of each to the first. Every scenario draws noise of its own, and rows do
not tell which test people a model got wrong, so errors add as if each had people of its own: for models tested on the
same people the interval is too wide rather than too narrow. `person_by_person` trains again and compares the same
people.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput
from ppml_core.evidence import Z95, Estimate
from ppml_core.experiment.axes import Axis, Reading, reading_of
from ppml_core.experiment.prepare import prepare, truth_of
from ppml_core.experiment.results import COVERS
from ppml_core.experiment.scenario import Scenario
from ppml_core.learn.target import task_of


@dataclass(frozen=True)
class Difference:
    """One scenario against the first on one axis: `estimate` is its value minus the first one's, None for a gap.

    What is proved has no noise: there the estimate has no width.
    """

    axis: Axis
    here: Reading
    first: Reading
    estimate: Estimate | None

    @property
    def beyond_noise(self) -> bool:
        """Whether the 95 % interval of the difference leaves out 0."""
        return self.estimate is not None and not self.estimate.low <= 0 <= self.estimate.high

    @property
    def better(self) -> bool:
        assert self.estimate is not None
        return (self.estimate.value > 0) == self.axis.higher_is_better


def differences(rows: Mapping[str, pd.DataFrame], axes: Sequence[Axis]) -> dict[str, list[Difference]]:
    """Per scenario (id -> its tidy rows), one difference per axis to the first of them, itself among them."""
    first = next(iter(rows), None)
    if first is None:
        return {}
    return {name: [_difference(axis, own, rows[first]) for axis in axes] for name, own in rows.items()}


def _difference(axis: Axis, rows: pd.DataFrame, first: pd.DataFrame) -> Difference:
    here, there = reading_of(axis, rows), reading_of(axis, first)
    if here.value is None or there.value is None:
        return Difference(axis, here, there, None)
    gap = here.value - there.value
    if here.spread is None or there.spread is None or rows is first:
        return Difference(axis, here, there, Estimate(gap, gap, gap, "nothing: it is proved"))
    spreads = (here.spread, there.spread)
    people = Z95 * math.hypot(*(max(spread.below, spread.above) for spread in spreads))
    seeds = math.hypot(*(_reach(spread.deviation, spread.fits) for spread in spreads))
    width = math.hypot(people, seeds)
    return Difference(axis, here, there, Estimate(gap, gap - width, gap + width, COVERS))


def _reach(deviation: float, fits: int) -> float:
    """Half the 95 % interval that the spread over fits gives; 0 where one fit says nothing of it."""
    return float(stats.t.ppf(0.975, fits - 1)) * deviation / float(np.sqrt(fits)) if fits > 1 else 0.0


def person_by_person(
    scenarios: Sequence[Scenario],
    data: Dataset,
    repeats: int = 3,
    *,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> dict[str, Estimate]:
    """Accuracy of each scenario (by id) minus the first one's, on the same test people; the first one's is 0.

    A person counts with the share of repeats in which each model was right about them; the interval covers these people
    and the noise of the fits. Raises BadInput where scenarios split the table differently, or nothing is classified.
    """
    if task_of(data.schema) == "regression":
        raise BadInput("people are compared one by one where a class is predicted, not a number.")
    if len({scenario.seed for scenario in scenarios}) > 1:
        raise BadInput("these scenarios have different seeds, and so were tested on different people.")
    right: dict[str, np.ndarray] = {}
    for at, scenario in enumerate(scenarios):
        fits = []
        for repeat in range(repeats):
            if cancelled and cancelled():
                return {}
            fits.append(_right(scenario, data, repeat))
            if progress:
                progress(at * repeats + repeat + 1, len(scenarios) * repeats)
        right[scenario.id] = np.array(fits, dtype=float)
    first = right[scenarios[0].id]
    return {name: _paired(own, first) for name, own in right.items()}


def _right(scenario: Scenario, data: Dataset, repeat: int) -> np.ndarray:
    """Which test people the model of that repeat is right about."""
    prepared = prepare(scenario, data, repeat)
    learner = scenario.trainee()
    model = type(learner).fit_many([learner], prepared.train, [scenario.rng(repeat, "learner")])[0]
    return np.asarray(model.predict_proba(prepared.test).argmax(axis=1) == truth_of(prepared.test))


def _paired(own: np.ndarray, first: np.ndarray) -> Estimate:
    each = own.mean(axis=0) - first.mean(axis=0)
    gap = float(each.mean())
    people = Z95 * float(each.std(ddof=1)) / float(np.sqrt(len(each)))
    fits = [_reach(float(side.mean(axis=1).std(ddof=1)) if len(side) > 1 else 0.0, len(side)) for side in (own, first)]
    width = 0.0 if own is first else math.hypot(people, *fits)
    return Estimate(gap, gap - width, gap + width, COVERS, len(own))
