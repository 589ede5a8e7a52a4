"""Averaging: the same question many times, until fresh noise has cancelled out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ppml_core.queries.attacks.base import Channel, TargetedAttack, chance_below
from ppml_core.queries.query import And, Condition
from ppml_core.settings import setting


@dataclass(frozen=True)
class Average(TargetedAttack):
    """Finds one person's secret as the mean of many answers to the one count about that person.

    Noise of standard deviation s leaves s / sqrt(m) in the mean of m answers. Under a budget each of the m answers gets
    ε/m, and the noise of the mean grows instead (Dwork, Roth 2014, section 3.5, on composition).
    """

    title: ClassVar[str] = "Averaging"
    trials: ClassVar[int] = 100
    quick_trials: ClassVar[int] = 60
    repeats: int = setting(400, 1, 100_000, slider=(1, 1000), help="how often the question is asked", log=True)

    def advantage(self, channel: Channel, known: list[Condition], holds: Condition) -> float | None:
        person = And((*known, holds))
        answers = [channel.count(person, 1 / self.repeats) for _ in range(self.repeats)]
        told = [answer for answer in answers if answer is not None]
        return sum(told) / len(told) - 0.5 if told else None

    def predicted(self, channel: Channel) -> float | None:
        scale = channel.scale(1 / self.repeats)
        return None if scale is None else chance_below(scale, self.repeats, 0.5 * self.repeats)
