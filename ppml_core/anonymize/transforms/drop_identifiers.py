"""Direct identifiers leave the table: the first step of any release."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from ppml_core.anonymize.base import Anonymizer, Recoding
from ppml_core.data.dataset import Dataset


@dataclass(frozen=True)
class DropIdentifiers(Anonymizer):
    """The table without the columns that name a person.

    It protects against reading a name off the table, and against nothing else: look-alike attributes still single
    people out (Sweeney 2000). The roles are public, so a later guarantee survives it.
    """

    title: ClassVar[str] = "Drop identifiers"
    protocol: ClassVar[str] = "raw test people"
    fixed_in_advance: ClassVar[bool] = True

    def fit(self, data: Dataset, rng: np.random.Generator) -> WithoutColumns:
        return WithoutColumns(data, tuple(data.schema.with_role("identifier")))


class WithoutColumns(Recoding):
    """The recoding that leaves some columns out."""

    def __init__(self, data: Dataset, dropped: tuple[str, ...]) -> None:
        self.dropped = dropped
        self.kept = np.arange(len(data))
        self.release = self.transform(data)
        self.statistics = {"dropped": list(dropped)}

    def transform(self, data: Dataset) -> Dataset:
        columns = {name: column for name, column in data.schema.columns.items() if name not in self.dropped}
        table = data.table.drop(columns=[name for name in self.dropped if name in data.table.columns])
        return dataclasses.replace(data, table=table, schema=dataclasses.replace(data.schema, columns=columns))

    def mapping(self) -> dict[str, pd.DataFrame]:
        return {}
