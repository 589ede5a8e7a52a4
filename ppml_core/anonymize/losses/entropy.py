"""Non-uniform entropy: what a published label leaves open, given how often each value occurs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ppml_core.anonymize.classes import Floats, Ints
from ppml_core.anonymize.losses.base import CellLoss, arithmetic
from ppml_core.data.hierarchy import Hierarchy


@dataclass(frozen=True)
class Entropy(CellLoss):
    """Bits needed to guess each cell's value from its label, as a share of those needed without it.

    De Waal & Willenborg 1999; Gionis & Tassa 2009, section 2 (non-uniform entropy). Values that nobody has cost
    nothing.
    """

    title: ClassVar[str] = "non-uniform entropy"

    def costs(self, tree: Hierarchy, leaf_counts: Ints) -> tuple[list[Floats], float, float]:
        people = max(int(leaf_counts.sum()), 1)
        per_level = []
        for codes, labels in zip(tree.codes, tree.labels, strict=True):
            counts = np.bincount(codes, weights=leaf_counts, minlength=len(labels))
            per_level.append(np.log2(np.maximum(counts, 1)))
        most = max(float(np.log2(people)), 1e-9)
        return per_level, float((per_level[0] * leaf_counts).sum() / people), most

    def combine(self, losses: Sequence[Any], weights: Sequence[float]) -> Any:
        return arithmetic(losses, weights)
