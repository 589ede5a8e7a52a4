"""The additive model: features from public knowledge alone, noise that follows the budget, curves that add up."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from ppml_core.accounting.gaussian import mu_of
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Schema
from ppml_core.data.split import split
from ppml_core.learn.binned import BinFeatures
from ppml_core.learn.descent import LinearModel
from ppml_core.learn.dp_additive import DPAdditive
from ppml_core.learn.gradients import TILE, ClippedSums
from ppml_core.learn.promise import Ground


def people(amounts: list[float], ages: list[float]) -> Dataset:
    columns = {
        "amount": {"kind": "numeric", "bounds": [0, 10_000]},
        "age": {"kind": "numeric", "bounds": [18, 90], "missing": True},
        "sex": {"categories": ["F", "M"]},
        "y": {"categories": ["no", "yes"]},
    }
    schema = Schema.from_values({"target": "y", "expected_rows": 10, "columns": columns})
    size = len(amounts)
    table = pd.DataFrame({"amount": amounts, "age": ages, "sex": ["F"] * size, "y": (["no", "yes"] * size)[:size]})
    return Dataset(table, schema)


def features(data: Dataset, kind: str = "generic") -> BinFeatures:
    return BinFeatures.of(data.schema, Ground.of(data, needs_size=True).encoder, kind)


def test_features_come_from_the_schema_whatever_the_rows_are() -> None:
    """Two tables with other extremes: the same names, lengths and cuts."""
    one, other = people([0, 5], [20, 30]), people([9_999, 1], [90, 18])
    assert features(one).names == features(other).names
    assert features(one).cuts == features(other).cuts
    assert features(one).norm == features(other).norm


def test_a_row_shows_one_level_of_each_cut_but_a_dropped_one() -> None:
    data = people([0, 2_000, 1e12, -5], [40, np.nan, 1_000, 18])
    shown = features(data)
    rows = shown.rows(data)
    assert rows.shape == (4, len(shown.names))
    assert np.diff(rows.indptr).tolist() == [2, 4, 4, 2]
    assert "age missing" in [shown.names[place] for place in rows[1].indices]
    assert shown.names[rows[2].indices.min()].startswith("amount")
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1))).ravel()
    assert lengths[0] == pytest.approx(1.0)
    assert lengths[1] > 1, "an amount lengthens the row; clipping goes by that length"


@pytest.mark.parametrize("kind", ["generic", "schema"])
def test_one_person_moves_every_sum_by_the_clip_at_most(kind: str) -> None:
    train = split(load("adult"), 1)[0].take(np.arange(40))
    extreme = train.table.copy()
    extreme.loc[:5, ["capital_gain", "capital_loss", "age", "hours_per_week"]] = [99_999, 5_000, 90, 99]
    data = dataclasses.replace(train, table=extreme)
    ground = Ground.of(data, needs_size=True)
    X = features(data, kind).rows(data)
    y = np.asarray(ground.target(data))
    rng = np.random.default_rng(0)
    W, clip = rng.normal(0, 5, (X.shape[1], 1, TILE)), rng.uniform(0.05, 1, TILE)
    whole = ClippedSums(X, y).sums(W, clip)
    longest = 0.0
    for person in range(len(data)):
        rest = np.arange(len(data)) != person
        moved = whole - ClippedSums(X[rest], y[rest]).sums(W, clip)
        longest = max(longest, float((np.sqrt((moved**2).sum(axis=(0, 1))) / clip).max()))
    assert 0.9 < longest <= 1 + 1e-4


def test_replacing_costs_twice_the_noise_of_removing() -> None:
    ground = Ground.of(people([1, 2], [20, 30]), needs_size=True)
    one = DPAdditive(clip_norm=0.3)._plan(ground)
    two = DPAdditive(clip_norm=0.3, neighbours="replace_one")._plan(ground)
    assert one.noise == pytest.approx(0.3 * np.sqrt(200) / mu_of(1.0, one.guarantee.delta))
    assert two.noise == pytest.approx(2 * one.noise)


def test_bins_that_were_chosen_on_private_rows_are_told() -> None:
    train = split(load("adult"), 1)[0].take(np.arange(200))
    told = DPAdditive(features="schema", steps=2).fit(train, np.random.default_rng(0))
    assert "Bins and scales were chosen on Adult train, uncharged." in told.warnings
    assert not DPAdditive(steps=2).fit(train, np.random.default_rng(0)).warnings


@pytest.mark.parametrize("epsilon", [1e-3, 1e3])
def test_extremes_stay_finite(epsilon: float) -> None:
    data = people([0.0] * 10, [np.nan] * 10)
    model = DPAdditive(epsilon=epsilon).fit(data, np.random.default_rng(0))
    assert np.isfinite(model.predict_proba(data)).all()


def test_a_column_of_scale_nothing_is_left_out() -> None:
    data = people([1, 2], [20, 30])
    column = dataclasses.replace(data.schema["sex"], bins=({"scale": 0},))
    changed = data.with_schema(data.schema.replace_columns({"sex": column}))
    assert not any(name.startswith("sex") for name in features(changed, "schema").names)
    assert any(name.startswith("sex") for name in features(changed).names)


def test_a_regression_predicts_within_the_public_bounds() -> None:
    train, test = split(load("wage"), 1)
    model = DPAdditive(epsilon=10.0).fit(train, np.random.default_rng(1))
    assert isinstance(model, LinearModel)
    predicted = model.predict_proba(test)
    low, high = train.schema["wage"].bounds or (0, 0)
    assert predicted.shape == (len(test), 1)
    assert low <= predicted.min() <= predicted.max() <= high
    assert np.corrcoef(predicted[:, 0], test.table["wage"])[0, 1] > 0.5
