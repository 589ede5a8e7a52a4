"""Which scenarios are compared: the present one, saved ones, and points picked from the map; at most four."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import pandas as pd
import streamlit as st

from dashboard import scenarios, session, sweeps, tables
from dashboard.jobs import Job
from ppml_core.charts.scenario_words import in_short
from ppml_core.errors import BadInput, PPMLError
from ppml_core.evidence import Estimate
from ppml_core.experiment import plans
from ppml_core.experiment.axes import axes
from ppml_core.experiment.differences import Difference, differences, person_by_person
from ppml_core.experiment.map_view import together
from ppml_core.experiment.relations import rows_under_one_relation
from ppml_core.experiment.scenario import Scenario, scenario_from_toml
from ppml_core.store import Store
from ppml_core.store.saved import Saved, list_scenarios, save_scenario

MOST = 4
PICKED, CHOSEN = "picked", "compared"
CURRENT, PLAIN = STANDING = "current", "plain"
REPEATS = 3


def pick(toml: str) -> None:
    """Lays a scenario beside the others; the oldest pick makes room."""
    scenario = scenario_from_toml(toml)
    picks: dict[str, str] = st.session_state.setdefault(PICKED, {})
    picks[scenario.id] = toml
    chosen = [name for name in st.session_state.get(CHOSEN, [CURRENT]) if name != scenario.id]
    st.session_state[CHOSEN] = [*chosen[: MOST - 1], scenario.id]


def is_picked(scenario: Scenario) -> bool:
    return scenario.id in st.session_state.get(PICKED, {})


def store() -> Store | None:
    """Where scenarios of bundled tables are saved; None for a table of one's own."""
    memory = tables.desk().memory
    return memory if isinstance(memory, Store) else None


def saved() -> list[Saved]:
    """Saved scenarios of the session's table that can still be read."""
    kept = store()
    return [] if kept is None else [one for one in list_scenarios(kept) if one.dataset == session.dataset_name()]


def save(toml: str, name: str, note: str) -> str:
    """Keeps a scenario under the name; the sentence of a refusal, "" when all is well."""
    kept = store()
    try:
        if kept is None:
            raise BadInput("a scenario of your own table is not kept on the server: download its file.")
        save_scenario(kept, name, session.dataset_name(), toml, note)
    except PPMLError as refusal:
        return str(refusal)
    return ""


def offered() -> dict[str, tuple[str, Scenario]]:
    """Everything that can be compared: key -> (title, scenario). What cannot be read any more is left out."""
    found = {CURRENT: ("Now", scenarios.current())}
    if plain := plans.reference_plan(session.dataset_name(), tables.dataset().schema):
        found[PLAIN] = (f"{in_short(plain[0])}, no privacy", plain[0])
    for key, title, toml in (
        *((one.id, one.name, one.content) for one in saved()),
        *((name, "", toml) for name, toml in st.session_state.get(PICKED, {}).items()),
    ):
        try:
            scenario = scenario_from_toml(toml)
        except PPMLError:
            continue
        if scenario.dataset == session.dataset_name():
            found[key] = (title or in_short(scenario), scenario)
    return found


def first_choice(offered: Mapping[str, tuple[str, Scenario]]) -> list[str]:
    """What is compared where nothing was chosen yet."""
    return [name for name in (CURRENT, PLAIN) if name in offered]


def question(chosen: Mapping[str, Scenario]) -> sweeps.Question:
    """The chosen scenarios with as many repeats each."""
    return sweeps.Question("compare", tables.dataset().fingerprint, (("", tuple(chosen.values())),), ())


def found(chosen: Mapping[str, Scenario]) -> dict[str, list[Difference]]:
    """Every axis of every chosen scenario against the first one, as far as it is known."""
    known = together([
        sweeps.known_rows(question({key: one}), tables.desk(), tables.dataset())[""] for key, one in chosen.items()
    ])  # fmt: skip
    known = rows_under_one_relation({one.id: one for one in chosen.values()}, known)
    parts = {key: known[known["scenario_id"] == one.id] for key, one in chosen.items()}
    if any(part.empty for part in parts.values()):
        parts = {key: part for key, part in parts.items() if len(part)}
    return differences(parts, list(axes().values()))


def pairing_key(chosen: Mapping[str, Scenario]) -> Hashable:
    return ("person by person", tables.key(), tuple(one.id for one in chosen.values()))


def start_pairing(chosen: Mapping[str, Scenario]) -> None:
    """Trains each again and compares the same test people, beside the page."""
    desk, data, key, asked = tables.desk(), tables.dataset(), pairing_key(chosen), list(chosen.values())

    def work(job: Job) -> None:
        made = person_by_person(asked, data, REPEATS, progress=job.report, cancelled=job.is_cancelled)
        if made:
            desk.once(("paired", key), lambda: made)

    desk.start(key, "comparing person by person", work)


def paired(chosen: Mapping[str, Scenario]) -> dict[str, Estimate]:
    """What the comparison person by person found; empty before."""
    desk, key = tables.desk(), ("paired", pairing_key(chosen))
    return dict(desk.once(key, dict)) if desk.has(key) else {}


def rows_of(chosen: Mapping[str, Scenario]) -> pd.DataFrame:
    """Tidy rows of the chosen scenarios."""
    return sweeps.known_rows(question(chosen), tables.desk(), tables.dataset())[""]


def is_waiting() -> bool:
    """Whether something that is compared is being computed."""
    everything = offered()
    asked = st.session_state.get(CHOSEN, first_choice(everything))
    chosen = {name: everything[name][1] for name in asked if name in everything}
    jobs = [tables.desk().find(key) for key in (question(chosen).key, pairing_key(chosen))]
    return any(job is not None and job.running for job in jobs)
