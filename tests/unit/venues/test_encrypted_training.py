"""What encrypted training declines, before it starts a process."""

from __future__ import annotations

import numpy as np
import pytest

from ppml_core.data.bundled import load
from ppml_core.errors import NotApplicable
from ppml_core.learn.base import Learner
from ppml_core.learn.dp_gd import DPGradientDescent
from ppml_core.learn.logistic_regression import LogisticRegression
from ppml_core.venues.encrypted_training import EncryptedTraining


@pytest.mark.parametrize(
    ("venue", "learner", "table", "said"),
    [
        (EncryptedTraining(), LogisticRegression(calibrated="sigmoid"), "adult", "calibration"),
        (EncryptedTraining(), DPGradientDescent(), "adult", DPGradientDescent.title),
        (EncryptedTraining(), LogisticRegression(knots=64), "census_kdd", "features|ciphertext"),
        (EncryptedTraining(batches=16), LogisticRegression(knots=64), "adult", "lower batches"),
        (EncryptedTraining(), LogisticRegression(), "wage", "number"),
    ],
)
def test_it_says_why_it_does_not_start(venue: EncryptedTraining, learner: Learner, table: str, said: str) -> None:
    with pytest.raises(NotApplicable, match=said):
        venue.train(learner, load(table), np.random.default_rng(1))
