"""What choosing the best of several private runs costs, when the number of runs is drawn at random.

In: the mu of one run (training and its noisy score together), the expected number of runs. Out: epsilon of the winner
alone being shown. With a geometric number of runs no budget is needed for each further one: Liu, Talwar 2019; Papernot,
Steinke 2022, "Hyperparameter tuning with Rényi differential privacy", Theorem 2 with eta = 1.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import brentq

from ppml_core.errors import BadInput, NotApplicable

ETA = 1
ORDERS = np.concatenate([1 + np.geomspace(1e-3, 1, 60), np.geomspace(2.01, 1e5, 400)])
LEAST, MOST = 1e-6, 1e4


def epsilon_of_selection(mu: float, expected_runs: float, delta: float) -> float:
    """Epsilon of the best of a geometric number of runs, each mu-GDP with its score.

    Rényi DP of order λ of a run is λ mu²/2; the winner's is that, plus 2 (1 - 1/λ') λ' mu²/2 + 2 log(runs)/λ' +
    log(runs)/(λ - 1) at any λ' >= 1. Turned into (epsilon, delta) by Canonne, Kamath, Steinke 2020, Proposition 12.

    >>> round(epsilon_of_selection(0.1, 5, 1e-5), 2)
    0.76
    """
    if not (mu > 0 and expected_runs >= 1 and 0 < delta < 1):
        raise BadInput(f"mu, the expected runs and delta make no selection: {mu}, {expected_runs}, {delta}.")
    rho, runs = mu * mu / 2, math.log(expected_runs)
    other = (1 + ETA) * ((1 - 1 / ORDERS) * ORDERS * rho + runs / ORDERS)
    renyi = ORDERS * rho + float(other.min()) + runs / (ORDERS - 1)
    found = renyi + np.log1p(-1 / ORDERS) - (math.log(delta) + np.log(ORDERS)) / (ORDERS - 1)
    return max(0.0, float(found.min()))


def mu_of_selection(epsilon: float, expected_runs: float, delta: float) -> float:
    """The largest mu of a run for which the winner is (epsilon, delta)-DP, rounded down.

    Raises NotApplicable where even the smallest mu costs more.
    """
    if not (epsilon > 0 and math.isfinite(epsilon)):
        raise BadInput(f"epsilon must be a finite number above 0, not {epsilon}.")

    def excess(log_mu: float) -> float:
        return epsilon_of_selection(math.exp(log_mu), expected_runs, delta) - epsilon

    if excess(math.log(LEAST)) > 0:
        raise NotApplicable(f"choosing among about {expected_runs:g} runs costs more than epsilon {epsilon:g}.")
    if excess(math.log(MOST)) < 0:
        return MOST
    return math.exp(float(brentq(excess, math.log(LEAST), math.log(MOST), xtol=1e-10))) * (1 - 1e-8)
