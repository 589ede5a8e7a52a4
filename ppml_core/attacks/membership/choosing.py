"""Settings and attacks are chosen by how they do against shadow models, never by the model that is attacked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from ppml_core.attacks.membership.base import MembershipAttack
from ppml_core.attacks.membership.evidence import Evidence
from ppml_core.attacks.rates import RATES, Scores, auc

A = TypeVar("A", bound=MembershipAttack)

PLAYED = 8


def chosen(candidates: Sequence[A], evidence: Evidence, rng: np.random.Generator) -> A:
    """The candidate that finds most members of shadow models at a false positive rate of `RATES[0]`.

    Up to `PLAYED` shadow models in turn are the target and their pair is laid aside; of equals, the one with the larger
    area under its curve. A single candidate is not tried. Needs two pairs of shadow models: with fewer, the first.
    """
    if len(candidates) == 1 or len(evidence.shadows) < 4:
        return candidates[0]
    played = range(0, len(evidence.shadows), 2)[:PLAYED]
    rates = [_mean(found_at, one, evidence, played, rng) for one in candidates]
    best = [one for one, rate in zip(candidates, rates, strict=True) if rate == max(rates)]
    areas = [_mean(_area, one, evidence, played, rng) for one in best] if len(best) > 1 else [0.0]
    return best[int(np.argmax(areas))]


def found_at(members: Scores, others: Scores) -> float:
    """Share of members above the score that at most `RATES[0]` of the others exceed."""
    allowed = int(RATES[0] * len(others) + 1e-9)
    threshold = np.partition(others, len(others) - 1 - allowed)[len(others) - 1 - allowed]
    return float((members > threshold).mean())


def _area(members: Scores, others: Scores) -> float:
    return auc(members, others).value


def _mean(
    success: Callable[[Scores, Scores], float], attack: MembershipAttack, evidence: Evidence, played: Sequence[int],
    rng: np.random.Generator,
) -> float:  # fmt: skip
    found = []
    for shadow in played:
        scores, inside = attack.scores(evidence.as_if(shadow), rng), evidence.shadows.inside[shadow]
        found.append(success(scores[inside], scores[~inside]))
    return float(np.mean(found))
