"""Labels only: the likeliest class and nothing of how likely it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.learn.base import Array
from ppml_core.queries.restrictions.base import Restriction


@dataclass(frozen=True)
class LabelOnly(Restriction):
    """Hands out the likeliest class with probability 1.

    Whether the label is right tells members already (Yeom et al. 2018), and how it holds under small changes tells more
    (Choquette-Choo, Tramèr, Carlini, Papernot 2021, "Label-only membership inference attacks").
    """

    title: ClassVar[str] = "Label only"
    labels_only: ClassVar[bool] = True

    def restricted(self, said: Array) -> Array:
        return np.asarray(np.eye(said.shape[1])[said.argmax(axis=1)])
