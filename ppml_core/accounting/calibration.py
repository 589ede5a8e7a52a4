"""From a budget to the noise that keeps it: for one kind of event, for any chain, and for a budget that is split.

In: epsilon, delta, what is done. Out: a noise multiplier, rounded so that the budget is never exceeded.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from functools import lru_cache

from scipy.optimize import brentq

from ppml_core.accounting.accountants import ACCOUNTANTS, Events
from ppml_core.accounting.events import Composition, SubsampledGaussian
from ppml_core.accounting.gaussian import epsilon_of, noise_multiplier
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.evidence import Guarantee

LEAST, MOST = 1e-3, 1e9
CLOSE = 1e-4


def calibrate(event_of: Callable[[float], Events], epsilon: float, delta: float, accountant: str = "pld") -> float:
    """The least noise multiplier z at which `event_of(z)` costs at most epsilon by that accountant, within 1e-4.

    Raises NotApplicable where no z between 1e-3 and 1e9 does.

    >>> from ppml_core.accounting.events import Gaussian
    >>> z = calibrate(lambda z: Composition(((Gaussian(noise_multiplier=z), 60),)), 1.0, 1e-5, "gdp")
    >>> round(z, 2)
    28.9
    """
    if accountant not in ACCOUNTANTS:
        raise BadInput(f"there is no accountant {accountant!r}; there are {', '.join(ACCOUNTANTS)}.")
    if not (epsilon > 0 and math.isfinite(epsilon)):
        raise BadInput(f"epsilon must be a finite number above 0, not {epsilon}.")
    cost = ACCOUNTANTS[accountant]

    def excess(log_z: float) -> float:
        return cost(event_of(math.exp(log_z)), delta) - epsilon

    high = 0.0
    while excess(high) > 0:
        high += math.log(4)
        if high > math.log(MOST):
            raise NotApplicable(
                f"no noise keeps epsilon {epsilon:g} at delta {delta:g} by the accountant {accountant}."
            )
    low = high - math.log(4)
    while excess(low) <= 0:
        low -= math.log(4)
        if low < math.log(LEAST):
            return LEAST
    found = float(brentq(excess, low, high, xtol=CLOSE / 4, rtol=1e-12))
    while excess(found) > 0:
        found += CLOSE / 4
    return math.exp(found)


@lru_cache(maxsize=512)
def subsampled_noise_multiplier(epsilon: float, delta: float, steps: int, rate: float) -> float:
    """Noise for `steps` sums over Poisson samples, each person in a sample with probability `rate`, by PLD.

    With rate 1 it is exact Gaussian DP.

    >>> round(subsampled_noise_multiplier(1.0, 1e-5, 640, 512 / 32561), 2)
    1.7
    """
    if rate == 1:
        return noise_multiplier(epsilon, delta, steps)
    return calibrate(
        lambda z: Composition(((SubsampledGaussian(noise_multiplier=z, rate=rate), steps),)), epsilon, delta
    )


def split_budget(total: float, shares: Mapping[str, float], *, gaussian: bool) -> dict[str, float]:
    """A budget over named steps: a mu whose squares add up to the whole, or an epsilon whose parts add up to it.

    >>> split_budget(1.0, {"scaler": 1, "model": 3}, gaussian=False)
    {'scaler': 0.25, 'model': 0.75}
    """
    if not shares or any(share <= 0 for share in shares.values()):
        raise BadInput("every step that touches private rows needs a share above 0 of the budget.")
    whole = sum(shares.values())
    return {name: total * (math.sqrt(share / whole) if gaussian else share / whole) for name, share in shares.items()}


def for_groups(guarantee: Guarantee, records: int) -> Guarantee:
    """The same release, said for a person who has up to so many records: group privacy.

    mu grows by that factor (Dong, Roth, Su 2022, Theorem 2.14); without mu it is (m·epsilon, delta·(e^(m·epsilon) - 1)
    / (e^epsilon - 1)) (Vadhan 2017, Lemma 2.2).

    >>> for_groups(Guarantee(1.0, 0.0, "replace_one"), 3).epsilon
    3.0
    """
    if records < 1:
        raise BadInput(f"a person has at least one record, not {records}.")
    if records == 1:
        return guarantee
    unit = f"person with up to {records} records"
    if guarantee.mu is not None:
        mu = guarantee.mu * records
        return dataclasses.replace(guarantee, epsilon=epsilon_of(mu, guarantee.delta), mu=mu, unit=unit)
    grown = min(records * guarantee.epsilon, 700.0)
    delta = guarantee.delta and guarantee.delta * math.expm1(grown) / math.expm1(guarantee.epsilon)
    if delta >= 1:
        raise NotApplicable(f"epsilon {guarantee.epsilon:g} promises nothing to a person with {records} records.")
    return dataclasses.replace(guarantee, epsilon=records * guarantee.epsilon, delta=delta, unit=unit)
