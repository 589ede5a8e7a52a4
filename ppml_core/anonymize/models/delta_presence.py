"""δ-presence: that somebody is in the table, or is not, can be told from the release with bounded certainty only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.anonymize.classes import Bools, Classes, Floats, Ground
from ppml_core.anonymize.models.base import ReleaseCheck, ReleaseModel
from ppml_core.anonymize.models.per_attribute import ROUNDING
from ppml_core.errors import BadInput
from ppml_core.settings import setting


@dataclass(frozen=True)
class DeltaPresence(ReleaseModel):
    """For every person of the population, the chance of being in the release lies between two bounds.

    The chance is the class's people in the release over its people in the population. Protects against learning that
    somebody is in the table at all (`high`), or is not (`low`). Where people of the population stand in a class that
    holds nobody of the table, their chance is 0 and suppression cannot mend it: with `low` above 0 the whole
    generalization fails. Suppressed people are not counted: someone who learns how many they are may learn more.
    Nergiz, Atzori & Clifton 2007. Needs a population table, and a
    recoding that gives each person one class: where classes overlap, the chance is that of no single one.
    """

    title: ClassVar[str] = "δ-presence"
    closed_under_merging: ClassVar[bool] = True
    needs_population: ClassVar[bool] = True
    needs_disjoint_classes: ClassVar[bool] = True

    high: float = setting(0.5, 0, 1, help="largest chance of being in the release", unit="probability")
    low: float = setting(0.0, 0, 1, help="smallest chance of being in the release", unit="probability")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low > self.high:
            raise BadInput(f"low must be at most high ({self.high:g}), not {self.low:g}.")

    def bind(self, ground: Ground) -> ReleaseCheck:
        def check(classes: Classes, kept: Bools, losses: Floats) -> Bools:
            people, population = classes.sizes, classes.population
            if self.low > 0 and bool(((people == 0) & (population > 0)).any()):
                return np.zeros(len(classes), dtype=bool)
            enough = people >= self.low * (1 - ROUNDING) * population
            verdict: Bools = kept & enough & (people <= self.high * (1 + ROUNDING) * population)
            return verdict

        return check
