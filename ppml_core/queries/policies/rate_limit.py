"""Rate limit: so many answers for each analyst and session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ppml_core.queries.policies.base import Asked, Decision, Policy
from ppml_core.settings import setting


@dataclass(frozen=True)
class RateLimit(Policy):
    """Answers the first `queries` of an analyst and none after; denied ones do not count.

    A limit of this kind slows every attack of the desk and stops only those that need more queries than it allows.
    """

    title: ClassVar[str] = "Rate limit"
    leaks: ClassVar[str] = "a tracker needs fewer queries than any useful limit allows"
    queries: int = setting(20, 1, None, slider=(1, 1000), help="most answers that one analyst gets", unit="queries")

    def decide(self, asked: Asked) -> Decision:
        if asked.answered < self.queries:
            return Decision(True, f"answer {asked.answered + 1} of {self.queries}")
        return Decision(False, f"all {self.queries} answers of this analyst are used up")
