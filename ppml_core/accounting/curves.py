"""The most that a guarantee lets any attack achieve: the highest true positive rate at each false positive rate.

In: a Guarantee. Out: a curve. Where the mechanism is known to be Gaussian DP its own curve is used (EVIDENCE 8), else
the envelope of (epsilon, delta): Wasserman, Zhou 2010; Kairouz, Oh, Viswanath 2015, Theorem 2.1.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from ppml_core.accounting.gaussian import trade_off
from ppml_core.evidence import Guarantee


def highest_tpr(guarantee: Guarantee, fpr: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Shape as `fpr`.

    >>> pure = Guarantee(1.0, 0.0, "replace_one")
    >>> [round(float(tpr), 3) for tpr in highest_tpr(pure, [0.0, 0.1, 0.5])]
    [0.0, 0.272, 0.816]
    """
    rate = np.asarray(fpr, dtype=np.float64)
    if guarantee.mu is not None:
        return trade_off(rate, guarantee.mu)
    grown = np.exp(min(guarantee.epsilon, 700.0))
    steep = grown * rate + guarantee.delta
    flat = 1 - (1 - guarantee.delta - rate) / grown
    return np.asarray(np.clip(np.minimum(steep, flat), 0.0, 1.0))


def highest_auc(guarantee: Guarantee) -> float:
    """Area under that curve, which no attack's expected ROC exceeds; Phi(mu / sqrt 2) for Gaussian DP.

    >>> round(highest_auc(Guarantee(1.0, 1e-5, "add_or_remove_one", mu=0.268)), 3)
    0.575
    >>> round(highest_auc(Guarantee(1.0, 0.0, "replace_one")), 3)
    0.731
    """
    if guarantee.mu is not None:
        return float(ndtr(guarantee.mu / math.sqrt(2)))
    epsilon, delta = min(guarantee.epsilon, 700.0), guarantee.delta
    corner = (1 - delta) / (1 + math.exp(epsilon))
    return 1 - corner * (1 - delta)
