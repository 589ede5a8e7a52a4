"""What every measure of a model owes: a value, and its standard error over the people it was measured on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt

from ppml_core.evidence import ANY
from ppml_core.settings import Method

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Score:
    """A value and its standard error over test people (0 where there is one person or no variation)."""

    value: float
    std_error: float

    @classmethod
    def of_mean(cls, per_person: Array) -> Score:
        """The mean of one number per person."""
        return cls.of_influence(float(per_person.mean()), per_person)

    @classmethod
    def of_influence(cls, value: float, influence: Array) -> Score:
        """A value whose error comes from each person's influence on it (infinitesimal jackknife)."""
        people = len(influence)
        return cls(value, float(influence.std(ddof=1) / np.sqrt(people)) if people > 1 else 0.0)


class Measure(Method, ABC):
    """Judges predictions.

    `truth` is each person's class number (rows,), or the target's value in a regression; `scores` are class
    probabilities (rows, classes), or predictions (rows, 1). `accepts` bounds what a person may ask of it, `also` are
    other names they may ask by.
    """

    task: ClassVar[Literal["classification", "regression"]]
    unit: ClassVar[str]
    higher_is_better: ClassVar[bool] = True
    accepts: ClassVar[tuple[float, float]] = ANY
    also: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def score(self, truth: npt.NDArray[np.float64] | npt.NDArray[np.int64], scores: Array) -> Score: ...
