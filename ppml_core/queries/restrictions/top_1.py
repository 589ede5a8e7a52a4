"""Top 1: the likeliest class with its probability; the others are not told apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.learn.base import Array
from ppml_core.queries.restrictions.base import Restriction


@dataclass(frozen=True)
class Top1(Restriction):
    """Hands out the likeliest class and its probability; what is left is spread evenly over the other classes.

    With two classes that changes nothing. Shokri et al. 2017, section VIII (restricting the prediction vector).
    """

    title: ClassVar[str] = "Top class with its confidence"

    def restricted(self, said: Array) -> Array:
        top, highest = said.argmax(axis=1), said.max(axis=1)
        rest = (1 - highest) / max(said.shape[1] - 1, 1)
        handed = np.repeat(rest[:, None], said.shape[1], axis=1)
        handed[np.arange(len(said)), top] = highest
        return handed
