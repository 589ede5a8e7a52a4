"""Difference attack: the same question with one person and without, and the two answers subtracted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ppml_core.queries.attacks.base import Channel, TargetedAttack, broad, chance_below
from ppml_core.queries.query import And, Condition


@dataclass(frozen=True)
class Difference(TargetedAttack):
    """Finds one person's secret as the difference of two counts of its holders, in A and in A without the target.

    Dwork, Roth 2014, "The algorithmic foundations of differential privacy", section 1 ("differencing attacks"). Under a
    budget each count gets half of it.
    """

    title: ClassVar[str] = "Difference"

    def advantage(self, channel: Channel, known: list[Condition], holds: Condition) -> float | None:
        for wide, without in broad(known):
            all_of_them = channel.count(And((wide, holds)), 0.5)
            if all_of_them is None:
                continue
            others = channel.count(And((without, holds)), 0.5)
            if others is not None:
                return all_of_them - others - 0.5
        return None

    def predicted(self, channel: Channel) -> float | None:
        scale = channel.scale(0.5)
        return None if scale is None else chance_below(scale, 2, 0.5)
