"""Local naive Bayes: no answer says more than epsilon, counts without bias, and it learns what is told."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from ppml_core.anonymize.transforms.randomized_response import honest_share
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Schema
from ppml_core.data.split import split
from ppml_core.learn.local_naive_bayes import LocalNaiveBayes, bit_chances, counted, pulled, unbiased


@pytest.mark.parametrize("epsilon", [0.2, 1.0, 6.0])
def test_no_answer_says_more_than_epsilon(epsilon: float) -> None:
    """Exactly, over all pairs of people and all answers: pairs by response, pairs by bits, and every column."""
    p, q = bit_chances(epsilon)
    bits = np.array(list(itertools.product([0, 1], repeat=4)))

    def of_bits(person: int) -> np.ndarray:
        chance = np.where(np.arange(4) == person, p, q)
        return np.prod(np.where(bits == 1, chance, 1 - chance), axis=1)

    def of_response(values: int, budget: float) -> np.ndarray:
        honest = honest_share(values, budget)
        other = (1 - honest) / (values - 1)
        return np.full((values, values), other) + (honest - other) * np.eye(values)

    pairs = of_response(6, epsilon)
    each = epsilon / 3
    columns = [np.kron(np.kron(of_response(2, each), of_response(3, each)), of_response(4, each))]
    for chances in (np.array([of_bits(person) for person in range(4)]), pairs, *columns):
        assert np.allclose(chances.sum(axis=1), 1)
        worst = max(np.log(a / b).max() for a, b in itertools.permutations(chances, 2))
        assert worst == pytest.approx(epsilon)


@pytest.mark.parametrize("values", [3, 40])
def test_counts_are_unbiased_and_their_error_is_as_said(values: int) -> None:
    """400 draws by randomized response (few values) and by bits (many)."""
    truth = np.random.default_rng(0).integers(0, 3, 500)
    true = np.bincount(truth, minlength=values)
    drawn = [counted(truth, values, 1.0, np.random.default_rng(seed)) for seed in range(400)]
    found, error = np.array([counts for counts, _ in drawn]), drawn[0][1]
    assert np.abs(found.mean(axis=0) - true).max() < 4.5 * found.std(axis=0).max() / 20
    assert found[:, -1].std() == pytest.approx(error, rel=0.25)


def test_pairs_are_unbiased_where_both_were_changed() -> None:
    """Through the exact channel of both answers: what is expected of it is brought back to the truth."""
    true = np.array([[40.0, 10.0, 0.0], [5.0, 5.0, 60.0]])

    def channel(values: int) -> np.ndarray:
        honest = honest_share(values, 0.7)
        return np.full((values, values), (1 - honest) / (values - 1)) + (honest - (1 - honest) / (values - 1)) * np.eye(
            values
        )

    expected = channel(2) @ true @ channel(3)
    assert np.allclose(unbiased(unbiased(expected, 0.7).T, 0.7).T, true)


def test_counts_of_nothing_but_noise_say_nothing_of_the_class() -> None:
    shares = pulled(np.array([[-30.0, -5.0], [-100.0, 400.0]]), 50.0)
    assert np.allclose(shares.sum(axis=1), 1)
    assert np.allclose(pulled(np.array([[-3.0, -5.0], [-10.0, -4.0]]), 50.0), 0.5)
    assert shares[0, 1] > 0.9


@pytest.mark.parametrize("answers", ["one_pair", "all_columns"])
def test_one_person_replaced_changes_the_answers_of_that_person_alone(answers: str) -> None:
    """The others' answers, with the same lots, stay as they were: the model moves by one person's answers at most."""
    rows = [(0.1 * i % 1, "ab"[i % 2], ("no", "yes")[i % 3 == 0]) for i in range(30)]
    columns = {
        "x": {"kind": "numeric", "bounds": [0, 1]},
        "group": {"categories": ["a", "b"]},
        "y": {"categories": ["no", "yes"]},
    }
    schema = Schema.from_values({"target": "y", "expected_rows": 30, "columns": columns})
    learner = LocalNaiveBayes(epsilon=50.0, answers=answers)

    def tables(people: list[tuple[float, str, str]]) -> list[np.ndarray]:
        data = Dataset(pd.DataFrame(people, columns=["x", "group", "y"]), schema)
        told = learner._one_pair if answers == "one_pair" else learner._all_columns
        target = (data.table["y"] == "yes").to_numpy().astype(np.int64)
        codes = [(data.table["x"] > 0.5).to_numpy().astype(np.int64), (data.table["group"] == "b").to_numpy() * 1]
        return [counts for counts, _ in told(target, 2, codes, [2, 2], np.random.default_rng(5))]

    whole = tables(rows)
    for person in range(30):
        for other in ((0.0, "b", "yes"), (1.0, "a", "no")):
            changed = tables([*rows[:person], other, *rows[person + 1 :]])
            moved = [np.abs(a - b).sum() for a, b in zip(whole, changed, strict=True)]
            assert sum(moved) <= 2.001 if answers == "one_pair" else max(moved) <= 2.001


def test_it_learns_and_more_budget_teaches_more() -> None:
    train, test = split(load("adult"), 1)
    truth = (test.table["income"] == ">50K").to_numpy()
    right = {}
    for epsilon in (0.5, 5.0):
        model = LocalNaiveBayes(epsilon=epsilon).fit(train, np.random.default_rng(0))
        score = model.predict_proba(test)[:, 1]
        right[epsilon] = float((score[truth][:, None] > score[~truth][None, :2000]).mean())
        assert model.guarantee is not None
        assert "local" in model.guarantee.unit
    assert right[5.0] > 0.85
    assert right[5.0] > right[0.5] + 0.1
    assert math.isclose(sum(np.exp(model.log_prior)), 1.0)  # type: ignore[attr-defined]
