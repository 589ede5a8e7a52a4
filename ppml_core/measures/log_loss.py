"""Log loss: the mean surprise at the true class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from ppml_core.measures.base import Array, Measure, Score

LEAST = 1e-15


@dataclass(frozen=True)
class LogLoss(Measure):
    """Mean negative log-likelihood of the true class, in nats; probabilities are held within [1e-15, 1]."""

    title: ClassVar[str] = "Log loss"
    task: ClassVar[Literal["classification", "regression"]] = "classification"
    unit: ClassVar[str] = "nats"
    higher_is_better: ClassVar[bool] = False

    def score(self, truth: Any, scores: Array) -> Score:
        of_truth = scores[np.arange(len(truth)), truth]
        return Score.of_mean(-np.log(np.clip(of_truth, LEAST, 1.0)))
