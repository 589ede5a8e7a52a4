"""Rows of a released table that say nothing of a person: every quasi-identifier is `*`.

In: a table that may be a release read again. Out: which of its rows were suppressed, so that they are not taken for one
large class of look-alikes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ppml_core.data.coded import Coded, coded
from ppml_core.data.dataset import Dataset
from ppml_core.data.hierarchy import MISSING, ROOT

Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.integer[Any]]

TELLS, BLANK, STAR = 0, 1, 2


def starred_rows(data: Dataset) -> Bools:
    """Which rows are suppressed, shape (rows,): those whose quasi-identifiers are all `*`, as ARX counts it, or blank
    beside a `*`.

    A row with blanks alone is a person of whom nothing is recorded, and stays.

    >>> from ppml_core.data.schema import Column, Schema
    >>> columns = {name: Column(role="quasi_identifier") for name in ("age", "sex")}
    >>> table = pd.DataFrame({"age": ["30-39", "*", "*"], "sex": ["*", "*", "F"]})
    >>> starred_rows(Dataset(table, Schema(columns=columns))).tolist()
    [False, True, False]
    """
    columns = [coded(data.table[name]) for name in data.quasi_identifiers]
    return starred_among(columns, lambda at: _from_zero(columns[at]), len(data))


def starred_among(columns: Sequence[Coded], codes: Callable[[int], Codes], people: int) -> Bools:
    """Which of `people` rows or classes carry nothing but `*` and blanks in these columns, and one `*` at least.

    `codes(at)` holds their values in column `at`, counted from 0, the column's `size` for an absent one.
    """
    told = [_told(column) for column in columns]
    if not any((kinds == STAR).any() for kinds in told):
        return np.zeros(people, dtype=bool)
    silent, starred = np.ones(people, dtype=bool), np.zeros(people, dtype=bool)
    for at, kinds in enumerate(told):
        found = kinds[codes(at)]
        silent &= found != TELLS
        starred |= found == STAR
    return silent & starred


def _told(column: Coded) -> npt.NDArray[np.int8]:
    """For each value of the column, and at last for an absent one, whether it tells something."""
    values = column.named()
    kinds = np.full(column.size + 1, TELLS, dtype=np.int8)
    kinds[-1] = BLANK
    if not pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_datetime64_any_dtype(values.dtype):
        texts = values.to_numpy(dtype=object)
        kinds[:-1][texts == ROOT] = STAR
        kinds[:-1][texts == MISSING] = BLANK
    kinds[:-1][values.isna().to_numpy()] = BLANK
    return kinds


def _from_zero(column: Coded) -> Codes:
    codes = column.codes.astype(np.int64) - column.low
    return np.where(codes < 0, column.size, codes)
