"""Sampling: a random part of the people is released."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.columns import Subset
from ppml_core.data.dataset import Dataset
from ppml_core.settings import setting


@dataclass(frozen=True)
class Sampling(Anonymizer):
    """A simple random sample of the people, drawn without replacement, unchanged and in their order.

    Someone who finds a look-alike cannot be sure that the person is in the sample; whoever is known to be in it is as
    exposed as before, and a sample unique who is unique in the population is found with certainty. Hundepool et al.
    2012, Statistical Disclosure Control, chapter 3. At least one person stays.
    """

    title: ClassVar[str] = "Sampling"
    protocol: ClassVar[str] = "raw test people"
    uses_randomness: ClassVar[bool] = True

    share: float = setting(0.5, 0.0, 1.0, help="share of people who are released", unit="share of people")

    def fit(self, data: Dataset, rng: np.random.Generator) -> Subset:
        size = min(len(data), max(1, round(self.share * len(data))))
        return Subset(data, np.sort(rng.choice(len(data), size=size, replace=False)).astype(np.int64))
