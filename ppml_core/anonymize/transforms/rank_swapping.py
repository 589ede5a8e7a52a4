"""Rank swapping: each value trades places with one of a near rank."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from ppml_core.anonymize import swap_kernels
from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.columns import COLUMNS_HELP, ORDERED, Perturbed, chosen, correlations, moved, ordered
from ppml_core.data.dataset import Dataset
from ppml_core.settings import setting


@dataclass(frozen=True)
class RankSwapping(Anonymizer):
    """The table in which each ordered value is swapped with one whose rank is near, column by column.

    Two swapped values are at most `window` of the column's people apart in rank (Moore 1996, Controlled data-swapping
    techniques for masking public use microdata). Every column holds the very values it held, so its mean and all its
    quantiles stay exactly; relations between columns weaken as the window grows. It hinders linking by exact numbers;
    a window of few people, or one full of equal values, changes little. Absent cells stay absent.
    """

    title: ClassVar[str] = "Rank swapping"
    protocol: ClassVar[str] = "raw test people"
    uses_randomness: ClassVar[bool] = True
    perturbs: ClassVar[bool] = True

    columns: tuple[str, ...] = setting((), help=COLUMNS_HELP)
    window: float = setting(
        0.05,
        0.0,
        1.0,
        slider=(0.0, 0.3),
        help="how far apart in rank two swapped values may be",
        unit="share of people",
    )

    def fit(self, data: Dataset, rng: np.random.Generator) -> Perturbed:
        names = chosen(data, self.columns, ORDERED, self.title)
        changed = {name: self._swapped(data, name, rng) for name in names}
        return Perturbed(data, changed, correlations(data, changed))

    def _swapped(self, data: Dataset, name: str, rng: np.random.Generator) -> pd.Series:
        values = ordered(data, name)
        present = rng.permutation(np.flatnonzero(~np.isnan(values)))  # equal values in random order
        ranked = present[np.argsort(values[present], kind="stable")]
        partner = swap_kernels.near_partners(len(ranked), int(self.window * len(ranked)), rng)
        source = np.arange(len(values))
        source[ranked] = ranked[partner]
        return moved(data.table[name], source)
