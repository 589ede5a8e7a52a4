"""t-closeness with equal distances: the shares of sensitive values in a class are near those of the whole table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.anonymize import histograms
from ppml_core.anonymize.classes import Bools, Ints, Sensitive
from ppml_core.anonymize.models.per_attribute import ROUNDING, HistogramCheck, SensitiveModel
from ppml_core.settings import setting


@dataclass(frozen=True)
class EqualTCloseness(SensitiveModel):
    """At most a share t of a class would have to change its value for the class to look like the whole table.

    The earth mover's distance where all values are equally far apart: half the sum of the differences of shares.
    Protects against learning much from the class beyond the overall distribution, itself taken as known. All values
    count alike, near or far in meaning, frequent or rare: a rare value may still become many times likelier.
    Li, Li & Venkatasubramanian 2007, section 4.2.
    """

    title: ClassVar[str] = "t-closeness, equal distances"
    threat: ClassVar[str] = "Classes unlike the whole table"
    why: ClassVar[str] = (
        "Shares of values in a class may differ from those of the table by at most t, summed and halved."
    )
    strength: ClassVar[str] = "t"
    closed_under_merging: ClassVar[bool] = True

    t: float = setting(0.2, 0, 1, help="largest distance of a class from the whole table")
    sensitive: tuple[str, ...] = setting((), help="sensitive attributes; none named means all of them")

    def of_attribute(self, attribute: Sensitive) -> HistogramCheck:
        nodes = np.arange(len(attribute.labels))[np.newaxis]

        def check(table: Ints, start: int) -> Bools:
            work = histograms.tree_work(table, start, nodes, attribute.shares)
            kept: Bools = work <= (2 * self.t + ROUNDING) * table[:, 0]
            return kept

        return check
