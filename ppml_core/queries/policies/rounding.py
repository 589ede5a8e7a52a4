"""Rounding: answers to the nearest multiple of a base."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import ClassVar

from ppml_core.queries.engine import Cell
from ppml_core.queries.policies.base import Asked, Decision, Policy
from ppml_core.settings import setting


@dataclass(frozen=True)
class Rounding(Policy):
    """Gives each number as the nearest multiple of `base`; half a step goes up.

    Systematic rounding (Achugbue, Chin 1979): the same number always comes out the same, so that repeating a query
    teaches nothing, but differences of many queries do.
    """

    title: ClassVar[str] = "Rounding"
    leaks: ClassVar[str] = "an attacker who pads the set by known people finds where the rounding turns"
    base: float = setting(5.0, 1e-6, 1e9, slider=(1.0, 50.0), help="answers are multiples of this")

    def decide(self, asked: Asked) -> Decision:
        return Decision(True, f"answers are multiples of {self.base:g}")

    def change(self, cells: tuple[Cell, ...], asked: Asked) -> tuple[Cell, ...]:
        return tuple(dataclasses.replace(cell, value=self._round(cell.value)) for cell in cells)

    def _round(self, value: float | None) -> float | None:
        return None if value is None else self.base * math.floor(value / self.base + 0.5)
