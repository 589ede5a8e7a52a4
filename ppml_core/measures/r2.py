"""R²: the share of the target's variance that is explained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from ppml_core.errors import NotApplicable
from ppml_core.measures.base import Array, Measure, Score


@dataclass(frozen=True)
class R2(Measure):
    """1 - squared error / variance of the test people's target; negative where the mean would do better.

    The error is that of a ratio of means (delta method). Raises NotApplicable where the target does not vary.
    """

    title: ClassVar[str] = "R²"
    task: ClassVar[Literal["classification", "regression"]] = "regression"
    unit: ClassVar[str] = "share of variance"

    def score(self, truth: Any, scores: Array) -> Score:
        errors = (truth - scores[:, 0]) ** 2
        spread = (truth - truth.mean()) ** 2
        if not spread.mean() > 0:
            raise NotApplicable("R² needs a target that varies among the test people.")
        ratio = errors.mean() / spread.mean()
        return Score.of_influence(float(1 - ratio), -(errors - ratio * spread) / spread.mean())
