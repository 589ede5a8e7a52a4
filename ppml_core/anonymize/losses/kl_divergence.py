"""Kullback-Leibler divergence from the original table to the one that a reader of the release would rebuild."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.anonymize.classes import Floats, Ints
from ppml_core.anonymize.losses.base import SizeLoss
from ppml_core.anonymize.tuples import Tuples


@dataclass(frozen=True)
class KlDivergence(SizeLoss):
    """How much likelier the original is than a table drawn evenly from what each class leaves open.

    Machanavajjhala et al. 2007, section 6.4; as a share of the divergence of a fully suppressed table.
    """

    title: ClassVar[str] = "KL divergence"

    def value(self, sizes: Ints, log_volumes: Floats, gone: int, tuples: Tuples) -> float:
        people = int(sizes.sum()) + gone
        volume = float(sum(np.log(len(tree.leaves)) for tree in tuples.trees))
        shares = np.append(sizes, [gone] if gone else []) / people
        volumes = np.append(log_volumes, [0.0] if gone else []) + volume
        own = tuples.counts[tuples.counts > 0] / people
        negative_entropy = float((own * np.log(own)).sum())
        rebuilt = float((shares * (np.log(shares) - volumes)).sum())
        most = negative_entropy + volume
        return (negative_entropy - rebuilt) / most if most > 0 else 0.0
