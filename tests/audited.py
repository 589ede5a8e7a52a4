"""What the audits of the suite share: the cases, found by the catalog, and how sure all of them together are.

All audits together contradict a true claim with probability 1 % at most: each is made at 1 % divided by their number.
Gaussian claims are audited at mu = 1, where noise two times too small is caught by a few hundred runs; at epsilon = 1
(mu = .268) it takes ten times as many. Pure claims are audited at epsilon = 1.

What a number of runs is good for: under default settings LEAST of them find what is told without noise, and no more;
what the planted faults show of the others stands beside them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ppml_core.accounting.gaussian import epsilon_of
from ppml_core.anonymize.base import Anonymizer
from ppml_core.attacks.audits.running import telling
from ppml_core.attacks.audits.worlds import built_in, pairs
from ppml_core.catalog import methods
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Schema
from ppml_core.experiment.mechanisms import MECHANISMS
from ppml_core.learn.base import Fitted, Learner
from ppml_core.settings import settings_of

DELTA = 1e-5
GAUSSIAN_EPSILON = epsilon_of(1.0, DELTA)
MANY, FEW, LEAST = 1000, 100, 24
SAMPLED = 0.5

PRIVATE = {name: cls for name, cls in methods(Learner).items() if cls.private}
NOISY = {name: cls for name, cls in methods(Anonymizer).items() if "epsilon" in settings_of(cls)}
TASKS = {
    "two classes": built_in(),
    "three classes": built_in(classes=3),
    "a number": built_in("regression"),
}


def budget(cls: Any) -> dict[str, Any]:
    if "epsilon" not in settings_of(cls):
        return {}
    return {"epsilon": GAUSSIAN_EPSILON, "delta": DELTA} if "delta" in settings_of(cls) else {"epsilon": 1.0}


@dataclass(frozen=True)
class Case:
    """A learner or anonymizer under one relation, for one kind of target, with one sort of settings."""

    name: str
    cls: Any
    task: str
    relation: str
    settings: str

    def __str__(self) -> str:
        return f"{self.name}, {self.task}, {self.relation or 'its own relation'}, {self.settings}"

    @property
    def schema(self) -> Schema:
        return TASKS[self.task]

    @property
    def runs(self) -> int:
        if self.settings == "default":
            return LEAST
        return MANY if "delta" in settings_of(self.cls) else FEW

    @property
    def method(self) -> Any:
        given = budget(self.cls) | ({"neighbours": self.relation} if self.relation else {})
        more = {"default": {}, "telling": telling(self.cls), "sampled": telling(self.cls) | {"rate": SAMPLED}}
        return self.cls.from_values(more[self.settings] | given)


def relations(cls: Any) -> Sequence[str]:
    """Those that it offers; "" where it has one of its own."""
    declared = settings_of(cls).get("neighbours")
    return tuple(str(choice) for choice in declared.choices or ()) if declared else ("",)


def cases(found: dict[str, Any]) -> list[Case]:
    made = []
    for name, cls in found.items():
        tasks = getattr(cls, "tasks", ("classification",))
        asked = [task for task in TASKS if ("regression" if task == "a number" else "classification") in tasks]
        kinds = [
            "default",
            *(["telling"] if telling(cls) else []),
            *(["sampled"] if "rate" in settings_of(cls) else []),
        ]
        made += [Case(name, cls, task, one, kind) for task in asked for one in relations(cls) for kind in kinds]
    return made


LEARNERS = cases(PRIVATE)
ANONYMIZERS = cases(NOISY)
RELEASES = [case for case in LEARNERS if case.cls.has_release_path() and case.settings == "telling"]
RELEASES += [case for case in ANONYMIZERS if case.cls.has_release_path() and case.task == "two classes"]
AUDITS = len(LEARNERS) + len(PRIVATE) + 2 * len(ANONYMIZERS) + len(RELEASES) + len(MECHANISMS)
ERROR = 0.01 / AUDITS


class HalfNoise(np.random.Generator):
    """Every normal number is half as far from 0 as it should be."""

    def standard_normal(self, *given: Any, **more: Any) -> Any:
        return super().standard_normal(*given, **more) / 2


class Overspent:
    """A learner that claims what it should and trains with noise so many `times` smaller: what an audit must catch.

    A Gaussian claim is overspent in mu and a pure one in epsilon, by which the noise is divided; where there is a delta
    and no mu, what is drawn is halved.
    """

    def __init__(self, honest: Any, schema: Schema, times: float) -> None:
        self.honest, self.tasks = honest, honest.tasks
        people = pairs(schema, "add_or_remove_one")[0].second
        claim = honest.fit(people, np.random.default_rng(0)).guarantee
        assert claim is not None
        self.halves = claim.mu is None and claim.delta > 0
        more = epsilon_of(times * claim.mu, claim.delta) if claim.mu else times * claim.epsilon
        self.spender = honest if self.halves else dataclasses.replace(honest, epsilon=more)

    def name(self) -> str:
        return f"overspent {self.honest.name()}"

    def fit(self, data: Dataset, rng: np.random.Generator) -> Fitted:
        return self.honest.fit(data, rng)  # type: ignore[no-any-return]

    @classmethod
    def fit_many(cls, learners: Any, data: Dataset, rngs: Sequence[np.random.Generator]) -> list[Fitted]:
        one = learners[0]
        drawn = [HalfNoise(rng.bit_generator) for rng in rngs] if one.halves else rngs
        return type(one.spender).fit_many([one.spender] * len(rngs), data, drawn)  # type: ignore[no-any-return]
