"""What touched the private rows, as plain values that add up: single mechanisms and their composition.

A `noise_multiplier` is the noise in units of what one neighbour can change, under the relation that the event names:
doubling the noise of a sum turns an event for adding or removing one into the same event for replacing one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ppml_core.errors import BadInput, NotApplicable
from ppml_core.evidence import Neighbours


@dataclass(frozen=True)
class Event:
    """A mechanism run once. Raises BadInput for parameters that make no mechanism."""

    neighbours: Neighbours = "add_or_remove_one"

    def _above(self, name: str) -> None:
        value = getattr(self, name)
        if not (value > 0 and math.isfinite(value)):
            raise BadInput(f"{name} must be a finite number above 0, not {value}.")


@dataclass(frozen=True)
class Gaussian(Event):
    """Normal noise of that standard deviation, in units of the L2 sensitivity."""

    noise_multiplier: float = 1.0

    def __post_init__(self) -> None:
        self._above("noise_multiplier")


@dataclass(frozen=True)
class SubsampledGaussian(Event):
    """Gaussian noise on a Poisson sample: each person is in it with probability `rate`."""

    noise_multiplier: float = 1.0
    rate: float = 1.0

    def __post_init__(self) -> None:
        self._above("noise_multiplier")
        if not 0 < self.rate <= 1:
            raise BadInput(f"rate must be above 0 and at most 1, not {self.rate}.")


@dataclass(frozen=True)
class Laplace(Event):
    """Laplace noise of that scale, in units of the L1 sensitivity: pure epsilon of 1 / noise_multiplier."""

    noise_multiplier: float = 1.0

    def __post_init__(self) -> None:
        self._above("noise_multiplier")


@dataclass(frozen=True)
class PureEpsilon(Event):
    """Anything of which no more is known than a pure epsilon: randomized response, selection, a library's answer."""

    epsilon: float = 1.0

    def __post_init__(self) -> None:
        self._above("epsilon")


@dataclass(frozen=True)
class Selection(Event):
    """The best of a geometric number of Gaussian runs, `expected_runs` on average, by a score that the noise covers.

    `noise_multiplier` is that of one run, training and score together. Papernot, Steinke 2022 (accounting.selection).
    """

    noise_multiplier: float = 1.0
    expected_runs: float = 1.0

    def __post_init__(self) -> None:
        self._above("noise_multiplier")
        if not (self.expected_runs >= 1 and math.isfinite(self.expected_runs)):
            raise BadInput(f"expected_runs must be a finite number of at least 1, not {self.expected_runs}.")


@dataclass(frozen=True)
class Composition:
    """Events one after another, each so many times, chosen adaptively or not. Raises NotApplicable for two relations.

    >>> Composition(((Gaussian(noise_multiplier=28.9), 60),)).neighbours
    'add_or_remove_one'
    """

    parts: tuple[tuple[Event, int], ...]

    def __post_init__(self) -> None:
        if not self.parts or any(count < 1 for _, count in self.parts):
            raise BadInput("a composition needs at least one event, and each at least once.")
        if len({event.neighbours for event, _ in self.parts}) > 1:
            raise NotApplicable("events for other neighbouring relations do not add up; convert them to one first.")

    @property
    def neighbours(self) -> Neighbours:
        return self.parts[0][0].neighbours
