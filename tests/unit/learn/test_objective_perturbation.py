"""Objective perturbation: the density of the weights by brute force, and minima that are close enough."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.special import expit

from ppml_core.data.bundled import load
from ppml_core.data.split import split
from ppml_core.learn.objective_perturbation import (
    STOPPING_SHARE,
    TOLERANCE,
    ObjectivePerturbation,
    Perturbation,
    tilted_minimum,
)

WIDTH = 3


def log_density(w: np.ndarray, X: np.ndarray, y: np.ndarray, spent: Perturbation) -> float:
    """Of the exact minimum, but for a constant: the tilt that leads to w, and how much volume it is spread over."""
    p = expit(X @ w)
    tilt = -(X.T @ (p - y) + spent.ridge * w)
    curvature = (X.T * (p * (1 - p))) @ X + spent.ridge * np.eye(len(w))
    return float(-np.linalg.norm(tilt) / spent.scale + np.linalg.slogdet(curvature)[1])


@pytest.mark.parametrize("neighbours", ["add_or_remove_one", "replace_one"])
@pytest.mark.parametrize("epsilon", [0.05, 1.0, 20.0])
def test_no_weights_are_likelier_than_epsilon_allows(neighbours: str, epsilon: float) -> None:
    """All removals, or replacements by rows at the bounds, seen at weights along and across the rows, near and far."""
    rng = np.random.default_rng(0)
    X = rng.normal(0, 1, (6, WIDTH))
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    y = rng.integers(0, 2, 6).astype(float)
    spent = Perturbation.of(epsilon, 0.01, 2.0 if neighbours == "replace_one" else 1.0)
    extreme = [*np.eye(WIDTH), *-np.eye(WIDTH), np.zeros(WIDTH), np.ones(WIDTH) / math.sqrt(WIDTH)]
    worst = 0.0
    for person in range(6):
        rest = np.arange(6) != person
        others = [(X[rest], y[rest])]
        if neighbours == "replace_one":
            others = [(np.vstack([X[rest], row]), np.append(y[rest], label)) for row in extreme for label in (0, 1)]
        directions = [*extreme, X[person], *rng.normal(0, 1, (4, WIDTH))]
        seen = [length * way for way in directions for length in (-1e3, -5.0, -0.3, 0.0, 0.3, 5.0, 1e3)]
        for near in others:
            gaps = [log_density(w, X, y, spent) - log_density(w, *near, spent) for w in seen]
            worst = max(worst, *np.abs(gaps))
    allowed = epsilon * (1 - STOPPING_SHARE)
    assert 0.45 * allowed < worst <= allowed * (1 + 1e-9)


@pytest.mark.parametrize("ridge", [1e-3, 1.0, 1e4])
def test_minima_are_as_close_as_the_noise_on_the_weights_expects(ridge: float) -> None:
    """From a point that is much closer, and with a tilt far beyond the rows."""
    rng = np.random.default_rng(1)
    X, y = csr_matrix(rng.uniform(-0.5, 0.5, (200, WIDTH))), rng.integers(0, 2, 200).astype(float)
    for tilt in (np.zeros(WIDTH), 1e4 * np.ones(WIDTH)):
        found = tilted_minimum(X, y, ridge, tilt)
        slope = X.T @ (expit(X @ found) - y) + ridge * found + tilt
        assert np.linalg.norm(slope) <= TOLERANCE
        again = tilted_minimum(X, y, ridge, tilt + slope)
        assert np.linalg.norm(found - again) <= 2 * TOLERANCE / ridge


@pytest.mark.parametrize("epsilon", [1e-3, 1.0, 1e3])
def test_the_budget_is_spent_to_the_last_part(epsilon: float) -> None:
    for moved in (1.0, 2.0):
        spent = Perturbation.of(epsilon, 0.5, moved)
        parts = (
            moved / spent.scale + math.log1p(0.25 / spent.ridge) + 2 * TOLERANCE / spent.ridge / spent.stopping_scale
        )
        assert parts == pytest.approx(epsilon)
        assert spent.ridge >= 0.5


def test_it_learns_and_its_ridge_does_not_tell_the_number_of_people() -> None:
    train, test = split(load("adult"), 1)
    model = ObjectivePerturbation(epsilon=3.0, ridge=1e-4).fit(train, np.random.default_rng(0))
    right = np.array(model.classes)[model.predict_proba(test).argmax(axis=1)] == test.table["income"]
    assert right.mean() > 0.83
    fewer = ObjectivePerturbation(epsilon=3.0, ridge=1e-4).fit(train.take(np.arange(50)), np.random.default_rng(0))
    assert fewer.noise == model.noise
