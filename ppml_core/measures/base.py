"""What every measure of a model owes: a value, and its standard error over the people it was measured on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt

from ppml_core.evidence import ANY, Z95, Estimate
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

    def share(self) -> Estimate:
        """A share (0..1) of test people with its 95 % interval, as result rows have it, cut at 0 and 1.

        >>> right = np.repeat([1.0, 0.0], [218, 82])
        >>> told = Score.of_mean(right).share()
        >>> round(told.low, 4), round(told.high, 4)
        (0.6762, 0.7772)
        """
        reach = Z95 * self.std_error
        return Estimate(self.value, max(self.value - reach, 0.0), min(self.value + reach, 1.0), covers="test people")


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
