"""Rates of attacks: known answers by hand and by scikit-learn, strict on ties, intervals that cover."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from ppml_core.attacks.rates import MOST_POINTS, at_rate, auc, mean_of, roc, separation, share
from ppml_core.errors import BadInput

some_scores = st.lists(st.integers(-3, 3), min_size=1, max_size=30).map(lambda values: np.array(values, dtype=float))


@given(some_scores, some_scores)
def test_the_area_is_scikit_learns(inside: np.ndarray, outside: np.ndarray) -> None:
    truth = np.repeat([True, False], [len(inside), len(outside)])
    found = auc(inside, outside)
    assert found.value == pytest.approx(roc_auc_score(truth, np.concatenate([inside, outside])), abs=1e-9)
    assert 0 <= found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high <= 1


@given(some_scores, some_scores, st.sampled_from([0.0, 0.05, 0.3, 1.0]))
def test_a_rate_is_never_exceeded_and_ties_are_strict(inside: np.ndarray, outside: np.ndarray, asked: float) -> None:
    found = at_rate(inside, outside, asked)
    assert found.fpr.value <= asked + 1e-12
    assert found.false_positives == round(found.fpr.value * len(outside))
    assert found.fpr.low <= found.fpr.value <= found.fpr.high
    if asked == 1.0:
        assert found.tpr.value == 1.0
    shown = set(zip(roc(inside, outside).fpr, roc(inside, outside).tpr, strict=True))
    assert (found.fpr.value, found.tpr.value) in shown | {(0.0, 0.0)}


def test_thousands_of_equal_top_scores_are_no_success() -> None:
    """A tree gives its members and many others the same certainty: nobody can be named at a low rate."""
    inside, outside = np.ones(5000), np.r_[np.ones(3000), np.zeros(2000)]
    found = at_rate(inside, outside, 0.001)
    assert (found.tpr.value, found.false_positives) == (0.0, 0)
    assert auc(inside, outside).value == pytest.approx(0.7)


def test_delongs_interval_covers_as_often_as_it_says() -> None:
    rng, truth = np.random.default_rng(0), 0.760249938906524  # Phi(1 / sqrt 2)
    covered = 0
    for _ in range(400):
        found = auc(rng.normal(1, 1, 80), rng.normal(0, 1, 60))
        covered += found.low <= truth <= found.high
    assert 0.92 <= covered / 400 <= 0.98


def test_the_curve_is_thinned_and_keeps_its_ends() -> None:
    rng = np.random.default_rng(1)
    inside, outside = rng.normal(1, 1, 20_000), rng.normal(0, 1, 20_000)
    curve = roc(inside, outside)
    assert len(curve.fpr) <= MOST_POINTS + 2
    assert (curve.fpr[-1], curve.tpr[-1]) == (1.0, 1.0)
    assert curve.fpr[0] < 1e-3
    assert (np.diff(curve.fpr) >= 0).all()
    assert (np.diff(curve.tpr) >= 0).all()


def test_one_side_alone_is_refused() -> None:
    with pytest.raises(BadInput, match="one of the two sides"):
        separation(np.arange(3.0), np.ones(3, dtype=bool))


def test_everybody_told_apart_still_has_an_interval() -> None:
    found = auc(np.array([2.0, 3.0]), np.array([0.0, 1.0]))
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low < 0.9


def test_a_mean_over_models_has_students_interval() -> None:
    found = mean_of([share(hits, 100) for hits in (10, 20, 30)], "models")
    assert found.value == pytest.approx(0.2)
    assert found.high - found.value == pytest.approx(4.302652729911275 * 0.1 / 3**0.5)
    assert found.repeats == 3
