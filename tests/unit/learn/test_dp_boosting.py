"""Boosting of random trees: what one person moves in the leaves, noise by the budget, trees that no row decides."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from ppml_core.accounting.gaussian import mu_of
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.split import split
from ppml_core.learn.dp_boosting import COUNT_WEIGHT, DPBoosting, RandomTrees, leaf_sums


def adult(rows: int = 400) -> Dataset:
    return split(load("adult"), 1)[0].take(np.arange(rows))


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("clip", [0.1, 0.7])
def test_one_person_moves_sums_and_counts_by_the_stated_length_at_most(outputs: int, clip: float) -> None:
    rng = np.random.default_rng(0)
    leaf, gradients = rng.integers(0, 5, 40), rng.normal(0, 1, (40, outputs))
    sums, counts = leaf_sums(leaf, 5, gradients, clip)
    stated = clip * math.hypot(1.0, COUNT_WEIGHT)
    moved = []
    for person in range(40):
        rest = np.arange(40) != person
        less, fewer = leaf_sums(leaf[rest], 5, gradients[rest], clip)
        moved.append(math.hypot(*(sums - less).ravel(), *(COUNT_WEIGHT * clip * (counts - fewer))))
    assert 0.99 * stated < max(moved) <= stated * (1 + 1e-9)


def test_trees_are_drawn_before_any_row_is_read() -> None:
    """Other rows with other extremes: the same columns, cuts and noise."""
    data = adult()
    extreme = data.table.copy()
    extreme["age"], extreme["capital_gain"] = 90, 99_999
    other = dataclasses.replace(data, table=extreme).take(np.arange(50))
    one, two = (DPBoosting(trees=30).fit(d, np.random.default_rng(3)) for d in (data, other))
    assert isinstance(one, RandomTrees)
    assert isinstance(two, RandomTrees)
    for mine, theirs in zip(one.trees, two.trees, strict=True):
        assert mine.columns == theirs.columns
        assert all(np.array_equal(a, b) for a, b in zip(mine.groups, theirs.groups, strict=True))
    assert one.noise == two.noise


def test_noise_follows_the_budget() -> None:
    known = [
        dict(
            DPBoosting(epsilon=2.0, delta=1e-5, trees=9, neighbours=relation)
            .fit(adult(), np.random.default_rng(0))
            .noise
        )
        for relation in ("add_or_remove_one", "replace_one")
    ]
    assert known[0]["noise_multiplier"] == pytest.approx(3 / mu_of(2.0, 1e-5))
    assert known[1]["noise_multiplier"] == pytest.approx(6 / mu_of(2.0, 1e-5))


@pytest.mark.parametrize("epsilon", [1e-3, 1e3])
def test_extremes_stay_finite(epsilon: float) -> None:
    data = adult(10)
    assert np.isfinite(DPBoosting(epsilon=epsilon).fit(data, np.random.default_rng(0)).predict_proba(data)).all()


def test_it_learns_a_regression() -> None:
    train, test = split(load("wage"), 1)
    predicted = DPBoosting(epsilon=30.0).fit(train, np.random.default_rng(0)).predict_proba(test)[:, 0]
    assert np.corrcoef(predicted, test.table["wage"])[0, 1] > 0.4
