"""diffprivlib's scaler, PCA and k-means: which of its steps keep their guarantee, and those that replace the others."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest

from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.split import split
from ppml_core.learn.diffprivlib_k_means import (
    DiffprivlibKMeans,
    class_counts,
    cluster_sums,
    made_up_people,
    moved_centres,
    nearest,
)
from ppml_core.learn.diffprivlib_pca_logistic_regression import (
    DiffprivlibPCALogisticRegression,
    coordinates,
    scaled,
)
from ppml_core.learn.eigenvectors import direction, principal_directions
from ppml_core.learn.encoding import Encoder
from ppml_core.learn.models import imported


def adult(rows: int) -> Dataset:
    return split(load("adult"), 1)[0].take(np.arange(rows))


def library(name: str) -> Any:
    return getattr(imported("diffprivlib.models"), name)


# The scaler


def test_what_the_library_s_scaler_tells_moves_by_no_more_than_its_noise_expects(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All replacements of one of six people by the bounds: mean and variance against the sensitivity it states."""
    module = imported("diffprivlib.tools.utils")
    stated: dict[str, float] = {}

    def watching(name: str) -> Any:
        mechanism = getattr(module, name)

        def made(*args: Any, **settings: Any) -> Any:
            stated[name] = settings["sensitivity"]
            return mechanism(*args, **settings)

        return made

    for name in ("LaplaceTruncated", "LaplaceBoundedDomain"):
        monkeypatch.setattr(module, name, watching(name))
    X = np.array([[0.0], [0.0], [0.0], [0.3], [0.0], [0.0]])
    library("StandardScaler")(epsilon=1.0, bounds=(0.0, 1.0), random_state=0).fit(X)
    means, variances = [], []
    for person in range(len(X)):
        for value in (0.0, 0.5, 1.0):
            other = X.copy()
            other[person] = value
            means.append(abs(float(other.mean() - X.mean())))
            variances.append(abs(float(other.var() - X.var())))
    assert 0.5 * stated["LaplaceTruncated"] < max(means) <= stated["LaplaceTruncated"] * (1 + 1e-9)
    assert 0.5 * stated["LaplaceBoundedDomain"] < max(variances) <= stated["LaplaceBoundedDomain"] * (1 + 1e-9)


def test_the_scaler_shares_its_budget_between_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    module, spent = imported("diffprivlib.tools.utils"), []
    for name in ("LaplaceTruncated", "LaplaceBoundedDomain"):
        mechanism = getattr(module, name)
        monkeypatch.setattr(
            module, name, lambda *a, mechanism=mechanism, **s: spent.append(s["epsilon"]) or mechanism(*a, **s)
        )
    library("StandardScaler")(epsilon=1.0, bounds=(0.0, 1.0), random_state=0).fit(np.full((9, 7), 0.5))
    assert sum(spent) == pytest.approx(1.0)
    assert len(spent) == 14


# PCA


def exact_share(height: float) -> float:
    """Mean of the squared second coordinate in two dimensions under exp(-height · u₂²), by quadrature."""
    angles = np.linspace(0, math.pi, 20_001)[:-1]
    weights = np.exp(-height * np.sin(angles) ** 2)
    return float((weights * np.sin(angles) ** 2).sum() / weights.sum())


@pytest.mark.parametrize("height", [4.0])
def test_directions_follow_their_law_and_the_library_s_do_not(height: float) -> None:
    """1,500 draws each; diffprivlib's own are told to follow the same law, at epsilon 4 its κ is 1."""
    rng = np.random.default_rng(0)
    ours = np.array([direction(np.diag([height, 0.0]), rng) for _ in range(1500)])
    spread = float((ours[:, 1] ** 2).std()) / math.sqrt(1500)
    assert abs((ours[:, 1] ** 2).mean() - exact_share(height)) < 4 * spread
    mechanism = imported("diffprivlib.mechanisms").Bingham(epsilon=4.0, random_state=np.random.RandomState(0))
    theirs = np.array([mechanism.randomise(np.diag([height, 0.0])) for _ in range(1500)])
    assert (theirs[:, 1] ** 2).mean() < exact_share(height) - 5 * spread, "far too concentrated"


def log_law(C: np.ndarray, epsilon: float, U: np.ndarray, faulty: bool) -> np.ndarray:
    """Log density, but for a constant, of the library's directions at κ = ε/4: as meant, or as they are drawn."""
    A = epsilon / 4 * (np.linalg.eigvalsh(C).max() * np.eye(len(C)) - C)
    heights, q = np.linalg.eigvalsh(A), np.einsum("ij,jk,ik->i", U, A, U)
    low, high = 1.0, float(len(C))
    for _ in range(100):
        b = (low + high) / 2
        low, high = (low, b) if (1 / (b + 2 * heights)).sum() <= 1 else (b, high)
    return -q - (len(C) * np.log1p(2 * q / b) if faulty else 0.0)


def test_the_library_s_directions_give_more_away_than_epsilon() -> None:
    """Why its PCA is not used: one person replaced among ten, at epsilon 4, changes a density by more than exp(4)."""
    epsilon, width = 4.0, 10
    axes = np.eye(width)
    many = np.random.default_rng(0).standard_normal((40_000, width))
    many /= np.linalg.norm(many, axis=1, keepdims=True)
    common = 5 * np.outer(axes[0], axes[0]) + 5 * np.outer(axes[1], axes[1])
    losses = {}
    for faulty in (False, True):
        found = []
        for C in (common + np.outer(axes[0], axes[0]), common + np.outer(axes[1], axes[1])):
            mean = np.log(np.exp(log_law(C, epsilon, many, faulty)).mean())
            found.append(log_law(C, epsilon, axes[:1], faulty)[0] - mean)
        losses[faulty] = abs(found[0] - found[1])
    assert losses[False] < epsilon / 2
    assert losses[True] > epsilon + 0.5


@pytest.mark.parametrize("epsilon", [0.5, 4.0])
def test_no_direction_is_likelier_than_epsilon_allows(epsilon: float) -> None:
    """In two dimensions by quadrature: every person replaced by rows at the bounds, in every direction."""
    angles = np.linspace(0, math.pi, 2001)[:-1]
    U = np.column_stack([np.cos(angles), np.sin(angles)])
    X = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8], [0.0, 0.0]])

    def log_density(rows: np.ndarray) -> np.ndarray:
        height = epsilon / 2 * ((U @ rows.T) ** 2).sum(axis=1)
        return height - np.log(np.exp(height).mean())

    worst = 0.0
    for person in range(len(X)):
        for row in ([1.0, 0.0], [0.0, -1.0], [0.0, 0.0], [0.8, -0.6]):
            other = X.copy()
            other[person] = row
            worst = max(worst, float(np.abs(log_density(X) - log_density(other)).max()))
    assert 0.4 * epsilon < worst <= epsilon


def test_directions_are_orthonormal_and_find_what_many_rows_share() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(0, 0.05, (5000, 6))
    rows[:, 2] += rng.choice([-0.7, 0.7], 5000)
    found = principal_directions(rows, 3, 3.0, rng)
    assert np.allclose(found.T @ found, np.eye(3))
    assert abs(found[2, 0]) > 0.95


# The chain


def test_no_row_is_longer_than_what_each_step_is_told() -> None:
    data = adult(500)
    X = Encoder.of(data.schema).encode(data)
    rows = scaled(X, np.full(X.shape[1], 0.9), np.full(X.shape[1], 0.05))
    assert np.linalg.norm(rows, axis=1).max() <= 1 + 1e-12
    basis = np.linalg.qr(np.random.default_rng(0).normal(size=(X.shape[1], 12)))[0]
    assert np.linalg.norm(coordinates(rows, basis), axis=1).max() <= 1


def test_the_budget_is_split_as_the_settings_say() -> None:
    learner = DiffprivlibPCALogisticRegression(epsilon=2.0, scaler_share=0.3, pca_share=0.1)
    model = learner.fit(adult(600), np.random.default_rng(0))
    assert sum(float(part) for _, part in model.noise) == pytest.approx(2.0)
    assert dict(model.noise)["epsilon_of_pca"] == pytest.approx(0.2)
    assert model.guarantee is not None
    assert (model.guarantee.epsilon, model.guarantee.neighbours) == (2.0, "replace_one")


def test_a_class_that_nobody_has_is_no_refusal() -> None:
    data = adult(400)
    poor = data.take(np.flatnonzero(data.texts("income") == "<=50K"))
    model = DiffprivlibPCALogisticRegression(epsilon=50.0).fit(poor, np.random.default_rng(0))
    assert model.predict_proba(poor)[:, 0].mean() > 0.8


# k-means


@pytest.mark.parametrize(("features", "times"), [(6, 1.0), (50, 2.0)])
def test_the_library_s_k_means_spends_more_than_it_is_given(features: int, times: float) -> None:
    """Its two parts are swapped where they are used: counts get the budget of a coordinate and the reverse."""
    model = library("KMeans")(4, epsilon=1.0, bounds=(0.0, 1.0), random_state=0)
    of_count, of_coordinate = model._split_epsilon(features, total_iters=5)
    assert 5 * (of_count + features * of_coordinate) > times
    assert 5 * (of_coordinate + features * of_count) == pytest.approx(1.0)


def test_the_library_s_k_means_leaves_empty_clusters_and_labels_without_noise() -> None:
    """A cluster that nobody is in stays where it started, to the last digit; one person there moves it."""
    X = np.full((40, 2), 0.01)
    one_more = X.copy()
    one_more[0] = 0.99
    centres = []
    for rows in (X, one_more):
        model = library("KMeans")(2, epsilon=1e-3, bounds=(0.0, 1.0), random_state=1)
        model._init_centers = lambda dims, random_state: np.array([[0.0, 0.0], [1.0, 1.0]])
        centres.append(model.fit(rows).cluster_centers_)
        assert len(model.labels_) == 40, "everybody's cluster is kept"
    assert (centres[0][1] == 1.0).all()
    assert not (centres[1][1] == 1.0).any()


def test_one_replaced_person_moves_sums_and_counts_by_the_stated_lengths_at_most() -> None:
    """Brute force in L1, over every person of a few, replaced by rows at the bounds in any cluster."""
    rng = np.random.default_rng(0)
    data = adult(12)
    encoder = Encoder.of(data.schema)
    X, y = encoder.encode(data), rng.integers(0, 2, 12)
    columns, worst = len(encoder.parts), np.zeros(3)
    centres = made_up_people(encoder, 4, rng)
    full = np.zeros((3, encoder.width))
    for part, offset in zip(encoder.parts, encoder.offsets, strict=False):
        full[:, offset + np.array([0, len(part.names) - 1, 0])] = np.eye(3)
    rows = [*made_up_people(encoder, 8, rng), *full]
    for row in rows:
        row = row / max(1.0, np.abs(row).sum() / columns)
        for person in range(12):
            other, labels = X.copy(), y.copy()
            other[person], labels[person] = row, 1 - y[person]
            here, there = nearest(X, centres), nearest(other, centres)
            moved = [
                np.abs(a - b).sum()
                for a, b in zip(cluster_sums(X, here, 4), cluster_sums(other, there, 4), strict=True)
            ]
            moved.append(np.abs(class_counts(here, y, 4, 2) - class_counts(there, labels, 4, 2)).sum())
            worst = np.maximum(worst, moved)
    assert np.abs(X).sum(axis=1).max() <= columns
    assert worst[0] <= 2 * columns
    assert worst[1:].tolist() == [2.0, 2.0]
    assert worst[0] > columns


def test_scales_spend_the_budget_of_k_means_to_the_last_part() -> None:
    learner = DiffprivlibKMeans(epsilon=3.0, label_share=0.4, count_share=0.3, iterations=4)
    scales = learner.scales(columns=11)
    spent = 4 * (2 * 11 / scales["sums"] + 2 / scales["people"]) + 2 / scales["classes"]
    assert spent == pytest.approx(3.0)


def test_centres_of_empty_clusters_get_noise_and_the_library_s_object_is_not_kept() -> None:
    state = np.random.RandomState(0)
    scales = {"sums": 0.1, "people": 50.0}
    moved = [moved_centres(np.full((5, 2), 0.3), np.zeros(5, int), np.zeros((2, 2)), scales, state) for _ in range(20)]
    assert len({tuple(m[1]) for m in moved}) > 3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = DiffprivlibKMeans(epsilon=5.0).fit(adult(300), np.random.default_rng(0))
    kept = [value for value in vars(model).values() if isinstance(value, np.ndarray)]
    assert all(len(value) == 20 for value in kept)
    assert model.warnings == ()
