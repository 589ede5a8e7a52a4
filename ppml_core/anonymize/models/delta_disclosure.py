"""δ-disclosure privacy: a class changes the likelihood of each sensitive value by less than a factor, up or down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ppml_core.anonymize import histograms
from ppml_core.anonymize.classes import Bools, Ints, Sensitive
from ppml_core.anonymize.models.per_attribute import ROUNDING, HistogramCheck, SensitiveModel
from ppml_core.settings import setting


@dataclass(frozen=True)
class DeltaDisclosure(SensitiveModel):
    """In each class |log2(share of a value / its share in the whole table)| is below δ, for every value that occurs.

    Protects against learning, from the class, that a value is likelier or less likely than overall. Read to the
    letter it forbids that a value is absent from a class, which few tables allow; `absent` asks for that.
    Brickell & Shmatikov 2008; logarithm to base 2, as ARX takes it.
    """

    title: ClassVar[str] = "δ-disclosure privacy"
    threat: ClassVar[str] = "Odds moved up or down"
    why: ClassVar[str] = (
        "The logarithm of (share in the class / share in the table) stays within delta for each value that occurs."
    )
    strength: ClassVar[str] = "delta"

    delta: float = setting(
        1.0, 0, 1_000, slider=(0.5, 5), help="change of a value's share stays below this", unit="bits"
    )
    absent: bool = setting(False, help="a value of the table that a class lacks breaks the promise as well")
    sensitive: tuple[str, ...] = setting((), help="sensitive attributes; none named means all of them")

    def of_attribute(self, attribute: Sensitive) -> HistogramCheck:
        factor = 2.0**self.delta
        least = attribute.shares / factor * (1 + ROUNDING)
        most = attribute.shares * factor * (1 - ROUNDING)

        def check(table: Ints, start: int) -> Bools:
            kept: Bools = histograms.within(table, start, least, most, self.absent)
            return kept

        return check
