"""What the two likelihood-ratio attacks share: confidences as logits, near normal, and variances to be trusted."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from ppml_core.attacks.membership.base import MembershipAttack
from ppml_core.attacks.membership.evidence import Evidence, Moments, logits
from ppml_core.settings import setting

LEAST_VARIANCE = 1e-6
MARGINS = (1e-6, 0.02)
VARIANCES = ("each person", "shrunken", "one for all")
ADDED_MODELS = 8


@dataclass(frozen=True)
class LikelihoodRatio(MembershipAttack):
    """Carlini, Chien, Nasr, Song, Terzis, Tramèr 2022: normal distributions of a person's logit over shadow models."""

    variance: str = setting(
        "chosen",
        choices=("chosen", *VARIANCES),
        help="a variance for each person, shrunken to the mean of all, one for all, or what serves on shadow models",
    )
    margin: float | None = setting(
        None, 1e-12, 0.4, slider=(1e-6, 0.1), log=True,
        help="how far probabilities are brought from 0 and 1; none is chosen on shadow models",
    )  # fmt: skip

    def candidates(self) -> Sequence[Self]:
        variances = VARIANCES if self.variance == "chosen" else (self.variance,)
        margins = MARGINS if self.margin is None else (self.margin,)
        return [
            dataclasses.replace(self, variance=variance, margin=margin)
            for variance, margin in itertools.product(variances, margins)
        ]

    def logit(self, evidence: Evidence) -> np.ndarray:
        return logits(evidence.confidence, self._margin)

    def over_shadows(self, evidence: Evidence, inside: bool) -> Moments:
        """Mean and variance of each person's logit over shadow models with them, or without.

        One variance for all serves where shadow models are few (their section VI-B); shrunken, a person's own counts
        for as many models as there are and the mean of all for `ADDED_MODELS` more.
        """
        found = evidence.moments(("logit", self._margin), functools.partial(logits, margin=self._margin), inside)
        own, shared = found.variance, found.variance.mean()
        if self.variance == "one for all":
            own = np.full_like(own, shared)
        elif self.variance == "shrunken":
            own = (found.models * own + ADDED_MODELS * shared) / (found.models + ADDED_MODELS)
        return dataclasses.replace(found, variance=own + LEAST_VARIANCE)

    @property
    def _margin(self) -> float:
        return MARGINS[0] if self.margin is None else self.margin
