"""LiRA with models trained without the person only: how far beyond those does the attacked model's answer lie?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.attacks.membership.evidence import Evidence
from ppml_core.attacks.membership.likelihood import LikelihoodRatio
from ppml_core.attacks.rates import Scores


@dataclass(frozen=True)
class LiraOffline(LikelihoodRatio):
    """Standard deviations by which a person's logit lies above that of shadow models trained without them.

    Carlini et al. 2022, section VI-A: shadow models are trained once, before anybody is asked about.
    """

    title: ClassVar[str] = "Likelihood ratio, offline"
    fewest_shadows: ClassVar[int] = 4

    def scores(self, evidence: Evidence, rng: np.random.Generator) -> Scores:
        without = self.over_shadows(evidence, inside=False)
        return np.asarray((self.logit(evidence) - without.mean) / np.sqrt(without.variance))
