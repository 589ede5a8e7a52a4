"""Rounded confidence: probabilities in steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.learn.base import Array
from ppml_core.queries.restrictions.base import Restriction
from ppml_core.settings import setting


@dataclass(frozen=True)
class RoundedConfidence(Restriction):
    """Hands out the likeliest class's probability as a multiple of `step`, the others in proportion.

    It is rounded up where the nearest multiple would make another class the likeliest.

    Tramèr, Zhang, Juels, Reiter, Ristenpart 2016, section 7 (rounding confidences against extraction).
    """

    title: ClassVar[str] = "Rounded confidence"
    step: float = setting(0.1, 1e-6, 0.5, slider=(0.01, 0.5), help="confidences are multiples of this", log=True)

    def restricted(self, said: Array) -> Array:
        steps = said.max(axis=1) / self.step
        nearest, up = self._with_top(said, np.round(steps)), self._with_top(said, np.ceil(steps))
        kept = nearest.argmax(axis=1) == said.argmax(axis=1)
        return np.where(kept[:, None], nearest, up)

    def _with_top(self, said: Array, steps: Array) -> Array:
        """The likeliest class at so many steps, never below an even share, and the others at what is left."""
        people, top = np.arange(len(said)), said.argmax(axis=1)
        handed: Array = said.copy()
        handed[people, top] = 0.0
        left = handed.sum(axis=1)
        rounded = np.where(left > 0, np.clip(self.step * steps, 1 / said.shape[1], 1.0), 1.0)
        handed *= ((1 - rounded) / np.where(left > 0, left, 1.0))[:, None]
        handed[people, top] = rounded
        return handed
