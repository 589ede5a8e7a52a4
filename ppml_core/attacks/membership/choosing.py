"""Settings and attacks are chosen by how they do against shadow models, never by the model that is attacked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from ppml_core.attacks.membership.base import MembershipAttack
from ppml_core.attacks.membership.evidence import Evidence
from ppml_core.attacks.rates import RATES, at_rate, auc

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
    results = [_success(one, evidence, list(played), rng) for one in candidates]
    return candidates[max(range(len(candidates)), key=lambda i: (*results[i], -i))]


def _success(
    attack: MembershipAttack, evidence: Evidence, played: Sequence[int], rng: np.random.Generator
) -> tuple[float, float]:
    found = []
    for shadow in played:
        scores, inside = attack.scores(evidence.as_if(shadow), rng), evidence.shadows.inside[shadow]
        members, others = scores[inside], scores[~inside]
        found.append((at_rate(members, others, RATES[0]).tpr.value, auc(members, others).value))
    rates, areas = np.array(found).mean(axis=0)
    return float(rates), float(areas)
