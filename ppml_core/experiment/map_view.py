"""The map of scenarios on a utility axis and a risk axis, as pages show it: which axes are offered, places, what is
proved, and the pairs of k and ε.

In: scenarios and their tidy rows, from one sweep or several. Out: `Map`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import pandas as pd

from ppml_core.data.schema import Schema
from ppml_core.evidence import Guarantee
from ppml_core.experiment import plans
from ppml_core.experiment.axes import COSTS, Axis, Reading, axes, axis_of, readings
from ppml_core.experiment.front import Front, front_of
from ppml_core.experiment.relations import rows_under_one_relation
from ppml_core.experiment.results import COLUMNS
from ppml_core.experiment.scenario import Scenario

RISK_FIRST = ("membership.tpr_at_0.01", "linkage", "epsilon", "seconds")
ENOUGH = 0.4
AS_SET = {"k, look-alikes": ("anonymize.k",), "ε, as set": ("learner.epsilon", "anonymize.epsilon")}


@dataclass(frozen=True, eq=False)
class Map:
    """Everything on the map: scenarios by id, their tidy rows, the two axes, their readings and the front.

    All guarantees in the rows speak of the same neighbours (EVIDENCE 4).
    """

    scenarios: dict[str, Scenario]
    rows: pd.DataFrame
    utility: Axis
    risk: Axis
    found: dict[str, list[Reading]]
    front: Front

    @classmethod
    def of(cls, scenarios: dict[str, Scenario], rows: pd.DataFrame, utility: Axis, risk: Axis) -> Self:
        rows = rows_under_one_relation(scenarios, rows)
        placed = [readings(axis, rows) if len(rows) else {} for axis in (utility, risk)]
        found = {name: [place[name] for place in placed] for name in placed[0]}
        return cls(scenarios, rows, utility, risk, found, front_of(found))

    def rows_of(self, name: str) -> pd.DataFrame:
        return self.rows[self.rows["scenario_id"] == name]

    def guarantee(self, name: str) -> Guarantee | None:
        return plans.guarantee_behind(self.scenarios[name], self.rows_of(name))

    def proved(self) -> set[str]:
        """Those on the map that carry a guarantee."""
        return {name for name in self.found if name not in self.front.gaps and self.guarantee(name)}

    def readings(self, name: str) -> list[Reading]:
        """What is known of a scenario, on every axis."""
        own = self.rows_of(name)
        return [readings(axis, own)[name] for axis in axes().values()] if len(own) else []

    def baselines(self, schema: Schema, words: Callable[[Scenario], str]) -> pd.DataFrame:
        """No privacy and guessing on the utility axis; `words` names a scenario without privacy."""
        plain = [
            scenario
            for scenario in self.scenarios.values()
            if not (scenario.anonymize or scenario.venue)
            and scenario.learner.method in plans.learners_for(schema, False)
        ]
        references = {f"{words(one)}, no privacy": self.rows_of(one.id) for one in plain}
        return plans.baselines_of(references, [self.rows] if len(self.rows) else [], self.utility.measure)

    def costs(self) -> list[Axis]:
        """The costs of which something is known: seconds always are, bytes where something is sent."""
        there = measured(self.rows)
        return [axis for axis in COSTS if axis.measure in there or (axis.name == "seconds" and there)]

    def grid_cells(self) -> pd.DataFrame:
        """Pairs of k and ε with the utility of each and its interval, for global recoding before a private learner."""
        found = []
        for name, scenario in self.scenarios.items():
            k, epsilon = scenario.setting("anonymize.k"), scenario.setting("learner.epsilon")
            reading = self.found.get(name)
            if len(scenario.anonymize) == 1 and k is not None and epsilon is not None and reading:
                low, high = reading[0].interval or (None, None)
                found.append((scenario.anonymize[0].method, int(k), float(epsilon), reading[0].value, low, high))
        return pd.DataFrame(found, columns=["recoding", "k", "epsilon", "value", "low", "high"])

    def parallel_axes(self) -> tuple[Axis, ...]:
        """The axes of the parallel coordinates: both of the map, and the costs of which something is known."""
        return tuple(dict.fromkeys([self.utility, self.risk, *self.costs()]))

    def places(self, wished: Sequence[Axis]) -> dict[str, list[Reading]]:
        """What is known of every scenario on those axes, by id."""
        found = [readings(axis, self.rows) for axis in wished]
        return {name: [known[name] for known in found] for name in self.found}

    def set_values(self) -> pd.DataFrame:
        """k and ε of every scenario as they were set, by id; NaN where it has none."""
        return pd.DataFrame(
            {
                title: [next((v for one in names if (v := self.scenarios[name].setting(one)) is not None), None)
                        for name in self.found]
                for title, names in AS_SET.items()
            },
            index=list(self.found), dtype=float,
        )  # fmt: skip


def measured(rows: pd.DataFrame) -> set[str]:
    """The measures of which a value is known."""
    return set(rows.loc[rows["value"].notna(), "measure"])


def risks_of(rows: pd.DataFrame) -> list[str]:
    """Axes of risk, of what is proved, and of cost of which something is known; the first ones where nothing is."""
    there = measured(rows)
    proved = bool(len(rows)) and bool(rows["guarantee_epsilon"].notna().any())
    known = [
        axis.name
        for axis in axes().values()
        if (axis.measure in there and axis.kind != "utility") or (axis.name == "seconds" and there)
        or (axis.kind == "proved" and proved)
    ]  # fmt: skip
    return sorted(known or RISK_FIRST, key=lambda name: (name not in RISK_FIRST, known.index(name) if known else 0))


def first_risk(offered: Sequence[str], rows: pd.DataFrame) -> str:
    """Of the usual risks the first that is known of enough scenarios: while a map is computed, attacks come last."""
    there = rows[rows["value"].notna()]
    known = {name: there.loc[there["measure"] == axis_of(name).measure, "scenario_id"].nunique() for name in offered}
    most = max(known.values(), default=0)
    return next((name for name in RISK_FIRST if name in offered and known[name] >= ENOUGH * most), offered[0])


def first_levels(baselines: pd.DataFrame) -> list[tuple[str, float]]:
    """The best without privacy and guessing, as (text, value)."""
    best = baselines.groupby("kind", sort=False).head(1)
    return [(str(text), float(value)) for text, value in best[["text", "value"]].itertuples(index=False)]


def together(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Rows of several sweeps as one frame."""
    there = [frame for frame in frames if len(frame)]
    return pd.concat(there, ignore_index=True) if there else pd.DataFrame(columns=list(COLUMNS))


def once_each(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The same where sweeps share scenarios: what several know is taken from the first."""
    return together(frames).drop_duplicates(["scenario_id", "repeat", "measure"], ignore_index=True)


def with_others(known: pd.DataFrame, brought: pd.DataFrame) -> pd.DataFrame:
    """The known rows, and of those that were brought the ones of scenarios of which nothing is known."""
    fresh = brought[~brought["scenario_id"].isin(known["scenario_id"])] if len(known) else brought
    return together([known, fresh])
