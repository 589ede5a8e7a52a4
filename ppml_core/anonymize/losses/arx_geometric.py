"""ARX's loss with the geometric mean over attributes: the default, which avoids wiping out single attributes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ppml_core.anonymize.classes import Floats, Ints
from ppml_core.anonymize.losses.base import CellLoss, geometric
from ppml_core.anonymize.losses.leaves import leaf_costs
from ppml_core.data.hierarchy import Hierarchy


@dataclass(frozen=True)
class ArxGeometric(CellLoss):
    """Share of the domain that a published value leaves open, geometric mean over attributes.

    Iyengar 2002 (general loss metric), normalised and aggregated as in ARX (Prasser et al. 2020). Weights are
    exponents.
    """

    title: ClassVar[str] = "ARX loss, geometric mean"

    def costs(self, tree: Hierarchy, leaf_counts: Ints) -> tuple[list[Floats], float, float]:
        return leaf_costs(tree)

    def combine(self, losses: Sequence[Any], weights: Sequence[float]) -> Any:
        return geometric(losses, weights)
