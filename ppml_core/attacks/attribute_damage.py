"""Which quasi-identifiers do the damage: how many people each singles out alone, and how many only with its help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ppml_core.attacks.linkage import class_sizes
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput


@dataclass(frozen=True)
class AttributeDamage:
    """One quasi-identifier's part in the risk of a table.

    `unique_alone` people are unique by it alone, `unique_without` by all the others; `freed` is how many are no longer
    unique when nobody knows it. `distinction` and `separation` as in `distinction_separation`.
    """

    name: str
    unique_alone: int
    unique_without: int
    freed: int
    distinction: float
    separation: float


def attribute_damage(data: Dataset) -> tuple[AttributeDamage, ...]:
    """Every quasi-identifier, the one first without which most people would stop being unique.

    Raises BadInput without rows or quasi-identifiers.
    """
    known = data.quasi_identifiers
    if not known or not len(data):
        raise BadInput(f"{data.name!r} needs rows and a quasi-identifier: give a column that role.")
    together = _unique(data, known)
    found = []
    for name in known:
        without = _unique(data, [other for other in known if other != name])
        found.append(
            AttributeDamage(
                name, _unique(data, [name]), without, together - without, *distinction_separation(data, [name])
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.freed, -one.separation, one.name)))


def distinction_separation(data: Dataset, names: Sequence[str]) -> tuple[float, float]:
    """(distinct values / people, share of pairs of people that these columns tell apart), both 0..1.

    As ARX reports them for sets of attributes (alpha-distinction and alpha-separation: Motwani & Xu 2007). A table of
    one person has no pairs: its separation is 0.
    """
    sizes = class_sizes(data, names).astype(np.float64)
    people = float(sizes.sum())
    pairs = people * (people - 1)
    alike = float((sizes * (sizes - 1)).sum())
    return len(sizes) / people, (1 - alike / pairs) if pairs else 0.0


def _unique(data: Dataset, names: Sequence[str]) -> int:
    return int((class_sizes(data, names) == 1).sum())
