"""Private selection: what the choice costs, and that everything which touched the rows is inside it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from ppml_core.accounting.concentrated import epsilon_of_rho
from ppml_core.accounting.selection import epsilon_of_selection, mu_of_selection
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.split import split
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.learn import dp_selected
from ppml_core.learn.descent import Features, Plan
from ppml_core.learn.dp_selected import DPSelected
from ppml_core.learn.promise import Ground


def adult(rows: int = 300) -> Dataset:
    return split(load("adult"), 1)[0].take(np.arange(rows))


def by_hand(mu: float, runs: float, delta: float) -> float:
    """Theorem 2 with eta = 1 on a plain double loop over orders."""
    best = math.inf
    for order in np.geomspace(1.01, 2000, 300):
        for other in np.geomspace(1.0, 2000, 300):
            renyi = order * mu**2 / 2 + 2 * (1 - 1 / other) * other * mu**2 / 2 + 2 * math.log(runs) / other
            renyi += math.log(runs) / (order - 1)
            best = min(best, renyi + math.log1p(-1 / order) - (math.log(delta) + math.log(order)) / (order - 1))
    return best


@pytest.mark.parametrize("mu", [0.05, 0.5])
@pytest.mark.parametrize("runs", [2.0, 20.0])
def test_the_cost_is_that_of_the_theorem(mu: float, runs: float) -> None:
    assert epsilon_of_selection(mu, runs, 1e-5) == pytest.approx(by_hand(mu, runs, 1e-5), rel=0.01)


def test_one_run_alone_costs_what_a_run_costs_at_least_and_more_runs_cost_more() -> None:
    costs = [epsilon_of_selection(0.3, runs, 1e-5) for runs in (1, 2, 5, 50)]
    assert costs == sorted(costs)
    assert costs[0] >= epsilon_of_rho(0.3**2 / 2, 1e-5) - 1e-3
    assert costs[3] < 4 * costs[0]


@pytest.mark.parametrize("epsilon", [1e-2, 1.0, 100.0])
def test_the_budget_of_a_run_keeps_the_whole(epsilon: float) -> None:
    mu = mu_of_selection(epsilon, 5, 1e-6)
    assert epsilon_of_selection(mu, 5, 1e-6) <= epsilon
    assert epsilon_of_selection(mu * 1.001, 5, 1e-6) > epsilon * 0.999


def test_training_and_score_together_spend_the_budget_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    plans: list[Plan] = []
    whole = dp_selected.train

    def watched(data: Dataset, ground: Ground, features: Features, made: list[Plan], rngs: list[Any]) -> Any:
        plans.extend(made)
        return whole(data, ground, features, made, rngs)

    monkeypatch.setattr(dp_selected, "train", watched)
    learner = DPSelected(epsilon=3.0, delta=1e-6, score_share=0.2)
    model = learner.fit(adult(), np.random.default_rng(1))
    mu = mu_of_selection(3.0, learner.runs, 1e-6)
    assert plans
    for plan in plans:
        spent = math.sqrt(plan.steps) * plan.clip / plan.noise
        assert math.hypot(spent, mu * math.sqrt(0.2)) == pytest.approx(mu)
    assert model.guarantee is not None
    assert (model.guarantee.epsilon, model.guarantee.delta, model.guarantee.mu) == (3.0, 1e-6, None)
    assert dict(model.noise)["mu_of_a_run"] == mu


def test_a_choice_that_no_budget_covers_is_refused_in_words() -> None:
    with pytest.raises(NotApplicable, match="costs more than"):
        mu_of_selection(1e-9, 100, 1e-9)
    with pytest.raises(BadInput):
        epsilon_of_selection(0.1, 0.5, 1e-5)
