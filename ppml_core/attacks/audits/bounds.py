"""From counts to epsilon: bounds of a share, and the least epsilon that a pair of error rates leaves possible.

In: hits of so many trials, or rates. Out: Clopper and Pearson's one-sided bounds (1934), and an epsilon that no
(epsilon, delta)-DP method with those rates could have less than.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri
from scipy.stats import beta

from ppml_core.accounting.gaussian import epsilon_of
from ppml_core.evidence import Guarantee

Floats = npt.NDArray[np.float64]


def highest_share(hits: npt.ArrayLike, trials: int, error: float) -> Floats:
    """The share that lies above the true one with probability 1 - error, by so many hits in that many trials.

    >>> round(float(highest_share(0, 100, 0.05)), 4)
    0.0295
    """
    counts = np.asarray(hits, dtype=np.float64)
    inside = beta.ppf(1 - error, counts + 1, np.maximum(trials - counts, 0.5))
    return np.asarray(np.where(counts >= trials, 1.0, inside))


def lowest_share(hits: npt.ArrayLike, trials: int, error: float) -> Floats:
    """The share that lies below the true one with probability 1 - error."""
    return 1 - highest_share(trials - np.asarray(hits, dtype=np.float64), trials, error)


def epsilon_from_rates(tpr: npt.ArrayLike, fpr: npt.ArrayLike, delta: float) -> Floats:
    """The least epsilon with tpr <= e^epsilon fpr + delta, and the same said of the complements; 0 at the least.

    Kairouz, Oh, Viswanath 2015, Theorem 2.1, solved for epsilon.

    >>> round(float(epsilon_from_rates(0.73, 0.27, 0.0)), 2)
    0.99
    """
    true, false = np.asarray(tpr, dtype=np.float64), np.asarray(fpr, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        steep = np.log(np.maximum(true - delta, 0.0) / false)
        flat = np.log(np.maximum(1 - false - delta, 0.0) / (1 - true))
    return np.asarray(np.maximum(np.nan_to_num(np.maximum(steep, flat), nan=0.0, posinf=np.inf), 0.0))


def mu_from_rates(tpr: npt.ArrayLike, fpr: npt.ArrayLike) -> Floats:
    """The least mu of Gaussian DP that allows those true positive rates at those false ones; 0 at the least.

    >>> round(float(mu_from_rates(0.84, 0.5)), 2)
    0.99
    """
    true, false = np.asarray(tpr, dtype=np.float64), np.asarray(fpr, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.maximum(np.nan_to_num(ndtri(true) - ndtri(false), nan=0.0), 0.0))


def epsilon_of_mu(mu: float, delta: float) -> float:
    """Epsilon of a Gaussian lower bound; 0 where mu is 0 or no delta is given to say it at."""
    return epsilon_of(mu, delta) if mu > 0 and math.isfinite(mu) and 0 < delta < 1 else 0.0


def lowest_fpr(claim: Guarantee, tpr: npt.ArrayLike) -> Floats:
    """The lowest false positive rate at which the claim allows that true positive rate: `highest_tpr` turned around.

    >>> round(float(lowest_fpr(Guarantee(1.0, 0.0, "replace_one"), 0.272)), 2)
    0.1
    """
    rate = np.asarray(tpr, dtype=np.float64)
    if claim.mu is not None:
        return np.asarray(ndtr(ndtri(rate) - claim.mu))
    grown = math.exp(min(claim.epsilon, 700.0))
    return np.asarray(np.maximum(np.maximum((rate - claim.delta) / grown, 1 - claim.delta - grown * (1 - rate)), 0.0))
