"""The private network: gradients against finite differences, sensitivity by brute force, noise by the budget."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from scipy.special import expit, log_softmax

from ppml_core.accounting.calibration import subsampled_noise_multiplier
from ppml_core.accounting.gaussian import mu_of, noise_multiplier
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Schema
from ppml_core.data.split import split
from ppml_core.errors import NotApplicable
from ppml_core.learn.dp_network import DPNetwork, Network
from ppml_core.learn.network_descent import LANES, NetworkPlan, Rows, tiles
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


def made_up(target: dict[str, Any], labels: Any) -> Dataset:
    x = np.random.default_rng(4).uniform(0, 1, 300)
    columns = {"x": {"kind": "numeric", "bounds": [0, 1]}, "y": target}
    schema = Schema.from_values({"columns": columns, "target": "y", "expected_rows": 300})
    return Dataset(pd.DataFrame({"x": x, "y": labels(x)}), schema)


TABLES = {
    "two classes": adult(),
    "three classes": made_up(
        {"categories": ["low", "mid", "high"]}, lambda x: np.array(["low", "mid", "high"])[(3 * x).astype(int)]
    ),
    "a number": made_up({"kind": "numeric", "bounds": [0, 2]}, lambda x: 2 * x),
}


@pytest.mark.parametrize("data", TABLES.values(), ids=TABLES)
def test_a_model_is_the_same_bytes_alone_and_in_any_batch(data: Dataset) -> None:
    """Everybody in every step, and samples that are trained on side by side and one by one."""
    draw = np.random.default_rng(0)
    jobs = [
        DPNetwork(
            epsilon=float(draw.choice([0.5, 4.0])) if rate == 1 else 2.0, delta=1e-6, steps=20, rate=rate,
            learning_rate=float(draw.choice([1.0, 8.0])), clip_norm=float(draw.choice([0.1, 0.5])),
            momentum=float(draw.choice([0.5, 0.9])), averaged=float(draw.choice([0.25, 0.75])),
            hidden=int(draw.choice([3, 8])), second=int(draw.choice([0, 0, 5])),
        )
        for rate in (1.0, 0.6, 0.1)
        for _ in range(8)
    ]  # fmt: skip
    batch = DPNetwork.fit_many(jobs, data, [np.random.default_rng(i) for i in range(len(jobs))])
    for i, (job, model) in enumerate(zip(jobs, batch, strict=True)):
        alone = job.fit(data, np.random.default_rng(i))
        assert isinstance(model, Network)
        assert isinstance(alone, Network)
        assert [w.tobytes() for w in model.weights] == [w.tobytes() for w in alone.weights]
        assert (model.noise, model.guarantee) == (alone.noise, alone.guarantee)


def test_models_of_one_shape_go_together_unless_their_samples_share_few_rows() -> None:
    def plan(rate: float = 1.0, hidden: int = 8, steps: int = 60) -> NetworkPlan:
        return NetworkPlan(hidden, 0, steps, rate, 1e-3, 0.5, 10.0, 0.9, 50)

    assert [len(tile) for tile in tiles([plan()] * (LANES + 2), 1)] == [LANES, 2]
    assert tiles([plan(), plan(0.5), plan(), plan(0.4)], 1) == [[0, 2], [1, 3]]
    assert tiles([plan(hidden=4), plan(steps=20), plan()], 1) == [[0], [1], [2]]
    assert tiles([plan(0.05), plan(0.05)], 1) == [[0], [1]]
