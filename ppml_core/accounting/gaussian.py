"""Exact accounting for Gaussian noise: between (epsilon, delta), the one number mu, and the noise to add.

In: a budget and a number of steps. Out: mu, a noise multiplier, a trade-off curve. A mechanism is mu-GDP when telling
two neighbouring tables apart from its output is at least as hard as telling N(0, 1) from N(mu, 1). Dong, Roth, Su,
"Gaussian differential privacy", JRSS B 2022.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import erfcx, ndtr, ndtri

from ppml_core.errors import BadInput, NotApplicable
from ppml_core.evidence import Guarantee, Neighbours

LEAST_MU, LARGEST_MU = 1e-12, 1e6
LEAST_LOG = -740.0
ROUNDED_DOWN = 1 - 1e-11


def delta_of(epsilon: float, mu: float) -> float:
    """The smallest delta for which a mu-GDP mechanism is (epsilon, delta)-DP. Corollary 2.13.

    Phi(-a) - e^epsilon Phi(-b) with a = epsilon/mu - mu/2 and b = a + mu. Since e^epsilon phi(b) = phi(a), the second
    term is phi(a) times a Mills ratio: nothing overflows, and little cancels.

    >>> round(delta_of(1.0, 0.2680511), 9)
    1e-05
    """
    if not (epsilon >= 0 and mu > 0):
        raise BadInput(f"epsilon must be at least 0 and mu above 0, not {epsilon} and {mu}.")
    a, b = epsilon / mu - mu / 2, epsilon / mu + mu / 2
    density = math.exp(-a * a / 2) / math.sqrt(2 * math.pi)
    if a > 0:
        return density * (_mills(a) - _mills(b))
    return max(0.0, float(ndtr(-a)) - density * _mills(b))


def epsilon_of(mu: float, delta: float) -> float:
    """The smallest epsilon for which a mu-GDP mechanism is (epsilon, delta)-DP; 0 where delta alone suffices.

    >>> round(epsilon_of(2 * mu_of(1.0, 1e-5), 1e-5), 2)
    2.15
    """
    _check_delta(delta)
    if delta_of(0.0, mu) <= delta:
        return 0.0
    beyond = mu * mu / 2 + 40 * mu
    return float(brentq(lambda epsilon: _log_delta(epsilon, mu) - math.log(delta), 0.0, beyond, xtol=1e-15, rtol=1e-13))


def mu_of(epsilon: float, delta: float) -> float:
    """The largest mu whose mechanism is (epsilon, delta)-DP, rounded down so that the promise is never exceeded.

    >>> round(mu_of(1.0, 1e-5), 5)
    0.26805
    """
    _check_delta(delta)
    if not (epsilon > 0 and math.isfinite(epsilon)):
        raise BadInput(f"epsilon must be a finite number above 0, not {epsilon}.")
    log_mu = brentq(
        lambda log: _log_delta(epsilon, math.exp(log)) - math.log(delta),
        math.log(LEAST_MU),
        math.log(LARGEST_MU),
        xtol=1e-14,
        rtol=1e-14,
    )
    return math.exp(log_mu) * ROUNDED_DOWN


def noise_multiplier(epsilon: float, delta: float, steps: int) -> float:
    """Standard deviation of the noise in each of `steps` sums, as a multiple of what one neighbour can change.

    `steps` Gaussian mechanisms of multiplier z compose exactly to mu = sqrt(steps) / z. Corollary 3.3.

    >>> [round(noise_multiplier(epsilon, 1e-5, 60), 2) for epsilon in (0.3, 1.0, 3.0)]
    [87.05, 28.9, 10.77]
    """
    if steps < 1:
        raise BadInput(f"steps must be at least 1, not {steps}.")
    return math.sqrt(steps) / mu_of(epsilon, delta)


def trade_off(fpr: npt.ArrayLike, mu: float) -> npt.NDArray[np.float64]:
    """The highest true positive rate that any attack on a mu-GDP output reaches at each false positive rate.

    Phi(Phi^-1(fpr) + mu), the complement of Definition 2.6's curve.

    >>> round(float(trade_off(0.5, 0.268)), 3)
    0.606
    """
    return np.asarray(ndtr(ndtri(np.asarray(fpr, dtype=np.float64)) + mu), dtype=np.float64)


def as_replace_one(guarantee: Guarantee) -> Guarantee:
    """The same release, said for neighbours that replace one record: one removed and one added.

    Twice the mu where it is known (group privacy of two, Theorem 2.14), else (2 epsilon, (1 + e^epsilon) delta).

    >>> ours = Guarantee(1.0, 1e-5, "add_or_remove_one", mu=mu_of(1.0, 1e-5))
    >>> round(as_replace_one(ours).epsilon, 2)
    2.15
    """
    if guarantee.neighbours == "replace_one":
        return guarantee
    if guarantee.mu is not None:
        return _restated(guarantee, 2 * guarantee.mu, "replace_one")
    delta = guarantee.delta and guarantee.delta * (1 + math.exp(min(guarantee.epsilon, 700.0)))
    if delta >= 1:
        raise NotApplicable(f"epsilon {guarantee.epsilon:g} promises nothing once it is said for replacing one record.")
    return dataclasses.replace(guarantee, epsilon=2 * guarantee.epsilon, delta=delta, neighbours="replace_one")


def as_add_or_remove_one(guarantee: Guarantee) -> Guarantee:
    """The same release of noisy sums, said for neighbours that have one record more or less: half the mu.

    True of sums of clipped terms, where replacing moves the sum twice as far as removing. Raises NotApplicable where
    no mu is known: a pure-epsilon promise under replace-one fixes the number of rows and says nothing about removal.

    >>> theirs = Guarantee(1.0, 1e-5, "replace_one", mu=mu_of(1.0, 1e-5))
    >>> round(as_add_or_remove_one(theirs).epsilon, 2)
    0.47
    """
    if guarantee.neighbours == "add_or_remove_one":
        return guarantee
    if guarantee.mu is None:
        raise NotApplicable("a guarantee for replacing one record says nothing about adding or removing one.")
    return _restated(guarantee, guarantee.mu / 2, "add_or_remove_one")


def _restated(guarantee: Guarantee, mu: float, neighbours: Neighbours) -> Guarantee:
    epsilon = epsilon_of(mu, guarantee.delta)
    if epsilon <= 0:
        raise NotApplicable(f"delta {guarantee.delta:g} alone covers mu {mu:g}; there is no epsilon to state.")
    return dataclasses.replace(guarantee, epsilon=epsilon, mu=mu, neighbours=neighbours)


def _mills(t: float) -> float:
    """Phi(-t) / phi(t)."""
    return math.sqrt(math.pi / 2) * float(erfcx(t / math.sqrt(2)))


def _log_delta(epsilon: float, mu: float) -> float:
    delta = delta_of(epsilon, mu)
    return math.log(delta) if delta > 0 else LEAST_LOG


def _check_delta(delta: float) -> None:
    if not 0 < delta < 1:
        raise BadInput(f"delta must be above 0 and below 1, not {delta}.")
