"""Calibrated probabilities of the plain learners: closer to what happens, from the training part alone."""

from __future__ import annotations

import numpy as np
import pytest

from ppml_core.catalog import method
from ppml_core.data.bundled import load
from ppml_core.data.split import split
from ppml_core.errors import NotApplicable
from ppml_core.experiment.scenario import Scenario
from ppml_core.learn.base import Learner
from ppml_core.learn.model_file import model_bytes, read_model
from ppml_core.measures.calibration_error import CalibrationError

DISTORTED = {
    "logistic_regression": {"class_weight": "balanced", "knots": 1, "C": 0.1},
    "hist_gradient_boosting": {"class_weight": "balanced", "max_iter": 30},
    "random_forest": {"class_weight": "balanced", "max_depth": 4, "n_estimators": 15},
}


@pytest.mark.parametrize(("name", "how"), list(zip(DISTORTED, ("isotonic", "sigmoid", "isotonic"), strict=True)))
def test_calibrated_probabilities_are_closer_to_what_happens(name: str, how: str) -> None:
    """Models that weigh rare classes up, so that they overstate them."""
    train, test = split(load("adult"), 1)
    train, test = train.take(np.arange(2000)), test.take(np.arange(4000))
    truth, error = (test.table["income"] == ">50K").to_numpy().astype(int), {}
    for calibrated in (None, how):
        learner = method(Learner, name).from_values(DISTORTED[name] | {"calibrated": calibrated})
        model = learner.fit(train, np.random.default_rng(0))
        error[calibrated] = CalibrationError().score(truth, model.predict_proba(test)).value
    assert error[how] < 0.8 * error[None]
    assert error[how] < 0.05
    again = read_model(model_bytes(model, {})).model.predict_proba(test)
    assert np.array_equal(again, model.predict_proba(test))


def test_a_class_with_one_person_cannot_be_calibrated() -> None:
    train, _ = split(load("adult"), 1)
    rich = np.flatnonzero(train.texts("income") == ">50K")[:1]
    poor = np.flatnonzero(train.texts("income") == "<=50K")[:20]
    learner = method(Learner, "logistic_regression").from_values({"calibrated": "isotonic"})
    with pytest.raises(NotApplicable, match="two training people"):
        learner.fit(train.take(np.concatenate([rich, poor])), np.random.default_rng(0))


def test_a_setting_that_is_not_used_does_not_change_what_a_scenario_is() -> None:
    assert "calibrated" not in Scenario.of("adult", "logistic_regression").learner.values()
