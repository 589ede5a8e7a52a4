"""How well scores tell two groups of people apart: ROC, area under it, and success at a small false positive rate.

In: scores of those it is true of and of the others, larger for "true". Out: values with intervals. Ties are counted
strictly: someone is named only where the score lies above the threshold, and nothing is interpolated. A threshold at a
false positive rate is an order statistic of the others' scores alone, so the rate found above it is not a maximum over
thresholds and is not biased by having been chosen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv
from scipy.stats import rankdata, t

from ppml_core.errors import BadInput
from ppml_core.evidence import Z95, Estimate

Scores = npt.NDArray[np.float64]

RATES = (0.01, 0.001)
MOST_POINTS = 400


@dataclass(frozen=True)
class Roc:
    """Points (fpr, tpr) of "score above a threshold", from (0, 0) to (1, 1); between two of them nothing is claimed.

    At most `MOST_POINTS` are kept, closely spaced at small false positive rates, so that they serve log axes too.
    """

    fpr: tuple[float, ...]
    tpr: tuple[float, ...]


@dataclass(frozen=True)
class AtRate:
    """Share named of those it is true of, at a threshold that names at most the share `asked` of the others.

    `fpr` is the share that it does name, `false_positives` how many people that is; ties leave it below what was asked.
    """

    asked: float
    tpr: Estimate
    fpr: Estimate
    false_positives: int


@dataclass(frozen=True)
class Separation:
    """The whole of it. An area of one half is guessing, where every true positive rate equals the false one."""

    roc: Roc
    auc: Estimate
    at: tuple[AtRate, ...]


def separation(scores: Scores, truth: npt.NDArray[np.bool_], rates: Sequence[float] = RATES) -> Separation:
    """Raises BadInput where one of the two groups is empty."""
    inside, outside = scores[truth], scores[~truth]
    if not len(inside) or not len(outside):
        raise BadInput("nobody is on one of the two sides, so that nothing can be told apart.")
    return Separation(roc(inside, outside), auc(inside, outside), tuple(at_rate(inside, outside, r) for r in rates))


def auc(inside: Scores, outside: Scores) -> Estimate:
    """Chance that one of `inside` scores above one of `outside`, ties half, with DeLong's 95 % interval.

    DeLong, DeLong, Clarke-Pearson 1988, by the midranks of Sun, Xu 2014. Where all are told apart that interval has
    no width, and Clopper and Pearson's for as many people as the smaller side has stands in its place.

    >>> auc(np.array([2.0, 3.0, 4.0]), np.array([1.0, 2.0, 0.0])).value
    0.944444444444
    """
    m, n, covers = len(inside), len(outside), "people on both sides"
    both = rankdata(np.concatenate([inside, outside]))
    above = (both[:m] - rankdata(inside)) / n
    below = 1 - (both[m:] - rankdata(outside)) / m
    value = float(above.mean())
    if value in (0.0, 1.0):
        fewer = min(m, n)
        return share(round(value * fewer), fewer, covers)
    spread = sum(float(place.var(ddof=1)) / len(place) for place in (above, below) if len(place) > 1)
    reach = Z95 * math.sqrt(spread)
    return Estimate(round(value, 12), max(0.0, value - reach), min(1.0, value + reach), covers)


def at_rate(inside: Scores, outside: Scores, asked: float) -> AtRate:
    """Clopper and Pearson's 95 % intervals on both rates.

    >>> found = at_rate(np.array([5.0, 4.0, 1.0]), np.array([4.0, 4.0, 0.0, 0.0]), 0.25)
    >>> found.false_positives, round(found.tpr.value, 3)
    (0, 0.333)
    """
    allowed = math.floor(asked * len(outside) + 1e-9)
    threshold = -np.inf if allowed >= len(outside) else np.sort(outside)[len(outside) - 1 - allowed]
    wrong, right = int((outside > threshold).sum()), int((inside > threshold).sum())
    return AtRate(asked, share(right, len(inside)), share(wrong, len(outside)), wrong)


def share(hits: int, trials: int, covers: str = "people") -> Estimate:
    """A share with Clopper and Pearson's 95 % interval (1934), which never covers less often than it says.

    >>> round(share(0, 100).high, 3)
    0.036
    """
    low = 0.0 if hits == 0 else float(betaincinv(hits, trials - hits + 1, 0.025))
    high = 1.0 if hits == trials else float(betaincinv(hits + 1, trials - hits, 0.975))
    return Estimate(hits / trials, low, high, covers)


def roc(inside: Scores, outside: Scores) -> Roc:
    """One point for each distinct score, thinned."""
    thresholds = np.unique(np.concatenate([inside, outside]))[::-1]
    fpr = (len(outside) - np.searchsorted(np.sort(outside), thresholds, side="right")) / len(outside)
    tpr = (len(inside) - np.searchsorted(np.sort(inside), thresholds, side="right")) / len(inside)
    fpr, tpr = np.append(fpr, 1.0), np.append(tpr, 1.0)
    kept = _kept(fpr)
    return Roc(tuple(fpr[kept].tolist()), tuple(tpr[kept].tolist()))


def _kept(fpr: Scores) -> npt.NDArray[np.intp]:
    """Places of points that are shown: the last before and the first after each of many rates, even in the logarithm
    up to one in ten and even beyond."""
    if len(fpr) <= MOST_POINTS:
        return np.arange(len(fpr))
    wanted = np.concatenate([np.geomspace(1e-5, 0.1, MOST_POINTS // 4), np.linspace(0.1, 1.0, MOST_POINTS // 4)])
    places = np.searchsorted(fpr, wanted, side="right") - 1
    after = np.minimum(places + 1, len(fpr) - 1)
    return np.unique(np.concatenate([[0], places, after, [len(fpr) - 1]]))


def mean_of(estimates: Sequence[Estimate], covers: str) -> Estimate:
    """The mean over independent repetitions with Student's 95 % interval over them.

    Each repetition drew its own people and noise, so their spread holds both. One repetition keeps its own interval.

    >>> mean_of([Estimate(0.5, 0.4, 0.6, "people"), Estimate(0.6, 0.5, 0.7, "people")], "models").value
    0.55
    """
    if len(estimates) == 1:
        return estimates[0]
    values = np.array([one.value for one in estimates])
    reach = float(t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / math.sqrt(len(values)))
    mean = round(float(values.mean()), 12)
    return Estimate(mean, mean - reach, mean + reach, covers, repeats=len(values))
