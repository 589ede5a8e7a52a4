"""The mean of the clients' changes without the largest and the smallest of each coordinate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.federated.strategies.base import Strategy
from ppml_core.federated.update import Update, Weights
from ppml_core.settings import setting


@dataclass(frozen=True)
class TrimmedMean(Strategy):
    """Leaves out the share `trimmed` of the clients at either end, rounded down. Yin et al. 2018, Definition 2.

    Every client with a row counts alike.
    """

    title: ClassVar[str] = "Trimmed mean"
    needs_each: ClassVar[bool] = True

    trimmed: float = setting(0.2, 0.0, 0.49, help="share of the clients left out at either end")

    def combined(self, updates: Sequence[Update]) -> Weights:
        changes = [update.change for update in updates if update.rows]
        cut = int(self.trimmed * len(changes))
        kept = slice(cut, len(changes) - cut)
        return [np.sort(np.array(arrays), axis=0)[kept].mean(axis=0) for arrays in zip(*changes, strict=True)]
