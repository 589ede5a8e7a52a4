"""Accuracy: the share of people whose class is predicted right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from ppml_core.evidence import SHARE
from ppml_core.measures.base import Array, Measure, Score


@dataclass(frozen=True)
class Accuracy(Measure):
    """Share of people predicted right.

    >>> import numpy as np
    >>> Accuracy().score(np.array([0, 1]), np.array([[0.9, 0.1], [0.8, 0.2]])).value
    0.5
    """

    title: ClassVar[str] = "Accuracy"
    task: ClassVar[Literal["classification", "regression"]] = "classification"
    unit: ClassVar[str] = "share of people"
    accepts: ClassVar[tuple[float, float]] = SHARE

    def score(self, truth: Any, scores: Array) -> Score:
        return Score.of_mean((scores.argmax(axis=1) == truth).astype(float))
