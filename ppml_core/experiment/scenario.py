"""Scenario: everything that decides a result, as plain values that can be hashed, stored, shared and run again."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self, get_args

import numpy as np

from ppml_core.anonymize.base import Anonymizer
from ppml_core.attacks.base import Attack, Thing
from ppml_core.catalog import method
from ppml_core.errors import BadInput
from ppml_core.learn.base import Learner
from ppml_core.measures.base import Measure
from ppml_core.settings import Method
from ppml_core.venues.base import Trainee, Venue

THINGS: tuple[Thing, ...] = get_args(Thing)
DEFAULT_MEASURES = ("accuracy", "roc_auc", "log_loss", "calibration_error", "r2", "mae")


@dataclass(frozen=True)
class Step:
    """A method by name and all its settings, sorted by name, defaults written out."""

    method: str
    settings: tuple[tuple[str, Any], ...] = ()

    @classmethod
    def of(cls, kind: type[Method], name: str, values: Mapping[str, Any] | None = None) -> Self:
        """A checked step; raises BadInput for an unknown method or setting, or a value out of range."""
        return cls.from_method(method(kind, name).from_values(values or {}))

    @classmethod
    def from_method(cls, made: Method) -> Self:
        return cls(made.name(), tuple(sorted((name, _frozen(value)) for name, value in made.values().items())))

    def make(self, kind: type[Any]) -> Any:
        """The method itself."""
        return method(kind, self.method).from_values(dict(self.settings))

    def values(self) -> dict[str, Any]:
        """`method` and the settings that are in use, as TOML can carry them."""
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in self.settings}
        return {"method": self.method} | {name: value for name, value in plain.items() if value is not None}


@dataclass(frozen=True)
class Scenario:
    """A dataset, a chain of anonymizers, a learner, where it is trained, what is handed out, and who attacks that.

    All randomness grows from the seed. `id` names what decides the model of a repeat: it leaves out `repeats`,
    `measures`, `attack` and `releases`, so that more of any adds to what is known instead of starting over.
    """

    dataset: str
    learner: Step
    anonymize: tuple[Step, ...] = ()
    seed: int = 1
    repeats: int = 5
    measures: tuple[str, ...] = DEFAULT_MEASURES
    releases: tuple[Thing, ...] = ()
    attack: tuple[Step, ...] = ()
    venue: Step | None = None

    def __post_init__(self) -> None:
        if isinstance(self.repeats, bool) or not isinstance(self.repeats, int) or self.repeats < 1:
            raise BadInput(f"repeats must be a whole number of at least 1, not {self.repeats!r}.")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or not 0 <= self.seed < 2**63:
            raise BadInput(f"seed must be a whole number of at least 0 and below 2^63, not {self.seed!r}.")
        for name in self.measures:
            method(Measure, name)
        self._check_releases()
        named = [name for step in self.attack for name in step.make(Attack).measures()]
        twice = next((name for name in named if named.count(name) > 1), None)
        if twice:
            raise BadInput(f"two attacks of the scenario would both give rows called {twice!r}: leave one out.")

    def _check_releases(self) -> None:
        odd = [thing for thing in self.releases if thing not in THINGS]
        if odd:
            raise BadInput(f"releases may name {', '.join(THINGS)}, not {odd[0]!r}.")
        wrong: Thing = "table" if self.table_is == "synthetic" else "synthetic"
        if wrong in self.releases:
            raise BadInput(f"this scenario has no {wrong} to hand out: what its anonymizers make is a {self.table_is}.")

    @classmethod
    def of(
        cls,
        dataset: str,
        learner: str,
        settings: Mapping[str, Any] | None = None,
        anonymize: Sequence[tuple[str, Mapping[str, Any]]] = (),
        **rest: Any,
    ) -> Self:
        """A scenario from names and settings as a person would give them."""
        steps = tuple(Step.of(Anonymizer, name, values) for name, values in anonymize)
        return cls(dataset, Step.of(Learner, learner, settings), steps, **rest)

    @property
    def table_is(self) -> Thing:
        """`synthetic` where a step makes people up, else `table`."""
        made_up = any(method(Anonymizer, step.method).synthesizes for step in self.anonymize)
        return "synthetic" if made_up else "table"

    @property
    def things(self) -> tuple[Thing, ...]:
        """What is handed out (EVIDENCE 14): `releases`, or where it is empty the model and what an anonymizer made."""
        return self.releases or (("model", self.table_is) if self.anonymize else ("model",))

    @cached_property
    def id(self) -> str:
        """16 hexadecimal digits: SHA-256 over dataset, seed, anonymizers, learner and the venue where there is one."""
        deciding = {
            "dataset": self.dataset,
            "seed": self.seed,
            "anonymize": [step.values() for step in self.anonymize],
            "learner": self.learner.values(),
        }
        if self.venue is not None:
            deciding["venue"] = self.venue.values()
        return hashlib.sha256(json.dumps(deciding, sort_keys=True).encode()).hexdigest()[:16]

    def rng(self, repeat: int, purpose: str) -> np.random.Generator:
        """The generator of one repeat's step; equal scenarios get equal ones, wherever and beside whatever they run."""
        words = int.from_bytes(hashlib.sha256(purpose.encode()).digest()[:4])
        return np.random.default_rng(np.random.SeedSequence([int(self.id, 16), repeat, words]))

    def unprotected(self) -> Scenario:
        """The same learner on the raw training people, whom no table is handed out of."""
        return dataclasses.replace(self, anonymize=(), releases=(), attack=())

    def chain(self) -> Scenario:
        """The anonymizers alone, so that learners share what they make: a chain's repeat has one release."""
        return dataclasses.replace(self, learner=Step("none"), releases=(), attack=(), venue=None)

    def trainee(self) -> Learner:
        """The learner as it is trained: where the scenario has a venue, in that place."""
        learner: Learner = self.learner.make(Learner)
        return learner if self.venue is None else Trainee(learner, self.venue.make(Venue))

    def setting(self, dotted: str) -> Any:
        """The value of `learner.epsilon`, `venue.rounds`, `anonymize.k` or `anonymize.0.k`; None if there is none."""
        room, _, rest = dotted.partition(".")
        if room == "learner":
            return dict(self.learner.settings).get(rest)
        if room == "venue":
            return None if self.venue is None else dict(self.venue.settings).get(rest)
        position = _position(self, rest)
        return None if position is None else dict(self.anonymize[position].settings).get(rest.rpartition(".")[2])

    def with_setting(self, dotted: str, value: Any) -> Scenario:
        """A copy with one setting changed; raises BadInput where no step has it."""
        room, _, rest = dotted.partition(".")
        if room == "learner" and rest:
            return dataclasses.replace(self, learner=_changed(self.learner, Learner, rest, value))
        if room == "venue" and rest:
            if self.venue is None:
                raise BadInput(f"the scenario has no [venue], so that {dotted!r} cannot be set.")
            return dataclasses.replace(self, venue=_changed(self.venue, Venue, rest, value))
        if room == "anonymize" and rest:
            position = _position(self, rest)
            if position is None:
                raise BadInput(f"no step of this scenario, or more than one, has the setting {dotted!r}.")
            step = _changed(self.anonymize[position], Anonymizer, rest.rpartition(".")[2], value)
            steps = (*self.anonymize[:position], step, *self.anonymize[position + 1 :])
            return dataclasses.replace(self, anonymize=steps)
        if room == "attack":
            raise BadInput("an attack's settings are not swept: write them in its [[attack]] table.")
        raise BadInput(f"settings are called learner.NAME, venue.NAME or anonymize.NAME, not {dotted!r}.")

    def dotted(self) -> dict[str, Any]:
        """Every setting under its dotted name."""
        named = {f"learner.{name}": value for name, value in self.learner.settings}
        if self.venue is not None:
            named |= {f"venue.{name}": value for name, value in self.venue.settings}
        names = [name for step in self.anonymize for name, _ in step.settings]
        for position, step in enumerate(self.anonymize):
            for name, value in step.settings:
                named[f"anonymize.{name}" if names.count(name) == 1 else f"anonymize.{position}.{name}"] = value
        return named

    def to_toml(self) -> str:
        """The scenario as a file that `scenario_from_toml` reads back to an equal one."""
        lines = [f"dataset = {json.dumps(self.dataset, ensure_ascii=False)}", f"seed = {self.seed}"]
        lines += [f"repeats = {self.repeats}", f"measures = {json.dumps(list(self.measures))}"]
        if self.releases:
            lines.append(f"releases = {json.dumps(list(self.releases))}")
        for step in self.anonymize:
            lines += ["", "[[anonymize]]", *_toml_lines(step)]
        lines += ["", "[learner]", *_toml_lines(self.learner)]
        if self.venue is not None:
            lines += ["", "[venue]", *_toml_lines(self.venue)]
        for step in self.attack:
            lines += ["", "[[attack]]", *_toml_lines(step)]
        return "\n".join(lines) + "\n"

    def values(self) -> dict[str, Any]:
        """Plain values as JSON carries them; `scenario_from_values` reads them back."""
        return tomllib.loads(self.to_toml())


def scenario_from_toml(text: str) -> Scenario:
    """Reads a scenario file; raises BadInput that names the entry at fault."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise BadInput(f"the scenario is not a TOML file: {fault}.") from fault
    return scenario_from_values(values)


def scenario_from_values(values: Mapping[str, Any]) -> Scenario:
    """A scenario from parsed TOML or JSON."""
    known = {entry.name for entry in dataclasses.fields(Scenario)}
    for entry in values:
        if entry not in known:
            raise BadInput(f"unknown entry {entry!r} in the scenario; it may have {', '.join(sorted(known))}.")
    for entry, kind, shape in (("dataset", str, "a name"), ("learner", Mapping, "a table [learner] with a method")):
        if not isinstance(values.get(entry), kind):
            raise BadInput(f"the scenario needs {entry}: {shape}.")
    if not isinstance(values.get("venue", {}), Mapping):
        raise BadInput("the scenario's venue is written as a table [venue] with a method.")
    for entry, what in (("anonymize", "anonymizers"), ("attack", "attacks")):
        steps = values.get(entry, [])
        if not isinstance(steps, list) or not all(isinstance(step, Mapping) for step in steps):
            raise BadInput(f"the scenario's {what} are written as tables [[{entry}]], each with a method.")
    rest = {entry: values[entry] for entry in ("seed", "repeats") if entry in values}
    for entry in ("measures", "releases"):
        if entry in values:
            named = values[entry]
            if not isinstance(named, list) or not named or not all(isinstance(name, str) for name in named):
                raise BadInput(f"{entry} must be a list of names, not {named!r}.")
            rest[entry] = tuple(dict.fromkeys(named))
    return Scenario(
        dataset=values["dataset"],
        learner=_step(Learner, values["learner"], "learner"),
        anonymize=tuple(_step(Anonymizer, step, "anonymize") for step in values.get("anonymize", [])),
        attack=tuple(_step(Attack, step, "attack") for step in values.get("attack", [])),
        venue=_step(Venue, values["venue"], "venue") if "venue" in values else None,
        **rest,
    )


def expand(base: Scenario, axes: Mapping[str, Sequence[Any]]) -> list[Scenario]:
    """Every combination of the axes' values over the base scenario, the last axis fastest.

    >>> base = Scenario.of("adult", "dp_gd")
    >>> [s.setting("learner.epsilon") for s in expand(base, {"learner.epsilon": [0.1, 1]})]
    [0.1, 1.0]
    """
    combined = []
    for values in itertools.product(*axes.values()):
        scenario = base
        for dotted, value in zip(axes, values, strict=True):
            scenario = scenario.with_setting(dotted, value)
        combined.append(scenario)
    return combined


def _step(kind: type[Method], values: Mapping[str, Any], entry: str) -> Step:
    settings = dict(values)
    name = settings.pop("method", None)
    if not isinstance(name, str):
        raise BadInput(f"[{entry}] needs method = a name.")
    return Step.of(kind, name, settings)


def _changed(step: Step, kind: type[Method], name: str, value: Any) -> Step:
    return Step.of(kind, step.method, {**dict(step.settings), name: value})


def _position(scenario: Scenario, rest: str) -> int | None:
    """Which step of the chain `k` or `0.k` speaks of."""
    first, _, name = rest.partition(".")
    if name and first.isdecimal():
        return int(first) if int(first) < len(scenario.anonymize) else None
    having = [place for place, step in enumerate(scenario.anonymize) if rest in dict(step.settings)]
    return having[0] if len(having) == 1 else None


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _toml_lines(step: Step) -> list[str]:
    return [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in step.values().items()]
