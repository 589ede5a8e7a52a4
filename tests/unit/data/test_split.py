"""Who is trained on: in a release one person more in the table moves nobody else from part to part."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Column
from ppml_core.data.split import TEST_SHARE, split, split_by_coins

ROWS = 1000


def numbered() -> Dataset:
    """A table without a split of its own, whose people can be told apart by a column."""
    data = load("german_credit")
    schema = data.schema.replace_columns({"person": Column(role="identifier", kind="numeric")})
    return dataclasses.replace(data, table=data.table.assign(person=np.arange(len(data))), schema=schema)


def trained_on(data: Dataset, coins: bytes) -> set[int]:
    train, test = split_by_coins(data, lambda _: coins)
    assert set(train.table["person"]) | set(test.table["person"]) == set(data.table["person"])
    assert len(train) + len(test) == len(data)
    return set(train.table["person"])


@pytest.mark.parametrize("person", [0, 1, 17, 500, ROWS - 1])
def test_with_the_same_coins_a_person_less_is_only_that_person_less(person: int) -> None:
    data, coins = numbered(), np.random.default_rng(1).bytes(8 * ROWS)
    rest = data.take(np.delete(np.arange(ROWS), person))
    others = coins[: 8 * person] + coins[8 * (person + 1) :]
    assert trained_on(data, coins) - {person} == trained_on(rest, others)


def test_a_seeded_split_does_not_have_that_property() -> None:
    """So that nothing is promised of it to those who are not trained on."""
    data = numbered()
    whole, rest = (set(split(part, 1)[0].table["person"]) for part in (data, data.take(np.arange(ROWS - 1))))
    assert len((whole ^ rest) - {ROWS - 1}) > 100


def test_coins_put_the_public_share_into_training() -> None:
    data = numbered()
    shares = [len(split_by_coins(data)[0]) / ROWS for _ in range(20)]
    assert len(set(shares)) > 1, "the count is chance, too"
    assert np.mean(shares) == pytest.approx(1 - TEST_SHARE, abs=0.02)
    sizes = {split_by_coins(data)[0].schema.expected_rows for _ in range(5)}
    assert sizes == {round((1 - TEST_SHARE) * (data.schema.expected_rows or 0))}


def test_a_given_split_is_kept_whatever_the_coins() -> None:
    data = load("adult").take(np.arange(0, 48_000, 100))
    one, other = split_by_coins(data)[0].table, split(data, 3)[0].table
    pd.testing.assert_frame_equal(one, other)
