"""What the page Trade-off works with: which scenarios are on the map, their rows, axes and front, needs and the search.

In: the session's table, axes and needs. Out: what is known by now, and jobs that compute more. A run that was opened
on the page Runs brings its scenarios along; what a search found, what ran on Together apart, and what the session has
decided, stand beside them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Sequence
from contextlib import ExitStack, suppress

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import scenarios, session, sweeps, tables
from dashboard.jobs import Job
from ppml_core.charts.curves import Baseline
from ppml_core.charts.measures import wording
from ppml_core.charts.scenario_words import in_short
from ppml_core.errors import PPMLError
from ppml_core.experiment import plans
from ppml_core.experiment.axes import Axis, axis_of
from ppml_core.experiment.designs import once
from ppml_core.experiment.families import LOCAL, families_for, first_map_plan, map_attack, small_map_plan
from ppml_core.experiment.known import KnownAnswer, answer_from
from ppml_core.experiment.map_view import Map, first_levels, first_risk, once_each, risks_of, with_others
from ppml_core.experiment.needs import Need
from ppml_core.experiment.scenario import Scenario, scenario_from_toml
from ppml_core.experiment.solve import Solution, solve
from ppml_core.store import Store
from ppml_core.store.runs import find_run, rows_of, scenarios_of
from ppml_core.store.searches import recording_search

MAP, FIRST, BEHIND_LOCAL, BESIDE, SEARCHING = "map", "first of the map", "behind local", "beside", "searching"
BUDGET = 40


def told(here: Map) -> dict[str, str]:
    """Each scenario in a few words."""
    return {name: in_short(scenario) for name, scenario in here.scenarios.items()}


def baselines(here: Map) -> pd.DataFrame:
    """No privacy and guessing on the utility axis, as charts and stories take them."""
    return here.baselines(tables.dataset().schema, in_short)


def levels(here: Map) -> list[Baseline]:
    """The best without privacy and guessing, as lines across."""
    say = wording(here.utility.name)
    return [Baseline(f"{text} {say.tick(round(value, 3))}", value) for text, value in first_levels(baselines(here))]


def question() -> sweeps.Question:
    """The small map of the session's table."""
    data, name = tables.dataset(), session.dataset_name()
    return sweeps.Question(MAP, data.fingerprint, (("", tuple(small_map_plan(name, data.schema))),), ())


def question_first() -> sweeps.Question:
    """What of the map nobody should have to ask for, one by one, so that each is there with its attack."""
    data, name = tables.dataset(), session.dataset_name()
    parts = tuple((one.id, (one,)) for one in first_map_plan(name, data.schema))
    return sweeps.Question(FIRST, data.fingerprint, parts, ())


def begin() -> bool:
    """On the first table as it is shipped: the first attacks of its map, once, in the background after its curves.

    Whether that began now: the list of what is at work was drawn before, and shows it when all is drawn anew.
    """
    desk, data = tables.desk(), tables.dataset()
    begun = ("begun", FIRST, data.fingerprint)
    if desk.private or session.dataset_name() != tables.FIRST or desk.has(begun):
        return False
    curves = desk.find(sweeps.first_question().key)
    if curves is None or not curves.finished or data.fingerprint != tables.first_dataset().fingerprint:
        return False
    asked = question_first()
    is_missing = not sweeps.is_complete(asked, sweeps.known_rows(asked, desk, data))
    desk.once(begun, lambda: True)
    if is_missing:
        sweeps.start(asked, desk, data, "first of the map", background=True)
    return is_missing


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
    known, opened = once_each(frames), opened_run()
    if opened:
        there, known = _with_run(opened, there, known)
    return Map.of(there, known, utility_axis(), risk_axis(known))


def utility_axis() -> Axis:
    """The chosen one where it fits the table's target."""
    offered = utilities()
    chosen = str(session.get("utility_axis"))
    return axis_of(chosen if chosen in offered else offered[0])


def utilities() -> list[str]:
    return plans.measures_for(tables.dataset().schema)


def risk_axis(rows: pd.DataFrame) -> Axis:
    """The chosen one where something is known of it; else membership, record linkage, ε."""
    offered = risks_of(rows)
    chosen = str(session.get("risk_axis"))
    return axis_of(chosen if chosen in offered else first_risk(offered, rows))


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
    return {scenario.id: scenario for scenario in brought} | there, with_others(known, rows)


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
    asked += [(f"need_{axis.name}", axis) for axis in here.costs()]
    if here.risk.kind == "risk":
        asked.insert(1, ("need_risk", here.risk))
    return tuple(Need(axis, float(session.get(name))) for name, axis in asked if session.get(name) != session.ANY)


def objectives(here: Map) -> list[str]:
    """Axes of which one can be the first that counts: those of the map, what is proved, and costs."""
    known = (here.utility.name, here.risk.name, "epsilon", *(axis.name for axis in here.costs()))
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
    """Whether something is being computed that somebody asked for here; the first of the map is shown at its end."""
    asked = (question(), question_behind_local(), question_beside())
    keys = [*(one.key for one in asked), st.session_state.get(SEARCHING)]
    jobs = [tables.desk().find(key) for key in keys]
    return any(job is not None and job.running for job in jobs)


def _found_key() -> Hashable:
    return ("found", tables.key())
