"""The private network: gradients against finite differences, sensitivity by brute force, noise by the budget."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.special import expit, log_softmax

from ppml_core.accounting.calibration import subsampled_noise_multiplier
from ppml_core.accounting.gaussian import mu_of, noise_multiplier
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.split import split
from ppml_core.errors import NotApplicable
from ppml_core.learn.dp_network import DPNetwork, Network
from ppml_core.learn.network_descent import Rows
from ppml_core.learn.network_kernels import IDENTITY, LOGIT, SOFTMAX, clipped_sums

FAR = 1e6


def small(seed: int, rows: int, kind: int, second: int) -> tuple[Any, np.ndarray, tuple[np.ndarray, ...]]:
    rng = np.random.default_rng(seed)
    outputs = 3 if kind == SOFTMAX else 1
    X = csr_matrix(rng.choice([0.0, 0.0, 1.0, 0.4, 3.0], (rows, 6)))
    target = rng.integers(0, outputs if kind == SOFTMAX else 2, rows).astype(float)
    W = (
        rng.normal(0, 1, (6, outputs)), rng.normal(0, 1, (6, 4)), rng.normal(0, 1, (4, second)),
        rng.normal(0, 1, (second or 4, outputs)),
    )  # fmt: skip
    return X, target, W


def loss(kind: int, X: Any, target: np.ndarray, W: tuple[np.ndarray, ...]) -> float:
    hidden = np.tanh(X @ W[1]) / math.sqrt(W[1].shape[1])
    if W[2].shape[1]:
        hidden = np.tanh(hidden @ W[2]) / math.sqrt(W[2].shape[1])
    z = X @ W[0] + hidden @ W[3]
    if kind == SOFTMAX:
        return float(-log_softmax(z, axis=1)[np.arange(len(target)), target.astype(int)].sum())
    if kind == IDENTITY:
        return float(((z[:, 0] - target) ** 2).sum() / 2)
    p = expit(z[:, 0])
    return float(-(target * np.log(p) + (1 - target) * np.log(1 - p)).sum())


@pytest.mark.parametrize("kind", [LOGIT, SOFTMAX, IDENTITY])
@pytest.mark.parametrize("second", [0, 3])
def test_gradients_equal_finite_differences(kind: int, second: int) -> None:
    X, target, W = small(1, 12, kind, second)
    sums = clipped_sums(kind, Rows.of(X, target).each, np.ones(12, dtype=bool), W, FAR)
    for layer, (weight, found) in enumerate(zip(W, sums, strict=True)):
        for place in list(np.ndindex(weight.shape))[::3]:
            up, down = ([w.copy() if i == layer else w for i, w in enumerate(W)] for _ in range(2))
            up[layer][place] += 1e-5
            down[layer][place] -= 1e-5
            slope = (loss(kind, X, target, tuple(up)) - loss(kind, X, target, tuple(down))) / 2e-5
            assert found[place] == pytest.approx(slope, abs=2e-4, rel=2e-3)


@pytest.mark.parametrize("kind", [LOGIT, SOFTMAX, IDENTITY])
@pytest.mark.parametrize("second", [0, 3])
@pytest.mark.parametrize("clip", [0.05, 0.7])
def test_one_person_moves_all_sums_together_by_the_clip_at_most(kind: int, second: int, clip: float) -> None:
    longest = 0.0
    for seed in range(4):
        X, target, W = small(seed, 10, kind, second)
        whole = clipped_sums(kind, Rows.of(X, target).merged, np.ones(len(Rows.of(X, target).merged[3]), bool), W, clip)
        for person in range(10):
            rest = np.arange(10) != person
            table = Rows.of(X[rest], target[rest]).merged
            less = clipped_sums(kind, table, np.ones(len(table[3]), bool), W, clip)
            moved = math.hypot(*(value for a, b in zip(whole, less, strict=True) for value in (a - b).ravel()))
            longest = max(longest, moved)
    assert 0.9 * clip < longest <= clip * (1 + 1e-4)


def adult(rows: int = 400) -> Dataset:
    return split(load("adult"), 1)[0].take(np.arange(rows))


@pytest.mark.parametrize("rate", [1.0, 0.1])
def test_noise_and_guarantee_follow_the_budget(rate: float) -> None:
    learner = DPNetwork(epsilon=2.0, delta=1e-6, steps=20, rate=rate)
    model = learner.fit(adult(), np.random.default_rng(0))
    known = dict(model.noise)
    assert known["noise_multiplier"] == pytest.approx(subsampled_noise_multiplier(2.0, 1e-6, 20, rate))
    assert model.guarantee is not None
    assert model.guarantee.mu == (mu_of(2.0, 1e-6) if rate == 1 else None)
    if rate == 1:
        twice = DPNetwork(epsilon=2.0, delta=1e-6, steps=20, neighbours="replace_one")
        told = dict(twice.fit(adult(), np.random.default_rng(0)).noise)
        assert told["noise_multiplier"] == pytest.approx(2 * noise_multiplier(2.0, 1e-6, 20))


def test_samples_and_replacing_do_not_go_together() -> None:
    with pytest.raises(NotApplicable, match="set rate to 1"):
        DPNetwork(rate=0.1, neighbours="replace_one").fit(adult(), np.random.default_rng(0))


def test_the_number_of_private_rows_enters_nowhere() -> None:
    few, many = (DPNetwork(steps=2).fit(adult(rows), np.random.default_rng(0)) for rows in (20, 400))
    assert few.noise == many.noise
    assert isinstance(few, Network)


@pytest.mark.parametrize(("epsilon", "settings"), [(1e-3, {"rate": 0.2}), (1e-3, {}), (1e3, {}), (1e3, {"second": 4})])
def test_extremes_stay_finite(settings: dict[str, Any], epsilon: float) -> None:
    data = adult(10)
    model = DPNetwork(epsilon=epsilon, steps=5, **settings).fit(data, np.random.default_rng(0))
    assert np.isfinite(model.predict_proba(data)).all()
