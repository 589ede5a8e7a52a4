"""Entropy l-diversity: the sensitive values of every class are as spread as l equally likely ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.anonymize import histograms
from ppml_core.anonymize.classes import Bools, Ints, Sensitive
from ppml_core.anonymize.models.per_attribute import HistogramCheck, SensitiveModel
from ppml_core.settings import setting

MOST_KNOWN = 4096


@dataclass(frozen=True)
class EntropyLDiversity(SensitiveModel):
    """The entropy of the sensitive values in each class is at least ln l.

    Protects against one value dominating a class. It asks that of the whole table too: where one value is very
    frequent, no release reaches it. Values may still be alike in meaning, and a class may differ much from the table.
    Machanavajjhala et al. 2007, definition 4.1. Asked as sum n ln n <= c (ln c - ln l), for counts n of a class of
    c people, in floating point as ARX does: a rounding error may refuse a class of exactly that entropy (counts 2, 2,
    2 at l = 3), so that two classes that pass need not pass when merged.
    """

    title: ClassVar[str] = "entropy l-diversity"
    threat: ClassVar[str] = "Nearly one value in a class"
    why: ClassVar[str] = "The values in a class must be mixed as well as l equally frequent ones (entropy)."
    strength: ClassVar[str] = "l"

    l: float = setting(  # noqa: E741
        3.0, 1, None, slider=(1, 10), help="effective number of equally likely values in a class", unit="values"
    )
    sensitive: tuple[str, ...] = setting((), help="sensitive attributes; none named means all of them")

    def of_attribute(self, attribute: Sensitive) -> HistogramCheck:
        logs = np.array([0.0, *map(math.log, range(1, MOST_KNOWN))])
        values, log_l = len(attribute.labels), math.log(self.l)

        def check(table: Ints, start: int) -> Bools:
            kept: Bools = histograms.spread(table, start, values, logs, log_l)
            return kept

        return check
