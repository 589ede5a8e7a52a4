"""Which scenarios a sweep computes: every combination, a list, or points that fill the space of settings evenly.

In: scenarios and, per dotted setting, values or the range of its slider. Out: scenarios, each once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.stats import qmc

from ppml_core.anonymize.base import Anonymizer
from ppml_core.catalog import method
from ppml_core.errors import BadInput
from ppml_core.experiment.scenario import Scenario, Step, expand
from ppml_core.learn.base import Learner
from ppml_core.settings import Method, Setting, settings_of
from ppml_core.venues.base import Venue

Filling = Literal["sobol", "latin_hypercube"]
DIGITS = 3


@dataclass(frozen=True)
class Span:
    """Where a setting may go: between two ends, or through `values` in order where they are given."""

    setting: str
    low: float = 0.0
    high: float = 1.0
    log: bool = False
    whole: bool = False
    values: tuple[Any, ...] = ()

    def at(self, share: float) -> Any:
        """The value at a share (0..1) of the way; numbers keep three digits.

        >>> Span("learner.epsilon", 0.01, 100, log=True).at(0.5)
        1.0
        """
        if self.values:
            return self.values[min(int(share * len(self.values)), len(self.values) - 1)]
        found = self.low * (self.high / self.low) ** share if self.log else self.low + (self.high - self.low) * share
        if self.whole:
            return round(found)
        digits = DIGITS - 1 - math.floor(math.log10(abs(found))) if found else DIGITS
        return min(max(round(found, digits), self.low), self.high)


@dataclass(frozen=True)
class Family:
    """Scenarios that differ from a base in the settings of its spans."""

    base: Scenario
    spans: tuple[Span, ...] = ()

    def with_values(self, values: Sequence[Any]) -> Scenario:
        scenario = self.base
        for span, value in zip(self.spans, values, strict=True):
            scenario = scenario.with_setting(span.setting, value)
        return scenario


def span_of(scenario: Scenario, dotted: str) -> Span:
    """The range of that setting's slider, on a log scale where it is declared so. BadInput where it has none."""
    declared = _declared(scenario, dotted)
    if declared.type == "bool":
        return Span(dotted, values=(False, True))
    if declared.choices:
        return Span(dotted, values=declared.choices)
    if declared.steps:
        return Span(dotted, values=declared.steps)
    if declared.slider is None:
        raise BadInput(f"{dotted} has no range of its own: give its values, as in {dotted}=V,V.")
    low, high = declared.slider
    return Span(dotted, low, high, declared.log, declared.type == "int")


def varied(scenario: Scenario) -> tuple[str, ...]:
    """The settings that decide privacy, as dotted names: a learner's budget, every number of an anonymizer's slider."""
    found = []
    for dotted in scenario.dotted():
        declared = _declared(scenario, dotted)
        numeric = declared.type in ("int", "float") and declared.slider is not None
        if dotted == "learner.epsilon" or (dotted.startswith("anonymize.") and numeric):
            found.append(dotted)
    return tuple(found)


def family_of(scenario: Scenario, axes: Mapping[str, Sequence[Any]] | None = None) -> Family:
    """The scenario with the given values per setting, and for all others that decide privacy their slider's range.

    A setting with one value stays at it.
    """
    given = dict(axes or {})
    for dotted, values in given.items():
        scenario = scenario.with_setting(dotted, values[0])
    fixed = {dotted for dotted, values in given.items() if len(values) == 1}
    names = [*(name for name in given if name not in fixed), *(n for n in varied(scenario) if n not in given)]
    spans = [
        Span(name, values=tuple(scenario.with_setting(name, value).setting(name) for value in given[name]))
        if name in given
        else span_of(scenario, name)
        for name in names
    ]
    return Family(scenario, tuple(spans))


def listed(base: Scenario, choices: Iterable[Mapping[str, Any]]) -> list[Scenario]:
    """The base with each set of settings in turn."""
    found = []
    for settings in choices:
        scenario = base
        for dotted, value in settings.items():
            scenario = scenario.with_setting(dotted, value)
        found.append(scenario)
    return once(found)


def mixed(families: Iterable[tuple[Scenario, Mapping[str, Sequence[Any]]]]) -> list[Scenario]:
    """Every combination within each family, one family after another."""
    return once(scenario for base, axes in families for scenario in expand(base, axes))


def space_filling(family: Family, points: int, way: Filling = "sobol", seed: int = 1) -> list[Scenario]:
    """So many scenarios spread evenly over the spans, fewer where rounding makes two the same.

    Scrambled Sobol points (Owen 1998), or a Latin hypercube (McKay, Beckman, Conover 1979).
    """
    if points < 1:
        raise BadInput(f"a design needs at least 1 point, not {points}.")
    if not family.spans:
        return [family.base]
    rng = np.random.default_rng([seed, len(family.spans)])
    if way == "sobol":
        sampler = qmc.Sobol(len(family.spans), rng=rng)
        shares = sampler.random_base2(max(0, math.ceil(math.log2(points))))[:points]
    else:
        shares = qmc.LatinHypercube(len(family.spans), rng=rng).random(points)
    return once(
        family.with_values([span.at(float(share)) for span, share in zip(family.spans, row, strict=True)])
        for row in shares
    )


def once(scenarios: Iterable[Scenario]) -> list[Scenario]:
    """Each scenario once, in order."""
    return list({scenario.id: scenario for scenario in scenarios}.values())


def thinned(scenarios: Sequence[Scenario], points: int | None) -> list[Scenario]:
    """At most so many of them, at even distances in their order; all where no number is given."""
    if points is None or points >= len(scenarios):
        return list(scenarios)
    if points < 1:
        raise BadInput(f"a map needs at least 1 point, not {points}.")
    return [scenarios[at] for at in np.linspace(0, len(scenarios) - 1, points).round().astype(int)]


def _declared(scenario: Scenario, dotted: str) -> Setting:
    room, _, rest = dotted.partition(".")
    name = rest.rpartition(".")[2]
    steps: list[tuple[type[Method], Step]] = [(Anonymizer, step) for step in scenario.anonymize]
    if room == "learner":
        steps = [(Learner, scenario.learner)]
    elif room == "venue":
        steps = [(Venue, scenario.venue)] if scenario.venue else []
    first = rest.partition(".")[0]
    if room == "anonymize" and first.isdecimal():
        steps = steps[int(first) : int(first) + 1]
    for kind, step in steps:
        known = settings_of(method(kind, step.method))
        if name in known:
            return known[name]
    raise BadInput(f"no step of this scenario has the setting {dotted!r}.")
