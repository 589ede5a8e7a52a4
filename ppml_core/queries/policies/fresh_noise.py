"""Fresh noise without a budget: each answer is blurred anew, and so the mean of many is not."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

from ppml_core.queries.engine import Cell
from ppml_core.queries.policies.base import Asked, Decision, Policy
from ppml_core.settings import setting


@dataclass(frozen=True)
class FreshNoise(Policy):
    """Adds Laplace noise of that scale to each number, drawn again for every query, with no limit on their number.

    It stands here to be broken: m answers cost m times what one costs, and nothing counts them. For counts one answer
    is 1/scale-DP (Dwork, McSherry, Nissim, Smith 2006, Theorem 1).
    """

    title: ClassVar[str] = "Fresh noise"
    leaks: ClassVar[str] = "the mean of many answers to one question has little noise left"
    scale: float = setting(5.0, 1e-3, 1e6, slider=(1.0, 50.0), help="scale of the Laplace noise", log=True)

    def decide(self, asked: Asked) -> Decision:
        return Decision(True, f"answers carry Laplace noise of scale {self.scale:g}")

    def change(self, cells: tuple[Cell, ...], asked: Asked) -> tuple[Cell, ...]:
        return tuple(
            cell if cell.value is None else dataclasses.replace(cell, value=cell.value + self._draw(asked))
            for cell in cells
        )

    def _draw(self, asked: Asked) -> float:
        return float(asked.rng.laplace(scale=self.scale))
