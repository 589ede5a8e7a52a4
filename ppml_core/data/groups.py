"""Groups of people who share their values in some columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

Ints = npt.NDArray[np.int64]


def group_of(table: pd.DataFrame, columns: Sequence[str]) -> Ints:
    """The group of each person, numbered from 0, shape (rows,); absent values equal each other.

    No columns: everyone is in one group.
    """
    groups = np.zeros(len(table), dtype=np.int64)
    for name in columns:
        codes, values = pd.factorize(table[name], use_na_sentinel=False)
        groups, _ = pd.factorize(groups * (len(values) + 1) + codes)
    return groups.astype(np.int64)


def sizes_of(groups: Ints) -> Ints:
    """People in each group, by its number."""
    return np.bincount(groups)
