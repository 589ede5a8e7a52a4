"""Precision: how far up its hierarchy each cell went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ppml_core.anonymize.classes import Floats, Ints
from ppml_core.anonymize.losses.base import CellLoss, arithmetic
from ppml_core.data.hierarchy import Hierarchy


@dataclass(frozen=True)
class Precision(CellLoss):
    """Mean height of generalization, as a share of the hierarchy's height; a suppressed cell is at the top.

    Sweeney 2002, "Achieving k-anonymity privacy protection using generalization and suppression", section 3 (1 - Prec).
    """

    title: ClassVar[str] = "precision"

    def costs(self, tree: Hierarchy, leaf_counts: Ints) -> tuple[list[Floats], float, float]:
        top = max(tree.depth - 1, 1)
        return [np.full(len(labels), level / top) for level, labels in enumerate(tree.labels)], 0.0, 1.0

    def combine(self, losses: Sequence[Any], weights: Sequence[float]) -> Any:
        return arithmetic(losses, weights)
