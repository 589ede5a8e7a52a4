"""Class weights of the plain learners: balanced training finds more of the rare class."""

from __future__ import annotations

import numpy as np
import pytest

from ppml_core.catalog import method
from ppml_core.data.bundled import load
from ppml_core.data.split import split
from ppml_core.learn.base import Learner


@pytest.mark.parametrize("name", ["logistic_regression", "hist_gradient_boosting"])
def test_balanced_training_finds_more_of_the_rare_class(name: str) -> None:
    train, test = split(load("adult"), 1)
    train = train.take(np.arange(4000))
    rare = (test.table["income"] == ">50K").to_numpy()
    found = {}
    for weight in ("none", "balanced"):
        model = method(Learner, name).from_values({"class_weight": weight}).fit(train, np.random.default_rng(0))
        found[weight] = float((model.predict_proba(test)[rare, 1] > 0.5).mean())
    assert found["balanced"] > found["none"] + 0.1


def test_a_regression_has_no_classes_to_weigh() -> None:
    train, test = split(load("wage"), 1)
    settings = {"class_weight": "balanced", "n_estimators": 5}
    model = method(Learner, "random_forest").from_values(settings).fit(train, np.random.default_rng(0))
    assert np.isfinite(model.predict_proba(test)).all()
