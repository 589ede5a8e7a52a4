"""Encrypted models on the Adult table: they say what the clear ones say; how fast stands in `tests/bench`."""

from __future__ import annotations

import numpy as np
import pytest

from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.split import split
from ppml_core.encrypted.descent import clear_run
from ppml_core.learn.logistic_regression import LogisticRegression
from ppml_core.learn.square_network import SquareNetwork
from ppml_core.learn.target import encode_target
from ppml_core.venues.encrypted_inference import EncryptedInference, EncryptedModel
from ppml_core.venues.encrypted_training import EncryptedlyTrained, EncryptedTraining, targets_of, with_constant

pytestmark = pytest.mark.slow

ROWS = 1000


@pytest.fixture(scope="module")
def people() -> tuple[Dataset, Dataset]:
    train, test = split(load("adult"), 1)
    return train, test


def test_logistic_regression_answers_as_in_the_clear(people: tuple[Dataset, Dataset]) -> None:
    """All labels agree on 1,000 rows."""
    train, test = people
    model = EncryptedInference().train(LogisticRegression(), train, np.random.default_rng(1))
    assert isinstance(model, EncryptedModel)
    asked = test.take(np.arange(ROWS))
    X, clear = model.halves.rows(asked), model.trained.predict_proba(asked)
    answer = model.ask(X)
    assert (answer.probabilities.argmax(axis=1) == clear.argmax(axis=1)).all()
    assert np.abs(answer.probabilities - clear).max() < 1e-4


def test_a_network_answers_as_in_the_clear(people: tuple[Dataset, Dataset]) -> None:
    """Accuracy of at least .83, at least 99 % of the labels as in its clear run."""
    train, test = people
    model = EncryptedInference().train(SquareNetwork(), train, np.random.default_rng(1))
    assert isinstance(model, EncryptedModel)
    told, clear = model.predict_proba(test), model.trained.predict_proba(test)
    truth = encode_target(test, model.classes)
    assert (told.argmax(axis=1) == truth).mean() >= 0.83
    assert (told.argmax(axis=1) == clear.argmax(axis=1)).mean() >= 0.99
    assert np.abs(told - clear).max() < 1e-3
    assert dict(model.costs)["bytes"] > 1e6


def test_training_on_ciphertexts_ends_where_training_in_the_clear_does(people: tuple[Dataset, Dataset]) -> None:
    """Accuracy within .01 of the clear run (same cubic, steps and batch in floats), every iteration on ciphertexts."""
    train, test = people
    learner = LogisticRegression(knots=1)
    venue = EncryptedTraining(rounds=15)
    model = venue.train(learner, train.take(np.arange(8192)), np.random.default_rng(1))
    assert isinstance(model, EncryptedlyTrained)
    part, truth = train.take(np.arange(8192)), encode_target(test, model.classes)
    X, y = with_constant(model.encoder, part), targets_of(encode_target(part, model.classes), 2)
    clear = clear_run(X, y, venue.plan(len(part), learner.C, model.encoder))
    assert np.abs(clear - model.weights).max() < 1e-3
    told = model.predict_proba(test).argmax(axis=1)
    in_clear = (with_constant(model.encoder, test) @ clear)[:, 0] > 0
    assert abs((told == truth).mean() - (in_clear == truth).mean()) <= 0.01
    assert (told == truth).mean() > 0.82
    assert not np.allclose(model.weights, 0)
