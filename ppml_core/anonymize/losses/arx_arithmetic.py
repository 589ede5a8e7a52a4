"""ARX's loss with the arithmetic mean over attributes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ppml_core.anonymize.classes import Floats, Ints
from ppml_core.anonymize.losses.base import CellLoss, arithmetic
from ppml_core.anonymize.losses.leaves import leaf_costs
from ppml_core.data.hierarchy import Hierarchy


@dataclass(frozen=True)
class ArxArithmetic(CellLoss):
    """Share of the domain that a published value leaves open, mean over attributes (Iyengar 2002)."""

    title: ClassVar[str] = "ARX loss, arithmetic mean"

    def costs(self, tree: Hierarchy, leaf_counts: Ints) -> tuple[list[Floats], float, float]:
        return leaf_costs(tree)

    def combine(self, losses: Sequence[Any], weights: Sequence[float]) -> Any:
        return arithmetic(losses, weights)
