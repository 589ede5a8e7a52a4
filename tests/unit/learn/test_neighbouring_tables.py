"""Neighbouring tables of learners whose noise a library draws, or whose choice is noisy, by brute force."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from scipy.special import expit

from ppml_core.data.bundled import load
from ppml_core.data.split import split
from ppml_core.learn.diffprivlib_naive_bayes import CLASSES_TOUCHED
from ppml_core.learn.diffprivlib_trees import COUNTS_TOUCHED
from ppml_core.learn.dp_selected import DPSelected, people_right
from ppml_core.learn.models import imported
from ppml_core.learn.promise import Ground

WIDTH = 3
EXTREME = [*np.eye(WIDTH), *-np.eye(WIDTH), np.zeros(WIDTH), np.ones(WIDTH) / math.sqrt(WIDTH)]


# Logistic regression of the library


def drawn_by_the_library(epsilon: float, alpha: float, rows: int) -> tuple[float, float]:
    """(scale of its linear term, ridge that it uses) as 1,000 of its own perturbations of nothing show them."""
    state, lengths, added = np.random.RandomState(0), [], 0.0
    for _ in range(1000):
        mechanism = imported("diffprivlib.mechanisms").Vector(
            epsilon=epsilon, dimension=WIDTH, alpha=alpha, function_sensitivity=0.25, data_sensitivity=1.0, n=rows,
            random_state=state,
        )  # fmt: skip
        tilted = mechanism.randomise(lambda w: 0.0)
        up, down = (np.array([tilted(sign * axis) for axis in np.eye(WIDTH)]) for sign in (1, -1))
        lengths.append(float(np.linalg.norm((up - down) / 2)) * rows)
        added = float((up + down)[0]) * rows
    return float(np.mean(lengths)) / WIDTH, alpha + added


def log_density(w: np.ndarray, X: np.ndarray, y: np.ndarray, scale: float, ridge: float) -> float:
    p = expit(X @ w)
    tilt = -(X.T @ (p - y) + ridge * w)
    curvature = (X.T * (p * (1 - p))) @ X + ridge * np.eye(WIDTH)
    return float(-np.linalg.norm(tilt) / scale + np.linalg.slogdet(curvature)[1])


@pytest.mark.parametrize(("epsilon", "alpha"), [(1.0, 1.0), (0.2, 0.01)])
def test_no_weights_of_the_library_s_logistic_regression_are_likelier_than_epsilon_allows(
    epsilon: float, alpha: float
) -> None:
    """Rows at most 1 long, every one replaced by rows at the bounds; the scale is measured, so within 5 %."""
    rng = np.random.default_rng(0)
    X = rng.normal(0, 1, (5, WIDTH))
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    y = rng.integers(0, 2, 5).astype(float)
    scale, ridge = drawn_by_the_library(epsilon, alpha, len(X))
    seen = [length * way for way in EXTREME for length in (-50.0, -1.0, 0.0, 1.0, 50.0)]
    worst = 0.0
    for person, row, label in itertools.product(range(5), EXTREME, (0.0, 1.0)):
        other, labels = X.copy(), y.copy()
        other[person], labels[person] = row, label
        gaps = [log_density(w, X, y, scale, ridge) - log_density(w, other, labels, scale, ridge) for w in seen]
        worst = max(worst, *np.abs(gaps))
    assert 0.3 * epsilon < worst <= epsilon * 1.05


# Naive Bayes of the library


def test_one_replaced_person_moves_the_library_s_naive_bayes_by_its_budget_at_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What each of its mechanisms is asked, in units of its noise, over both classes; the counts told stay the same."""
    module, asked = imported("diffprivlib.models.naive_bayes"), []

    class Told:
        """Answers as if the table were another, so that what is asked later can be compared."""

        def __init__(self, epsilon: float, sensitivity: float, upper: float, **_: Any) -> None:
            self.rate, self.upper = epsilon / sensitivity, upper

        def randomise(self, value: float) -> float:
            asked.append((self.rate, float(min(max(value, 0), self.upper))))
            return 6 if self.upper == 12 and isinstance(value, np.integer) else 0.25 * self.upper

    for name in ("GeometricTruncated", "LaplaceTruncated", "LaplaceBoundedDomain"):
        monkeypatch.setattr(module, name, Told)

    def spoken(X: np.ndarray, y: np.ndarray) -> list[tuple[float, float]]:
        asked.clear()
        module.GaussianNB(epsilon=1.0, bounds=(0.0, 1.0), random_state=0).fit(X, y)
        return list(asked)

    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 2, (12, 2)).astype(float), np.repeat([0, 1], 6)
    whole, worst = spoken(X, y), 0.0
    for person, a, b, label in itertools.product(range(12), (0.0, 1.0), (0.0, 1.0), (0, 1)):
        other, labels = X.copy(), y.copy()
        other[person], labels[person] = (a, b), label
        again = spoken(other, labels)
        assert [rate for rate, _ in again] == [rate for rate, _ in whole]
        worst = max(worst, sum(rate * abs(v - w) for (rate, v), (_, w) in zip(whole, again, strict=True)))
    assert 1.0 < worst <= CLASSES_TOUCHED, "more than the library charges, and no more than it is given half for"


# Trees of the library


def chance_of_first(counts: tuple[int, int], epsilon: float) -> float:
    """Permute and flip of two counts that only grow or only fall (McKenna, Sheldon 2020)."""
    behind = 0.5 * math.exp(-epsilon * abs(counts[0] - counts[1]))
    return 1 - behind if counts[0] >= counts[1] else behind


def test_labels_of_leaves_are_drawn_by_that_law() -> None:
    state = np.random.RandomState(0)
    mechanism = imported("diffprivlib.mechanisms").PermuteAndFlip
    for counts in ((3, 1), (0, 1), (2, 2)):
        draws = [
            mechanism(epsilon=0.7, sensitivity=1, monotonic=True, utility=list(counts), random_state=state).randomise()
            for _ in range(1500)
        ]
        assert np.mean(np.array(draws) == 0) == pytest.approx(chance_of_first(counts, 0.7), abs=0.045)


@pytest.mark.parametrize("epsilon", [0.1, 2.0])
def test_one_replaced_person_changes_the_labels_of_leaves_by_the_budget_at_most(epsilon: float) -> None:
    """Every pair of leaves with up to five people, one of whom moves to the other, or to the other class."""
    each, worst = epsilon / COUNTS_TOUCHED, 0.0
    sizes = list(itertools.product(range(6), repeat=4))
    for leaves in sizes:
        for here, there in itertools.permutations(range(4), 2):
            if leaves[here] == 0:
                continue
            moved = list(leaves)
            moved[here] -= 1
            moved[there] += 1
            loss = 0.0
            for place in (0, 2):
                before = chance_of_first((leaves[place], leaves[place + 1]), each)
                after = chance_of_first((moved[place], moved[place + 1]), each)
                loss += max(abs(math.log(before / after)), abs(math.log((1 - before) / (1 - after))))
            worst = max(worst, loss)
    assert 0.9 * epsilon < worst <= epsilon * (1 + 1e-9)


# The choice of settings


def test_one_person_moves_the_score_of_a_run_by_one_at_most() -> None:
    """The number of people that a model gets right, over all removals and replacements of one."""
    data = split(load("adult"), 1)[0].take(np.arange(40))
    ground = Ground.of(data, needs_size=False)
    model = DPSelected(runs=1.0, epsilon=20.0).fit(data, np.random.default_rng(0))
    truth = ground.target(data)
    whole, moved = people_right(model, data, truth), []
    for person in range(40):
        rest = np.arange(40) != person
        moved.append(abs(whole - people_right(model, data.take(np.flatnonzero(rest)), truth[rest])))
        other = np.where(rest, truth, 1 - truth)
        moved.append(abs(whole - people_right(model, data, other)))
    assert max(moved) == 1
