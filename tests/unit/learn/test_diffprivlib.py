"""diffprivlib's learners: what they are given is public, and their warnings arrive."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.split import split
from ppml_core.errors import NotApplicable
from ppml_core.learn.base import Learner
from ppml_core.learn.diffprivlib_k_means import DiffprivlibKMeans
from ppml_core.learn.diffprivlib_logistic_regression import DiffprivlibLogisticRegression, _unit_rows
from ppml_core.learn.diffprivlib_naive_bayes import DiffprivlibNaiveBayes
from ppml_core.learn.encoding import Encoder
from ppml_core.learn.models import LibraryModel, imported

BOTH: list[type[Learner]] = [DiffprivlibLogisticRegression, DiffprivlibNaiveBayes]


def adult(rows: int) -> Dataset:
    return split(load("adult"), 1)[0].take(np.arange(rows))


def test_rows_are_never_longer_than_the_norm_the_library_is_told() -> None:
    data = adult(5000)
    encoder = Encoder.of(data.schema, 8)
    assert np.linalg.norm(_unit_rows(encoder, encoder.encode(data)), axis=1).max() <= 1
    full = np.full((1, 1), encoder.row_norm)
    assert np.linalg.norm(_unit_rows(encoder, full)) <= 1


@pytest.mark.parametrize("learner", BOTH)
def test_nothing_leaks_with_public_bounds(learner: type[Learner]) -> None:
    model = learner().fit(adult(1000), np.random.default_rng(0))
    assert not any("leak" in warning.lower() for warning in model.warnings)


def test_warnings_of_the_library_arrive_as_sentences() -> None:
    model = DiffprivlibLogisticRegression(max_iter=1, epsilon=100.0).fit(adult(1000), np.random.default_rng(0))
    assert any("converge" in warning for warning in model.warnings)


@pytest.mark.parametrize("learner", BOTH)
def test_a_class_that_nobody_has_is_no_refusal(learner: type[Learner]) -> None:
    """One replaced person may decide it, so a refusal would tell of that person."""
    data = adult(1000)
    poor = data.take(np.flatnonzero(data.texts("income") == "<=50K"))
    model = learner(epsilon=100.0).fit(poor, np.random.default_rng(0))  # type: ignore[call-arg]
    assert np.isfinite(model.predict_proba(poor)).all()
    assert model.classes == ("<=50K", ">50K")


@pytest.mark.parametrize(("rows", "said"), [(1, "1 person is fewer than 20"), (2, "2 people are fewer than 20")])
def test_fewer_people_than_clusters_are_told_what_to_do(rows: int, said: str) -> None:
    with pytest.raises(NotApplicable, match=f"{said} clusters: lower n_clusters"):
        DiffprivlibKMeans().fit(adult(rows), np.random.default_rng(0))


def test_naive_bayes_pays_for_both_classes_that_a_replaced_person_touches() -> None:
    model: Any = DiffprivlibNaiveBayes(epsilon=1.0).fit(adult(1000), np.random.default_rng(0))
    assert isinstance(model, LibraryModel)
    assert model.model.epsilon == 0.5
    assert model.guarantee is not None
    assert (model.guarantee.epsilon, model.guarantee.neighbours) == (1.0, "replace_one")


def test_the_library_s_linear_regression_adds_no_noise_where_it_must() -> None:
    """Why it is not offered: with bounds (0, 100) the diagonal of XᵀX is released exactly, at any epsilon."""
    library = imported("diffprivlib.models")
    X = np.random.default_rng(0).uniform(0, 100, (50, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = library.LinearRegression(
            epsilon=1e-3, bounds_X=(0, 100), bounds_y=(0, 1), fit_intercept=False, random_state=0
        ).fit(X, X[:, 0] / 100)
    assert np.array_equal(np.diag(model._obj_coefs[2]), (X**2).sum(axis=0))
    assert not np.isclose(model._obj_coefs[2][0, 1], (X[:, 0] * X[:, 1]).sum(), rtol=0.5), "elsewhere it adds noise"
