"""(α, k)-anonymity: classes of at least k people in which no sensitive value has a share above α."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.anonymize import histograms
from ppml_core.anonymize.classes import Bools, Ground, Ints, Sensitive
from ppml_core.anonymize.models.base import ClassCheck
from ppml_core.anonymize.models.per_attribute import ROUNDING, HistogramCheck, SensitiveModel, check_values
from ppml_core.settings import setting


@dataclass(frozen=True)
class AlphaKAnonymity(SensitiveModel):
    """Nobody is singled out among fewer than k, and no sensitive value is likelier than α in any class.

    Protects against singling out and against near-certain inference of the values named (all, where none is). It does
    not bound what is learnt beside the overall frequency: a rare value may rise to α. Wong et al. 2006.
    """

    title: ClassVar[str] = "(α, k)-anonymity"
    threat: ClassVar[str] = "One value dominating a class"
    why: ClassVar[str] = "No value may be held by more than a share alpha of a class."
    strength: ClassVar[str] = "alpha"
    closed_under_merging: ClassVar[bool] = True

    alpha: float = setting(0.5, 0, 1, help="largest share of one sensitive value in a class", unit="share of people")
    k: int = setting(5, 1, None, slider=(2, 100), help="smallest class of look-alikes that may stay", unit="people")
    sensitive_values: tuple[str, ...] = setting(
        (), help="sensitive values that are bounded; none named means all of them"
    )
    sensitive: tuple[str, ...] = setting((), help="sensitive attributes; none named means all of them")

    def bind(self, ground: Ground) -> ClassCheck:
        check_values(ground, self.sensitive_of(ground), self.sensitive_values)
        of_values = super().bind(ground)
        return lambda classes: of_values(classes) & (classes.sizes >= self.k)

    def of_attribute(self, attribute: Sensitive) -> HistogramCheck:
        most = most_shares(attribute, self.sensitive_values, self.alpha)
        least = np.zeros(len(most))

        def check(table: Ints, start: int) -> Bools:
            kept: Bools = histograms.within(table, start, least, most, False)
            return kept

        return check


def most_shares(attribute: Sensitive, values: tuple[str, ...], most: float) -> np.ndarray:
    """The largest share of each label: `most` for those named (all, where none is), else 1."""
    bounded = np.array([not values or label in values for label in attribute.labels])
    return np.where(bounded, most, 1.0) * (1 + ROUNDING)
