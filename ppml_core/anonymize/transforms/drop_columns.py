"""Named columns leave the table."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.transforms.drop_identifiers import WithoutColumns
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput
from ppml_core.settings import setting


@dataclass(frozen=True)
class DropColumns(Anonymizer):
    """The table without the columns that are named, whatever their role; none named: the table as it is.

    It protects what stood in them, as far as no other column tells it (relationship tells sex), and against nothing
    else. The target and the split may be dropped: the release has none then.
    """

    title: ClassVar[str] = "Drop columns"
    protocol: ClassVar[str] = "raw test people"
    fixed_in_advance: ClassVar[bool] = True

    columns: tuple[str, ...] = setting((), help="columns to leave out")

    def fit(self, data: Dataset, rng: np.random.Generator) -> WithoutColumns:
        for name in self.columns:
            if name not in data.schema.columns:
                raise BadInput(f"there is no column {name!r} to drop; the table has {', '.join(data.schema.columns)}.")
        if set(self.columns) >= set(data.schema.columns):
            raise BadInput("every column of the table would be dropped: leave one.")
        return WithoutThem(data, self.columns)


class WithoutThem(WithoutColumns):
    """The recoding that leaves some columns out, target and split among them."""

    def transform(self, data: Dataset) -> Dataset:
        schema = data.schema
        if schema.target in self.dropped:
            schema = dataclasses.replace(schema, target=None, positive=None)
        if schema.split in self.dropped:
            schema = dataclasses.replace(schema, split=None)
        return super().transform(data.with_schema(schema))
