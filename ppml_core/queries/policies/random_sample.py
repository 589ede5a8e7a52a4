"""Random sample queries: each answer comes from a sample of the query set, the same for the same set."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

from ppml_core.queries.engine import Cell, Rows
from ppml_core.queries.policies.base import Asked, Decision, Policy
from ppml_core.settings import setting


@dataclass(frozen=True)
class RandomSample(Policy):
    """Works the answer out from a random share of the query set; counts and sums are scaled up again.

    Who is drawn follows from a key of the desk and from the set itself, so that the same set gives the same answer
    however it is written, and averaging needs other sets. Denning 1980, "Secure statistical databases with random
    sample queries", section 3.
    """

    title: ClassVar[str] = "Random sample"
    leaks: ClassVar[str] = "sets that differ by people nobody doubts are other samples: their mean sharpens"
    share: float = setting(0.9, 0.01, 1.0, slider=(0.5, 1.0), help="chance that a person of the set is counted")

    def decide(self, asked: Asked) -> Decision:
        return Decision(True, f"answers come from a sample of {self.share:.0%}")

    def among(self, asked: Asked) -> Rows | None:
        return asked.rows & (asked.repeatable().random(len(asked.engine)) < self.share)

    def change(self, cells: tuple[Cell, ...], asked: Asked) -> tuple[Cell, ...]:
        if asked.query.function not in ("count", "sum", "histogram"):
            return cells
        return tuple(
            cell if cell.value is None else dataclasses.replace(cell, value=cell.value / self.share) for cell in cells
        )
