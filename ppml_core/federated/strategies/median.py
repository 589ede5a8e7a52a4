"""The median of the clients' changes, coordinate by coordinate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.federated.strategies.base import Strategy
from ppml_core.federated.update import Update, Weights


@dataclass(frozen=True)
class Median(Strategy):
    """What half of the clients cannot move far, however wild they are. Yin et al. 2018, Definition 1.

    Every client with a row counts alike.
    """

    title: ClassVar[str] = "Coordinate median"
    needs_each: ClassVar[bool] = True

    def combined(self, updates: Sequence[Update]) -> Weights:
        changes = [update.change for update in updates if update.rows]
        return [np.median(np.array(arrays), axis=0) for arrays in zip(*changes, strict=True)]
