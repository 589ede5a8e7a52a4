"""The release path: whole numbers that one person cannot move further than stated, and noise nobody can draw again."""

from __future__ import annotations

import dataclasses
import math
from typing import cast

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from ppml_core.accounting.concentrated import epsilon_of_rho, rho_of
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import INFERRED
from ppml_core.data.split import split
from ppml_core.errors import NotApplicable
from ppml_core.learn import releasing
from ppml_core.learn.descent import LinearModel
from ppml_core.learn.dp_additive import DPAdditive
from ppml_core.learn.dp_gd import DPGradientDescent
from ppml_core.learn.releasing import BITS, release, whole_sums
from ppml_core.mechanisms import system


def adult(rows: int = 2000) -> Dataset:
    return split(load("adult"), 1)[0].take(np.arange(rows))


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("seed", range(20))
def test_one_person_moves_a_sum_by_the_scale_at_most(outputs: int, seed: int) -> None:
    """By brute force over all removals, with rows far longer than 1 and residuals far beyond the clip."""
    rng = np.random.default_rng(seed)
    X = csr_matrix(rng.choice([0.0, 0.0, 1.0, 1 / 3, 1e3, 1e-9], (12, 6)))
    residuals = rng.normal(0, rng.choice([1e-6, 0.1, 50.0]), (12, outputs))
    clip = float(rng.uniform(0.05, 1))
    norms = np.sqrt(np.asarray(X.multiply(X).sum(axis=1))).ravel()
    bound = clip * releasing.SHRUNK / np.where(norms > 0, norms, np.inf)
    whole = whole_sums(X, residuals, bound, clip)
    assert whole.dtype == np.int64
    for person in range(12):
        rest = np.arange(12) != person
        moved = whole - whole_sums(X[rest], residuals[rest], bound[rest], clip)
        assert math.isqrt(int((moved.astype(object) ** 2).sum())) <= 2**BITS


def test_a_sum_does_not_depend_on_the_order_of_the_people() -> None:
    rng = np.random.default_rng(3)
    X, residuals = csr_matrix(rng.uniform(0, 1, (500, 7))), rng.normal(0, 1, (500, 1))
    bound = np.full(500, 0.2)
    order = rng.permutation(500)
    assert (whole_sums(X, residuals, bound, 0.3) == whole_sums(X[order], residuals[order], bound, 0.3)).all()


@pytest.mark.parametrize(("neighbours", "apart"), [("add_or_remove_one", 1), ("replace_one", 2)])
def test_noise_is_as_large_as_the_budget_asks(neighbours: str, apart: int) -> None:
    """Over all steps it costs rho, rho says the epsilon that was asked for and no more, and so much is drawn.

    Steps this short leave the gradients alone: the weights of two releases differ by the noise of all their steps.
    """
    steps, rate, people = 7, 1e-4, adult()
    learner = DPGradientDescent(
        epsilon=2.0, delta=1e-6, steps=steps, neighbours=neighbours, clip_norm=1.0, learning_rate=rate, momentum=0.0,
        averaged=0.0,
    )  # fmt: skip
    models = [cast(LinearModel, release(learner, people)) for _ in range(8)]
    told = dict(models[0].noise)["noise_multiplier"]
    rho = steps * (apart / told) ** 2 / 2
    assert rho == pytest.approx(rho_of(2.0, 1e-6))
    assert epsilon_of_rho(rho, 1e-6) <= 2.0
    ground, _, _ = learner.prepared(people)
    weights = np.array([model.weights.ravel() for model in models])
    in_sums = weights.std(axis=0, ddof=1) / (rate / ground.rows) / math.sqrt(steps)
    assert math.sqrt((in_sums**2).mean()) == pytest.approx(told, rel=0.1)
    promised = models[0].guarantee
    assert promised is not None
    assert (promised.epsilon, promised.delta, promised.neighbours) == (2.0, 1e-6, neighbours)
    assert promised.mu is None, "the discrete Gaussian is not exactly Gaussian"


def test_two_releases_of_one_table_differ() -> None:
    one, other = (release(DPGradientDescent(steps=3), adult()).weights for _ in range(2))
    assert (one != other).all()


@pytest.mark.parametrize("learner", [DPGradientDescent(epsilon=3.0), DPAdditive(epsilon=3.0)])
def test_a_release_is_about_as_accurate_as_the_exploration(learner: DPGradientDescent | DPAdditive) -> None:
    train, test = split(load("adult"), 1)
    train = train.take(np.arange(8000))
    truth = test.table["income"].to_numpy()

    def right(model: object) -> float:
        return float((np.array(model.classes)[model.predict_proba(test).argmax(axis=1)] == truth).mean())  # type: ignore[attr-defined]

    assert right(release(learner, train)) == pytest.approx(
        right(learner.fit(train, np.random.default_rng(0))), abs=0.015
    )


def test_nothing_leaves_where_something_private_was_read() -> None:
    data = adult()
    inferred = dataclasses.replace(data.schema["age"], source=INFERRED)
    with pytest.raises(NotApplicable, match="bounds of 'age' were inferred"):
        release(DPGradientDescent(), data.with_schema(data.schema.replace_columns({"age": inferred})))
    with pytest.raises(NotApplicable, match="expected_rows"):
        release(DPGradientDescent(), data.with_schema(dataclasses.replace(data.schema, expected_rows=None)))
    with pytest.raises(NotApplicable, match=r"delta 1e-05 is above"):
        release(DPGradientDescent(delta=1e-5), data)


@pytest.mark.parametrize(("features", "marked"), [("schema", True), ("generic", False)])
def test_a_release_says_what_was_chosen_on_rows_uncharged(features: str, marked: bool) -> None:
    model = release(DPAdditive(features=features, steps=2), adult(200))
    assert any("chosen on Adult train, uncharged" in warning for warning in model.warnings) == marked


def test_without_opendp_nothing_is_released(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> object:
        raise ImportError(name)

    data = adult()
    monkeypatch.setattr(system.importlib, "import_module", absent)
    with pytest.raises(NotApplicable, match="pip install"):
        release(DPGradientDescent(), data)
