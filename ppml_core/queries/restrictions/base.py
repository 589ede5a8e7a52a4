"""What every restriction of a model's answers owes: probabilities in, coarser probabilities out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from ppml_core.learn.base import Array
from ppml_core.settings import Method


class Restriction(Method, ABC):
    """Makes answers coarser, or fewer. The guarantee of a model is neither helped nor harmed: it is post-processing.

    `labels_only` says that nothing but the likeliest class is left.
    """

    labels_only: ClassVar[bool] = False

    @abstractmethod
    def restricted(self, said: Array) -> Array:
        """Class probabilities as they are handed out, shape (people, classes), rows that add up to 1."""

    def most(self) -> int | None:
        """How many answers an analyst gets in all; None for any number."""
        return None
