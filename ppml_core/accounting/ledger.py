"""What several releases from one table cost together.

In: the guarantees of single runs. Out: one that covers all of them, under the one relation that they share.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

from ppml_core.accounting.gaussian import as_replace_one, epsilon_of
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.evidence import Guarantee


def all_together(guarantees: Sequence[Guarantee]) -> Guarantee:
    """The guarantee of all runs at once, of whatever mechanisms: brought to one relation, Gaussian ones added exactly.

    Where relations differ all are said for replacing one record (`as_replace_one`). Raises NotApplicable where units
    differ, or where so many runs promise nothing together.

    >>> ours, theirs = Guarantee(1.0, 0.0, "add_or_remove_one"), Guarantee(0.5, 0.0, "replace_one")
    >>> all_together([ours, theirs])
    Guarantee(epsilon=2.5, delta=0.0, neighbours='replace_one', unit='record', mu=None)
    """
    if len({one.neighbours for one in guarantees}) > 1:
        guarantees = [as_replace_one(one) for one in guarantees]
    gaussian = [one for one in guarantees if one.mu is not None]
    others = [one for one in guarantees if one.mu is None]
    if not (gaussian and others):
        return together(guarantees)
    return together([dataclasses.replace(together(gaussian), mu=None), *others])


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
