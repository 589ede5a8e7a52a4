"""Training and test people: the split that comes with a table, one drawn from a seed, or one secret coin per person."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable

import numpy as np

from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput

TEST_SHARE = 0.3
GIVEN_TRAIN_SHARE = 2 / 3


def split(data: Dataset, seed: int) -> tuple[Dataset, Dataset]:
    """(training people, test people), disjoint and together everyone. A given split ignores the seed.

    For exploration: a drawn split depends on the number of rows, so that one person more moves others from part to
    part. What is then said of a learner is said of its training people. The schema's `expected_rows` is scaled by a
    constant share, never by the private count of the part.
    Raises BadInput when a part would be empty or the split column holds anything but "train" and "test".
    """
    return _parts(data, _given(data) if data.schema.split else _drawn(len(data), seed))


def split_by_coins(data: Dataset, entropy: Callable[[int], bytes] = os.urandom) -> tuple[Dataset, Dataset]:
    """The same for a release: without a given split, one secret coin per person puts them into the training part.

    With the same coins, a person more or less in the table is that person more or less in one part, and nothing else:
    what is promised to the training people is promised to everyone in the table. `entropy` gives so many random bytes;
    nobody keeps them.
    """
    return _parts(data, _given(data) if data.schema.split else _tossed(len(data), entropy))


def _parts(data: Dataset, marks: np.ndarray) -> tuple[Dataset, Dataset]:
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


def _tossed(rows: int, entropy: Callable[[int], bytes]) -> np.ndarray:
    """Whether each person's own 64 bits fall to the training part, with a chance of 1 - TEST_SHARE whoever is there."""
    coins = np.frombuffer(entropy(8 * rows), dtype="<u8")
    return np.asarray(coins >= int(TEST_SHARE * 2**64))


def _sized(data: Dataset, share: float) -> Dataset:
    if data.schema.expected_rows is None:
        return data
    return data.with_schema(
        dataclasses.replace(data.schema, expected_rows=max(1, round(data.schema.expected_rows * share)))
    )
