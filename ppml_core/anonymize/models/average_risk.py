"""Average risk: an intruder who knows who is in the release is right for at most a share of its people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.anonymize.classes import Bools, Classes, Floats, Ground
from ppml_core.anonymize.models.base import ReleaseCheck, ReleaseModel
from ppml_core.anonymize.models.per_attribute import ROUNDING
from ppml_core.anonymize.models.smallest_first import without_smallest
from ppml_core.settings import setting


@dataclass(frozen=True)
class AverageRisk(ReleaseModel):
    """The number of classes over the number of people is at most a threshold.

    That is the share of the people whom someone who links all of them, guessing within each class, gets right
    (marketer risk; El Emam 2013). Protects against linkage of a whole table; single people may stay
    unique. Classes are suppressed from the smallest until it holds.
    """

    title: ClassVar[str] = "average risk"
    closed_under_merging: ClassVar[bool] = True

    threshold: float = setting(0.05, 0, 1, help="largest average risk over the people", unit="probability")

    def bind(self, ground: Ground) -> ReleaseCheck:
        most = self.threshold * (1 + ROUNDING)

        def check(classes: Classes, kept: Bools, losses: Floats) -> Bools:
            sizes = classes.sizes
            if kept.sum() <= most * sizes[kept].sum():
                return kept
            rising = np.sort(sizes[kept])
            left = rising.sum() - np.cumsum(rising)
            holds = np.arange(len(rising) - 1, -1, -1) <= most * left
            return without_smallest(kept, sizes, losses, int(np.argmax(holds)) + 1)

        return check
