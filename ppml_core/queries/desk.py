"""The desk that answers queries about a table under restrictions, and keeps a history for each analyst.

In: a loaded `Engine`, policies in order, a Generator. Out: `Answer`s: allowed or denied, why, and what a denial tells.
Every policy must allow a query; then each may change the answer, in order. The desk itself promises nothing: what it
leaks is what the attacks on it measure.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ppml_core.data.schema import Schema
from ppml_core.errors import BadInput
from ppml_core.queries.engine import Cell, Engine
from ppml_core.queries.policies.base import Asked, Decision, Policy
from ppml_core.queries.query import Query, checked
from ppml_core.queries.words import text_of


@dataclass(frozen=True)
class Ruling:
    """What one policy said of one query."""

    policy: str
    decision: Decision


@dataclass(frozen=True)
class Answer:
    """What an analyst gets: `cells` (empty where denied; a withheld one has the value None), and every ruling.

    `leaks` are sentences: what the decision itself gives away.
    """

    query: Query
    allowed: bool
    why: str
    cells: tuple[Cell, ...] = ()
    rulings: tuple[Ruling, ...] = ()

    @property
    def value(self) -> float | None:
        """The number of an answer that has one cell."""
        return self.cells[0].value if len(self.cells) == 1 else None

    @property
    def leaks(self) -> tuple[str, ...]:
        return tuple(
            f"{ruling.policy} looked at private rows to decide, so that its decision tells something about them"
            for ruling in self.rulings
            if ruling.decision.rests_on == "private rows"
        )


@dataclass(frozen=True)
class Past:
    """One line of an analyst's history."""

    number: int
    text: str
    allowed: bool
    why: str


@dataclass
class _Analyst:
    past: list[Past] = field(default_factory=list)
    answered: int = 0
    memory: dict[Any, Any] = field(default_factory=dict)


class RestrictedDesk:
    """Answers under these policies. `secrets` are the columns that analysts do not know: the sensitive ones at first.

    Several threads may ask; each analyst's queries are decided one after another.
    """

    def __init__(
        self, engine: Engine, policies: Sequence[Policy], rng: np.random.Generator, secrets: Sequence[str] | None = None
    ) -> None:
        self.engine = engine
        self.policies = tuple(policies)
        self.secrets = frozenset(secrets_of(engine.schema) if secrets is None else secrets)
        self._rng = rng
        self._key = int(rng.integers(2**62))
        self._analysts: dict[str, _Analyst] = {}
        self._lock = threading.Lock()

    def ask(self, query: Query, analyst: str = "analyst") -> Answer:
        """The answer, or a denial with its reason; both go into the analyst's history."""
        checked(query, self.engine.schema)
        with self._lock:
            person = self._analysts.setdefault(analyst, _Analyst())
            asked = Asked(query, self.engine, self.secrets, person.answered, self._key, self._rng, person.memory)
            answer = self._answer(asked)
            person.answered += answer.allowed
            person.past.append(Past(len(person.past) + 1, text_of(query), answer.allowed, answer.why))
            return answer

    def history(self, analyst: str = "analyst") -> tuple[Past, ...]:
        """What the analyst asked so far, denials too."""
        with self._lock:
            return tuple(self._analysts[analyst].past) if analyst in self._analysts else ()

    def _answer(self, asked: Asked) -> Answer:
        rulings: list[Ruling] = []
        for policy in self.policies:
            decision = policy.decide(asked)
            rulings.append(Ruling(policy.name(), decision))
            if not decision.allowed:
                return Answer(asked.query, False, f"denied by {policy.name()}: {decision.why}", (), tuple(rulings))
        drawn = [rows for policy in self.policies if (rows := policy.among(asked)) is not None]
        cells = self.engine.cells(asked.query, np.logical_and.reduce(drawn)) if drawn else asked.exact
        for policy in self.policies:
            cells = policy.change(cells, asked)
        for policy in self.policies:
            policy.remember(asked)
        reasons = [f"{ruling.policy}: {ruling.decision.why}" for ruling in rulings if ruling.decision.why]
        why = "; ".join(reasons) or "no policy restricts the query"
        return Answer(asked.query, True, why, cells, tuple(rulings))


def secrets_of(schema: Schema) -> tuple[str, ...]:
    """The columns that analysts are taken not to know: the sensitive ones, or the target where there are none."""
    sensitive = schema.with_role("sensitive")
    return tuple(sensitive or ([schema.target] if schema.target else []))


def read_policies(texts: Sequence[str]) -> tuple[Policy, ...]:
    """Policies written as on a command line: `min_size=50`, or as calls `min_size(size=50) + rounding()`.

    >>> read_policies(["min_size=50", "rate_limit"])
    (MinSize(size=50), RateLimit(queries=20))
    """
    from ppml_core.calls import read_calls
    from ppml_core.catalog import method
    from ppml_core.settings import settings_of

    made: list[Policy] = []
    for text in texts:
        name, equals, value = text.partition("=")
        if equals and "(" not in name:
            cls = method(Policy, name.strip())
            settings = list(settings_of(cls))
            if len(settings) != 1:
                raise BadInput(f"{name.strip()} takes no single value: write it as a call with its settings.")
            made.append(cls.from_values({settings[0]: value}))
        else:
            made += read_calls(Policy, text, "min_size=50 or min_size(size=50) + rounding(base=5)")
    return tuple(made)
