"""The loss threshold: whoever the model is sure about was a member."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.attacks.membership.base import MembershipAttack
from ppml_core.attacks.membership.evidence import Evidence
from ppml_core.attacks.rates import Scores


@dataclass(frozen=True)
class Loss(MembershipAttack):
    """The model's probability of the true class. Yeom et al. 2018, adversary 2.

    It needs nothing but the model, and takes everybody who is easy to predict for a member: at a small false positive
    rate it finds next to nobody where stronger attacks find many. Alone it would mislead.
    """

    title: ClassVar[str] = "Loss threshold"

    def scores(self, evidence: Evidence, rng: np.random.Generator) -> Scores:
        return evidence.confidence
