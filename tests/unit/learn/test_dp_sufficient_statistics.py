"""Noisy sums: what one person can move, noise that follows the budget, and models in a millisecond."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from ppml_core.accounting.gaussian import mu_of
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Schema
from ppml_core.data.split import split
from ppml_core.experiment.quick import quick_look
from ppml_core.learn import dp_sufficient_statistics as module
from ppml_core.learn.dp_sufficient_statistics import DPSufficientStatistics, NoisyLeastSquares, sums_of, targets_of
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
def test_the_noise_is_what_the_budget_asks(neighbours: str, apart: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a ridge and with sums of nothing the noisy sums themselves are seen."""
    asked: list[float] = []
    solve = module._solve
    monkeypatch.setattr(module, "_solve", lambda sums, noise, *rest: asked.append(noise) or solve(sums, noise, *rest))
    data = split(load("adult"), 1)[0].take(np.arange(50))
    model = DPSufficientStatistics(epsilon=2.0, delta=1e-6, neighbours=neighbours).fit(data, np.random.default_rng(0))
    assert asked == [pytest.approx(apart * math.sqrt(2) / mu_of(2.0, 1e-6))]
    assert model.guarantee is not None
    assert model.guarantee.neighbours == neighbours
    assert model.guarantee.mu == mu_of(2.0, 1e-6)


def test_the_products_stay_symmetric_and_get_their_share_of_noise() -> None:
    drawn: list[np.ndarray] = []

    class Watching:
        def standard_normal(self, shape: int | tuple[int, ...]) -> np.ndarray:
            drawn.append(np.ones(shape))
            return drawn[-1]

    sums = sums_of(csr_matrix(np.eye(3)), np.ones((3, 1)))
    found = module._solve(sums, 1.0, 1.0, Watching())  # type: ignore[arg-type]
    noisy = np.eye(3) + np.eye(3) + (np.ones((3, 3)) - np.eye(3)) / math.sqrt(2)
    assert np.allclose(found[:, 0], np.linalg.solve(noisy + math.sqrt(6) * np.eye(3), np.full(3, 2.0)))


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
