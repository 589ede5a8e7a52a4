"""Two-world audit: can outputs on two neighbouring tables be told apart better than the guarantee allows?

In: scores of many runs in each world, larger where the attacker believes in the second. Out: `Audit`. The threshold is
chosen on half of the runs; on the other half false and true positive rates get Clopper-Pearson bounds, and the claim is
contradicted where even the lower bound of the true positives lies above the highest that the claim allows at the upper
bound of the false ones. Jagielski, Ullman, Oprea 2020; Nasr et al. 2023.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import beta

from ppml_core.accounting.curves import highest_tpr
from ppml_core.errors import BadInput
from ppml_core.evidence import Guarantee

Scores = npt.NDArray[np.float64]

LEAST_RUNS = 20
MOST_THRESHOLDS = 400


@dataclass(frozen=True)
class Audit:
    """Rates on the half of the runs that did not choose the threshold, bounded at `confidence` in all.

    `allowed` is the highest true positive rate that the claim allows at `fpr_high`; `contradicted` says whether
    `tpr_low` lies above it.
    """

    fpr: float
    tpr: float
    fpr_high: float
    tpr_low: float
    allowed: float
    runs: int
    confidence: float

    @property
    def contradicted(self) -> bool:
        return self.tpr_low > self.allowed


def two_world_audit(first: Scores, second: Scores, claim: Guarantee, error: float = 0.01) -> Audit:
    """`first` and `second` hold one score for each run in that world; both directions are tried.

    A true claim is contradicted with probability `error` at most. Raises BadInput for too few runs.
    """
    if min(len(first), len(second)) < LEAST_RUNS:
        raise BadInput(f"an audit needs at least {LEAST_RUNS} runs in each world, not {min(len(first), len(second))}.")
    direction, threshold = _best(first[::2], second[::2], claim)
    out, inside = direction * first[1::2], direction * second[1::2]
    wrong, right = int((out > threshold).sum()), int((inside > threshold).sum())
    fpr_high = _upper(wrong, len(out), error / 2)
    tpr_low = 1 - _upper(len(inside) - right, len(inside), error / 2)
    return Audit(
        fpr=wrong / len(out),
        tpr=right / len(inside),
        fpr_high=fpr_high,
        tpr_low=tpr_low,
        allowed=float(highest_tpr(claim, fpr_high)),
        runs=len(out) + len(inside),
        confidence=1 - error,
    )


def _best(first: Scores, second: Scores, claim: Guarantee) -> tuple[int, float]:
    """(sign, threshold) whose rates on these runs stand out most, in standard errors above what the claim allows."""
    found = (-np.inf, 1, 0.0)
    for sign in (1, -1):
        low, high = np.sort(sign * first), np.sort(sign * second)
        everything = np.unique(np.concatenate([low, high]))
        step = max(1, len(everything) // MOST_THRESHOLDS)
        thresholds = everything[::step]
        fpr = 1 - np.searchsorted(low, thresholds, side="right") / len(low)
        tpr = 1 - np.searchsorted(high, thresholds, side="right") / len(high)
        spread = np.sqrt((tpr * (1 - tpr) + 1 / len(high)) / len(high) + (fpr * (1 - fpr) + 1 / len(low)) / len(low))
        excess = (tpr - highest_tpr(claim, fpr)) / spread
        best = int(excess.argmax())
        found = max(found, (float(excess[best]), sign, float(thresholds[best])))
    return found[1], found[2]


def _upper(hits: int, trials: int, error: float) -> float:
    """Clopper and Pearson's one-sided upper bound of a share."""
    return 1.0 if hits >= trials else float(beta.ppf(1 - error, hits + 1, trials - hits))
