"""Membership inference: who was among the people a model was trained on, by its answers?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.attacks.base import Attack, Finding, RiskAxis, Subject, Thing
from ppml_core.attacks.membership.attacking import report_of, strongest
from ppml_core.attacks.membership.base import MembershipAttack
from ppml_core.attacks.membership.game import MOST_ASKED, against
from ppml_core.attacks.membership.report import MembershipReport
from ppml_core.attacks.rates import RATES
from ppml_core.catalog import method
from ppml_core.errors import BadInput
from ppml_core.evidence import SHARE
from ppml_core.settings import setting

CHOSEN = "chosen"


@dataclass(frozen=True)
class MembershipInference(Attack):
    """How well members are told from others by a model's answers: area under the curve, success at few false alarms.

    The attacker knows each person's record and the method of training, and trains shadow models on people like the
    model's. Guessing has an area of one half, and at any false positive rate finds as large a share of members. The
    control is the same attack scored against membership by lot.
    """

    title: ClassVar[str] = "Membership inference"
    version: ClassVar[int] = 2
    against: ClassVar[tuple[Thing, ...]] = ("model",)
    trains_shadows: ClassVar[bool] = True
    named_axes: ClassVar[tuple[RiskAxis, ...]] = (
        RiskAxis("membership_auc", "Membership attack, area under the curve", "probability", "membership.auc", SHARE),
        RiskAxis(
            "membership_tpr_at_0.01", "Members found at 1 % false alarms", "share of members",
            "membership.tpr_at_0.01", SHARE, ("membership", "membership.tpr", "membership_tpr"),
        ),
        RiskAxis(
            "membership_tpr_at_0.001", "Members found at 0.1 % false alarms", "share of members",
            "membership.tpr_at_0.001", SHARE,
        ),
    )  # fmt: skip

    attack: str = setting(
        CHOSEN,
        choices=(CHOSEN, "lira_offline", "lira_online", "loss", "quantile", "rmia", "shadow"),
        help="which attack, or the one that does best against the shadow models",
    )
    shadows: int = setting(
        16, 2, 1024, slider=(2, 128), steps=(2, 4, 8, 16, 32, 64, 128), help="shadow models, an even number"
    )
    n: int = setting(
        MOST_ASKED, 20, 1_000_000, slider=(100, 20_000), help="most members, and most others, that are asked about"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.shadows % 2:
            raise BadInput(f"shadow models come in pairs: shadows must be an even number, not {self.shadows}.")

    def measures(self) -> tuple[str, ...]:
        return ("membership_auc", *(f"membership_tpr_at_{rate:g}" for rate in RATES))

    def run(self, subject: Subject, rng: np.random.Generator) -> tuple[Finding, ...]:
        report = self.report(subject, rng)
        names = self.measures()
        area = Finding(names[0], report.found.auc, "0.5 guessing, 1 certain", report.baseline_auc, report.null.auc)
        rates = zip(names[1:], report.found.at, report.null.at, strict=True)
        return (
            area,
            *(Finding(name, at.tpr, "share of members", at.asked, null.tpr) for name, at, null in rates),
        )

    def report(self, subject: Subject, rng: np.random.Generator) -> MembershipReport:
        """The whole of it. Raises NotApplicable where the attack cannot be run on so few people or shadow models."""
        game = against(subject, self.shadows, rng, self.n)
        ready = strongest(game, rng) if self.attack == CHOSEN else method(MembershipAttack, self.attack)()
        return report_of(ready, game, rng)
