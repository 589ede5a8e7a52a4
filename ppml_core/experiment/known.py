"""What points that are known already say to a person's needs, before anything is searched.

In: readings of scenarios and needs. Out: the best that meets them as measured, or the nearest one and what it misses.
The best of many looks better than it is; `solve` checks what it finds on fresh seeds and people, this does not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from ppml_core.evidence import SHARE
from ppml_core.experiment.axes import Axis, Reading, readings
from ppml_core.experiment.needs import Need
from ppml_core.experiment.solve import default_objective, order_of

RISK_LIMITS = (0.5, 0.3, 0.2, 0.1, 0.05, 0.03, 0.02, 0.01, 0.005, 0.001)


@dataclass(frozen=True)
class KnownAnswer:
    """`best` or `nearest` is a scenario id, or neither where nothing is known; `readings` are its, need by need.

    `bounded` says that the one-sided 95 % bounds meet the needs too. `meeting` counts scenarios that meet them.
    """

    needs: tuple[Need, ...]
    best: str | None
    nearest: str | None
    readings: tuple[Reading, ...]
    bounded: bool
    meeting: int

    @property
    def feasible(self) -> bool:
        return self.best is not None

    @property
    def sentence(self) -> str:
        """
        >>> answer_from(pd.DataFrame({"scenario_id": []}), ()).sentence
        'Nothing is known yet.'
        """
        if self.best is not None:
            return "Met, as measured." if not self.bounded else "Met, and by the 95 % bounds too."
        if self.nearest is None:
            return "Nothing is known yet."
        missed = [
            need.sentence(reading)
            for need, reading in zip(self.needs, self.readings, strict=True)
            if need.miss(reading.value) > 0
        ]
        return "None of those known; the nearest is given: " + "; ".join(missed) + "."


def answer_from(rows: pd.DataFrame, needs: Sequence[Need], objective: Sequence[Axis] = ()) -> KnownAnswer:
    """The best of the scenarios in the rows, by the axes of the objective, the first counting most; without any by the
    lowest risk, then ε, then seconds. A gap on a needed axis is no answer.
    """
    names = list(dict.fromkeys(rows["scenario_id"].astype(str)))
    per_need = [readings(need.axis, rows) for need in needs]
    found = {name: tuple(known[name] for known in per_need) for name in names}
    if not names:
        return KnownAnswer(tuple(needs), None, None, (), False, 0)
    sought = [readings(axis, rows) for axis in tuple(objective) or default_objective(needs)]
    misses = {name: [need.miss(r.value) for need, r in zip(needs, found[name], strict=True)] for name in names}
    meeting = [name for name in names if not any(misses[name])]
    if meeting:
        best = min(meeting, key=lambda name: order_of([known[name] for known in sought]))
        bounded = all(need.miss(r.bound()) == 0 for need, r in zip(needs, found[best], strict=True))
        return KnownAnswer(tuple(needs), best, None, found[best], bounded, len(meeting))
    nearest = min(names, key=lambda name: (sum(map(math.isinf, misses[name])), _finite(misses[name])))
    return KnownAnswer(tuple(needs), None, nearest, found[nearest], False, 0)


def _finite(misses: Sequence[float]) -> float:
    return sum(miss for miss in misses if not math.isinf(miss))


def offered_limits(axis: Axis, rows: pd.DataFrame) -> list[float]:
    """Limits to choose a need from, the most lenient first: round numbers, spread over what is known of the axis.

    On a log axis they are 1, 2 and 5 times powers of ten.
    """
    if axis.kind == "risk":
        return list(RISK_LIMITS)
    if axis.accepts == SHARE:
        return [round(0.5 + 0.01 * step, 2) for step in range(50)]
    values = [reading.value for reading in readings(axis, rows).values() if reading.value is not None]
    if not values or min(values) == max(values):
        return sorted(values)[:1]
    if axis.log:
        powers = range(math.floor(math.log10(max(min(values), 1e-6))), math.ceil(math.log10(max(values))) + 1)
        steps = [round(lead * 10.0**power, 12) for power in powers for lead in (1, 2, 5)]
        return [one for one in steps[::-1] if min(values) <= one <= 2.5 * max(values)]
    step = 10.0 ** math.floor(math.log10((max(values) - min(values)) / 5))
    first, last = math.floor(min(values) / step), math.ceil(max(values) / step)
    limits = [round(number * step, 12) for number in range(first, last + 1)]
    return limits if axis.higher_is_better else limits[::-1]
