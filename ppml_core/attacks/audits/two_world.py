"""Two-world audit: can outputs on two neighbouring tables be told apart better than the guarantee allows?

In: scores of many runs in each world, larger where the attacker believes in the second. Out: `TwoWorlds`. The threshold
is chosen on half of the runs; on the other half false and true positive rates get Clopper-Pearson bounds, and the claim
is contradicted where even the lower bound of the true positives lies above the highest that the claim allows at the
upper bound of the false ones. Jagielski, Ullman, Oprea 2020; Nasr et al. 2023.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ppml_core.accounting.curves import highest_tpr
from ppml_core.attacks.audits.bounds import (
    epsilon_from_rates,
    epsilon_of_mu,
    highest_share,
    lowest_share,
    mu_from_rates,
)
from ppml_core.errors import BadInput
from ppml_core.evidence import Guarantee

Scores = npt.NDArray[np.float64]

LEAST_RUNS = 20
MOST_THRESHOLDS = 400


@dataclass(frozen=True)
class Cut:
    """One threshold's rates on the runs that did not choose it; `fpr` and `tpr` are exact, the others bounds."""

    fpr: float
    tpr: float
    fpr_low: float
    fpr_high: float
    tpr_low: float
    tpr_high: float


@dataclass(frozen=True)
class TwoWorlds:
    """What `runs` runs in the two worlds together say, at `confidence` for everything here at once.

    `cut` is the threshold at which the claim's own curve is tested, `allowed` the highest true positive rate that the
    claim allows at `cut.fpr_high`. `lower_bound` is the least epsilon that the rates leave possible at the claim's
    delta, whatever the mechanism; `gaussian_bound` the same for a mechanism known to be Gaussian, None for others.
    `way` and `sign` say which scores were tested, and in which direction.
    """

    cut: Cut
    allowed: float
    lower_bound: float
    gaussian_bound: float | None
    claim: Guarantee
    runs: int
    confidence: float
    way: int
    sign: int

    @property
    def contradicted(self) -> bool:
        """Whether a true claim would give this with probability 1 - confidence at most."""
        return self.cut.tpr_low > self.allowed or self.lower_bound > self.claim.epsilon


def two_world_audit(first: Scores, second: Scores, claim: Guarantee, error: float = 0.01) -> TwoWorlds:
    """`first` and `second` hold one score for each run in that world; both directions are tried.

    A true claim is contradicted, and either bound lies above the truth, with probability `error` at most. Raises
    BadInput for too few runs.
    """
    return audit_of_scores([(first, second)], claim, error)


def audit_of_scores(
    ways: Sequence[tuple[Scores, Scores]], claim: Guarantee, error: float = 0.01, chosen: int | None = None
) -> TwoWorlds:
    """The same where the runs were scored in several `ways`: the best is chosen together with the threshold.

    The even runs choose; of them only the last `chosen` in each world, where the others have shaped the scores.
    """
    runs = min(min(len(first), len(second)) for first, second in ways)
    if runs < LEAST_RUNS:
        raise BadInput(f"an audit needs at least {LEAST_RUNS} runs in each world, not {runs}.")
    part = error if claim.mu is None else error / 2  # a Gaussian claim is tested twice: its curve, and its epsilon
    pilots = [(first[::2][-(chosen or runs) :], second[::2][-(chosen or runs) :]) for first, second in ways]
    pair = _best(ways, pilots, lambda wrong, tpr: epsilon_from_rates(tpr, wrong, claim.delta), part)
    tested = pair if claim.mu is None else _best(ways, pilots, lambda wrong, tpr: mu_from_rates(tpr, wrong), part)
    cut, way, sign = tested
    mu = float(mu_from_rates(cut.tpr_low, cut.fpr_high))
    return TwoWorlds(
        cut=cut,
        allowed=float(highest_tpr(claim, cut.fpr_high)),
        lower_bound=float(epsilon_from_rates(pair[0].tpr_low, pair[0].fpr_high, claim.delta)),
        gaussian_bound=None if claim.mu is None else epsilon_of_mu(mu, claim.delta),
        claim=claim,
        runs=len(ways[0][0]) + len(ways[0][1]),
        confidence=1 - error,
        way=way,
        sign=sign,
    )


def _best(
    ways: Sequence[tuple[Scores, Scores]],
    pilots: Sequence[tuple[Scores, Scores]],
    bound: Callable[[Scores, Scores], Scores],
    error: float,
) -> tuple[Cut, int, int]:
    """(rates on the odd runs, way, direction) of the threshold that has the largest lower bound on the pilots.

    `bound` takes upper bounds of false positive rates and lower bounds of true ones. Where no threshold has one above
    0, the widest gap between the two rates counts.
    """
    found = (-np.inf, -np.inf, 0, 1, 0.0)
    for way, (first, second) in enumerate(pilots):
        for sign in (1, -1):
            low, high = np.sort(sign * first), np.sort(sign * second)
            everything = np.unique(np.concatenate([low, high]))
            thresholds = everything[:: max(1, len(everything) // MOST_THRESHOLDS)]
            wrong = len(low) - np.searchsorted(low, thresholds, side="right")
            right = len(high) - np.searchsorted(high, thresholds, side="right")
            bounds = bound(highest_share(wrong, len(low), error / 2), lowest_share(right, len(high), error / 2))
            gaps = right / len(high) - wrong / len(low)
            at = int(np.lexsort((gaps, bounds))[-1])
            found = max(found, (float(bounds[at]), float(gaps[at]), way, sign, float(thresholds[at])))
    _, _, way, sign, threshold = found
    out, inside = sign * ways[way][0][1::2], sign * ways[way][1][1::2]
    wrong_, right_ = int((out > threshold).sum()), int((inside > threshold).sum())
    cut = Cut(
        fpr=wrong_ / len(out),
        tpr=right_ / len(inside),
        fpr_low=float(lowest_share(wrong_, len(out), error / 2)),
        fpr_high=float(highest_share(wrong_, len(out), error / 2)),
        tpr_low=float(lowest_share(right_, len(inside), error / 2)),
        tpr_high=float(highest_share(right_, len(inside), error / 2)),
    )
    return cut, way, sign
