"""Groups of people who share their values in some columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ppml_core.data.coded import coded
from ppml_core.data.packing import Ints, number_groups


def group_of(table: pd.DataFrame, columns: Sequence[str]) -> Ints:
    """The group of each person, numbered from 0 in order of first sight, shape (rows,); absent values equal each other.

    No columns: everyone is in one group.
    """
    groups, _ = number_groups([coded(table[name]) for name in columns], len(table))
    return groups.astype(np.int64)


def sizes_of(groups: Ints) -> Ints:
    """People in each group, by its number."""
    return np.bincount(groups)
