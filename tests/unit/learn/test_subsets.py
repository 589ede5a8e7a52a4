"""Many parts of one table trained side by side: the models of each part alone, whatever else is in the batch."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from ppml_core.catalog import methods
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput
from ppml_core.learn.base import Learner
from ppml_core.learn.dp_gd import DPGradientDescent
from ppml_core.learn.logistic_regression import LogisticRegression
from ppml_core.learn.target import target_of

TOGETHER = {name: cls for name, cls in methods(Learner).items() if cls.fits_subsets_together()}
ROUNDING = {"dp_gd": 1e-6, "dp_additive": 1e-6, "logistic_regression": 0.01}


@pytest.fixture(scope="module")
def credit() -> Dataset:
    return load("german_credit").take(np.arange(240))


def masks() -> np.ndarray:
    return np.random.default_rng(0).random((3, 240)) < np.array([[0.5], [0.5], [0.2]])


def rngs(*seeds: int) -> list[np.random.Generator]:
    return [np.random.default_rng(seed) for seed in seeds]


def test_what_is_trained_side_by_side() -> None:
    assert set(ROUNDING) <= set(TOGETHER)


@pytest.mark.parametrize(("name", "public_size"), [*((name, True) for name in TOGETHER), ("dp_gd", False)])
def test_a_part_is_trained_as_if_alone(name: str, public_size: bool, credit: Dataset) -> None:
    learner, people = TOGETHER[name](), credit
    if not public_size:
        people = credit.with_schema(dataclasses.replace(credit.schema, expected_rows=None))
        people = dataclasses.replace(people, whole=None)
    batch = learner.fit_subsets(people, masks(), rngs(1, 2, 3))
    for model, mask, rng in zip(batch, masks(), rngs(1, 2, 3), strict=True):
        alone = learner.fit(people.take(np.flatnonzero(mask)), rng)
        apart = np.abs(model.predict_proba(people) - alone.predict_proba(people)).max()
        assert apart <= ROUNDING.get(name, 0.0)
        assert (model.guarantee, model.guarantee_note, model.noise) == (
            alone.guarantee, alone.guarantee_note, alone.noise
        )  # fmt: skip
        assert model.classes == alone.classes
    single = learner.fit_subsets(people, masks()[1:2], rngs(2))[0]
    assert single.predict_proba(people).tobytes() == batch[1].predict_proba(people).tobytes()
    assert learner.fit_subsets(people, masks()[:0], []) == []


@pytest.mark.parametrize("name", ["dp_additive", "dp_network"])
def test_parts_of_other_sizes_have_bins_of_their_own(name: str) -> None:
    whole = load("german_credit")
    people = whole.with_schema(dataclasses.replace(whole.schema, expected_rows=None))
    learner = methods(Learner)[name](steps=5)
    parts = np.arange(len(people)) < np.array([[900], [200]])
    batch = learner.fit_subsets(people, parts, rngs(1, 2))
    for model, mask, rng in zip(batch, parts, rngs(1, 2), strict=True):
        alone = learner.fit(people.take(np.flatnonzero(mask)), rng)
        apart = np.abs(model.predict_proba(people) - alone.predict_proba(people)).max()
        assert apart <= ROUNDING.get(name, 0.0)
    many, few = (len(model.features.names) for model in batch)
    assert few < many


def test_many_classes_are_trained_one_by_one(credit: Dataset) -> None:
    target = dataclasses.replace(credit.schema["purpose"], role="feature")
    schema = dataclasses.replace(credit.schema.replace_columns({"purpose": target}), target="purpose", positive=None)
    people = credit.with_schema(schema)
    learner = DPGradientDescent(steps=2)
    model = learner.fit_subsets(people, masks()[:1], rngs(1))[0]
    alone = learner.fit(people.take(np.flatnonzero(masks()[0])), rngs(1)[0])
    assert len(model.classes) > 2
    assert model.predict_proba(people).tobytes() == alone.predict_proba(people).tobytes()


def test_a_part_that_is_hard_to_reach_is_fitted_by_itself(credit: Dataset) -> None:
    """With next to no penalty the halves' curvature differs too much for shared steps."""
    learner = LogisticRegression(C=1e5)
    batch = learner.fit_subsets(credit, masks(), rngs(1, 2, 3))
    for model, mask in zip(batch, masks(), strict=True):
        alone = learner.fit(credit.take(np.flatnonzero(mask)), rngs(1)[0])
        inside = credit.take(np.flatnonzero(mask))
        assert np.abs(model.predict_proba(inside) - alone.predict_proba(inside)).max() < 0.05


def test_a_part_of_one_class_is_refused_in_words(credit: Dataset) -> None:
    ones = (credit.table[target_of(credit.schema)] == credit.table[target_of(credit.schema)].iloc[0]).to_numpy()
    with pytest.raises(BadInput, match="no training person has the class"):
        LogisticRegression().fit_subsets(credit, ones[None, :], rngs(1))


@pytest.mark.parametrize("settings", [{"class_weight": "balanced"}, {"calibrated": "sigmoid"}])
def test_settings_that_steps_cannot_share_are_fitted_one_by_one(settings: dict[str, str], credit: Dataset) -> None:
    learner = LogisticRegression.from_values(settings)
    model = learner.fit_subsets(credit, masks()[:1], rngs(1))[0]
    alone = learner.fit(credit.take(np.flatnonzero(masks()[0])), rngs(1)[0])
    assert model.predict_proba(credit).tobytes() == alone.predict_proba(credit).tobytes()
