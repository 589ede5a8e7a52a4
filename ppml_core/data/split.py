"""Training and test people: the split that comes with a table, or one drawn from a seed."""

from __future__ import annotations

import dataclasses

import numpy as np

from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput

TEST_SHARE = 0.3
GIVEN_TRAIN_SHARE = 2 / 3


def split(data: Dataset, seed: int) -> tuple[Dataset, Dataset]:
    """(training people, test people), disjoint and together everyone. A given split ignores the seed.

    The schema's `expected_rows` is scaled by a constant share, never by the private count of the part.
    Raises BadInput when a part would be empty or the split column holds anything but "train" and "test".
    """
    marks = _given(data) if data.schema.split else _drawn(len(data), seed)
    share = GIVEN_TRAIN_SHARE if data.schema.split else 1 - TEST_SHARE
    parts = (np.flatnonzero(marks), np.flatnonzero(~marks))
    for part, name in zip(parts, ("training", "test"), strict=True):
        if not len(part):
            raise BadInput(f"the {name} part of {data.name!r} would be empty: the table has {len(data)} rows.")
    train, test = (data.take(part) for part in parts)
    return _sized(train, share), _sized(test, 1 - share)


def _given(data: Dataset) -> np.ndarray:
    values = data.table[str(data.schema.split)].astype(str)
    odd = sorted(set(values.unique()) - {"train", "test"})
    if odd:
        raise BadInput(f"the split column {data.schema.split!r} may hold train and test, not {odd[0]!r}.")
    return (values == "train").to_numpy()


def _drawn(rows: int, seed: int) -> np.ndarray:
    marks = np.ones(rows, dtype=bool)
    marks[np.random.default_rng([seed, rows]).permutation(rows)[: round(TEST_SHARE * rows)]] = False
    return marks


def _sized(data: Dataset, share: float) -> Dataset:
    if data.schema.expected_rows is None:
        return data
    return data.with_schema(
        dataclasses.replace(data.schema, expected_rows=max(1, round(data.schema.expected_rows * share)))
    )
