"""Individual tracker: a question about one person is padded with people until it is large enough to be answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ppml_core.queries.attacks.base import Channel, TargetedAttack, broad, chance_below
from ppml_core.queries.query import And, Condition, Or


@dataclass(frozen=True)
class Tracker(TargetedAttack):
    """Finds one person's secret with three counts that are each large, two of them of everybody but the target.

    The target is alone in A and B. T = A and not B has one person fewer than A, and the count of "T or (A and secret)"
    less that of T is 1 if the target holds the secret (Denning, Denning, Schwartz 1979, "The tracker: a threat to
    statistical database security", section 3). A desk that restricts no sizes is asked about the target straight away.
    """

    title: ClassVar[str] = "Individual tracker"

    def advantage(self, channel: Channel, known: list[Condition], holds: Condition) -> float | None:
        direct = channel.count(And((*known, holds)))
        if direct is not None:
            return direct - 0.5
        for wide, padding in broad(known):
            if channel.count(wide) is None:
                continue
            without = channel.count(padding)
            if without is None:
                continue
            together = channel.count(Or((padding, And((wide, holds)))))
            if together is not None:
                return together - without - 0.5
        return None

    def predicted(self, channel: Channel) -> float | None:
        scale = channel.scale(1.0)
        return None if scale is None else chance_below(scale, 1, 0.5)
