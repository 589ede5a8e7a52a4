"""A search for good scenarios: which settings to try next, learnt from those that were tried.

In: families of scenarios, the axes that matter, a budget. Out: what was tried, in order, with its readings. Optuna's
tree-structured Parzen estimator chooses (Bergstra et al. 2011; several objectives: Ozaki et al. 2022), after points
that fill the space evenly. The memory keeps every point, so that a search that was stopped goes on where it was: the
same question tries the same scenarios, and those that are known cost nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import pandas as pd
from scipy.stats import qmc

from ppml_core.data.dataset import Dataset
from ppml_core.experiment.attacked import attack_points
from ppml_core.experiment.axes import Axis, Reading, reading_of
from ppml_core.experiment.designs import Family
from ppml_core.experiment.front import costs
from ppml_core.experiment.needs import Need
from ppml_core.experiment.points import Point, point_of
from ppml_core.experiment.prepare import parts
from ppml_core.experiment.results import tidy
from ppml_core.experiment.scenario import Scenario
from ppml_core.experiment.sweep import Memory
from ppml_core.experiment.workers import Batch, Bench

FIRST_SHARE = 0.3
MOST_REPETITIONS = 50
UNMET = 10.0
OnPoint = Callable[[Point, str | None], None]


@dataclass(eq=False)
class Tried:
    """A scenario with the rows of its repeats so far."""

    scenario: Scenario
    rows: list[pd.DataFrame] = field(default_factory=list)
    known: dict[tuple[str, int], Reading] = field(default_factory=dict, repr=False)

    @property
    def repeats(self) -> int:
        return len(self.rows)

    def readings(self, axes: Sequence[Axis]) -> tuple[Reading, ...]:
        """Each is worked out once for the repeats there are: a search asks for them again and again."""
        missing = [axis for axis in axes if (axis.name, self.repeats) not in self.known]
        if missing:
            together = pd.concat(self.rows, ignore_index=True) if self.repeats > 1 else self.rows[0]
            self.known |= {(axis.name, self.repeats): reading_of(axis, together) for axis in missing}
        return tuple(self.known[axis.name, self.repeats] for axis in axes)


class Evaluator:
    """Computes single repeats of scenarios on one table, through the memory; `count` tells how many were asked for.

    `on_point` is told of each point that was asked for, known or not, and why it is a gap where it is one.
    """

    def __init__(self, data: Dataset, memory: Memory, on_point: OnPoint | None = None) -> None:
        self.data, self.memory, self.bench, self.count = data, memory, Bench(data), 0
        self.on_point = on_point or (lambda point, gap: None)

    def __call__(self, scenario: Scenario, repeat: int) -> pd.DataFrame:
        self.count += 1
        point = point_of(scenario, repeat, self.data.fingerprint)
        asked = [point, *attack_points(scenario, repeat, self.data.fingerprint)]
        records = dict(self.memory.known([one.key for one in asked]))
        for one in asked:
            if one.key not in records:
                records[one.key] = self._computed(one)
            self.on_point(dataclasses.replace(one, scenario=scenario), records[one.key]["error"])
        return tidy([point], records, self.data.fingerprint)

    def _computed(self, point: Point) -> dict[str, Any]:
        record = self.bench.compute(Batch((point,)))[0]
        if record["error"] is None:
            self.memory.keep(point.key, point.scenario, point.repeat, record)
        return record


def people_to_search_on(data: Dataset, seed: int) -> Dataset:
    """The training people as a table of their own, to be split again: whoever tests a chosen setting is not in it."""
    key = ("people to search on", seed)
    if key not in data.memo:
        train, _ = parts(data, seed)
        data.memo[key] = train.with_schema(dataclasses.replace(train.schema, split=None))
    return cast(Dataset, data.memo[key])


def search(
    families: Sequence[Family],
    axes: Sequence[Axis],
    evaluate: Callable[[Scenario, int], pd.DataFrame],
    budget: int,
    *,
    needs: Sequence[Need] = (),
    seed: int = 1,
    progress: Callable[[int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> list[Tried]:
    """What was tried in so many evaluations of one repeat each, in order; fewer where nothing new is left to try.

    Scenarios that miss a need guide the search away from where they are. The same seed tries the same.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    first = max(len(families), round(FIRST_SHARE * budget))
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=first)
    study = optuna.create_study(directions=["minimize"] * len(axes), sampler=sampler)
    for at, shares in enumerate(_even(families, first, seed)):
        study.enqueue_trial({"family": at % len(families)} | shares)
    tried: dict[str, Tried] = {}
    worst = [1.0] * len(axes)
    repetitions = 0
    while len(tried) < budget and repetitions < MOST_REPETITIONS and not (cancelled and cancelled()):
        trial = study.ask()
        scenario = _suggested(trial, families)
        repetitions = repetitions + 1 if scenario.id in tried else 0
        entry = tried.setdefault(scenario.id, Tried(scenario))
        if not entry.rows:
            entry.rows.append(evaluate(scenario, 0))
            if progress:
                progress(len(tried))
        values = _values(entry.readings(axes), worst)
        for need, reading in zip(needs, entry.readings([need.axis for need in needs]), strict=True):
            trial.set_constraint(need.axis.name, _excess(need, reading))
        study.tell(trial, values)
    return list(tried.values())


def _even(families: Sequence[Family], points: int, seed: int) -> list[dict[str, float]]:
    """Sobol shares for the spans of each family, one family after another in turn."""
    rows = []
    samplers = [
        qmc.Sobol(len(family.spans), rng=np.random.default_rng([seed, at])).random_base2(8) if family.spans else None
        for at, family in enumerate(families)
    ]
    for at in range(points):
        number, turn = at % len(families), at // len(families)
        shares = samplers[number]
        names = [_name(number, span.setting) for span in families[number].spans]
        rows.append({} if shares is None else dict(zip(names, shares[turn % len(shares)].tolist(), strict=True)))
    return rows


def _suggested(trial: Any, families: Sequence[Family]) -> Scenario:
    number = int(trial.suggest_categorical("family", list(range(len(families)))))
    family = families[number]
    return family.with_values(
        [span.at(trial.suggest_float(_name(number, span.setting), 0.0, 1.0)) for span in family.spans]
    )


def _name(number: int, setting: str) -> str:
    return f"{number}:{setting}"


def _values(readings: Sequence[Reading], worst: list[float]) -> list[float]:
    """Lower is better; a gap is as bad as the worst that was seen."""
    values = []
    for at, reading in enumerate(readings):
        if reading.value is None:
            values.append(worst[at])
            continue
        found = float(costs([[reading]])[0][0, 0])
        worst[at] = max(worst[at], found)
        values.append(found)
    return values


def _excess(need: Need, reading: Reading) -> float:
    """How far the need is missed, below 0 by how far it is met."""
    if reading.value is None:
        return UNMET
    missed = need.miss(reading.value)
    return missed if missed > 0 else -abs(reading.value - need.limit)
