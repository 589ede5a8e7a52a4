"""Attribute inference: what a model remembered of its members shows; what holds for people in general is no leak."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from ppml_core.attacks.attribute_inference import AttributeInference, difference, paired
from ppml_core.attacks.base import Subject
from ppml_core.attacks.subjects import drawn_subject
from ppml_core.attacks.trainer import ChainTrainer
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Schema
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.learn.decision_tree import DecisionTree
from ppml_core.learn.dp_sufficient_statistics import DPSufficientStatistics
from ppml_core.learn.random_forest import RandomForest

SCHEMA = Schema.from_values(
    {
        "target": "y",
        "positive": "yes",
        "expected_rows": 400,
        "columns": {
            "x": {"kind": "numeric", "bounds": [0, 1]},
            "gene": {"role": "sensitive", "categories": ["a", "b"]},
            "y": {"categories": ["no", "yes"]},
        },
    }
)


def people(generally_known: float, rows: int = 1800) -> Dataset:
    """A gene that x tells with that probability and by lot else; the answer is by lot, so only memory links them."""
    rng = np.random.default_rng(3)
    x = rng.random(rows)
    gene = np.where(rng.random(rows) < generally_known, x > 0.5, rng.random(rows) < 0.5)
    answer = rng.random(rows) < 0.5
    table = pd.DataFrame({"x": x, "gene": np.where(gene, "a", "b"), "y": np.where(answer, "yes", "no")})
    return Dataset(table, SCHEMA)


def subject(data: Dataset, learner: DecisionTree | RandomForest | DPSufficientStatistics, n: int = 600) -> Subject:
    return drawn_subject(data, ChainTrainer(learner), np.random.default_rng(1), n)


@pytest.mark.parametrize("prior", ["imputed", "marginal"])
def test_what_was_remembered_shows(prior: str) -> None:
    attack = AttributeInference(prior=prior)
    found = attack.report(subject(people(0.0), RandomForest(n_estimators=30)), np.random.default_rng(2))
    assert found.column == "gene"
    assert found.advantage.low > 0
    assert found.control.low < 0 < found.control.high
    assert found.beyond_imputation.low > 0
    assert found.imputed.low < 0.55, "without the model it is a coin"


def test_labels_alone_tell_too() -> None:
    attack = AttributeInference(sees="labels", prior="marginal")
    found = attack.report(subject(people(0.0), DecisionTree()), np.random.default_rng(2))
    assert found.advantage.low > 0


def test_what_holds_in_general_is_no_leak() -> None:
    """The gene is guessed well of members and others alike, and as well by who never asks the model."""
    learner = DPSufficientStatistics(epsilon=0.5, delta=1e-4)
    found = AttributeInference().report(subject(people(0.8), learner), np.random.default_rng(2))
    assert found.members.value > 0.8
    assert found.others.value > 0.8
    assert found.advantage.low < 0 < found.advantage.high
    assert found.beyond_imputation.low <= 0


def test_findings_are_named_as_rows_are() -> None:
    attack = AttributeInference(n=100)
    found = attack.run(subject(people(0.5), DPSufficientStatistics()), np.random.default_rng(2))
    assert tuple(one.measure for one in found) == attack.measures()
    assert found[0].baseline == 0.0
    assert found[0].control is not None
    assert found[1].baseline is not None


def test_a_bundled_table_has_a_column_to_guess() -> None:
    data = load("german_credit")
    found = AttributeInference(n=100).report(subject(data, DPSufficientStatistics(), 300), np.random.default_rng(2))
    assert data.schema[found.column].categories
    assert found.imputed.value < 0.9, "not one that nearly everybody shares"
    assert found.asked_about == 200


def test_the_interval_of_a_difference_covers_as_often_as_it_says() -> None:
    """Newcombe's own example (1998, table II, a), and four hundred draws."""
    example = difference(np.arange(70) < 56, np.arange(80) < 48)
    assert (example.low, example.high) == (pytest.approx(0.0524, abs=5e-4), pytest.approx(0.3339, abs=5e-4))
    rng, covered = np.random.default_rng(0), 0
    for _ in range(400):
        found = difference(rng.random(90) < 0.7, rng.random(70) < 0.6)
        covered += found.low <= 0.1 <= found.high
    assert 0.92 <= covered / 400 <= 0.98
    same = rng.random(50) < 0.5
    assert 0 < paired(same, same).high < 0.1


def test_bad_input_gets_a_sentence() -> None:
    data = people(0.0)
    able = subject(data, DPSufficientStatistics())
    with pytest.raises(BadInput, match="column must be one of x, gene"):
        AttributeInference(column="shoe_size").run(able, np.random.default_rng(0))
    with pytest.raises(NotApplicable, match="'x' holds no categories"):
        AttributeInference(column="x").run(able, np.random.default_rng(0))
    few = dataclasses.replace(able, others=able.others.take(np.arange(60)))
    with pytest.raises(NotApplicable, match="120 other people"):
        AttributeInference().run(few, np.random.default_rng(0))
    with pytest.raises(BadInput, match="below the table's"):
        drawn_subject(data, ChainTrainer(DecisionTree()), np.random.default_rng(0), 1800)
