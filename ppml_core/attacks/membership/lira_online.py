"""LiRA with models trained with and without the person: which of the two does the attacked model look like?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.attacks.membership.evidence import Evidence, Moments
from ppml_core.attacks.membership.likelihood import LikelihoodRatio
from ppml_core.attacks.rates import Scores


@dataclass(frozen=True)
class LiraOnline(LikelihoodRatio):
    """Log likelihood ratio of a person's logit between shadow models trained with them and without.

    Carlini et al. 2022, algorithm 1.
    """

    title: ClassVar[str] = "Likelihood ratio, online"
    fewest_shadows: ClassVar[int] = 4

    def scores(self, evidence: Evidence, rng: np.random.Generator) -> Scores:
        logit = self.logit(evidence)
        inside, outside = (self.over_shadows(evidence, inside=inside) for inside in (True, False))
        return _log_density(logit, inside) - _log_density(logit, outside)


def _log_density(value: Scores, normal: Moments) -> Scores:
    """Of a normal distribution, without the constant."""
    return np.asarray(-((value - normal.mean) ** 2 / normal.variance + np.log(normal.variance)) / 2)
