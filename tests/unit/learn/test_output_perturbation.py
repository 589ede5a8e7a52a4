"""Output perturbation: how far one person moves the minimum, by brute force, and noise of the stated law."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from ppml_core.data.bundled import load
from ppml_core.data.split import split
from ppml_core.learn.output_perturbation import OutputPerturbation, minimum, sensitivity, spherical


@pytest.mark.parametrize("ridge", [1e-2, 0.3])
def test_replacing_one_person_moves_the_minimum_by_the_stated_length_at_most(ridge: float) -> None:
    """Few people of length 1, and every one of them replaced by the worst that public bounds allow."""
    rng = np.random.default_rng(0)
    X = rng.normal(0, 1, (8, 3))
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    y = rng.integers(0, 2, 8)
    whole, longest = minimum(csr_matrix(X), y, ridge), 0.0
    for person in range(8):
        for row in (*np.eye(3), *-np.eye(3), np.ones(3) / np.sqrt(3)):
            for label in (0, 1):
                other, labels = X.copy(), y.copy()
                other[person], labels[person] = row, label
                longest = max(longest, float(np.linalg.norm(whole - minimum(csr_matrix(other), labels, ridge))))
    assert 0.1 * sensitivity(8, ridge) < longest <= sensitivity(8, ridge)


def test_the_noise_is_as_long_as_its_law_says() -> None:
    lengths = [np.linalg.norm(spherical(20, 0.5, np.random.default_rng(seed))) for seed in range(2000)]
    assert np.mean(lengths) == pytest.approx(10.0, rel=0.02)
    assert np.std(lengths) == pytest.approx(np.sqrt(20) * 0.5, rel=0.06)


def test_it_learns_where_the_budget_is_large() -> None:
    train, test = split(load("adult"), 1)
    model = OutputPerturbation(epsilon=100.0).fit(train, np.random.default_rng(0))
    right = np.array(model.classes)[model.predict_proba(test).argmax(axis=1)] == test.table["income"]
    assert right.mean() > 0.82
    assert model.guarantee is not None
    assert model.guarantee.neighbours == "replace_one"
