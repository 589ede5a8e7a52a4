"""The session's values as a scenario, and a scenario as the session's values, so that what a map shows can be used.

In: values that pages decide, or a scenario from a map, a file, the store. Out: the other one. A scenario that the pages
cannot hold is refused with the reason; its file and the command line have no such limits.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable
from typing import Any

import streamlit as st

from dashboard import session, sweeps, tables
from ppml_core.anonymize.base import Anonymizer
from ppml_core.catalog import method, methods
from ppml_core.data.bundled import names
from ppml_core.errors import NotApplicable, PPMLError
from ppml_core.experiment.plans import private_releases
from ppml_core.experiment.scenario import Scenario, Step, scenario_from_toml
from ppml_core.experiment.sharing import unpack
from ppml_core.learn.base import Learner
from ppml_core.settings import settings_of
from ppml_core.venues.base import Venue

OWN = ("epsilon", "delta")
LINK, LEADS_TO, TOGETHER_APART, RUNS = "scenario", "leads_to", "together_apart", "apart_runs"


def current() -> Scenario:
    """What the session has decided: chain, learner, budget, repeats."""
    return dataclasses.replace(sweeps.current_point(), repeats=int(session.get("repeats")))


def use(toml: str) -> None:
    """Gives the session a scenario's settings; what it cannot hold is told on the page."""
    try:
        take(scenario_from_toml(toml))
    except PPMLError as fault:
        st.session_state["notice"] = str(fault)


def take(scenario: Scenario) -> None:
    """Gives the session a scenario's settings. Raises NotApplicable, and changes nothing, where no page has them."""
    values, settings = values_of(scenario)
    if values["dataset"] != session.get("dataset"):
        session.forget_roles()
    for name, value in values.items():
        session.put(name, value)
    apart = scenario.venue is not None
    for key in [key for key in st.session_state if _is_setting(str(key), apart)]:
        del st.session_state[key]
    for name, value in settings.items():
        st.session_state[f"{session.SETTING}{name}"] = value
    if apart:
        lead_to(TOGETHER_APART)


def take_link() -> None:
    """Takes up the scenario that an address carries (`ppml scenario check` prints one), once."""
    if LINK in st.query_params:
        text = st.query_params[LINK]
        del st.query_params[LINK]
        try:
            take(unpack(text))
        except PPMLError as fault:
            st.session_state["notice"] = str(fault)


def lead_to(page: str) -> None:
    """The next run of a page goes on to this one; for a button, which cannot itself."""
    st.session_state[LEADS_TO] = page


def run_apart() -> dict[str, str]:
    """Scenario files by id that this session asked for on Together apart, on its present table."""
    everything: dict[Hashable, dict[str, str]] = st.session_state.setdefault(RUNS, {})
    return everything.setdefault(tables.key(), {})


def apart_key(scenario: Scenario) -> Hashable:
    """What a training on Together apart is known by."""
    return ("together apart", tables.key(), scenario.id)


def done_apart() -> list[Scenario]:
    """What of it is worked out, in the order in which it was asked for."""
    asked = [scenario_from_toml(toml) for toml in run_apart().values()]
    return [one for one in asked if tables.desk().has(apart_key(one))]


def go_on(page: str) -> None:
    """Leads on to another page where the button that was pressed asked for that."""
    leads_to = st.session_state.pop(LEADS_TO, page)
    if leads_to != page:
        st.switch_page(f"app_pages/{leads_to}.py")


def values_of(scenario: Scenario) -> tuple[dict[str, Any], dict[str, Any]]:
    """The session's values, and settings by `method.name`, that ask for this scenario.

    Raises NotApplicable where no page could ask for it.
    """
    if scenario.dataset not in names() and not (scenario.dataset == session.UPLOAD and session.is_upload()):
        raise NotApplicable(
            f"the scenario's table {scenario.dataset!r} is not bundled: load it on Data & roles, and choose there."
        )
    if scenario.venue is not None:
        return _apart(scenario, scenario.venue)
    values: dict[str, Any] = {"dataset": scenario.dataset, "train_on": session.PEOPLE}
    settings: dict[str, Any] = {}
    if scenario.seed != 1 or len(scenario.anonymize) > 1:
        raise NotApplicable("the pages offer one step before the learner and the seed 1; take this scenario's file.")
    for step in scenario.anonymize:
        if step.method in private_releases():
            values["train_on"] = step.method
            settings |= _own_settings(step, Anonymizer, values)
        elif step.method in session.RECODINGS:
            values |= {"train_on": session.LOOK_ALIKES, "recoding": step.method, "node": ""} | _look_alikes(step)
        else:
            raise NotApplicable(f"{step.method} is not offered before a learner on the pages; take its file.")
    values["plain_learner" if values["train_on"] in private_releases() else "learner"] = scenario.learner.method
    settings |= _own_settings(scenario.learner, Learner, values)
    return values, settings


def _apart(scenario: Scenario, venue: Step) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values of a scenario that is trained in a venue."""
    offered = (session.LINEAR, method(Venue, venue.method).network)
    if scenario.seed != 1 or scenario.anonymize:
        raise NotApplicable(
            "Together apart offers people as they are and the seed 1; take this scenario's file to train otherwise."
        )
    if scenario.learner.method not in offered or _changed(scenario.learner, Learner):
        raise NotApplicable(
            f"Together apart offers {' and '.join(filter(None, offered))} as they are, not {scenario.learner.method} "
            "with these settings; take this scenario's file."
        )
    values = {"dataset": scenario.dataset, "venue": venue.method, "apart_learner": scenario.learner.method}
    return values, {f"{venue.method}.{name}": value for name, value in _changed(venue, Venue).items()}


def _is_setting(key: str, of_a_venue: bool) -> bool:
    """Whether the key holds a setting, of a venue or of anything else."""
    name = key.removeprefix(session.SETTING).partition(".")[0]
    return key.startswith(session.SETTING) and (name in methods(Venue)) == of_a_venue


def _look_alikes(step: Step) -> dict[str, Any]:
    fields = {"k": "k", "suppression_limit": "suppression", "models": "models"}
    if step.method != "full_domain":
        del fields["suppression_limit"]
    odd = _changed(step, Anonymizer)
    for name in odd:
        if name not in fields:
            raise NotApplicable(f"{name} = {odd[name]} of {step.method} cannot be set on the pages; take its file.")
    given = dict(step.settings)
    return {field: given[name] for name, field in fields.items() if name in given}


def _own_settings(step: Step, kind: type[Any], values: dict[str, Any]) -> dict[str, Any]:
    given = dict(step.settings)
    if "epsilon" in given:
        values["epsilon"] = float(given["epsilon"])
        if not session.EPSILONS[0] <= values["epsilon"] <= session.EPSILONS[-1]:
            raise NotApplicable(f"ε = {values['epsilon']:g} lies outside what the pages offer.")
    if "delta" in given:
        delta = given["delta"]
        if delta is not None and delta not in session.DELTAS:
            raise NotApplicable(f"δ = {delta:g} is none that the pages offer.")
        values["delta"] = session.AUTO if delta is None else delta
    return {f"{step.method}.{name}": value for name, value in _changed(step, kind).items() if name not in OWN}


def _changed(step: Step, kind: type[Any]) -> dict[str, Any]:
    """The settings of a step that are not at their default."""
    declared = settings_of(method(kind, step.method))
    return {name: value for name, value in step.settings if value != declared[name].default and value is not None}
