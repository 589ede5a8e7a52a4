"""The training in floats, which the parties are compared with, and the public plan behind it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.special import expit

from ppml_core.errors import BadInput, NotApplicable
from ppml_core.mpc import engines
from ppml_core.mpc.descent import batch_rows, gradients, logits, polynomial, probabilities, trained_in_clear
from ppml_core.mpc.plan import Model, Plan, Split, first_weights


def plan_of(model: Model = "logistic_regression", split: Split = "horizontal", steps: int = 30, **more: object) -> Plan:
    columns = (5, 5, 5) if split == "horizontal" else (2, 2, 1)
    rows = (40, 40, 41) if split == "horizontal" else (121, 121, 121)
    return Plan.of(model, split, rows, rows, columns, longest=6.0, steps=steps, **more)  # type: ignore[arg-type]


def people(seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.random((121, 4)), np.ones(121)])
    return X, (rng.random(121) < expit(X @ np.array([3.0, -3.0, 2.0, 0.0, -1.0]))).astype(float)


def test_a_plan_comes_back_from_json() -> None:
    plan = plan_of("network", "vertical", batch=50)
    assert Plan.from_values(json.loads(json.dumps(plan.values()))) == plan


def test_every_public_number_is_short() -> None:
    plan = plan_of()
    for number, bits in ((plan.linear, 14), (plan.cubic, 14), (plan.factor, 6), *((m, 8) for m in plan.momenta)):
        assert number * 2**bits == round(number * 2**bits)


def test_batches_share_out_the_people_and_each_has_some_of_every_holder() -> None:
    plan = plan_of(batch=30)
    assert plan.batches == 4
    seen = [np.arange(plan.people)[batch_rows(plan, step)] for step in range(plan.batches)]
    assert sorted(np.concatenate(seen)) == list(range(120))
    for rows in seen:
        assert set(np.searchsorted([40, 80], rows, side="right")) == {0, 1, 2}


@pytest.mark.parametrize("model", ["logistic_regression", "network"])
def test_gradients_are_those_of_the_log_loss(model: Model) -> None:
    X, y = people()
    plan = plan_of(model)
    rng = np.random.default_rng(2)
    weights = tuple(w + 0.3 * rng.standard_normal(w.shape) for w in first_weights(plan))

    def loss(ws: tuple[np.ndarray, ...]) -> float:
        z = logits(X, ws)
        return float((np.logaddexp(0, z) - y * z).sum())

    halved = 0.5 if model == "network" else 1.0
    for place, slope in enumerate(gradients(X, y, weights, expit)):
        for index in np.ndindex(slope.shape):
            moved = [w.copy() for w in weights]
            moved[place][index] += 1e-5
            up = loss(tuple(moved))
            moved[place][index] -= 2e-5
            expected = (up - loss(tuple(moved))) / 2e-5 * (halved if place == 0 else 1.0)
            assert slope[index] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("model", ["logistic_regression", "network"])
def test_training_lowers_the_loss_with_the_polynomial_and_with_the_sigmoid(model: Model) -> None:
    X, y = people()
    plan = plan_of(model, steps=400, rate=0.15)
    for exact in (False, True):
        z = logits(X, trained_in_clear(plan, X, y, exact))
        assert (np.logaddexp(0, z) - y * z).mean() < 0.6


def test_exact_steps_end_where_the_loss_is_least() -> None:
    X, y = people()
    weights = trained_in_clear(plan_of(steps=3000), X, y, exact=True)
    assert np.abs(gradients(X, y, weights, expit)[0]).max() < 0.01


def test_the_polynomial_is_near_the_sigmoid_where_it_was_fitted() -> None:
    z = np.linspace(-8, 8, 101)
    assert np.abs(polynomial(plan_of())(z) - expit(z)).max() < 0.13
    assert probabilities(plan_of(), np.eye(5), (np.zeros(5),)).tolist() == [0.5] * 5


def test_a_step_too_short_to_be_written_is_refused() -> None:
    with pytest.raises(BadInput, match="learning_rate"):
        plan_of(rate=1e-6)


def test_what_is_not_installed_is_said_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "installed", lambda: ())
    with pytest.raises(NotApplicable, match=r"pip install 'ppml-explorer\[mpc\]'"):
        engines.chosen("auto")
    monkeypatch.setattr(engines, "installed", lambda: ("mpyc",))
    assert engines.chosen("auto") == "mpyc"
    with pytest.raises(NotApplicable, match=r"CPython 3\.11"):
        engines.chosen("spu")
    with pytest.raises(BadInput, match="engine"):
        engines.chosen("other")
