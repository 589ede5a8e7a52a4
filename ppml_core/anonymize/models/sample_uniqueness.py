"""Sample uniqueness: at most a share of the people in the release are alone in their class."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from ppml_core.anonymize.classes import Bools, Classes, Floats, Ground
from ppml_core.anonymize.models.base import ReleaseCheck, ReleaseModel
from ppml_core.anonymize.models.smallest_first import without_smallest
from ppml_core.settings import setting


@dataclass(frozen=True)
class SampleUniqueness(ReleaseModel):
    """At most a share of the people are unique in the release by their published quasi-identifiers.

    Protects against singling out a large part of the table; those few who stay unique are not protected at all, nor
    is anybody in a class of two. Unique people are suppressed, those with the larger loss first, until it holds.
    """

    title: ClassVar[str] = "sample uniqueness"
    closed_under_merging: ClassVar[bool] = True

    threshold: float = setting(0.01, 0, 1, help="largest share of people alone in their class", unit="share of people")

    def bind(self, ground: Ground) -> ReleaseCheck:
        def check(classes: Classes, kept: Bools, losses: Floats) -> Bools:
            unique = int((kept & (classes.sizes == 1)).sum())
            gone = _fewest(unique, int(classes.sizes[kept].sum()), self.threshold)
            return without_smallest(kept, classes.sizes, losses, gone)

        return check


def _fewest(unique: int, people: int, threshold: float) -> int:
    """How many unique people must go until at most a share `threshold` of those left are unique.

    >>> _fewest(unique=3, people=10, threshold=0.2), _fewest(unique=1, people=10, threshold=0.1)
    (2, 0)
    """
    excess = unique - threshold * people
    if excess <= 1e-9:
        return 0
    return unique if threshold >= 1 else min(unique, math.ceil(excess / (1 - threshold) - 1e-9))
