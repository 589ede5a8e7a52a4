"""A model attacked for a page: quick membership attacks on one game, and which of them the shadow models recommend.

In: a scenario and its table. Out: `MembershipView`. One set of shadow models serves all attacks, so that a page can
change from one to another at no cost.
"""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ppml_core.attacks.membership.attacking import report_of, strongest
from ppml_core.attacks.membership.base import MembershipAttack
from ppml_core.attacks.membership.game import play
from ppml_core.attacks.membership.report import MembershipReport
from ppml_core.catalog import methods
from ppml_core.data.dataset import Dataset
from ppml_core.errors import NotApplicable
from ppml_core.experiment.attacked import road
from ppml_core.experiment.scenario import Scenario
from ppml_core.workers import Progress


@dataclass(frozen=True)
class MembershipView:
    """Reports by attack; `recommended` did best against the shadow models, before the model itself was looked at.

    `left_out` says why an attack could not be run here.
    """

    reports: Mapping[str, MembershipReport]
    recommended: str
    left_out: Mapping[str, str]


def offered() -> dict[str, type[MembershipAttack]]:
    """The attacks by name that train nothing of their own: those answer at once, one beside the other."""
    return {name: cls for name, cls in methods(MembershipAttack).items() if not cls.needs_training}


def attack_membership(
    scenario: Scenario, data: Dataset, shadows: int, n: int, progress: Progress | None = None
) -> MembershipView:
    """Plays the game with models of the scenario's whole road on n people, as `ppml attack membership` does.

    `progress(done, total)` counts shadow models and may raise to stop. Raises what anonymizers, learner and game raise.
    """
    train = road(scenario)
    if progress is not None:
        train = dataclasses.replace(train, progress=progress)
    game = play(data, train, shadows, np.random.default_rng([scenario.seed, 0]), n)
    recommended = strongest(game, np.random.default_rng([scenario.seed, 1]))
    reports, left_out = {}, {}
    for name, cls in offered().items():
        try:
            reports[name] = report_of(cls(), game, np.random.default_rng([scenario.seed, zlib.crc32(name.encode())]))
        except NotApplicable as fault:
            left_out[name] = str(fault)
    return MembershipView(reports, recommended.name(), left_out)
