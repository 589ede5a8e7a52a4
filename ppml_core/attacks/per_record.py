"""Risk person by person: the class of each, and how special they are."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ppml_core.attacks.column_sets import special_uniques
from ppml_core.data.counts import Counts
from ppml_core.data.dataset import Dataset
from ppml_core.data.groups import group_of
from ppml_core.errors import BadInput


def per_record(data: Dataset) -> pd.DataFrame:
    """A line for each person in the table's order, without any of their cells.

    `row` counts from 1. `look_alikes` are the people of the class, themselves included, `prosecutor` is 1 / that;
    `minimal_uniques` how many minimal sample uniques there are, `smallest_unique` the columns of the smallest (0: none)
    and `suda_score` their score (`special_uniques`). Raises BadInput without rows or quasi-identifiers.

    >>> from ppml_core.data.schema import Column, Schema
    >>> schema = Schema({name: Column(role="quasi_identifier") for name in ("sex", "age")})
    >>> people = Dataset(pd.DataFrame({"sex": ["F", "F", "M"], "age": [30, 30, 30]}), schema)
    >>> per_record(people)[["look_alikes", "smallest_unique"]].to_numpy().tolist()
    [[2, 0], [2, 0], [1, 1]]
    """
    names = data.quasi_identifiers
    if not names or not len(data):
        raise BadInput(f"{data.name!r} needs rows and a quasi-identifier: give a column that role.")
    groups = group_of(data.table, names)
    sizes = np.bincount(groups).astype(np.int64)
    _, first = np.unique(groups, return_index=True)
    values, codes = {}, {}
    for name in names:
        numbers, present = pd.factorize(data.table[name])
        values[name], codes[name] = pd.Series(present), numbers[first].astype(np.int64)
    special = special_uniques(Counts(values, codes, sizes), names)
    return pd.DataFrame(
        {
            "row": np.arange(1, len(data) + 1),
            "look_alikes": sizes[groups],
            "prosecutor": 1 / sizes[groups],
            "minimal_uniques": special.number[groups],
            "smallest_unique": special.smallest[groups],
            "suda_score": special.score[groups],
        }
    )
