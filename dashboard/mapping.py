"""What the page Trade-off works with: which scenarios are on the map, their rows, axes and front, needs and the search.

In: the session's table, axes and needs. Out: what is known by now, and jobs that compute more. A run that was opened
on the page Runs brings its scenarios along; what a search found, what ran on Together apart, and what the session has
decided, stand beside them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import scenarios, session, sweeps, tables
from dashboard.jobs import Job
from ppml_core.charts.curves import Baseline
from ppml_core.charts.measures import wording
from ppml_core.charts.scenario_words import in_short
from ppml_core.errors import PPMLError
from ppml_core.evidence import Guarantee
from ppml_core.experiment import plans
from ppml_core.experiment.axes import COSTS, Axis, Reading, axes, axis_of, readings
from ppml_core.experiment.designs import once
from ppml_core.experiment.families import LOCAL, families_for, map_attack, small_map_plan
from ppml_core.experiment.front import Front, front_of
from ppml_core.experiment.known import KnownAnswer, answer_from
from ppml_core.experiment.needs import Need
from ppml_core.experiment.results import COLUMNS
from ppml_core.experiment.scenario import Scenario, scenario_from_toml
from ppml_core.experiment.solve import Solution, solve
from ppml_core.store import Store
from ppml_core.store.runs import find_run, rows_of, scenarios_of
from ppml_core.store.searches import recording_search

MAP, BEHIND_LOCAL, BESIDE, SEARCHING = "map", "behind local", "beside", "searching"
BUDGET = 40
RISK_FIRST = ("membership.tpr_at_0.01", "linkage", "epsilon", "seconds")
ENOUGH = 0.4


@dataclass(frozen=True, eq=False)
class Map:
    """Everything on the map: scenarios by id, their tidy rows, the two axes, their readings and the front."""

    scenarios: dict[str, Scenario]
    rows: pd.DataFrame
    utility: Axis
    risk: Axis
    found: dict[str, list[Reading]]
    front: Front

    def told(self) -> dict[str, str]:
        """Each scenario in a few words."""
        return {name: in_short(scenario) for name, scenario in self.scenarios.items()}

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

    def baselines(self) -> pd.DataFrame:
        """No privacy and guessing on the utility axis, as charts and stories take them."""
        measure = self.utility.measure
        plain = [
            scenario
            for scenario in self.scenarios.values()
            if not (scenario.anonymize or scenario.venue)
            and scenario.learner.method in plans.learners_for(tables.dataset().schema, False)
        ]
        references = {f"{in_short(one)}, no privacy": self.rows_of(one.id) for one in plain}
        return plans.baselines_of(references, [self.rows] if len(self.rows) else [], measure)

    def levels(self) -> list[Baseline]:
        """The best without privacy and guessing, as lines across."""
        say, frame = wording(self.utility.name), self.baselines()
        return [
            Baseline(f"{text} {say.tick(round(value, 3))}", float(value))
            for text, value in frame.groupby("kind", sort=False).head(1)[["text", "value"]].itertuples(index=False)
        ]


def question() -> sweeps.Question:
    """The small map of the session's table."""
    data, name = tables.dataset(), session.dataset_name()
    return sweeps.Question(MAP, data.fingerprint, (("", tuple(small_map_plan(name, data.schema))),), ())


def is_complete() -> bool:
    """Whether every point of the small map has been tried."""
    asked = question()
    return sweeps.is_complete(asked, sweeps.known_rows(asked, tables.desk(), tables.dataset()))


def is_attacked_behind_local() -> bool:
    """Whether membership has been attacked behind local recoding as well."""
    asked = question_behind_local()
    return sweeps.is_complete(asked, sweeps.known_rows(asked, tables.desk(), tables.dataset()))


def question_behind_local() -> sweeps.Question:
    """The map's scenarios behind local recoding with the attack on each, whose shadow models recode anew."""
    data, name = tables.dataset(), session.dataset_name()
    plan = small_map_plan(name, data.schema, behind_local=True)
    dear = tuple(one for one in plan if one.anonymize and one.anonymize[0].method == LOCAL)
    return sweeps.Question(BEHIND_LOCAL, data.fingerprint, (("", dear),), ())


def question_beside() -> sweeps.Question:
    """What the session has decided, found and run apart, one repeat each, as far as it is not on the map anyway."""
    there = {scenario.id for scenario in question().parts[0][1]}
    extra = tuple(scenario for scenario in once(_beside()) if scenario.id not in there)
    return sweeps.Question(BESIDE, tables.dataset().fingerprint, (("", extra),), ())


def current_map() -> Map:
    """The map as far as it is known."""
    there: dict[str, Scenario] = {}
    frames = []
    for asked in (question(), question_behind_local(), question_beside()):
        there |= {scenario.id: scenario for scenario in asked.parts[0][1]}
        frames.append(sweeps.known_rows(asked, tables.desk(), tables.dataset())[""])
    known = together(frames).drop_duplicates(["scenario_id", "repeat", "measure"], ignore_index=True)
    opened = opened_run()
    if opened:
        there, known = _with_run(opened, there, known)
    return map_of(there, known)


def map_of(there: dict[str, Scenario], rows: pd.DataFrame) -> Map:
    utility, risk = utility_axis(), risk_axis(rows)
    placed = [readings(axis, rows) if len(rows) else {} for axis in (utility, risk)]
    found = {name: [place[name] for place in placed] for name in placed[0]}
    return Map(there, rows, utility, risk, found, front_of(found))


def utility_axis() -> Axis:
    """The chosen one where it fits the table's target."""
    offered = utilities()
    chosen = str(session.get("utility_axis"))
    return axis_of(chosen if chosen in offered else offered[0])


def utilities() -> list[str]:
    return plans.measures_for(tables.dataset().schema)


def risks(rows: pd.DataFrame) -> list[str]:
    """Axes of risk, of what is proved, and of cost of which something is known; the first ones where nothing is."""
    there = set(rows.loc[rows["value"].notna(), "measure"])
    proved = bool(len(rows)) and bool(rows["guarantee_epsilon"].notna().any())
    known = [
        axis.name
        for axis in axes().values()
        if (axis.measure in there and axis.kind != "utility") or (axis.name == "seconds" and there)
        or (axis.kind == "proved" and proved)
    ]  # fmt: skip
    return sorted(known or RISK_FIRST, key=lambda name: (name not in RISK_FIRST, known.index(name) if known else 0))


def risk_axis(rows: pd.DataFrame) -> Axis:
    """The chosen one where something is known of it; else membership, record linkage, ε."""
    offered = risks(rows)
    chosen = str(session.get("risk_axis"))
    return axis_of(chosen if chosen in offered else automatic("risk_axis", offered, rows))


def automatic(key: str, offered: Sequence[str], rows: pd.DataFrame) -> str:
    """The axis that stands there where none was chosen.

    Of the risks the first that is known of enough scenarios: while a map is computed, its attacks come last.
    """
    if key != "risk_axis":
        return offered[0]
    there = rows[rows["value"].notna()]
    known = {name: there.loc[there["measure"] == axis_of(name).measure, "scenario_id"].nunique() for name in offered}
    most = max(known.values(), default=0)
    return next((name for name in RISK_FIRST if name in offered and known[name] >= ENOUGH * most), offered[0])


def shown_point(here: Map) -> str | None:
    """The point whose story is told: the clicked one, else what the session has decided, else the knee."""
    wished = [st.session_state.get("shown_point"), scenarios.current().id, here.front.knee, *here.front.line[:1]]
    return next((str(name) for name in wished if name in here.found and name not in here.front.gaps), None)


def opened_run() -> str:
    """The id of the run that was opened on the map; "" for none, or for a table of one's own."""
    return "" if tables.desk().private else str(st.session_state.get("shown_run") or "")


def close_run() -> None:
    session.put("shown_run", "")


def _with_run(run_id: str, there: dict[str, Scenario], known: pd.DataFrame) -> tuple[dict[str, Scenario], pd.DataFrame]:
    """The map with the points of a run on the same table; without them where it is gone or another table's."""
    store = tables.desk().memory
    try:
        assert isinstance(store, Store)
        run = find_run(store, run_id)
        if run.fingerprint != tables.dataset().fingerprint:
            return there, known
        brought, rows = scenarios_of(store, run), rows_of(store, run)
    except PPMLError:
        return there, known
    fresh = rows[~rows["scenario_id"].isin(known["scenario_id"])] if len(known) else rows
    return {scenario.id: scenario for scenario in brought} | there, together([known, fresh])


def together(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Rows of several sweeps as one frame."""
    there = [frame for frame in frames if len(frame)]
    return pd.concat(there, ignore_index=True) if there else pd.DataFrame(columns=list(COLUMNS))


def _beside() -> list[Scenario]:
    """What the session has decided, what searches found and what ran on Together apart, with the map's attacks."""
    found = [scenario_from_toml(toml) for toml in tables.desk().once(_found_key(), dict).values()]
    found += scenarios.done_apart()
    with suppress(PPMLError):
        found = [scenarios.current(), *found]
    attack = map_attack()
    return [dataclasses.replace(one, repeats=1, attack=() if one.anonymize else attack) for one in found]


def needs(here: Map) -> tuple[Need, ...]:
    """What the session needs, as far as it says."""
    asked = [("need_utility", here.utility), ("need_epsilon", axis_of("epsilon"))]
    asked += [(f"need_{axis.name}", axis) for axis in costs(here.rows)]
    if here.risk.kind == "risk":
        asked.insert(1, ("need_risk", here.risk))
    return tuple(Need(axis, float(session.get(name))) for name, axis in asked if session.get(name) != session.ANY)


def costs(rows: pd.DataFrame) -> list[Axis]:
    """The costs of which something is known: seconds always are, bytes where something is sent."""
    there = set(rows.loc[rows["value"].notna(), "measure"])
    return [axis for axis in COSTS if axis.measure in there or (axis.name == "seconds" and there)]


def objectives(here: Map) -> list[str]:
    """Axes of which one can be the first that counts: those of the map, what is proved, and costs."""
    known = (here.utility.name, here.risk.name, "epsilon", *(axis.name for axis in costs(here.rows)))
    return list(dict.fromkeys(known))


def objective() -> tuple[Axis, ...]:
    """What counts among those that meet the needs; () for the lowest risk, then ε, then seconds."""
    chosen = str(session.get("objective"))
    return () if chosen == session.AUTO else (axis_of(chosen),)


def known_answer(here: Map) -> KnownAnswer | None:
    """What the known points say to the needs; None without any need."""
    asked = needs(here)
    return answer_from(here.rows, asked, objective()) if asked and len(here.rows) else None


def search_key(asked: Sequence[Need]) -> Hashable:
    """What a search is known by: the table, the needs, what counts, the learner."""
    sought = tuple(axis.name for axis in objective())
    return ("search", tables.key(), tuple(need.text for need in asked), sought, sweeps.current_learner())


def start_search(asked: tuple[Need, ...]) -> None:
    """Searches for the session's learner, before it global and local recoding where the need is about a table."""
    desk, data = tables.desk(), tables.dataset()
    base = Scenario.of(session.dataset_name(), sweeps.current_learner(), repeats=1)
    key, found_key, sought = search_key(asked), _found_key(), objective()
    st.session_state[SEARCHING] = key

    def work(job: Job) -> None:
        families, store = families_for(base, asked), desk.memory
        with ExitStack() as recorded, np.errstate(all="ignore"):
            tried = None
            if isinstance(store, Store):
                run = recording_search(store, families, asked, data, BUDGET, cancelled=job.is_cancelled)
                tried = recorded.enter_context(run).tried
            found = solve(
                families, asked, data, store, budget=BUDGET, objective=sought,
                progress=job.report, cancelled=job.is_cancelled, on_point=tried,
            )  # fmt: skip
        desk.once(("solution", key), lambda: found)
        chosen = found.best or found.nearest
        if chosen is not None and not job.cancelled:
            kept: dict[str, str] = desk.once(found_key, dict)
            kept[chosen.scenario.id] = chosen.scenario.to_toml()

    desk.start(key, "search for a setting", work)


def solution(asked: Sequence[Need]) -> Solution | None:
    """What the search for these needs found; None before."""
    key, desk = ("solution", search_key(asked)), tables.desk()
    found: Solution | None = desk.once(key, lambda: None) if desk.has(key) else None
    return found


def is_waiting() -> bool:
    """Whether something that the page shows is being computed."""
    keys = [question().key, question_behind_local().key, question_beside().key, st.session_state.get(SEARCHING)]
    jobs = [tables.desk().find(key) for key in keys]
    return any(job is not None and job.running for job in jobs)


def _found_key() -> Hashable:
    return ("found", tables.key())


def grid_cells(here: Map) -> pd.DataFrame:
    """Pairs of k and ε with the utility of each and its interval, for global recoding before a private learner."""
    found = []
    for name, scenario in here.scenarios.items():
        k, epsilon = scenario.setting("anonymize.k"), scenario.setting("learner.epsilon")
        reading = here.found.get(name)
        if len(scenario.anonymize) == 1 and k is not None and epsilon is not None and reading:
            low, high = reading[0].interval or (None, None)
            found.append((scenario.anonymize[0].method, int(k), float(epsilon), reading[0].value, low, high))
    return pd.DataFrame(found, columns=["recoding", "k", "epsilon", "value", "low", "high"])


def parallel_axes(here: Map) -> tuple[Axis, ...]:
    """The axes of the parallel coordinates: both of the map, and the costs of which something is known."""
    return tuple(dict.fromkeys([here.utility, here.risk, *costs(here.rows)]))


def places(here: Map, wished: Sequence[Axis]) -> dict[str, list[Reading]]:
    """What is known of every scenario on those axes, by id."""
    found = [readings(axis, here.rows) for axis in wished]
    return {name: [known[name] for known in found] for name in here.found}


def set_values(here: Map) -> pd.DataFrame:
    """k and ε of every scenario as they were set, by id; NaN where it has none."""
    asked = {"k, look-alikes": ("anonymize.k",), "ε, as set": ("learner.epsilon", "anonymize.epsilon")}
    return pd.DataFrame(
        {
            title: [next((v for one in names if (v := here.scenarios[name].setting(one)) is not None), None)
                    for name in here.found]
            for title, names in asked.items()
        },
        index=list(here.found), dtype=float,
    )  # fmt: skip
