"""Everything that a report tells, worked out once: axes, places, front, the chosen scenario and its figures.

In: scenarios, their tidy rows, what may be told of the table. Out: `Exploration`, numbers that may stand in a report.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from ppml_core.anonymize.base import Anonymizer
from ppml_core.catalog import method, methods
from ppml_core.errors import BadInput
from ppml_core.evidence import Estimate, Guarantee
from ppml_core.experiment.axes import PROVED, Axis, Reading, axis_of, default_risk, named_risks, readings
from ppml_core.experiment.front import Front, front_of
from ppml_core.experiment.plans import guarantee_of, unit_of
from ppml_core.experiment.results import estimate_of
from ppml_core.experiment.scenario import Scenario
from ppml_core.measures.base import Measure
from ppml_core.report.about import About
from ppml_core.report.withheld import withheld_rows

BESIDE = ("control_", "baseline_guessing_", "baseline_raw_", "baseline_majority_", "baseline_mean_")
UNTOLD = "it could not be computed; the reason may quote a cell and is told only where the table is"


@dataclass(frozen=True)
class Line:
    """One measured figure of a scenario with what stands beside it; `estimate` is None for a gap, with its `reason`.

    `guess` is what someone reaches who sees nothing, `raw` the same on the raw table, `control` where nothing can leak.
    `withheld` says that the value is a bound: it stands for fewer than 10 people, or for all but so few.
    """

    measure: str
    unit: str
    estimate: Estimate | None = None
    guess: Estimate | None = None
    raw: Estimate | None = None
    control: Estimate | None = None
    reason: str = ""
    withheld: bool = False


@dataclass(frozen=True, eq=False)
class Exploration:
    """What was looked at, and the scenario that the report is about. `why_chosen` says by what it was chosen.

    `rows` have small counts withheld, and of an upload the reasons of gaps, which may quote a cell. `exact` are the
    means of the chosen scenario's rows that are told exactly.
    `risk` and `front` are None where there is nothing to compare.
    """

    scenarios: tuple[Scenario, ...]
    rows: pd.DataFrame
    about: About
    chosen: Scenario
    why_chosen: str
    utility: Axis
    risk: Axis | None
    found: Mapping[str, Sequence[Reading]]
    front: Front | None
    exact: Mapping[str, float]

    def lines(self, scenario: Scenario | None = None) -> list[Line]:
        """Every figure of the scenario (the chosen one), in the order of its rows."""
        own = self.rows[self.rows["scenario_id"] == (scenario or self.chosen).id]
        return lines_of(own)

    @property
    def guarantee(self) -> Guarantee | None:
        """What is proved about the model of the chosen scenario."""
        return self._guarantee(self.chosen)

    def guarantees(self) -> list[Guarantee]:
        """What is proved about scenarios that differ from the chosen one in settings of the learner alone."""
        same = [one for one in self.scenarios if _shape(one) == _shape(self.chosen)]
        return [found for one in same if (found := self._guarantee(one)) is not None]

    def _guarantee(self, scenario: Scenario) -> Guarantee | None:
        own = self.rows[self.rows["scenario_id"] == scenario.id]
        own = own[own["measure"].isin(scenario.measures) & own["value"].notna()]
        if own.empty or own["guarantee_epsilon"].isna().any():
            return None
        row = own.sort_values("guarantee_epsilon").iloc[-1]
        epsilon, delta, neighbours = (row[f"guarantee_{part}"] for part in ("epsilon", "delta", "neighbours"))
        found = guarantee_of(scenario.learner.method, float(epsilon), float(delta), str(neighbours), unit_of(row))
        private = next((step for step in scenario.anonymize if "epsilon" in dict(step.settings)), None)
        if private is None:
            return found
        return dataclasses.replace(found, mu=None, unit=method(Anonymizer, private.method).unit)


def explore(
    scenarios: Sequence[Scenario],
    rows: pd.DataFrame,
    about: About,
    *,
    chosen: str = "",
    utility: str = "",
    risk: str = "",
) -> Exploration:
    """The exploration of these scenarios' rows. `chosen` is an id; without, it is the knee, or the most useful.

    Raises BadInput without scenarios or results, for an unknown axis, or a chosen scenario that is none of them.
    """
    by_id = {scenario.id: scenario for scenario in scenarios}
    if not by_id or rows.empty or rows["value"].isna().all():
        reason = next(iter(rows["error"].dropna()), "") if about.is_bundled else ""
        told_why = f": {reason}" if reason else " yet: compute at least one scenario."
        raise BadInput(f"there is no result to report{told_why}")
    told = withheld_rows(rows[rows["scenario_id"].isin(by_id)], about.training, about.test)
    if not about.is_bundled:
        told["error"] = told["error"].where(told["error"].isna(), UNTOLD)
    up = axis_of(utility) if utility else _default_utility(told)
    across = axis_of(risk) if risk else _default_risk(by_id.values(), told)
    if up.kind != "utility":
        raise BadInput(f"{up.name} is no measure of utility.")
    if across is not None and across.kind == "utility":
        raise BadInput(f"{across.name} is a measure of utility: choose a risk, a cost or epsilon.")
    found: dict[str, list[Reading]] = {}
    if across is not None and len(by_id) > 1:
        placed = [readings(axis, told) for axis in (up, across)]
        found = {name: [place[name] for place in placed] for name in placed[0]}
    front = front_of(found) if found else None
    useful = {one: row[0] for one, row in found.items()} or readings(up, told)
    name, why = _chosen(chosen, by_id, useful, front)
    exact = rows[(rows["scenario_id"] == name) & ~told["withheld"].reindex(rows.index, fill_value=False)]
    means = exact.groupby("measure", sort=False)["value"].mean().dropna()
    hidden = set(told.loc[told["withheld"] & (told["scenario_id"] == name), "measure"])
    return Exploration(
        tuple(by_id.values()), told, about, by_id[name], why, up, across, found, front,
        {str(measure): float(value) for measure, value in means.items() if measure not in hidden},
    )  # fmt: skip


def lines_of(rows: pd.DataFrame) -> list[Line]:
    """The figures of one scenario's rows."""
    means = {str(name): part for name, part in rows.groupby("measure", sort=False)}
    found = []
    for name, part in means.items():
        if name.startswith((*BESIDE, "train_")):
            continue
        reason = next(iter(part["error"].dropna()), "")
        beside = {kind: _mean(means.get(prefix + name)) for prefix, kind in _kinds().items()}
        guess = beside["guess"] or beside["majority"] or beside["mean"]
        found.append(
            Line(
                name, str(part["unit"].iloc[0]), _mean(part), guess, beside["raw"], beside["control"],
                str(reason), bool(part["withheld"].any()),
            )
        )  # fmt: skip
    return found


def _kinds() -> dict[str, str]:
    return dict(zip(BESIDE, ("control", "guess", "raw", "majority", "mean"), strict=True))


def _mean(part: pd.DataFrame | None) -> Estimate | None:
    if part is None or part.empty:
        return None
    reach = (part["value"] - part["low"], part["high"] - part["value"])
    return estimate_of(part["value"], part["std_error"], reach)


def _default_utility(rows: pd.DataFrame) -> Axis:
    there = set(rows.loc[rows["value"].notna(), "measure"])
    first = next((name for name in ("accuracy", "r2") if name in there), None)
    first = first or next((name for name in methods(Measure) if name in there), "accuracy")
    return axis_of(first)


def _default_risk(scenarios: Iterable[Scenario], rows: pd.DataFrame) -> Axis | None:
    """An attack on what is handed out where one was measured, else a figure of the table, else what is proved."""
    things = tuple({thing for scenario in scenarios for thing in scenario.things})
    there = set(rows.loc[rows["value"].notna(), "measure"])
    wished = [default_risk(things), axis_of("linkage"), *named_risks()]
    measured = next((axis for axis in wished if axis.measure in there), None)
    if measured is None and rows["guarantee_epsilon"].notna().any():
        return PROVED[0]
    return measured


def _chosen(
    wished: str, by_id: Mapping[str, Scenario], useful: Mapping[str, Reading], front: Front | None
) -> tuple[str, str]:
    """The id of the scenario that the report is about, and by what it was chosen."""
    if wished:
        if wished not in by_id:
            raise BadInput(f"the chosen scenario {wished!r} is none of those reported.")
        return wished, "chosen by hand"
    if len(by_id) == 1:
        return next(iter(by_id)), "the only one"
    if front is not None and front.knee is not None:
        return front.knee, "the knee of the map"
    known = {name: reading for name, reading in useful.items() if reading.value is not None}
    if not known:
        return next(iter(by_id)), "the first one"
    utility = next(iter(known.values())).axis
    best = max(known, key=lambda name: (1 if utility.higher_is_better else -1) * float(known[name].value or 0.0))
    return best, f"the best by {utility.title}"


def _shape(scenario: Scenario) -> tuple[object, ...]:
    return scenario.anonymize, scenario.learner.method, scenario.venue, scenario.seed
