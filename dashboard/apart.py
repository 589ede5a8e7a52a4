"""What the page Together apart works with: the venue as it is set, the trainings that were run, and what they gave.

In: the session's table and choices. Out: scenarios with a venue, jobs, results as far as they are worked out. Nothing
is trained when a control moves; what was run on this table stays beside what is set now.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import streamlit as st

from dashboard import attacking, controls, scenarios, session, tables
from dashboard.jobs import Desk, Job
from ppml_core.catalog import method, methods
from ppml_core.charts.scenario_words import in_short
from ppml_core.charts.together import Told
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput, PPMLError
from ppml_core.experiment.apart import Apart, together_apart
from ppml_core.experiment.points import point_of
from ppml_core.experiment.scenario import Scenario, Step, scenario_from_toml
from ppml_core.federated.inversion_study import Study
from ppml_core.federated.neighbour_study import whole_study
from ppml_core.learn.base import Learner
from ppml_core.settings import Setting, settings_of
from ppml_core.store import Store
from ppml_core.store.recording import recording
from ppml_core.venues.base import Venue
from ppml_core.workers import Progress

LEARNER, LEARNER_KEY = session.LINEAR, "apart_learner"
CHOSEN = "venue"
BY = "by"
MAIN = (
    "clients", "partition", "alpha", BY, "rounds", "graph", "strategy", "protection", "secagg", "dp", "epsilon",
    "security_bits", "engine", "split", "rows", "steps",
)  # fmt: skip
TITLES = {
    "dp": "Noise is added by", "secagg": "Secure aggregation", "alpha": "Dirichlet parameter of the skew",
    "epsilon": "Privacy budget ε", "delta": "δ", "security_bits": "Security level", "unit": "What noise protects",
    "split": "What each holder has",
}  # fmt: skip
MOST_RUNS = 8
STUDY_SEED = 1


def offered() -> list[str]:
    """Every venue of the catalog, by title."""
    return sorted(methods(Venue), key=title_of)


def chosen() -> str:
    """The venue that is looked at."""
    return str(session.get(CHOSEN))


def learners() -> list[str]:
    """What the venue can train: the linear model, and a network where it has one."""
    network = method(Venue, chosen()).network
    return [LEARNER, *([network] if network else [])]


def learner() -> str:
    held = str(session.get(LEARNER_KEY))
    return held if held in learners() else LEARNER


def title_of(name: str) -> str:
    return str(method(Venue, name).title)


def declared() -> dict[str, Setting]:
    """The venue's settings that mean something beside the others as they are set."""
    known = settings_of(method(Venue, chosen()))
    return {name: setting for name, setting in known.items() if _is_meant(setting, known)}


def key_of(name: str) -> str:
    return f"{session.SETTING}{chosen()}.{name}"


def settings() -> dict[str, Any]:
    """What is set and differs from the defaults."""
    found = {}
    for name, setting in declared().items():
        value = _value(name, setting)
        if value != setting.default:
            found[name] = value
    return found


def columns() -> list[str]:
    """Columns by whose values holders can be told apart."""
    schema = tables.dataset().schema
    return [name for name in schema.inputs if schema[name].kind in ("categorical", "ordinal")]


def scenario() -> Scenario:
    """The plain learner on the people, in the venue. Raises BadInput where its settings do not go together."""
    asked = settings()
    if asked.get("partition") == "column" and not asked.get(BY):
        asked[BY] = next(iter(columns()), "")
    plain = Scenario.of(session.dataset_name(), learner(), {}, repeats=1)
    return dataclasses.replace(plain, venue=Step.of(Venue, chosen(), asked))


def venue() -> Venue:
    made = scenario().venue
    assert made is not None
    kind: Venue = made.make(Venue)
    return kind


def found(asked: Scenario) -> Apart | None:
    desk = tables.desk()
    key = scenarios.apart_key(asked)
    return desk.once(key, lambda: None) if desk.has(key) else None


def job_of(asked: Scenario) -> Job | None:
    return tables.desk().find(scenarios.apart_key(asked))


def start(toml: str) -> None:
    """Trains beside the page, and remembers that this session asked for it."""
    asked = scenario_from_toml(toml)
    data, runs, desk = tables.dataset(), scenarios.run_apart(), tables.desk()
    runs[asked.id] = toml
    for old in list(runs)[:-MOST_RUNS]:
        del runs[old]
    attacking.work_out(
        scenarios.apart_key(asked), "training together apart",
        lambda heard: _trained(asked, data, desk, heard), "steps",
    )  # fmt: skip


def _trained(asked: Scenario, data: Dataset, desk: Desk, heard: Progress) -> Apart:
    """On a bundled table the training is a run of the store, where its result is kept there."""
    assert asked.venue is not None
    if desk.private or not isinstance(desk.memory, Store) or not asked.venue.make(Venue).asks_freely:
        return together_apart(asked, data, heard, desk.memory)
    with recording(desk.memory, [asked], data, usual=f"{_name(asked)}, {asked.dataset}") as run:
        try:
            return together_apart(asked, data, heard, desk.memory)
        except PPMLError as fault:
            run.failed(point_of(asked, 0, data.fingerprint), str(fault))
            raise


def start_first() -> None:
    """What the page shows before anybody asked for anything: the venue as it is, once."""
    if not scenarios.run_apart():
        start(scenario().to_toml())


def show_on_map(asked: Scenario) -> None:
    """Leads to the map of Trade-off, where this run's story is told."""
    session.put("shown_point", asked.id)
    scenarios.lead_to("trade_off")


def attack(asked: Scenario) -> None:
    """Leads to Attacks & risk, with this run's model beside the session's own."""
    st.session_state[attacking.BESIDE] = asked.id
    scenarios.lead_to("attacks_risk")


def told() -> list[Told]:
    """The runs of this session on this table that are worked out, in the order in which they were asked for."""
    known = [(one, found(one)) for one in scenarios.done_apart()]
    return [Told(_name(one), apart) for one, apart in known if apart is not None]


def study_key() -> Hashable:
    return ("inversion", tables.key())


def study() -> Study | None:
    desk = tables.desk()
    return desk.once(study_key(), lambda: None) if desk.has(study_key()) else None


def start_study() -> None:
    data = tables.dataset()
    attacking.work_out(
        study_key(), "reading records out of updates",
        lambda heard: whole_study(data, np.random.default_rng(STUDY_SEED), progress=heard), "experiments",
    )  # fmt: skip


def study_job() -> Job | None:
    return tables.desk().find(study_key())


def is_running() -> bool:
    try:
        keys = [scenarios.apart_key(scenario())]
    except BadInput:
        keys = []
    keys += [scenarios.apart_key(scenario_from_toml(toml)) for toml in scenarios.run_apart().values()]
    jobs = [tables.desk().find(one) for one in (*keys, study_key())]
    return any(job is not None and job.running for job in jobs)


def _name(asked: Scenario) -> str:
    plain = f"{method(Learner, LEARNER).title}, "
    return in_short(asked).removeprefix(plain)


def _is_meant(setting: Setting, known: Mapping[str, Setting]) -> bool:
    return setting.is_meant(lambda other: _value(other, known[other]))


def _value(name: str, setting: Setting) -> Any:
    """As the control holds it; the default where it has none, or one that cannot be read."""
    held = st.session_state.get(key_of(name), setting.default)
    try:
        return None if held == session.AUTO and setting.optional else setting.parse(held)
    except BadInput:
        return setting.default


def settings_controls() -> None:
    """The settings that matter most, the others folded away."""
    shown = declared()
    for name in [name for name in MAIN if name in shown]:
        _control(name, shown[name])
    rest = {name: setting for name, setting in shown.items() if name not in MAIN}
    if rest:
        with st.expander("More settings", key="more_venue_settings"):
            for name, setting in rest.items():
                _control(name, setting)


def _control(name: str, setting: Setting) -> None:
    if name == BY and columns():
        offered, held = columns(), st.session_state.get(key_of(name))
        st.selectbox(
            "Column that tells the holders apart", offered, offered.index(held) if held in offered else 0,
            key=key_of(name), persist_state="session", help=controls.told_of(setting.help, setting),
        )  # fmt: skip
        return
    controls.control(setting, key_of(name), columns=tables.dataset().schema.inputs, title=TITLES.get(name, ""))
