"""Sums of clipped gradients: known answers, the bound on each person's share, and lanes that never mix."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.special import expit, softmax

from ppml_core.learn.gradients import TILE, ClippedSums

Array = npt.NDArray[np.float64]


def small_table(seed: int, rows: int, outputs: int) -> tuple[Array, npt.NDArray[np.int64], Array, Array]:
    rng = np.random.default_rng(seed)
    X = rng.uniform(size=(rows, 5)) * (rng.uniform(size=(rows, 5)) < 0.6)
    y = rng.integers(0, max(outputs, 2), rows)
    return X, y, rng.normal(scale=4, size=(5, outputs, TILE)), rng.uniform(0.05, 2, TILE)


def by_hand(X: Array, y: npt.NDArray[np.int64], W: Array, clip: float) -> Array:
    """The same sum for one model, row by row, in double precision."""
    total = np.zeros(W.shape)
    for x, label in zip(X, y, strict=True):
        residual = expit(x @ W) - label if W.shape[1] == 1 else softmax(x @ W) - np.eye(W.shape[1])[label]
        gradient = np.outer(x, residual)
        total += gradient * min(1.0, clip / max(float(np.linalg.norm(gradient)), 1e-30))
    return total


@pytest.mark.parametrize("outputs", [1, 3, 4])
def test_sums_equal_those_worked_out_row_by_row(outputs: int) -> None:
    X, y, W, clip = small_table(1, 60, outputs)
    sums = ClippedSums(csr_matrix(X), y).sums(W, clip)
    for lane in (0, 7, TILE - 1):
        assert np.allclose(sums[:, :, lane], by_hand(X, y, W[:, :, lane], clip[lane]), atol=2e-5)


@pytest.mark.parametrize("outputs", [1, 3])
@given(st.integers(0, 10_000), st.integers(1, 12))
def test_leaving_out_one_person_moves_a_sum_by_at_most_the_clip(outputs: int, seed: int, rows: int) -> None:
    X, y, W, clip = small_table(seed, rows, outputs)
    whole = ClippedSums(csr_matrix(X), y).sums(W, clip)
    for person in range(rows):
        rest = np.arange(rows) != person
        moved = whole - ClippedSums(csr_matrix(X[rest]), y[rest]).sums(W, clip)
        assert (np.sqrt((moved**2).sum(axis=(0, 1))) <= clip * (1 + 1e-5)).all()


@pytest.mark.parametrize("outputs", [1, 3])
def test_a_model_s_sum_is_the_same_bytes_in_any_lane(outputs: int) -> None:
    X, y, W, clip = small_table(3, 5000, outputs)
    rows = ClippedSums(csr_matrix(X), y)
    whole = rows.sums(W, clip)
    order = np.random.default_rng(0).permutation(TILE)
    assert rows.sums(W[:, :, order], clip[order]).tobytes() == whole[:, :, order].tobytes()
    alone, its_clip = np.zeros_like(W), np.zeros(TILE)
    alone[:, :, 20], its_clip[20] = W[:, :, 5], clip[5]
    assert rows.sums(alone, its_clip)[:, :, 20].tobytes() == whole[:, :, 5].tobytes()


@pytest.mark.parametrize("outputs", [1, 3])
def test_huge_weights_and_empty_rows_stay_finite(outputs: int) -> None:
    X, y, W, clip = small_table(4, 10, outputs)
    X[3] = 0
    sums = ClippedSums(csr_matrix(X), y).sums(W * 1e12, clip)
    assert np.isfinite(sums).all()
    nothing = ClippedSums(csr_matrix(X * 0), y).sums(W, clip)
    assert not nothing.any()


@given(st.integers(0, 10_000), st.integers(1, 12))
def test_a_regression_s_sum_moves_by_at_most_the_clip(seed: int, rows: int) -> None:
    X, _, W, clip = small_table(seed, rows, 1)
    target = np.random.default_rng(seed).uniform(-0.5, 0.5, rows)
    whole = ClippedSums(csr_matrix(X), target, "identity").sums(W, clip)
    bound = clip[3] / np.maximum(np.linalg.norm(X, axis=1), 1e-12)
    residuals = np.clip(X @ W[:, 0, 3] - target, -bound, bound)
    assert np.allclose(whole[:, 0, 3], X.T @ residuals, atol=2e-4)
    for person in range(rows):
        rest = np.arange(rows) != person
        moved = whole - ClippedSums(csr_matrix(X[rest]), target[rest], "identity").sums(W, clip)
        assert (np.sqrt((moved**2).sum(axis=(0, 1))) <= clip * (1 + 1e-5)).all()


def test_people_who_are_alike_are_summed_once_and_counted() -> None:
    X, y, W, clip = small_table(2, 9, 1)
    order = np.random.default_rng(1).permutation(np.repeat(np.arange(9), [1, 4, 2, 1, 1, 7, 1, 1, 3]))
    rows = ClippedSums(csr_matrix(X[order]), y[order])
    assert len(rows.labels) == 9
    assert rows.counts.sum() == len(order)
    expected = sum(by_hand(X[[i]], y[[i]], W[:, :, 5], clip[5]) for i in order)
    assert np.allclose(rows.sums(W, clip)[:, :, 5], expected, atol=2e-4)
    other_label = ClippedSums(csr_matrix(X[[0, 0]]), np.array([0, 1]))
    assert len(other_label.labels) == 2
