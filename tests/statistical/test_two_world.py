"""Two-world audits: every private learner against its own claim, noise that is too small, and claims that are exact.

All learners at once keep a family-wise error of 1 %: each is tested at 1 % divided by their number. Learners with a
Gaussian claim are audited at mu = 1, where noise two times too small is caught by 500 + 500 runs with probability 1
(measured below). At epsilon = 1 (mu = .268) it takes 4,000 + 4,000 runs to catch it with probability .94; 3,000 + 3,000
reach .72, 1,000 + 1,000 about .1.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ppml_core.accounting.gaussian import epsilon_of, mu_of
from ppml_core.attacks.two_world import two_world_audit
from ppml_core.catalog import methods
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Schema
from ppml_core.evidence import Guarantee
from ppml_core.learn import descent
from ppml_core.learn.base import Fitted, Learner
from ppml_core.settings import settings_of

RUNS, FEWER_RUNS, RUNS_AT_ONE = 1000, 200, 4000
DELTA = 1e-5
GAUSSIAN_EPSILON = epsilon_of(1.0, DELTA)

# What makes a learner's last weights as telling as all its noisy sums: few steps, none forgotten, too short to bend.
STRAIGHT = {"steps": 4, "momentum": 0.0, "averaged": 1.0, "learning_rate": 1e-3}
TIGHT: dict[str, dict[str, Any]] = {
    "dp_network": STRAIGHT | {"steps": 1},
    "dp_boosting": {"trees": 20, "columns": 1},
    "dp_gd": STRAIGHT | {"steps": 1, "knots": 1},
    "dp_additive": STRAIGHT | {"steps": 1, "ridge": 0.0},
}
PRIVATE = {name: cls for name, cls in methods(Learner).items() if cls.private}
CASES = [(name, settings) for name in PRIVATE for settings in ({}, TIGHT.get(name)) if settings is not None]


def table(rows: list[tuple[float, str, str]]) -> Dataset:
    columns = {
        "x": {"kind": "numeric", "bounds": [0, 1]},
        "group": {"categories": ["a", "b"]},
        "y": {"categories": ["no", "yes"]},
    }
    schema = Schema.from_values({"target": "y", "positive": "yes", "expected_rows": 20, "columns": columns})
    return Dataset(pd.DataFrame(rows, columns=["x", "group", "y"]), schema)


ORDINARY = [(0.5, "a", "no"), (0.4, "a", "no"), (0.6, "a", "yes"), (0.5, "a", "no")] * 5
CANARY, ITS_OPPOSITE = (1.0, "b", "yes"), (1.0, "b", "no")


def worlds(neighbours: str) -> tuple[Dataset, Dataset]:
    """Without the canary and with it, or with one person who has the other answer."""
    if neighbours == "replace_one":
        return table([*ORDINARY, ITS_OPPOSITE]), table([*ORDINARY, CANARY])
    return table(ORDINARY), table([*ORDINARY, CANARY])


def belief(models: list[Fitted]) -> np.ndarray:
    """How sure each model is of the canary's answer, as log odds."""
    shares = np.array([model.predict_proba(table([CANARY]))[0, 1] for model in models])
    return np.log(np.clip(shares, 1e-300, 1)) - np.log(np.clip(1 - shares, 1e-300, 1))


def beliefs(
    name: str, settings: dict[str, Any], epsilon: float = GAUSSIAN_EPSILON, runs: int = RUNS
) -> tuple[np.ndarray, np.ndarray, Guarantee]:
    cls = PRIVATE[name]
    budget = {"epsilon": epsilon, "delta": DELTA} if "delta" in settings_of(cls) else {"epsilon": 1.0}
    learner = cls.from_values(budget | settings)
    claim = learner.fit(worlds("add_or_remove_one")[1], np.random.default_rng(0)).guarantee
    assert claim is not None
    runs = FEWER_RUNS if name.startswith("diffprivlib") or name == "dp_selected" else runs
    scores = [
        belief(cls.fit_many([learner] * runs, world, [np.random.default_rng([side, run]) for run in range(runs)]))
        for side, world in enumerate(worlds(claim.neighbours))
    ]
    return scores[0], scores[1], claim


@pytest.mark.slow
@pytest.mark.parametrize(("name", "settings"), CASES, ids=[f"{name}-{bool(s)}" for name, s in CASES])
def test_no_learner_leaks_more_than_it_claims(name: str, settings: dict[str, Any]) -> None:
    first, second, claim = beliefs(name, settings)
    found = two_world_audit(first, second, claim, error=0.01 / len(CASES))
    assert not found.contradicted, found


@pytest.fixture
def half_of_the_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = descent._descend

    def half(rows: Any, plans: Any, *rest: Any) -> Any:
        return whole(rows, [dataclasses.replace(plan, noise=plan.noise / 2) for plan in plans], *rest)

    monkeypatch.setattr(descent, "_descend", half)


@pytest.mark.usefixtures("half_of_the_noise")
@pytest.mark.parametrize("name", [pytest.param("dp_gd", marks=pytest.mark.slow), "dp_additive"])
def test_noise_two_times_too_small_is_caught(name: str) -> None:
    """The audit's power, on the real learners with half of the noise that they owe."""
    first, second, claim = beliefs(name, TIGHT[name])
    assert two_world_audit(first, second, claim, error=0.01 / len(CASES)).contradicted


@pytest.mark.slow
@pytest.mark.usefixtures("half_of_the_noise")
def test_noise_two_times_too_small_is_caught_at_epsilon_one() -> None:
    first, second, claim = beliefs("dp_gd", TIGHT["dp_gd"], 1.0, RUNS_AT_ONE)
    assert claim.epsilon == 1.0
    assert two_world_audit(first, second, claim, error=0.01 / len(CASES)).contradicted


@pytest.mark.parametrize(("mu", "runs"), [(1.0, RUNS), (mu_of(1.0, DELTA), RUNS_AT_ONE)])
def test_the_power_and_the_error_of_the_audit_are_as_stated(mu: float, runs: int) -> None:
    """At mu = 1 and at epsilon = 1: true noise is never contradicted in 100 audits, half of it in at least 80."""
    rng = np.random.default_rng(5)
    claim = Guarantee(epsilon_of(mu, DELTA), DELTA, "add_or_remove_one", mu=mu)

    def caught(mu: float) -> int:
        return sum(
            two_world_audit(rng.normal(0, 1, runs), rng.normal(mu, 1, runs), claim, error=0.01 / 15).contradicted
            for _ in range(100)
        )

    assert caught(mu) == 0
    assert caught(2 * mu) >= 80


@pytest.mark.parametrize("epsilon", [0.5, 1.0, 3.0])
def test_exact_laplace_and_randomized_response_pass(epsilon: float) -> None:
    """Claims that are met with equality, where a Gaussian fit would read four to five times the epsilon."""
    rng, claim = np.random.default_rng(9), Guarantee(epsilon, 0.0, "replace_one")
    honest = np.exp(epsilon) / (1 + np.exp(epsilon))
    contradicted = 0
    for _ in range(40):
        first, second = rng.laplace(0, 1 / epsilon, RUNS), rng.laplace(1, 1 / epsilon, RUNS)
        contradicted += two_world_audit(first, second, claim).contradicted
        no, yes = rng.random(RUNS) > honest, rng.random(RUNS) < honest
        contradicted += two_world_audit(no.astype(float), yes.astype(float), claim).contradicted
    assert contradicted <= 2
