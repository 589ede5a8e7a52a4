"""Maximum overlap: no two query sets may share too many people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.queries.policies.base import Asked, Decision, Policy
from ppml_core.settings import setting


@dataclass(frozen=True)
class MaxOverlap(Policy):
    """Answers only about sets that share at most `people` with every other set that this analyst was answered about.

    The same set may be asked about again. Dobkin, Jones, Lipton 1979, "Secure databases: protection against user
    influence": with sets of at least k people, 1 + (k - 1)/r queries are needed to isolate one.
    """

    title: ClassVar[str] = "Maximum overlap"
    leaks: ClassVar[str] = "two analysts who share their answers are two histories"
    people: int = setting(10, 0, None, slider=(0, 500), help="most people that two query sets may share", unit="people")

    def decide(self, asked: Asked) -> Decision:
        before: list[np.ndarray] = asked.memory.get(self.name(), [])
        rows = np.packbits(asked.rows)
        size = int(asked.rows.sum())
        for other in before:
            shared = int(np.bitwise_count(other & rows).sum())
            if shared > self.people and not (shared == size == int(np.bitwise_count(other).sum())):
                why = f"the set shares more than {self.people} people with one answered before"
                return Decision(False, why, asked.ground)
        return Decision(True, f"no answered set shares more than {self.people} people with this one", asked.ground)

    def remember(self, asked: Asked) -> None:
        asked.memory.setdefault(self.name(), []).append(np.packbits(asked.rows))
