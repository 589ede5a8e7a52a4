"""Recursive (c, l)-diversity: the most frequent value of a class is not too frequent, nor the rarer ones too rare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ppml_core.anonymize import histograms
from ppml_core.anonymize.classes import Bools, Ints, Sensitive
from ppml_core.anonymize.models.per_attribute import HistogramCheck, SensitiveModel
from ppml_core.settings import setting


@dataclass(frozen=True)
class RecursiveLDiversity(SensitiveModel):
    """In each class the most frequent sensitive value occurs fewer than c times as often as the l-th and all rarer.

    With counts r1 >= r2 >= … of a class: r1 < c (r_l + … + r_m). Protects against someone who can rule out l - 2
    values: no single value is then certain. Values may still be alike in meaning. Machanavajjhala et al. 2007,
    definition 4.2.
    """

    title: ClassVar[str] = "recursive (c, l)-diversity"
    closed_under_merging: ClassVar[bool] = True

    c: float = setting(4.0, 0, None, slider=(0.5, 10), help="how much the most frequent value may outweigh the rare")
    l: int = setting(3, 1, None, slider=(2, 20), help="rank at which the rare values begin", unit="values")  # noqa: E741
    sensitive: tuple[str, ...] = setting((), help="sensitive attributes; none named means all of them")

    def of_attribute(self, attribute: Sensitive) -> HistogramCheck:
        values = len(attribute.labels)

        def check(table: Ints, start: int) -> Bools:
            kept: Bools = histograms.recursive(table, start, values, self.c, min(self.l, values + 1))
            return kept

        return check
