"""t-closeness with ordered distances: values far apart in their order count as far apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ppml_core.anonymize import histograms
from ppml_core.anonymize.classes import Bools, Ints, Sensitive
from ppml_core.anonymize.models.per_attribute import ROUNDING, HistogramCheck, SensitiveModel
from ppml_core.settings import setting


@dataclass(frozen=True)
class OrderedTCloseness(SensitiveModel):
    """The earth mover's distance of each class from the whole table is at most t, by rank of the values.

    Values i and j of m that occur are |i - j| / (m - 1) apart: numbers by size, categories as the schema lists them.
    Protects against learning, from the class, roughly how large a person's value is. Ranks, not amounts: two
    neighbouring salaries count as near however much lies between. Li, Li & Venkatasubramanian 2007, section 4.1.
    """

    title: ClassVar[str] = "t-closeness, ordered distances"
    threat: ClassVar[str] = "All high or all low in a class"
    why: ClassVar[str] = "As t-closeness, but values that lie near each other count as near (earth mover's distance)."
    strength: ClassVar[str] = "t"
    closed_under_merging: ClassVar[bool] = True

    t: float = setting(0.2, 0, 1, help="largest distance of a class from the whole table")
    sensitive: tuple[str, ...] = setting((), help="sensitive attributes; none named means all of them")

    def of_attribute(self, attribute: Sensitive) -> HistogramCheck:
        steps = max(len(attribute.labels) - 1, 1)

        def check(table: Ints, start: int) -> Bools:
            work = histograms.ordered_work(table, start, attribute.shares)
            kept: Bools = work <= (self.t + ROUNDING) * steps * table[:, 0]
            return kept

        return check
