"""A synthetic table as a release: nobody in it is anybody, raw people go through unchanged."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ppml_core.anonymize.base import Recoding
from ppml_core.data.dataset import Dataset
from ppml_core.evidence import Guarantee


@dataclass(frozen=True, eq=False)
class Synthetic(Recoding):
    """`kept` is empty: no record belongs to a person."""

    release: Dataset
    statistics: Mapping[str, Any]
    guarantee: Guarantee | None
    guarantee_note: str

    @property
    def kept(self) -> np.ndarray:  # type: ignore[override]
        return np.zeros(0, dtype=np.int64)

    def transform(self, data: Dataset) -> Dataset:
        names = list(self.release.schema.columns)
        return dataclasses.replace(data, table=data.table[names], schema=self.release.schema)

    def mapping(self) -> dict[str, pd.DataFrame]:
        return {}


def released(
    data: Dataset, columns: Mapping[str, pd.Series], people: int, guarantee: Guarantee, doubt: str,
    statistics: Mapping[str, Any],
) -> Synthetic:  # fmt: skip
    """The synthetic table under the schema of its columns; the guarantee stands only without `doubt`."""
    schema = dataclasses.replace(
        data.schema, columns={name: data.schema[name] for name in columns}, split=None, expected_rows=people
    )
    table = pd.DataFrame(dict(columns))
    made = dataclasses.replace(data, table=table, schema=schema, whole=None, population=None, published={})
    return Synthetic(made, statistics, None if doubt else guarantee, f"{doubt}." if doubt else "")
