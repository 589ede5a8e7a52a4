"""What the clients' model is made of: public knowledge, or a sentence that says whose rows were read."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import INFERRED, Schema
from ppml_core.errors import NotApplicable
from ppml_core.federated.model import model_of
from ppml_core.learn.decision_tree import DecisionTree
from ppml_core.learn.logistic_regression import LogisticRegression
from ppml_core.learn.network import PlainNetwork
from ppml_core.venues.federated import Federated


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


@pytest.mark.parametrize("learner", [LogisticRegression(), PlainNetwork(hidden=4)])
@pytest.mark.parametrize("how", [{}, {"dp": "local", "epsilon": 1000.0, "rounds": 30}, {"secagg": True}])
def test_more_than_two_classes_are_learned(learner: LogisticRegression | PlainNetwork, how: dict[str, object]) -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"x": rng.uniform(0, 3, 900), "z": rng.uniform(0, 1, 900)})
    table["kind"] = np.array(["low", "middle", "high"])[table["x"].astype(int)]
    columns = {
        "x": {"kind": "numeric", "bounds": [0, 3]}, "z": {"kind": "numeric", "bounds": [0, 1]},
        "kind": {"categories": ["low", "middle", "high"]},
    }  # fmt: skip
    schema = Schema.from_values({"target": "kind", "expected_rows": 900, "columns": columns})
    plan = Federated.from_values({"clients": 3, "rounds": 10, "batch": 16} | how)
    data = Dataset(table, schema, "kinds")
    model = plan.train(learner, data, np.random.default_rng(1))
    assert model.classes == ("low", "middle", "high")
    assert (model.predict_proba(data).argmax(axis=1) == table["x"].astype(int)).mean() > 0.9
