"""General tracker: one set of half the people answers every question about anybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ppml_core.queries.attacks.base import Channel, TargetedAttack, chance_below
from ppml_core.queries.query import And, Condition, Not, Or


@dataclass(frozen=True)
class GeneralTracker(TargetedAttack):
    """Finds one person's secret as count(C or T) + count(C or not T) - count(T) - count(not T), C the person with it.

    T is any set that neither holds nor leaves out fewer than twice the minimum size; the attacker tries one public
    attribute of the target after the other (Denning, Denning, Schwartz 1979, section 4, Theorem 1). Under a budget
    each of the four counts gets a quarter.
    """

    title: ClassVar[str] = "General tracker"

    def advantage(self, channel: Channel, known: list[Condition], holds: Condition) -> float | None:
        person = And((*known, holds))
        for tracker in known:
            other = Not(tracker)
            padded = channel.count(Or((person, tracker)), 0.25), channel.count(Or((person, other)), 0.25)
            alone = channel.count(tracker, 0.25), channel.count(other, 0.25)
            if None not in padded and None not in alone:
                return sum(map(float, filter(None, padded))) - sum(map(float, filter(None, alone))) - 0.5
        return None

    def predicted(self, channel: Channel) -> float | None:
        scale = channel.scale(0.25)
        return None if scale is None else chance_below(scale, 4, 0.5)
