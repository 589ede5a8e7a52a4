"""Top and bottom coding: whoever lies beyond a threshold is published as the threshold, or as the tail's mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.columns import COLUMNS_HELP, NUMERIC, Code, Coded, Floats, chosen, is_whole, numbers
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput
from ppml_core.settings import setting


@dataclass(frozen=True)
class TopBottomCoding(Anonymizer):
    """The table with extreme numbers cut: all beyond a threshold become the threshold, or the mean of their tail.

    It protects people whom one very high or very low number gives away (the oldest, the richest); nobody between the
    thresholds is protected. Hundepool et al. 2012, Statistical Disclosure Control, chapter 3. The mean of the tail
    keeps the column's mean; it also tells how far the tail reaches. A share is a quantile, read off the rows.
    """

    title: ClassVar[str] = "Top and bottom coding"
    protocol: ClassVar[str] = "raw test people, coded as the release"

    columns: tuple[str, ...] = setting((), help=COLUMNS_HELP)
    top_share: float = setting(
        0.05, 0.0, 0.5, slider=(0.0, 0.2), help="largest share of people above the top threshold", unit="share"
    )
    bottom_share: float = setting(
        0.05, 0.0, 0.5, slider=(0.0, 0.2), help="largest share of people below the bottom threshold", unit="share"
    )
    top: float | None = setting(None, help="top threshold for every column, instead of the share")
    bottom: float | None = setting(None, help="bottom threshold for every column, instead of the share")
    replacement: str = setting(
        "threshold", choices=("threshold", "mean"), help="what stands for the tail: its threshold, or its mean"
    )

    def fit(self, data: Dataset, rng: np.random.Generator) -> Coded:
        if self.top is not None and self.bottom is not None and self.bottom >= self.top:
            raise BadInput(f"bottom must lie below top, and {self.bottom:g} does not lie below {self.top:g}.")
        names = chosen(data, self.columns, NUMERIC, self.title)
        codes = {name: self._tails(data, name) for name in names}
        thresholds = {name: [code.bottom, code.top] for name, code in codes.items()}
        return Coded(data, codes, {"thresholds": thresholds})

    def _tails(self, data: Dataset, name: str) -> Tails:
        values = numbers(data, name)
        present = np.sort(values[~np.isnan(values)])
        top = _quantile(present, 1 - self.top_share) if self.top is None else self.top
        bottom = -_quantile(-present[::-1], 1 - self.bottom_share) if self.bottom is None else self.bottom
        bottom = min(bottom, top)
        above, below = present[present > top], present[present < bottom]
        if self.replacement == "threshold":
            return Tails(bottom, top, bottom, top)
        means = [float(np.mean(tail)) if len(tail) else edge for tail, edge in ((below, bottom), (above, top))]
        if is_whole(data.table[name]):
            means = [float(np.rint(mean)) for mean in means]
        return Tails(bottom, top, *means)


@dataclass(frozen=True)
class Tails(Code):
    """Numbers below `bottom` become `low`, those above `top` become `high`.

    >>> Tails(bottom=20, top=80, low=20, high=85)(np.array([3.0, 20.0, 50.0, 99.0])).tolist()
    [20.0, 20.0, 50.0, 85.0]
    """

    bottom: float
    top: float
    low: float
    high: float

    def __call__(self, values: Floats) -> Floats:
        return np.where(values > self.top, self.high, np.where(values < self.bottom, self.low, values))


def _quantile(rising: Floats, share: float) -> float:
    """Least value at or below which at least this share lies; 0 where there is none."""
    return float(rising[max(0, int(np.ceil(share * len(rising) - 1e-9)) - 1)]) if len(rising) else 0.0
