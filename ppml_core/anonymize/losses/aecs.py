"""Average equivalence class size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ppml_core.anonymize.classes import Floats, Ints
from ppml_core.anonymize.losses.base import SizeLoss
from ppml_core.anonymize.tuples import Tuples


@dataclass(frozen=True)
class Aecs(SizeLoss):
    """People per class, as a share of the table; the suppressed count as one class.

    LeFevre, DeWitt & Ramakrishnan 2006, section 5.1 (there divided by k, which is the same for every candidate).
    """

    title: ClassVar[str] = "average class size"

    def value(self, sizes: Ints, log_volumes: Floats, gone: int, tuples: Tuples) -> float:
        return 1.0 / max(len(sizes) + (gone > 0), 1)
