"""What every anonymizer owes: a release of the table, the same recoding for unseen people, and the mapping applied."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from ppml_core.accounting.shares import SharesBudget
from ppml_core.data.dataset import Dataset
from ppml_core.errors import NotApplicable
from ppml_core.evidence import Guarantee


class Recoding(ABC):
    """A fitted anonymizer.

    `release` is the table to publish, with the schema that describes it; `kept` the positions of its people in the
    input. `statistics` are plain numbers about the search (levels, loss, suppressed …). `guarantee` is what is proved
    about the release where the step is differentially private itself: whatever is done to the release keeps it.
    `guarantee_note` says in a sentence why there is none where one might be expected.
    """

    guarantee: Guarantee | None = None
    guarantee_note: str = ""

    release: Dataset
    kept: np.ndarray
    statistics: Mapping[str, Any]

    @abstractmethod
    def transform(self, data: Dataset) -> Dataset:
        """Unseen people, recoded as the release was; everyone stays, in order."""

    @abstractmethod
    def mapping(self) -> dict[str, pd.DataFrame]:
        """Per changed column: what each value became (columns `value` and `published`)."""


class Anonymizer(SharesBudget, ABC):
    """Turns a table into one that may say less about each person.

    `protocol` names how a model trained on the release is tested (EVIDENCE 16). `fixed_in_advance` is True only where
    the recoding depends on no private row, so that a guarantee of a later step survives it (EVIDENCE 1).
    `uses_randomness` is False where the same table always gives the same release. `perturbs` is True where cells become
    others that may be false, record by record, so that it can follow any other step. `synthesizes` is True where the
    people of the release are made up: then no record of it belongs to anybody, and `kept` is empty. `unit` is what the
    guarantee protects, where a release has one. `gives` says in plain words what a private release consists of, `about`
    in a sentence for a page how it comes about, where the summary is not plain enough.
    """

    protocol: ClassVar[str]
    fixed_in_advance: ClassVar[bool] = False
    uses_randomness: ClassVar[bool] = False
    perturbs: ClassVar[bool] = False
    synthesizes: ClassVar[bool] = False
    unit: ClassVar[str] = "record"
    gives: ClassVar[str] = ""
    about: ClassVar[str] = ""

    @abstractmethod
    def fit(self, data: Dataset, rng: np.random.Generator) -> Recoding: ...

    def fit_release(self, data: Dataset) -> Recoding:
        """A release whose noise nobody can draw again: no seed. Raises NotApplicable where no guarantee would stand."""
        raise NotApplicable(f"{self.name()} has no release path.")

    @classmethod
    def has_release_path(cls) -> bool:
        """Whether its tables may leave under their guarantee."""
        return cls.fit_release is not Anonymizer.fit_release
