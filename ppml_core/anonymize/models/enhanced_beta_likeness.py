"""Enhanced β-likeness: β-likeness that keeps frequent values from becoming certain as well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.anonymize import histograms
from ppml_core.anonymize.classes import Bools, Ints, Sensitive
from ppml_core.anonymize.models.per_attribute import ROUNDING, HistogramCheck, SensitiveModel
from ppml_core.settings import setting


@dataclass(frozen=True)
class EnhancedBetaLikeness(SensitiveModel):
    """In each class a value of overall share p has at most the share p (1 + min(β, -ln p)), which is below 1.

    Protects against a relative gain in certainty about rare values and against certainty about frequent ones. That a
    value is absent from a class may still be learnt. Cao & Karras 2012.
    """

    title: ClassVar[str] = "enhanced β-likeness"
    closed_under_merging: ClassVar[bool] = True

    beta: float = setting(2.0, 0, None, slider=(0.5, 10), help="largest relative gain of a value's share in a class")
    sensitive: tuple[str, ...] = setting((), help="sensitive attributes; none named means all of them")

    def of_attribute(self, attribute: Sensitive) -> HistogramCheck:
        shares = attribute.shares
        most = shares * (1 + np.minimum(self.beta, -np.log(shares))) * (1 + ROUNDING)
        least = np.zeros(len(most))

        def check(table: Ints, start: int) -> Bools:
            kept: Bools = histograms.within(table, start, least, most, False)
            return kept

        return check
