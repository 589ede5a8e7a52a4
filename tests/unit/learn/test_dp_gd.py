"""DP gradient descent: batches change no byte, noise follows the budget, and what makes a guarantee void."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from ppml_core.accounting.gaussian import mu_of
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import INFERRED, Schema
from ppml_core.data.split import split
from ppml_core.errors import NotApplicable
from ppml_core.learn.descent import LinearModel
from ppml_core.learn.dp_gd import DPGradientDescent
from ppml_core.learn.gradients import TILE
from ppml_core.learn.promise import Ground


def adult(rows: int) -> Dataset:
    return split(load("adult"), 1)[0].take(np.arange(rows))


def three_classes(rows: int = 200) -> Dataset:
    rng = np.random.default_rng(4)
    x = rng.uniform(0, 1, rows)
    known = {"source": "made up"}
    columns = {"x": {"kind": "numeric", "bounds": [0, 1]} | known, "y": {"categories": ["low", "mid", "high"]} | known}
    labels = np.array(["low", "mid", "high"])[np.minimum((3 * x).astype(int), 2)]
    schema = Schema.from_values({"columns": columns, "target": "y", "expected_rows": rows})
    return Dataset(pd.DataFrame({"x": x, "y": labels}), schema)


def tiny(x: Sequence[float], y: Sequence[str], expected_rows: int = 10) -> Dataset:
    columns = {"x": {"kind": "numeric", "bounds": [0, 1]}, "y": {"categories": ["no", "yes"]}}
    schema = Schema.from_values({"columns": columns, "target": "y", "expected_rows": expected_rows})
    return Dataset(pd.DataFrame({"x": list(x), "y": list(y)}), schema)


def weights(data: Dataset, jobs: Sequence[tuple[DPGradientDescent, int]]) -> list[bytes]:
    fitted = DPGradientDescent.fit_many([job for job, _ in jobs], data, [np.random.default_rng(s) for _, s in jobs])
    return [model.weights.tobytes() for model in fitted if isinstance(model, LinearModel)]


@pytest.mark.parametrize("data", [adult(700), three_classes()], ids=["two classes", "three classes"])
def test_a_model_is_the_same_bytes_alone_and_in_any_batch(data: Dataset) -> None:
    draw = np.random.default_rng(0)
    jobs = [
        (
            DPGradientDescent(
                epsilon=float(draw.choice([0.1, 1.0, 10.0])),
                steps=int(draw.choice([5, 9])),
                knots=int(draw.choice([1, 8])),
                neighbours=str(draw.choice(["add_or_remove_one", "replace_one"])),
            ),
            seed,
        )
        for seed in range(TILE + 9)
    ]
    alone = [weights(data, [job])[0] for job in jobs]
    assert len(set(alone)) == len(jobs)
    for size in (2, 17, len(jobs)):
        chosen = draw.permutation(len(jobs))[:size]
        assert weights(data, [jobs[i] for i in chosen]) == [alone[i] for i in chosen]


def test_nothing_to_fit_is_nothing() -> None:
    assert DPGradientDescent.fit_many([], three_classes(), []) == []


def test_replacing_costs_twice_the_noise_of_removing() -> None:
    ground = Ground.of(three_classes(), needs_size=True)
    one = DPGradientDescent(clip_norm=0.3)._plan(ground)
    two = DPGradientDescent(clip_norm=0.3, neighbours="replace_one")._plan(ground)
    assert one.noise == pytest.approx(0.3 * np.sqrt(80) / mu_of(1.0, one.guarantee.delta))
    assert two.noise == pytest.approx(2 * one.noise)
    assert two.guarantee.neighbours == "replace_one"
    assert two.guarantee.mu == one.guarantee.mu == mu_of(1.0, 1e-4)


def test_without_signal_the_weights_are_the_stated_noise() -> None:
    """One row of zeros teaches nothing: after one step the weights are step times noise."""
    data = tiny([0.0], ["no"])
    learner = DPGradientDescent(steps=1, learning_rate=10.0, clip_norm=1e-4, averaged=0.0, knots=64)
    models = learner.fit_many([learner] * 60, data, [np.random.default_rng(s) for s in range(60)])
    drawn = np.concatenate([model.weights[:-1].ravel() for model in models if isinstance(model, LinearModel)])
    expected = 10.0 / 10 * 1e-4 / mu_of(1.0, 1e-2)
    assert drawn.std() == pytest.approx(expected, rel=0.05)


def test_it_learns_three_classes() -> None:
    data = three_classes(3000)
    model = DPGradientDescent(epsilon=10.0).fit(data, np.random.default_rng(1))
    guessed = np.array(model.classes)[model.predict_proba(data).argmax(axis=1)]
    assert (guessed == data.table["y"]).mean() > 0.85


@pytest.mark.parametrize("epsilon", [1e-3, 1e3])
@pytest.mark.parametrize(
    "data",
    [tiny([0.0] * 10, ["no"] * 10), tiny([0.5] * 10, ["no", "yes"] * 5, expected_rows=1), three_classes(10)],
    ids=["all-zero rows of one class", "constant column, one row expected", "ten rows of three classes"],
)
def test_extremes_stay_finite(epsilon: float, data: Dataset) -> None:
    for neighbours in ("add_or_remove_one", "replace_one"):
        model = DPGradientDescent(epsilon=epsilon, neighbours=neighbours).fit(data, np.random.default_rng(0))
        probabilities = model.predict_proba(data)
        assert np.isfinite(probabilities).all()
        assert np.allclose(probabilities.sum(axis=1), 1)


def test_the_number_of_private_rows_enters_nowhere() -> None:
    """Ten rows or forty: step, clip, noise and delta are the same."""
    few, many = tiny([0.2] * 10, ["no"] * 10, 50), tiny([0.2] * 40, ["no"] * 40, 50)
    plans = [DPGradientDescent()._plan(Ground.of(data, needs_size=True)) for data in (few, many)]
    assert plans[0] == plans[1]


def test_no_public_size_means_no_guarantee() -> None:
    data = three_classes()
    unsized = data.with_schema(dataclasses.replace(data.schema, expected_rows=None))
    model = DPGradientDescent(steps=2).fit(unsized, np.random.default_rng(0))
    assert model.guarantee is None
    assert "expected_rows" in model.guarantee_note


def test_inferred_bounds_mean_no_guarantee() -> None:
    data = three_classes()
    inferred = dataclasses.replace(data.schema["x"], source=INFERRED)
    model = DPGradientDescent(steps=2).fit(
        data.with_schema(data.schema.replace_columns({"x": inferred})), np.random.default_rng(0)
    )
    assert model.guarantee is None
    assert model.guarantee_note.startswith("bounds of 'x' were inferred from the private rows")


def test_bounds_without_a_source_mean_no_guarantee() -> None:
    data = three_classes()
    unsourced = data.schema.replace_columns({"x": dataclasses.replace(data.schema["x"], source="")})
    model = DPGradientDescent(steps=2).fit(data.with_schema(unsourced), np.random.default_rng(0))
    assert model.guarantee is None
    assert model.guarantee_note.startswith("bounds of 'x' come without a source")


def test_delta_beyond_the_public_size_is_said() -> None:
    model = DPGradientDescent(steps=2, delta=0.01).fit(three_classes(), np.random.default_rng(0))
    assert model.guarantee is not None
    assert "200 expected rows" in model.warnings[0]


def test_no_rows_are_not_applicable() -> None:
    with pytest.raises(NotApplicable):
        DPGradientDescent().fit(three_classes().take(np.arange(0)), np.random.default_rng(0))
