"""What a guarantee means for one person, as odds: how often the best possible guess can be right.

In: a Guarantee. Out: the largest probability with which anyone who saw the output tells two neighbouring tables apart
when both are equally likely beforehand. Under add-or-remove-one that is "is this person in the data"; under
replace-one, "which of two values does this person have" (EVIDENCE 8 and 9).
"""

from __future__ import annotations

import math

from scipy.stats import norm

from ppml_core.evidence import Guarantee


def best_guess(guarantee: Guarantee) -> float:
    """Largest share of right guesses from a prior of one half, between 0.5 and 1.

    Where the mechanism is known to be Gaussian DP it is Phi(mu / 2) (Dong, Roth, Su 2022, section 2.2); else what the
    pair (epsilon, delta) alone allows, (e^epsilon + delta) / (1 + e^epsilon) (Kairouz, Oh, Viswanath 2015, Thm. 2.1).

    >>> round(best_guess(Guarantee(1.0, 0.0, "replace_one")), 2)
    0.73
    >>> round(best_guess(Guarantee(1.0, 1e-5, "add_or_remove_one", mu=0.268)), 2)
    0.55
    """
    if guarantee.mu is not None:
        return float(norm.cdf(guarantee.mu / 2))
    shrunk = math.exp(-guarantee.epsilon)
    return (1 + guarantee.delta * shrunk) / (1 + shrunk)
