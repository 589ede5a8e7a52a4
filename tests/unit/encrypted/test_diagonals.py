"""Both products of an encrypted table with a vector, from one set of ciphertexts; and one step of descent."""

from __future__ import annotations

import numpy as np
import pytest

from ppml_core.encrypted.ckks import KeyHolder, Ring
from ppml_core.encrypted.descent import Plan, clear_run
from ppml_core.encrypted.diagonals import Table, diagonals, padded_width, rotation_steps
from ppml_core.encrypted.parameters import Parameters
from ppml_core.encrypted.training_server import Step

COLUMNS, ROWS = 3, 40
TINY = Parameters(8192, (38, 32, 32, 32, 32, 38), scale_bits=32)


@pytest.fixture(scope="module")
def holder() -> KeyHolder:
    return KeyHolder(TINY)


@pytest.fixture(scope="module")
def table(holder: KeyHolder) -> tuple[np.ndarray, Table]:
    """A table in the clear and as its encrypted diagonals."""
    X = np.column_stack([np.random.default_rng(1).random((ROWS, COLUMNS - 1)), np.ones(ROWS)])
    ring, width = Ring(TINY), padded_width(COLUMNS)
    cells = [ring.read("Ciphertext", holder.encrypt(d)) for d in diagonals(X, width, TINY.slots)]
    keys = ring.read("RelinKeys", holder.relinearization_keys())
    turns = ring.read("GaloisKeys", holder.rotation_keys(rotation_steps(width, TINY.slots)))
    return X, Table(ring, cells, keys, turns)


def encrypted(holder: KeyHolder, values: np.ndarray) -> object:
    return Ring(TINY).read("Ciphertext", holder.encrypt(values))


def test_the_products_are_those_in_the_clear(holder: KeyHolder, table: tuple[np.ndarray, Table]) -> None:
    X, cells = table
    w, r = np.array([0.5, -1.0, 0.25]), np.linspace(-1, 1, ROWS)
    repeated = np.tile(np.append(w, 0.0), TINY.slots // 4)
    assert np.abs(holder.decrypt(cells.forward(encrypted(holder, repeated)))[:ROWS] - X @ w).max() < 1e-3
    found = holder.decrypt(cells.backward(encrypted(holder, r)))
    assert np.abs(found[:COLUMNS] - X.T @ r).max() < 1e-3
    assert np.abs(found[-4:-1] - X.T @ r).max() < 1e-3, "repeated over all slots"


def test_a_step_on_ciphertexts_is_a_step_in_the_clear(holder: KeyHolder, table: tuple[np.ndarray, Table]) -> None:
    X, cells = table
    y = (X[:, :1] > 0.5).astype(float)
    plan = Plan(rounds=1, learning_rate=1.0, momentum=0.5, interval=8.0, ridge=0.01, batch=ROWS)
    labels = encrypted(holder, y[:, 0] - 0.5)
    step = Step(cells.ring, plan, ROWS, cells.keys)
    before, weights = np.zeros(3), clear_run(X, y, plan)[:, 0]
    repeated = [encrypted(holder, np.tile(np.append(w, 0.0), TINY.slots // 4)) for w in (weights, before)]
    two = Plan(rounds=2, learning_rate=1.0, momentum=0.5, interval=8.0, ridge=0.01, batch=ROWS)
    found = holder.decrypt(step.next(cells, labels, *repeated))[:COLUMNS]
    assert np.abs(found - clear_run(X, y, two)[:, 0]).max() < 1e-3


def test_the_cubic_follows_the_sigmoid_best_on_its_interval() -> None:
    z = np.linspace(-8, 8, 401)
    sigmoid = 1 / (1 + np.exp(-z))

    def error(c1: float, c3: float) -> float:
        return float(np.mean((0.5 + c1 * z + c3 * z**3 - sigmoid) ** 2))

    best = Plan(1, 1.0, 0.0, 8.0, 0.0, 1).cubic
    assert all(error(*best) <= error(best[0] * a, best[1] * b) for a in (0.95, 1, 1.05) for b in (0.95, 1, 1.05))


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.8, 0.95])
def test_the_step_that_is_chosen_does_not_diverge_on_rows_all_alike(momentum: float) -> None:
    """The hardest rows for a step: all of them the longest there may be."""
    X, y = np.full((20, 4), 1.0), np.tile([[0.0], [1.0]], (10, 1))
    plan = Plan.stable(4.0, rounds=400, momentum=momentum, interval=8.0, ridge=0.0, batch=20)
    y[0] = 1.0
    log_odds = (X @ clear_run(X, y, plan))[0, 0]
    assert 0.5 + plan.cubic[0] * log_odds + plan.cubic[1] * log_odds**3 == pytest.approx(11 / 20, abs=1e-3)
    assert Plan.stable(4.0, 0.25, rounds=1, momentum=0.0, interval=8.0, ridge=0.0, batch=1).learning_rate == 0.25
