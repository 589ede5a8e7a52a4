"""The two kinds of statement about privacy and accuracy, kept apart: what is proved and what was measured."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, Self

from ppml_core.errors import BadInput

ANY, SHARE, GAP = (-math.inf, math.inf), (0.0, 1.0), (-1.0, 1.0)
Z95 = 1.959963984540054
PROTECTS = "Protects the computation, not its output: attacks on the trained model or its answers apply unchanged."
EXPLORATORY = "No guarantee: the noise can be reproduced. Made for exploration, not for a release."
UNSEEDED = (
    "No guarantee: the noise comes from NumPy's generator, not from one made for releases. "
    "Made for exploration, not for a release."
)

Neighbours = Literal["add_or_remove_one", "replace_one"]


@dataclass(frozen=True)
class Guarantee:
    """A proved (epsilon, delta) bound on what any attacker learns from what is released.

    `neighbours` is the relation under which it holds, `unit` what one neighbour changes. `mu` is the parameter of
    Gaussian differential privacy where the mechanism's own trade-off curve is known (Dong, Roth, Su 2022, Def. 2.6);
    it says more than the pair. Raises BadInput outside epsilon > 0 and 0 <= delta < 1.

    >>> Guarantee(epsilon=1.0, delta=1e-6, neighbours="add_or_remove_one").unit
    'record'
    """

    epsilon: float
    delta: float
    neighbours: Neighbours
    unit: str = "record"
    mu: float | None = None

    def __post_init__(self) -> None:
        if not (self.epsilon > 0 and math.isfinite(self.epsilon)):
            raise BadInput(f"epsilon must be a finite number above 0, not {self.epsilon}.")
        if not 0 <= self.delta < 1:
            raise BadInput(f"delta must be at least 0 and below 1, not {self.delta}.")


@dataclass(frozen=True)
class Estimate:
    """A measured value with the interval [low, high] at `confidence`; `covers` says what the interval is over.

    `repeats` is the number of independent fits behind the value.

    >>> Estimate(0.845, 0.839, 0.851, covers="test people", repeats=1).width
    0.012
    """

    value: float
    low: float
    high: float
    covers: str
    repeats: int = 1
    confidence: float = 0.95

    @classmethod
    def of_share(cls, share: float, trials: int, covers: str) -> Self:
        """A share (0..1) of so many trials, with Wilson's interval."""
        return cls(share, *wilson(share, trials), covers=covers)

    @property
    def width(self) -> float:
        return round(self.high - self.low, 12)

    def values(self) -> dict[str, float]:
        """What every figure is told with."""
        return {"value": self.value, "low": self.low, "high": self.high}


def wilson(share: float, trials: int) -> tuple[float, float]:
    """The 95 % interval of a share of `trials` (Wilson 1927), never outside 0..1.

    >>> [round(end, 3) for end in wilson(0.0, 100)]
    [0.0, 0.037]
    """
    spread = Z95**2 / trials
    middle = (share + spread / 2) / (1 + spread)
    half = math.sqrt(share * (1 - share) * spread + spread**2 / 4) / (1 + spread)
    return max(0.0, middle - half) if share > 0 else 0.0, min(1.0, middle + half) if share < 1 else 1.0


@dataclass(frozen=True)
class Threat:
    """What one onlooker of a protected computation learns of inputs, model, intermediate values and output."""

    who: str
    inputs: str
    model: str
    intermediates: str
    output: str
