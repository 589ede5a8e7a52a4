"""Basic β-likeness: no sensitive value gains more than a factor in likelihood through a class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.anonymize import histograms
from ppml_core.anonymize.classes import Bools, Ints, Sensitive
from ppml_core.anonymize.models.per_attribute import ROUNDING, HistogramCheck, SensitiveModel
from ppml_core.settings import setting


@dataclass(frozen=True)
class BasicBetaLikeness(SensitiveModel):
    """In each class every sensitive value is at most 1 + β times as frequent as in the whole table.

    Protects against a relative gain in certainty, so that rare values are guarded as much as frequent ones. It bounds
    no loss: that a value is absent from a class may be learnt, and a value with a share above 1 / (1 + β) may become
    certain. Cao & Karras 2012.
    """

    title: ClassVar[str] = "basic β-likeness"
    threat: ClassVar[str] = "A rare value made likely"
    why: ClassVar[str] = "No value's share may grow by more than beta times its share in the table."
    strength: ClassVar[str] = "beta"
    closed_under_merging: ClassVar[bool] = True

    beta: float = setting(2.0, 0, None, slider=(0.5, 10), help="largest relative gain of a value's share in a class")
    sensitive: tuple[str, ...] = setting((), help="sensitive attributes; none named means all of them")

    def of_attribute(self, attribute: Sensitive) -> HistogramCheck:
        most = attribute.shares * (1 + self.beta) * (1 + ROUNDING)
        least = np.zeros(len(most))

        def check(table: Ints, start: int) -> Bools:
            kept: Bools = histograms.within(table, start, least, most, False)
            return kept

        return check
