"""Re-identification risk of a table: how far someone gets who knows a person's quasi-identifiers.

In: a Dataset. Out: counts and shares over the equivalence classes of the table itself. They describe this table
completely, so they carry no interval; over a population they would be estimates.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ppml_core.data.dataset import Dataset
from ppml_core.data.groups import Ints, group_of, sizes_of
from ppml_core.errors import BadInput


@dataclass(frozen=True)
class ClassSize:
    """Smallest, mean and largest equivalence class, in people."""

    min: int
    mean: float
    max: int


@dataclass(frozen=True)
class Prosecutor:
    """Risk of the person whose membership the attacker knows: 1 / class size, over people.

    `share_above` counts people strictly above the threshold. El Emam & Dankar 2008.
    """

    max: float
    mean: float
    share_above: float


@dataclass(frozen=True)
class AttributeDisclosure:
    """`certain_share`: people whose look-alikes all share one sensitive value; None without a sensitive column."""

    certain_share: float | None


@dataclass(frozen=True)
class RiskReport:
    """What the quasi-identifiers alone give away, and `unique_share_with_kept` with the kept features beside them.

    `marketer` is the expected share of people re-identified when everybody is linked: classes / rows.
    """

    rows: int
    quasi_identifiers: list[str]
    threshold: float
    classes: int
    class_size: ClassSize
    unique_share: float
    unique_share_with_kept: float
    prosecutor: Prosecutor
    marketer: float
    attribute_disclosure: AttributeDisclosure

    def values(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return dataclasses.asdict(self)


def risk_report(data: Dataset, threshold: float = 0.2) -> RiskReport:
    """The risk of releasing the table as it is. Raises BadInput without rows or for a threshold outside 0..1."""
    if not 0 <= threshold <= 1:
        raise BadInput(f"threshold must be between 0 and 1, not {threshold}.")
    if not len(data):
        raise BadInput(f"{data.name!r} has no rows.")
    groups = group_of(data.table, data.quasi_identifiers)
    sizes = sizes_of(groups)
    kept_sizes = sizes_of(group_of(data.table, [*data.quasi_identifiers, *data.schema.with_role("feature")]))
    rows = len(data)
    return RiskReport(
        rows=rows,
        quasi_identifiers=data.quasi_identifiers,
        threshold=threshold,
        classes=len(sizes),
        class_size=ClassSize(int(sizes.min()), float(sizes.mean()), int(sizes.max())),
        unique_share=float((sizes == 1).sum() / rows),
        unique_share_with_kept=float((kept_sizes == 1).sum() / rows),
        prosecutor=_prosecutor(sizes, threshold),
        marketer=len(sizes) / rows,
        attribute_disclosure=AttributeDisclosure(certain_share(data, groups)),
    )


def class_sizes(data: Dataset, columns: Sequence[str] | None = None) -> Ints:
    """People in each equivalence class over these columns (default: the quasi-identifiers)."""
    return sizes_of(group_of(data.table, data.quasi_identifiers if columns is None else columns))


def certain_share(data: Dataset, groups: Ints) -> float | None:
    """Share of people for whom some sensitive value is the same in their whole group (homogeneity attack).

    Machanavajjhala et al. 2007, section 2.1. A group of one counts: who finds the person reads the value.
    """
    sensitive = data.schema.with_role("sensitive")
    if not sensitive:
        return None
    certain = np.zeros(len(data), dtype=bool)
    for name in sensitive:
        values = group_of(data.table, [name])
        pairs = np.unique(np.stack([groups, values]), axis=1)
        certain |= (np.bincount(pairs[0]) == 1)[groups]
    return float(certain.mean())


def _prosecutor(sizes: Ints, threshold: float) -> Prosecutor:
    rows = sizes.sum()
    exposed = sizes[1 / sizes > threshold].sum()
    return Prosecutor(max=float(1 / sizes.min()), mean=float(len(sizes) / rows), share_above=float(exposed / rows))
