"""Discernibility: with how many others each person is confused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ppml_core.anonymize.classes import Floats, Ints
from ppml_core.anonymize.losses.base import SizeLoss
from ppml_core.anonymize.tuples import Tuples


@dataclass(frozen=True)
class Discernibility(SizeLoss):
    """Each person costs the size of their class, a suppressed one the whole table; as a share of the largest total.

    Bayardo & Agrawal 2005, section 2.
    """

    title: ClassVar[str] = "discernibility"

    def value(self, sizes: Ints, log_volumes: Floats, gone: int, tuples: Tuples) -> float:
        people = int(sizes.sum()) + gone
        squares = float((sizes.astype(float) ** 2).sum())
        return (squares + float(gone) * people) / float(people) ** 2
