"""The session's values as a scenario, and a scenario as the session's values, so that what a map shows can be used.

In: values that pages decide, or a scenario from a map, a file, the store. Out: the other one. A scenario that the pages
cannot hold is refused with the reason; its file and the command line have no such limits.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import streamlit as st

from dashboard import session, sweeps
from ppml_core.anonymize.base import Anonymizer
from ppml_core.catalog import method
from ppml_core.errors import NotApplicable, PPMLError
from ppml_core.experiment.plans import private_releases
from ppml_core.experiment.scenario import Scenario, Step, scenario_from_toml
from ppml_core.learn.base import Learner
from ppml_core.settings import settings_of

OWN = ("epsilon", "delta")


def current() -> Scenario:
    """What the session has decided: chain, learner, budget, repeats."""
    return dataclasses.replace(sweeps.current_point(), repeats=int(session.get("repeats")))


def use(toml: str) -> None:
    """Gives the session a scenario's settings; what it cannot hold is told on the page."""
    try:
        values, settings = values_of(scenario_from_toml(toml))
    except PPMLError as fault:
        st.session_state["notice"] = str(fault)
        return
    for name, value in values.items():
        session.put(name, value)
    for key in [key for key in st.session_state if str(key).startswith(session.SETTING)]:
        del st.session_state[key]
    for name, value in settings.items():
        st.session_state[f"{session.SETTING}{name}"] = value


def values_of(scenario: Scenario) -> tuple[dict[str, Any], dict[str, Any]]:
    """The session's values, and settings by `method.name`, that ask for this scenario.

    Raises NotApplicable where no page could ask for it.
    """
    values: dict[str, Any] = {"train_on": session.PEOPLE}
    settings: dict[str, Any] = {}
    if scenario.seed != 1 or len(scenario.anonymize) > 1:
        raise NotApplicable("the pages offer one step before the learner and the seed 1; take this scenario's file.")
    if scenario.venue is not None:
        raise NotApplicable("the pages train in one place; take this scenario's file to train elsewhere.")
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
