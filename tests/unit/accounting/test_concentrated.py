"""Concentrated DP: never below the exact epsilon of the Gaussian, close to dp-accounting's, and back again."""

from __future__ import annotations

import dp_accounting
import pytest
from dp_accounting.rdp import RdpAccountant

from ppml_core.accounting.concentrated import epsilon_of_rho, rho_of
from ppml_core.accounting.gaussian import epsilon_of
from ppml_core.errors import BadInput


@pytest.mark.parametrize("mu", [0.01, 0.268, 1.0, 5.0, 30.0])
@pytest.mark.parametrize("delta", [1e-9, 1e-5, 1e-2])
def test_it_bounds_the_exact_epsilon_and_agrees_with_renyi_accounting(mu: float, delta: float) -> None:
    stated = epsilon_of_rho(mu * mu / 2, delta)
    assert stated >= epsilon_of(mu, delta)
    accountant = RdpAccountant()
    accountant.compose(dp_accounting.GaussianDpEvent(1 / mu))
    theirs = accountant.get_epsilon(delta)
    assert stated <= theirs * (1 + 1e-6) + 1e-9
    assert stated >= 0.9 * theirs - 0.02


@pytest.mark.parametrize("epsilon", [1e-3, 0.1, 1.0, 10.0, 1e3])
@pytest.mark.parametrize("delta", [1e-12, 1e-5])
def test_a_budget_becomes_the_largest_rho_that_keeps_it(epsilon: float, delta: float) -> None:
    rho = rho_of(epsilon, delta)
    assert epsilon_of_rho(rho, delta) <= epsilon
    assert epsilon_of_rho(rho * 1.0001, delta) > epsilon * 0.99999


def test_budgets_that_are_none_are_refused() -> None:
    for epsilon, delta in ((0, 1e-5), (1, 0), (float("inf"), 1e-5), (1, 1)):
        with pytest.raises(BadInput):
            rho_of(epsilon, delta)
