"""Mean absolute error, in the target's own unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from ppml_core.measures.base import Array, Measure, Score


@dataclass(frozen=True)
class MeanAbsoluteError(Measure):
    """Mean distance between prediction and truth."""

    title: ClassVar[str] = "Mean absolute error"
    task: ClassVar[Literal["classification", "regression"]] = "regression"
    unit: ClassVar[str] = "unit of the target"
    higher_is_better: ClassVar[bool] = False

    def score(self, truth: Any, scores: Array) -> Score:
        return Score.of_mean(np.abs(truth - scores[:, 0]))
