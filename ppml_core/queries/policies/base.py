"""What every restriction of queries owes: a decision with its reason, and what that decision rests on.

In: an `Asked`, the query with the people it picks and what the analyst was told before. Out: a `Decision`; a changed
answer; a memory of what was answered. A decision that rests on private rows leaks by itself (Kenthapadi, Mishra, Nissim
2005, "Simulatable auditing"), so each one says on what it rests: the public attributes of the people, or private rows.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np

from ppml_core.queries.engine import Cell, Engine, Rows
from ppml_core.queries.query import Query, columns_of
from ppml_core.settings import Method

Ground = Literal["public", "private rows"]


@dataclass(frozen=True)
class Decision:
    """Whether a query is answered, why, and what an analyst could learn from being denied.

    "public": who is in the query set follows from attributes that analysts are taken to know, so that they could have
    foretold the decision. "private rows": they could not, and the decision tells them something.
    """

    allowed: bool
    why: str = ""
    rests_on: Ground = "public"


@dataclass(frozen=True, eq=False)
class Asked:
    """One query before it is answered.

    `secrets` are the columns that analysts do not know. `memory` is this analyst's: a policy keeps there what it must
    know of answered queries. `key` is the desk's, for choices that repeat when the same people are asked about.
    `answered` counts what this analyst was answered so far.
    """

    query: Query
    engine: Engine
    secrets: frozenset[str]
    answered: int
    key: int
    rng: np.random.Generator
    memory: dict[Any, Any] = field(default_factory=dict)

    @cached_property
    def rows(self) -> Rows:
        """The query set: who fulfils the filter, shape (people,)."""
        return self.engine.rows(self.query.where)

    @cached_property
    def exact(self) -> tuple[Cell, ...]:
        return self.engine.cells(self.query)

    @property
    def ground(self) -> Ground:
        """What a decision that looks at the query set rests on."""
        touched = {*columns_of(self.query.where), *self.query.group_by}
        if self.query.function == "histogram" and self.query.column:
            touched.add(self.query.column)
        return "private rows" if touched & self.secrets else "public"

    def repeatable(self) -> np.random.Generator:
        """Randomness that comes out the same whenever the same people are asked about, however it is written."""
        digest = hashlib.sha256(np.packbits(self.rows).tobytes()).digest()
        return np.random.default_rng([self.key, int.from_bytes(digest[:16], "big")])


class Policy(Method, ABC):
    """Restricts what is answered. Each step after the decision may be left as it stands here: nothing changes.

    `leaks` says in a sentence what the policy does not stop.
    """

    leaks: ClassVar[str] = ""

    def short(self) -> str:
        """The title with the first setting that is a number."""
        told = (f"{name} {value:g}" for name, value in self.values().items() if isinstance(value, int | float))
        first = next(told, "")
        return f"{self.title} ({first})" if first else self.title

    @abstractmethod
    def decide(self, asked: Asked) -> Decision:
        """Whether the query may be answered; sees no answer."""

    def among(self, asked: Asked) -> Rows | None:
        """The people that the answer is worked out from, where not all of the query set."""
        return None

    def change(self, cells: tuple[Cell, ...], asked: Asked) -> tuple[Cell, ...]:
        """What is handed out of the worked-out answer; a withheld cell has the value None."""
        return cells

    def remember(self, asked: Asked) -> None:
        """Called once the query was answered."""
