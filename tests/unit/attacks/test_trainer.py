"""The road walked again: the same models as by hand, the same answers in one process and in two, honest guarantees."""

from __future__ import annotations

import numpy as np
import pytest

from ppml_core.anonymize.transforms.drop_columns import DropColumns
from ppml_core.anonymize.transforms.mondrian import Mondrian
from ppml_core.attacks.trainer import ChainTrainer
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.learn.dp_sufficient_statistics import DPSufficientStatistics
from ppml_core.learn.logistic_regression import LogisticRegression


@pytest.fixture(scope="module")
def people() -> Dataset:
    return load("german_credit").take(np.arange(300))


def halves(models: int = 3) -> np.ndarray:
    return np.random.default_rng(0).random((models, 300)) < 0.5


def rngs(models: int = 3) -> list[np.random.Generator]:
    return [np.random.default_rng(seed) for seed in range(models)]


def test_without_anonymizers_it_is_the_learner(people: Dataset) -> None:
    learner = DPSufficientStatistics()
    models = ChainTrainer(learner)(people, halves(), rngs())
    alone = learner.fit(people.take(np.flatnonzero(halves()[1])), rngs()[1])
    assert models[1].predict_proba(people).tobytes() == alone.predict_proba(people).tobytes()
    assert models[1].guarantee == alone.guarantee


def test_answers_do_not_depend_on_the_number_of_processes(people: Dataset) -> None:
    told: list[tuple[int, int]] = []
    one = ChainTrainer(LogisticRegression(), (Mondrian(k=5),), progress=lambda *said: told.append(said))
    two = ChainTrainer(LogisticRegression(), (Mondrian(k=5),), processes=2)
    asked = people.take(np.arange(40))
    said = one.answers(people, halves(), rngs(), asked)
    assert said.shape == (3, 40, 2)
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert two.answers(people, halves(), rngs(), asked).tobytes() == said.tobytes()
    assert np.array([m.predict_proba(asked) for m in one(people, halves(), rngs())]).tobytes() == said.tobytes()


def test_a_step_that_read_every_row_voids_the_guarantee(people: Dataset) -> None:
    step = DropColumns(columns=("purpose",))
    kept = ChainTrainer(DPSufficientStatistics(), (step,))(people, halves(1), rngs(1))[0]
    voided = ChainTrainer(DPSufficientStatistics(), (step, Mondrian(k=5)))(people, halves(1), rngs(1))[0]
    assert kept.guarantee is not None
    assert voided.guarantee is None
    assert "read every row" in voided.guarantee_note
