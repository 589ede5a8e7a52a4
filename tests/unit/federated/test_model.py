"""What the clients' model is made of: public knowledge, or a sentence that says whose rows were read."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from ppml_core.data.bundled import load
from ppml_core.data.schema import INFERRED
from ppml_core.errors import NotApplicable
from ppml_core.federated.model import model_of
from ppml_core.learn.decision_tree import DecisionTree
from ppml_core.learn.logistic_regression import LogisticRegression
from ppml_core.learn.network import PlainNetwork


@pytest.mark.parametrize("learner", [LogisticRegression(), PlainNetwork()])
def test_features_do_not_depend_on_anybodys_rows(learner: LogisticRegression | PlainNetwork) -> None:
    data = load("german_credit")
    whole, part = model_of(learner, data), model_of(learner, data.take(np.arange(3)))
    assert whole.features.names == part.features.names
    assert whole.ridge == part.ridge
    assert whole.notes == ()
    assert [one.tobytes() for one in whole.initial(5)] == [one.tobytes() for one in part.initial(5)]


def test_bounds_that_were_read_off_the_rows_are_told() -> None:
    data = load("german_credit")
    name = data.schema.inputs[0]
    column = dataclasses.replace(data.schema[name], source=INFERRED)
    told = model_of(LogisticRegression(), data.with_schema(data.schema.replace_columns({name: column}))).notes
    assert any(name in note and "schema" in note for note in told)


def test_learners_that_cannot_be_trained_apart_are_declined() -> None:
    data = load("german_credit")
    for learner, words in ((DecisionTree(), "network"), (LogisticRegression(class_weight="balanced"), "class_weight")):
        with pytest.raises(NotApplicable, match=words):
            model_of(learner, data)
