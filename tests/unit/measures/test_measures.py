"""Measures against scikit-learn, and their errors against resampling."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from ppml_core.errors import NotApplicable
from ppml_core.measures.accuracy import Accuracy
from ppml_core.measures.base import Measure
from ppml_core.measures.calibration_error import BINS, CalibrationError
from ppml_core.measures.log_loss import LogLoss
from ppml_core.measures.mae import MeanAbsoluteError
from ppml_core.measures.r2 import R2
from ppml_core.measures.roc_auc import RocAuc

rng = np.random.default_rng(5)
TRUTH = rng.integers(0, 3, 400)
SCORES = rng.dirichlet([1, 1, 1], 400) * 0.7 + 0.3 * np.eye(3)[TRUTH]
TWO = (TRUTH > 0).astype(int)
TWO_SCORES = np.round(np.stack([SCORES[:, 0], 1 - SCORES[:, 0]], axis=1), 2)
NUMBERS = rng.normal(50, 10, 400)
PREDICTED = (NUMBERS + rng.normal(0, 6, 400))[:, None]


def test_values_equal_scikit_learn() -> None:
    assert Accuracy().score(TRUTH, SCORES).value == metrics.accuracy_score(TRUTH, SCORES.argmax(axis=1))
    assert LogLoss().score(TRUTH, SCORES).value == pytest.approx(metrics.log_loss(TRUTH, SCORES))
    assert RocAuc().score(TRUTH, SCORES).value == pytest.approx(metrics.roc_auc_score(TRUTH, SCORES, multi_class="ovr"))
    assert RocAuc().score(TWO, TWO_SCORES).value == pytest.approx(metrics.roc_auc_score(TWO, TWO_SCORES[:, 1]))
    assert R2().score(NUMBERS, PREDICTED).value == pytest.approx(metrics.r2_score(NUMBERS, PREDICTED))
    assert MeanAbsoluteError().score(NUMBERS, PREDICTED).value == pytest.approx(
        metrics.mean_absolute_error(NUMBERS, PREDICTED)
    )


@pytest.mark.parametrize(
    ("measure", "truth", "scores"),
    [
        (Accuracy(), TRUTH, SCORES),
        (LogLoss(), TRUTH, SCORES),
        (RocAuc(), TWO, TWO_SCORES),
        (RocAuc(), TRUTH, SCORES),
        (CalibrationError(), TWO, TWO_SCORES),
        (R2(), NUMBERS, PREDICTED),
        (MeanAbsoluteError(), NUMBERS, PREDICTED),
    ],
)
def test_the_standard_error_is_what_resampling_people_shows(
    measure: Measure, truth: np.ndarray, scores: np.ndarray
) -> None:
    draw = np.random.default_rng(11)
    drawn = [draw.integers(0, len(truth), len(truth)) for _ in range(400)]
    spread = np.std([measure.score(truth[rows], scores[rows]).value for rows in drawn])
    assert measure.score(truth, scores).std_error == pytest.approx(spread, rel=0.15)


def test_what_cannot_be_measured_is_said() -> None:
    with pytest.raises(NotApplicable, match="two classes"):
        RocAuc().score(np.ones(5, dtype=int), np.full((5, 2), 0.5))
    with pytest.raises(NotApplicable, match="varies"):
        R2().score(np.ones(5), np.ones((5, 1)))


def test_one_person_has_no_error() -> None:
    assert Accuracy().score(np.array([1]), np.array([[0.2, 0.8]])).std_error == 0.0


def test_the_calibration_error_is_the_gap_in_each_bin() -> None:
    """By the book: bin by bin, on several classes by the class that is named."""
    for truth, scores in ((TWO, TWO_SCORES), (TRUTH, SCORES)):
        named = np.ones(len(truth)) if scores.shape[1] == 2 else scores.argmax(axis=1)
        stated = scores[np.arange(len(truth)), named.astype(int)]
        bins, error = np.floor(stated * BINS).clip(max=BINS - 1), 0.0
        for one in np.unique(bins):
            inside = bins == one
            error += inside.mean() * abs(stated[inside].mean() - (truth == named)[inside].mean())
        assert CalibrationError().score(truth, scores).value == pytest.approx(error)


def test_calibrated_probabilities_have_little_error_and_certain_ones_much() -> None:
    draw = np.random.default_rng(3)
    stated = draw.beta(0.5, 1.5, 5000)
    truth = (draw.random(5000) < stated).astype(int)
    honest = CalibrationError().score(truth, np.column_stack([1 - stated, stated]))
    certain = np.round(stated)
    wrong = CalibrationError().score(truth, np.column_stack([1 - certain, certain]))
    assert honest.value < 0.02
    assert wrong.value > 5 * honest.value
