"""A scenario in a few words, for hovering and for tables: what was done to the table, what was trained, how private."""

from __future__ import annotations

from ppml_core.anonymize.base import Anonymizer
from ppml_core.catalog import method
from ppml_core.charts.words import budget, percent
from ppml_core.experiment.scenario import Scenario, Step
from ppml_core.learn.base import Learner
from ppml_core.settings import settings_of, words
from ppml_core.venues.base import Venue

LETTERS = {"epsilon": "ε", "delta": "δ"}


def in_short(scenario: Scenario) -> str:
    """Its learner and its steps by title, each with the settings that are not at their default.

    >>> in_short(Scenario.of("adult", "dp_gd", {"epsilon": 0.3}, [("full_domain", {"k": 10})]))
    'DP gradient descent (ε = 0.3) after Full-domain generalization (k = 10)'
    """
    chain = ", then ".join(_step(step, Anonymizer) for step in scenario.anonymize)
    learner = _step(scenario.learner, Learner)
    if scenario.venue is not None:
        learner += f", {_step(scenario.venue, Venue)}"
    return f"{learner} after {chain}" if chain else learner


def written(name: str, value: object) -> str:
    """A setting and its value as a person reads them.

    >>> written("epsilon", 1.0), written("models", "")
    ('ε = 1', 'models = none')
    """
    shown = LETTERS.get(name, words(name))
    if isinstance(value, bool):
        return f"{shown} = {'yes' if value else 'no'}"
    if name == "suppression_limit" and isinstance(value, float):
        return f"{shown} = {percent(value)}"
    if isinstance(value, float):
        return f"{shown} = {budget(value)}"
    if isinstance(value, tuple | list):
        return f"{shown} = {', '.join(map(str, value)) or 'none'}"
    return f"{shown} = {'none' if value in (None, '') else value}"


def _step(step: Step, kind: type[Anonymizer] | type[Learner] | type[Venue]) -> str:
    cls = method(kind, step.method)
    declared = settings_of(cls)
    always = () if kind is Venue else ("epsilon", "k")  # a venue without noise has an ε that means nothing
    told = [
        written(name, value)
        for name, value in step.settings
        if value is not None and (name in always or value != declared[name].default)
    ]
    order = sorted(told, key=lambda text: not text.startswith(("ε", "k ")))
    return f"{cls.title} ({', '.join(order)})" if order else cls.title
