"""An encrypted answer takes at most 2 ms a row on Adult, from encoding to decryption."""

from __future__ import annotations

import numpy as np
import pytest

from ppml_core.data.bundled import load
from ppml_core.data.split import split
from ppml_core.learn.logistic_regression import LogisticRegression
from ppml_core.venues.encrypted_inference import EncryptedInference, EncryptedModel

ROWS, MOST_MILLISECONDS = 1000, 2.0


@pytest.mark.bench
def test_an_encrypted_answer_takes_milliseconds_a_row() -> None:
    """The best of three runs of 1,000 rows, between two processes."""
    train, test = split(load("adult"), 1)
    model = EncryptedInference().train(LogisticRegression(), train, np.random.default_rng(1))
    assert isinstance(model, EncryptedModel)
    X = model.halves.rows(test.take(np.arange(ROWS)))
    milliseconds = min(1000 * model.ask(X).seconds / ROWS for _ in range(3))
    print(f"{milliseconds:.2f} ms a row")
    assert milliseconds <= MOST_MILLISECONDS
