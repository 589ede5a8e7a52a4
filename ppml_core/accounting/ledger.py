"""What several releases from one table cost together.

In: the guarantees of single runs. Out: one that covers all of them, under the one relation that they share.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ppml_core.accounting.gaussian import epsilon_of
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.evidence import Guarantee


def together(guarantees: Sequence[Guarantee]) -> Guarantee:
    """The guarantee of all runs at once: mu adds up in squares where every run has one, else epsilon and delta.

    With mu, the largest delta of the runs is kept and epsilon follows from it (Dong, Roth, Su 2022, Corollary 3.3);
    else it is basic composition (Dwork, Roth 2014, Theorem 3.16). Raises NotApplicable where relations or units differ.

    >>> pure = Guarantee(0.5, 0.0, "replace_one")
    >>> together([pure, pure, pure]).epsilon
    1.5
    """
    if not guarantees:
        raise BadInput("nothing was run, so nothing was spent.")
    first = guarantees[0]
    if any((one.neighbours, one.unit) != (first.neighbours, first.unit) for one in guarantees):
        raise NotApplicable("guarantees for other relations or units do not add up; convert them to one first.")
    mus = [one.mu for one in guarantees]
    if all(mu is not None for mu in mus):
        mu = math.hypot(*(float(mu or 0.0) for mu in mus))
        delta = max(one.delta for one in guarantees)
        return Guarantee(epsilon_of(mu, delta), delta, first.neighbours, first.unit, mu)
    delta = sum(one.delta for one in guarantees)
    if delta >= 1:
        raise NotApplicable("so many runs together promise nothing.")
    return Guarantee(sum(one.epsilon for one in guarantees), delta, first.neighbours, first.unit)
