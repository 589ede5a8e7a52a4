"""RMIA: a person is compared with other people, each relative to what shadow models say of them."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from ppml_core.attacks.membership.base import MembershipAttack
from ppml_core.attacks.membership.evidence import Evidence, Vector
from ppml_core.attacks.rates import Scores
from ppml_core.learn.base import Array
from ppml_core.settings import setting

LEAST = 1e-12
SLOPES = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class RMIA(MembershipAttack):
    """Share of other people z for whom P(x | model)/P(x) is at least gamma times P(z | model)/P(z).

    P(x) is the mean confidence over shadow models with x and without, or of those without: ((1 + a)·out + 1 - a)/2.
    The others are the people asked about, so with gamma = 1 the order is that of the ratios themselves. Zarifzadeh,
    Liu, Shokri 2024, equations 2 to 4 and appendix B.2.2.
    """

    title: ClassVar[str] = "Relative membership (RMIA)"
    fewest_shadows: ClassVar[int] = 2

    reference: str = setting(
        "chosen",
        choices=("chosen", "with and without", "without"),
        help="shadow models behind P(x): half of them trained with x, or only those without; or what serves on shadows",
    )
    a: float | None = setting(
        None, 0.0, 1.0, slider=(0.0, 1.0),
        help="how confidence without somebody predicts confidence with them; none is chosen on shadow models",
    )  # fmt: skip
    gamma: float | None = setting(
        None, 1.0, 100.0, slider=(1.0, 4.0), help="how much likelier x must be than z; none is chosen on shadow models"
    )

    def candidates(self) -> Sequence[Self]:
        references = ("with and without", "without") if self.reference == "chosen" else (self.reference,)
        slopes = SLOPES if self.a is None else (self.a,)
        gammas = (1.0, 2.0) if self.gamma is None else (self.gamma,)
        return [
            dataclasses.replace(self, reference=reference, a=a, gamma=gamma)
            for reference, a, gamma in itertools.product(references, slopes, gammas)
            if reference == "without" or a == slopes[0]
        ]

    def scores(self, evidence: Evidence, rng: np.random.Generator) -> Scores:
        ratio = evidence.confidence / (self._expected(evidence) + LEAST)
        gamma = 1.0 if self.gamma is None else self.gamma
        return np.searchsorted(np.sort(gamma * ratio), ratio, side="right") / len(ratio)

    def _expected(self, evidence: Evidence) -> Vector:
        without = evidence.moments("confidence", _unchanged, inside=False).mean
        if self.reference == "without":
            a = 1.0 if self.a is None else self.a
            return np.asarray(((1 + a) * without + 1 - a) / 2)
        return (without + evidence.moments("confidence", _unchanged, inside=True).mean) / 2


def _unchanged(confidence: Array) -> Array:
    return confidence
