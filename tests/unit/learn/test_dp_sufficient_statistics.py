"""Noisy sums: what one person can move, noise that follows the budget, and models in a millisecond."""

from __future__ import annotations

import dataclasses
import math
from typing import cast

import numpy as np
import pandas as pd
import pytest

from ppml_core.accounting.gaussian import mu_of
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Schema
from ppml_core.data.split import split
from ppml_core.experiment.quick import quick_look
from ppml_core.learn import dp_sufficient_statistics as module
from ppml_core.learn.dp_sufficient_statistics import (
    DPSufficientStatistics,
    NoisyLeastSquares,
    Sums,
    solve,
    sums_of,
    targets_of,
)
from ppml_core.learn.promise import Ground


@pytest.mark.parametrize("name", ["adult", "wage", "german_credit"])
def test_one_person_moves_both_sums_by_the_stated_sensitivity_at_most(name: str) -> None:
    """By brute force over removals, at the bounds: the rows that are longest."""
    train = split(load(name), 1)[0].take(np.arange(60))
    extreme = train.table.copy()
    for column in train.schema.inputs:
        if (bounds := train.schema[column].bounds) is not None:
            extreme[column] = extreme[column].astype(float)
            extreme.loc[:20, column] = bounds[1]
    data = dataclasses.replace(train, table=extreme)
    ground = Ground.of(data, needs_size=False, knots=8, tasks=("classification", "regression"))
    X, targets = module.KnotFeatures(ground.encoder).rows(data), targets_of(ground, data)
    assert np.sqrt(np.asarray(X.multiply(X).sum(axis=1))).max() <= 1 + 1e-12
    whole = sums_of(X, targets)
    moved = []
    for person in range(len(data)):
        rest = np.arange(len(data)) != person
        less = sums_of(X[rest], targets[rest])
        moved.append(math.hypot(*(whole.products - less.products).ravel(), *(whole.targets - less.targets).ravel()))
    assert 0.5 < max(moved) <= math.sqrt(2) * (1 + 1e-9)


def test_several_classes_have_targets_no_longer_than_one() -> None:
    x = np.linspace(0, 1, 3000)
    columns = {"x": {"kind": "numeric", "bounds": [0, 1]}, "y": {"categories": ["low", "mid", "high"]}}
    schema = Schema.from_values({"columns": columns, "target": "y", "expected_rows": 3000})
    labels = np.array(["low", "mid", "high"])[np.minimum((3 * x).astype(int), 2)]
    data = Dataset(pd.DataFrame({"x": x, "y": labels}), schema)
    targets = targets_of(Ground.of(data, needs_size=False), data)
    assert np.allclose(np.linalg.norm(targets, axis=1), 1)
    model = DPSufficientStatistics(epsilon=100.0).fit(data, np.random.default_rng(0))
    guessed = np.array(model.classes)[model.predict_proba(data).argmax(axis=1)]
    assert (guessed == data.table["y"]).mean() > 0.8


@pytest.mark.parametrize(("neighbours", "apart"), [("add_or_remove_one", 1), ("replace_one", 2)])
def test_the_noise_is_what_the_budget_asks(neighbours: str, apart: int) -> None:
    """A ridge that outweighs the products leaves weights in proportion to the noisy sums of targets."""
    data = split(load("adult"), 1)[0].take(np.arange(2000))
    learner = DPSufficientStatistics(epsilon=2.0, delta=1e-6, neighbours=neighbours, ridge=1e6)
    rngs = [np.random.default_rng([5, seed]) for seed in range(60)]
    models = [cast(NoisyLeastSquares, model) for model in learner.fit_many([learner] * 60, data, rngs)]
    ground = Ground.of(data, needs_size=False, knots=8, tasks=("classification", "regression"))
    exact = sums_of(models[0].features.rows(data), targets_of(ground, data)).targets.ravel()
    noisy = np.array([model.weights.ravel() for model in models])
    in_sums = (exact @ exact) / (noisy.mean(axis=0) @ exact)
    asked = apart * math.sqrt(2) / mu_of(2.0, 1e-6)
    assert in_sums * noisy.std(axis=0, ddof=1).mean() == pytest.approx(asked, rel=0.1)
    assert dict(models[0].noise)["standard_deviation"] == pytest.approx(asked)
    assert models[0].guarantee is not None
    assert models[0].guarantee.neighbours == neighbours
    assert models[0].guarantee.mu == mu_of(2.0, 1e-6)


def test_the_products_stay_symmetric_and_get_their_share_of_noise() -> None:
    """Beside products p and targets p·K, both large, W / K is the identity less the noise of the products / p."""
    p, K, noise, rng = 1e9, 1e6, 3.0, np.random.default_rng(2)
    sums = Sums(p * np.eye(3), p * K * np.eye(3))
    added = np.array([(np.eye(3) - solve(sums, noise, 0.0, rng) / K) * p / noise for _ in range(2000)])
    assert np.allclose(added, added.transpose(0, 2, 1), atol=1e-4)
    assert np.allclose(added.std(axis=0), np.where(np.eye(3) > 0, 1.0, 1 / math.sqrt(2)), atol=0.06)


def test_the_number_of_people_enters_nowhere() -> None:
    data = split(load("adult"), 1)[0]
    models = [DPSufficientStatistics().fit(data.take(np.arange(n)), np.random.default_rng(0)) for n in (10, 500)]
    assert all(isinstance(model, NoisyLeastSquares) for model in models)
    assert models[0].noise == models[1].noise


def test_a_quick_look_says_the_same_for_the_same_question() -> None:
    data = load("adult")
    first, again = (quick_look(data, 1.0, 1e-5, "accuracy") for _ in range(2))
    assert first == again
    assert first is not None
    assert first.value > 0.84
    assert first.low < first.value < first.high
    weaker = quick_look(data, 0.1, 1e-5, "accuracy")
    assert weaker is not None
    assert 0.79 < weaker.value < first.value
