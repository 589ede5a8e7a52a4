"""Zero-concentrated differential privacy: one number rho that adds up, and what it says as epsilon and delta.

In: a budget (epsilon, delta) or a rho. Out: the other. Bun, Steinke 2016; the conversion is Canonne, Kamath, Steinke
2020, "The discrete Gaussian for differential privacy", Proposition 12. Gaussian noise of multiplier z, continuous or
discrete, costs 1/(2 z²) a step.
"""

from __future__ import annotations

import math
from functools import lru_cache

from scipy.optimize import brentq, minimize_scalar

from ppml_core.errors import BadInput

LEAST_LOG, MOST_LOG = -30.0, 30.0
ROUNDED_DOWN = 1 - 1e-9


@lru_cache(maxsize=4096)
def epsilon_of_rho(rho: float, delta: float) -> float:
    """The least epsilon for which every rho-zCDP mechanism is (epsilon, delta)-DP by that conversion.

    >>> round(epsilon_of_rho(0.268**2 / 2, 1e-5), 3)
    1.092
    """
    if not (rho > 0 and 0 < delta < 1):
        raise BadInput(f"rho must be above 0 and delta between 0 and 1, not {rho} and {delta}.")

    def at(log_excess: float) -> float:
        excess = math.exp(log_excess)
        return rho * (1 + excess) + math.log1p(-1 / (1 + excess)) - (math.log(delta) + math.log1p(excess)) / excess

    coarse = min((LEAST_LOG + (MOST_LOG - LEAST_LOG) * i / 240 for i in range(241)), key=at)
    best = minimize_scalar(at, bounds=(coarse - 0.3, coarse + 0.3), method="bounded", options={"xatol": 1e-10})
    return max(0.0, min(float(best.fun), at(coarse)))


@lru_cache(maxsize=4096)
def rho_of(epsilon: float, delta: float) -> float:
    """The largest rho whose mechanisms are (epsilon, delta)-DP, rounded down.

    >>> round(epsilon_of_rho(rho_of(1.0, 1e-5), 1e-5), 6)
    1.0
    """
    if not (epsilon > 0 and math.isfinite(epsilon) and 0 < delta < 1):
        raise BadInput(f"epsilon must be above 0 and delta between 0 and 1, not {epsilon} and {delta}.")
    log_rho = brentq(lambda log: epsilon_of_rho(math.exp(log), delta) - epsilon, math.log(1e-14), math.log(1e7))
    rho = math.exp(log_rho) * ROUNDED_DOWN
    while epsilon_of_rho(rho, delta) > epsilon:
        rho *= ROUNDED_DOWN
    return rho
