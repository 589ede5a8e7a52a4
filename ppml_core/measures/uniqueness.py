"""Estimates of how many people of a population are unique, from the class sizes of a sample of it.

In: `sizes` (classes,), the people in each equivalence class of the sample, and the size of the population. Out: the
share of the population that is unique by the quasi-identifiers, or NaN where a model has no estimate. All assume that
the sample was drawn uniformly. They are estimates of a risk, never bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares
from scipy.special import digamma, gammaln, polygamma

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

USA = 317_238_626
SMALL_SAMPLE = 0.1
STEPS = 200
LEAST_ALPHA = 1e-9
STARTS = ((0.5, 0.5), (0.05, 0.01), (0.05, 1e-4), (2.0, 0.1), (0.5, 1e-3), (5.0, 0.9))


def dankar(sizes: Ints, population: int) -> float:
    """The estimate that the decision rule of Dankar et al. 2012 picks, as ARX applies it.

    Up to a tenth sampled it is Pitman's, or Zayatz's where that has none; above, the lower of SNB's and Zayatz's.
    """
    return ESTIMATORS[chosen(sizes, population)](sizes, population)


def chosen(sizes: Ints, population: int) -> str:
    """The name of the estimate that the rule of `dankar` picks."""
    if _sampled(sizes, population) <= SMALL_SAMPLE:
        found = pitman(sizes, population)
        return "zayatz" if np.isnan(found) or found == 0 else "pitman"
    by_snb, by_zayatz = snb(sizes, population), zayatz(sizes, population)
    return "zayatz" if np.isnan(by_snb) or by_snb == 0 or by_zayatz <= by_snb else "snb"


def zayatz(sizes: Ints, population: int) -> float:
    """Share of the population that is unique where its classes are as large as the sample's (Zayatz 1991).

    A sample unique is a population unique with probability P(1) c_1 / sum_i P(i) c_i; P(i) is the chance that exactly
    one of i people is drawn (hypergeometric), c_i the number of classes of i people.

    >>> zayatz(np.array([1, 1, 2]), 4)
    0.5
    """
    values, counts = np.unique(sizes, return_counts=True)
    people = int(sizes.sum())
    if not (sizes == 1).any():
        return 0.0
    unique = int(counts[values == 1][0])
    drawn_once = _drawn_once(values, people, population)
    certain = unique * drawn_once[values == 1][0] / float(counts @ drawn_once)
    return float(unique * certain / people)


def pitman(sizes: Ints, population: int) -> float:
    """Share of the population that is unique under Pitman's sampling formula, fitted by maximum likelihood.

    Expected uniques among N people: Γ(θ + 1) / Γ(θ + α) N^α (Hoshino 2001). Everybody where everybody in
    the sample is unique; nobody where nobody is.
    """
    people, classes = int(sizes.sum()), len(sizes)
    if not (sizes == 1).any():
        return 0.0
    if people == classes:
        return 1.0
    values, counts = np.unique(sizes, return_counts=True)
    theta, alpha = _fit_pitman(values, counts, people, classes)
    if np.isnan(theta):
        return float("nan")
    log_uniques = gammaln(theta + 1) - gammaln(theta + alpha) + alpha * np.log(population)
    return float(min(1.0, np.exp(log_uniques - np.log(population))))


def snb(sizes: Ints, population: int) -> float:
    """Share of the population that is unique under the slide negative binomial model, or NaN where it has no fit.

    A population class holds 1 + NB(α, β) people, so uniques are K β^α. K, the number of classes in the population, is
    estimated by Shlosser's formula; α and β match the sample's classes of one and of two people (Chen &
    Keller-McNulty 1998; Haas & Stokes 1998).
    """
    if not (sizes == 1).any():
        return 0.0
    sampled = _sampled(sizes, population)
    values, counts = np.unique(sizes, return_counts=True)
    if sampled >= 1:
        return float(counts[values == 1][0] / sizes.sum())
    if not (sizes == 2).any():
        return float("nan")
    classes = _shlosser(values.astype(float), counts.astype(float), sampled)
    wanted = np.array([counts[values == 1][0], counts[values == 2][0]], dtype=float)
    alpha, log_beta = _fit_snb(wanted, classes, sampled)
    share = classes * np.exp(alpha * log_beta) / population
    return float(share) if 0 <= share <= 1 else float("nan")


ESTIMATORS: Mapping[str, Callable[[Ints, int], float]] = {
    "dankar": dankar,
    "pitman": pitman,
    "zayatz": zayatz,
    "snb": snb,
}

ASSUMPTIONS: Mapping[str, str] = {
    "dankar": "those of the estimate that the rule picks by the share that was sampled",
    "pitman": "a uniform sample of a population whose classes follow Pitman's two-parameter sampling formula",
    "zayatz": "a uniform sample of a population in which classes of each size are as frequent as in the sample",
    "snb": "a uniform sample of a population whose classes hold 1 + a negative binomial number of people",
}


def _sampled(sizes: Ints, population: int) -> float:
    return float(sizes.sum()) / population


def _drawn_once(values: Ints, people: int, population: int) -> Floats:
    """The chance that a sample of `people` from a population holds exactly one of `values` of its members.

    i n / N times the chances that i - 1 further members are not drawn, one after another.
    """
    further = np.arange(1, values.max())
    with np.errstate(divide="ignore"):
        missed = np.log(np.maximum(population - people + 1 - further, 0) / (population - further))
    not_drawn = np.exp(np.append(0.0, np.cumsum(missed)))
    return np.asarray(values * people / population * not_drawn[values - 1])


def _fit_pitman(values: Ints, counts: Ints, people: int, classes: int) -> tuple[float, float]:
    """(θ, α) of the largest likelihood with 0 <= α < 1 and θ > -α; (NaN, NaN) where the climb does not end."""
    point = _start_pitman(values, counts, people, classes)
    best, slope, curve = _likelihood(point, values, counts, people, classes)
    for _ in range(STEPS):
        step = _uphill(slope, curve)
        scale = 1.0
        while scale > 1e-12:
            tried = point + scale * step
            tried[1] = max(tried[1], LEAST_ALPHA)
            if tried[1] < 1 and tried[0] > -tried[1]:
                value, new_slope, new_curve = _likelihood(tried, values, counts, people, classes)
                if value >= best:
                    break
            scale /= 2
        else:
            return float(point[0]), float(point[1])
        moved = np.abs(tried - point) / (1e-9 + np.abs(point))
        point, best, slope, curve = tried, value, new_slope, new_curve
        if moved.max() < 1e-10:
            return float(point[0]), float(point[1])
    return float("nan"), float("nan")


def _start_pitman(values: Ints, counts: Ints, people: int, classes: int) -> Floats:
    """The moment estimate of Hoshino 2001, drawn into the region where the model is defined."""
    by_size = dict(zip(values.tolist(), counts.tolist(), strict=True))
    one, two = by_size.get(1, 0), max(by_size.get(2, 0), 1)
    c = one * (one - 1) / two
    bottom = 2 * one * classes + one * c - people * c
    theta = (people * classes * c - one * (people - 1) * (2 * classes + c)) / bottom if bottom else 1.0
    alpha = (theta * (one - people) + (people - 1) * one) / (people * classes)
    alpha = float(np.clip(alpha, 0.01, 0.99))
    return np.array([theta if theta > 0 else 1.0, alpha])


def _likelihood(point: Floats, values: Ints, counts: Ints, people: int, classes: int) -> tuple[float, Floats, Floats]:
    """(log-likelihood, gradient, Hessian) of (θ, α)."""
    theta, alpha = point
    i = np.arange(1, classes)
    term = theta + i * alpha
    inverse = 1 / term
    more = values > 1
    sizes, weights = values[more], counts[more]
    log = np.log(term).sum() - gammaln(theta + people) + gammaln(theta + 1)
    log += float(weights @ (gammaln(sizes - alpha) - gammaln(1 - alpha)))
    slope = np.array(
        [
            inverse.sum() - digamma(theta + people) + digamma(theta + 1),
            (i * inverse).sum() - float(weights @ (digamma(sizes - alpha) - digamma(1 - alpha))),
        ]
    )
    mixed = -(i * inverse**2).sum()
    by_theta = -(inverse**2).sum() - polygamma(1, theta + people) + polygamma(1, theta + 1)
    by_alpha = -((i * inverse) ** 2).sum() + float(weights @ (polygamma(1, sizes - alpha) - polygamma(1, 1 - alpha)))
    return float(log), slope, np.array([[by_theta, mixed], [mixed, by_alpha]])


def _uphill(slope: Floats, curve: Floats) -> Floats:
    """Newton's step where the likelihood is concave, else a step along the gradient, scaled per parameter."""
    if curve[0, 0] < 0 and np.linalg.det(curve) > 0:
        return np.asarray(np.linalg.solve(curve, -slope))
    return np.asarray(slope / np.abs(np.diag(curve)))


def _shlosser(values: Floats, counts: Floats, sampled: float) -> float:
    """Classes in the population: the sample's, and those of one person in it scaled up (modified Shlosser)."""
    q = sampled
    unseen = float((1 - q) ** values @ counts)
    seen_once = float((values * q * (1 - q) ** (values - 1)) @ counts)
    top = float((values * q**2 * (1 - q**2) ** (values - 1)) @ counts)
    bottom = float(((1 - q) ** values * ((1 + q) ** values - 1)) @ counts)
    ones = float(counts[values == 1].sum())
    return float(counts.sum()) + ones * (top / bottom) * (unseen / seen_once) ** 2


def _fit_snb(wanted: Floats, classes: float, sampled: float) -> tuple[float, float]:
    """(α, ln β) at which K classes give the wanted numbers of sample classes of one and two; NaN where none does."""

    def gap(point: Floats) -> Floats:
        return np.log(_expected_snb(np.exp(point[0]), point[1], classes, sampled)) - np.log(wanted)

    best = min(
        (
            least_squares(gap, [np.log(alpha), np.log(beta / (1 - beta))], xtol=1e-14, ftol=1e-14, gtol=1e-14)
            for alpha, beta in STARTS
        ),
        key=lambda found: float(found.cost),
    )
    if best.cost > 1e-12:
        return float("nan"), float("nan")
    return float(np.exp(best.x[0])), float(-np.logaddexp(0, -best.x[1]))


def _expected_snb(alpha: float, logit: float, classes: float, sampled: float) -> Floats:
    """Expected sample classes of one and of two people, from the generating function z (β / (1 - (1 - β) z))^α."""
    log_beta, q, z = -np.logaddexp(0, -logit), np.exp(-np.logaddexp(0, logit)), 1 - sampled
    bottom = 1 - q * z
    h = np.exp(alpha * (log_beta - np.log(bottom)))
    rise, share = alpha * q / bottom, q * z / bottom
    ones = classes * sampled * h * (1 + rise * z)
    twos = classes * sampled**2 / 2 * h * rise * (2 + rise * z + share)
    return np.array([ones, twos])
