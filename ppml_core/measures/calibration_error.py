"""Calibration error: how far stated probabilities are from what happens, on fixed bins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from ppml_core.measures.base import Array, Measure, Score

BINS = 15


@dataclass(frozen=True)
class CalibrationError(Measure):
    """Mean gap between stated probability and share of those it came true for, over 15 bins of equal width.

    Two classes: the probability of the second; several: that of the class named (top label). The bins are fixed in
    advance, so the error is the sum over bins of |sum(p - y)| / n, and each person adds their signed p - y to it: that
    gives its standard error, rather too large where bins have hardly any gap. It is biased upward: a calibrated model
    shows some .03 on 1,000 people and .008 on 16,000. Always naming the class shares has hardly any error and says
    nothing: read it beside log loss. Naeini, Cooper, Hauskrecht 2015; Guo, Pleiss, Sun, Weinberger 2017, eq. 3.

    >>> CalibrationError().score(np.array([1, 0, 1, 1]), np.array([[0.2, 0.8]] * 4)).value
    0.05
    """

    title: ClassVar[str] = "Calibration error"
    task: ClassVar[Literal["classification", "regression"]] = "classification"
    unit: ClassVar[str] = "probability"
    higher_is_better: ClassVar[bool] = False

    def score(self, truth: Any, scores: Array) -> Score:
        named = np.full(len(truth), 1) if scores.shape[1] == 2 else scores.argmax(axis=1)
        stated = scores[np.arange(len(truth)), named]
        bins = np.minimum((stated * BINS).astype(np.int64), BINS - 1)
        gaps = stated - (truth == named)
        sums = np.bincount(bins, weights=gaps, minlength=BINS)
        added = np.where(sums < 0, -1.0, 1.0)[bins] * gaps
        return Score.of_influence(round(float(added.mean()), 12), added)
