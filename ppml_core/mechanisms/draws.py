"""What is drawn of counts and scores of people: to explore, from a generator; to release, from OpenDP.

In: exact whole numbers and how much noise. Out: noisy numbers, or the place of a high score. Both ways have the same
distributions, but for the noise on counts, which is continuous in the one and discrete in the other, and cost the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ppml_core.mechanisms.system import Whole, discrete_gaussian, gumbel_choice, measured

Floats = npt.NDArray[np.float64]


class Draws(Protocol):
    def noisy(self, counts: Whole, noise: float) -> Floats:
        """Counts with Gaussian noise of that standard deviation, shape as given: 1/(2 noise²) of rho a person."""
        ...

    def choose(self, scores: Whole, moved: int, epsilon: float) -> int:
        """A place with chances in proportion to exp(epsilon · score / (2 moved)): epsilon²/8 of rho.

        `moved` is how far one person moves a score. By Gumbel noise; McSherry, Talwar 2007.
        """
        ...


@dataclass(frozen=True)
class SeededDraws:
    """Reproducible, and so for experiments alone."""

    rng: np.random.Generator

    def noisy(self, counts: Whole, noise: float) -> Floats:
        return np.asarray(counts + noise * self.rng.standard_normal(counts.shape))

    def choose(self, scores: Whole, moved: int, epsilon: float) -> int:
        return int(np.argmax(epsilon * (scores / moved) / 2 + self.rng.gumbel(size=len(scores))))


@dataclass
class SystemDraws:
    """By OpenDP, from the operating system's entropy. `spent` is the rho of all draws so far, as OpenDP adds it up.

    Raises NotApplicable where OpenDP is not installed.
    """

    spent: float = 0.0

    def noisy(self, counts: Whole, noise: float) -> Floats:
        measurement = discrete_gaussian(noise)
        self.spent += measurement.map(1.0)
        return measured(measurement, counts).astype(np.float64)

    def choose(self, scores: Whole, moved: int, epsilon: float) -> int:
        measurement = gumbel_choice(2 * moved / epsilon)
        self.spent += measurement.map(moved)
        return int(measurement(scores.tolist()))
