"""Randomized response: chances by the book, a budget over all columns, estimates without bias."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from ppml_core.anonymize.transforms.randomized_response import RandomizedResponse, debias, honest_share, respond
from ppml_core.data.bundled import load
from ppml_core.data.split import split


@pytest.mark.parametrize("values", [2, 3, 7])
@pytest.mark.parametrize("epsilon", [0.1, 1.0, 4.0])
def test_no_answer_says_more_than_epsilon(values: int, epsilon: float) -> None:
    """Exactly: for any two truths and any answer the chances differ by e^epsilon at most, and somewhere by that."""
    p = honest_share(values, epsilon)
    q = (1 - p) / (values - 1)
    chances = np.full((values, values), q) + (p - q) * np.eye(values)
    assert np.allclose(chances.sum(axis=1), 1)
    ratios = [chances[a, o] / chances[b, o] for a, b, o in itertools.product(range(values), repeat=3)]
    assert max(ratios) == pytest.approx(math.exp(epsilon))


@pytest.mark.parametrize("values", [2, 5])
def test_answers_are_drawn_with_these_chances(values: int) -> None:
    rng = np.random.default_rng(0)
    answers = respond(np.full(20_000, 1), values, 1.0, rng)
    p = honest_share(values, 1.0)
    shares = np.bincount(answers, minlength=values) / 20_000
    expected = np.full(values, (1 - p) / (values - 1))
    expected[1] = p
    assert np.abs(shares - expected).max() < 0.012


def test_the_budget_is_of_a_person_over_all_columns() -> None:
    train = split(load("adult"), 1)[0].take(np.arange(500))
    made = RandomizedResponse(epsilon=6.5).fit(train, np.random.default_rng(0))
    assert made.guarantee is not None
    assert (made.guarantee.epsilon, made.guarantee.delta) == (6.5, 0.0)
    assert "local" in made.guarantee.unit
    columns = len(made.release.schema.columns)
    assert made.statistics["epsilon_per_column"] == pytest.approx(6.5 / columns)
    assert len(made.release) == 500
    assert (made.release.table["sex"] != train.table["sex"]).mean() == pytest.approx(
        1 - honest_share(2, 6.5 / columns), abs=0.08
    )


def test_estimates_are_unbiased_and_their_errors_honest() -> None:
    """Over 400 draws the true counts lie in the 95 % intervals about that often."""
    truth = np.repeat([0, 1, 2], [700, 250, 50])
    inside, estimates = [], []
    for seed in range(400):
        counts = np.bincount(respond(truth, 3, 1.0, np.random.default_rng(seed)), minlength=3)
        estimate, spread = debias(counts, 1.0)
        estimates.append(estimate)
        inside.append(np.abs(estimate - [700, 250, 50]) <= 1.96 * spread)
    assert np.abs(np.mean(estimates, axis=0) - [700, 250, 50]).max() < 10
    assert 0.91 < np.mean(inside) < 0.985
