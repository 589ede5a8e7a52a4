"""What each strategy makes of updates that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from ppml_core.catalog import methods
from ppml_core.errors import BadInput
from ppml_core.federated.plan import Plan, strategy_of
from ppml_core.federated.strategies.base import Strategy
from ppml_core.federated.update import Update

START = [np.zeros((2, 1))]


def updates(*values: float, rows: int = 1) -> list[Update]:
    return [Update(place, [np.full((2, 1), value)], rows) for place, value in enumerate(values)]


def after(strategy: str, given: list[Update], **settings: float) -> float:
    made = strategy_of(Plan(strategy=strategy, **settings))  # type: ignore[arg-type]
    weights, _ = made.stepped(START, made.combined(given), [])
    assert weights[0][0] == weights[0][1]
    return float(weights[0][0, 0])


def test_the_plan_offers_every_strategy_there_is_and_masks_those_that_a_sum_is_enough_for() -> None:
    for name, cls in methods(Strategy).items():
        if cls.needs_each:
            with pytest.raises(BadInput, match=name):
                Plan(strategy=name, secagg=True)
        else:
            assert Plan(strategy=name, secagg=True).strategy == name


def test_averages_weigh_by_rows() -> None:
    given = [*updates(1.0, rows=3), *updates(5.0, rows=1)]
    assert after("fedavg", given) == after("fedprox", given) == 2.0


def test_wild_clients_move_the_mean_but_not_the_median_or_the_trimmed_mean() -> None:
    given = updates(1.0, 2.0, 3.0, 4.0, 1000.0)
    assert after("fedavg", given) == 202.0
    assert after("median", given) == 3.0
    assert after("trimmed_mean", given, trimmed=0.2) == 3.0
    assert after("trimmed_mean", given, trimmed=0.0) == 202.0


def test_a_client_without_rows_counts_nowhere() -> None:
    given = [*updates(1.0, 2.0, 3.0), *updates(0.0, 0.0, rows=0)]
    assert after("fedavg", given) == after("median", given) == 2.0
    with pytest.raises(BadInput, match="no client"):
        after("fedavg", updates(0.0, rows=0))


def test_momentum_keeps_a_share_of_the_last_step() -> None:
    made = strategy_of(Plan(), momentum=0.5)
    weights, state = made.stepped(START, made.combined(updates(1.0)), [])
    weights, _ = made.stepped(weights, made.combined(updates(1.0)), state)
    assert weights[0][0, 0] == 1.0 + 1.5


def test_adam_steps_alike_whatever_the_size_of_the_change() -> None:
    small, large = (after("fedadam", updates(size), server_rate=0.1) for size in (1.0, 1000.0))
    assert small == pytest.approx(0.1 * 0.1 / (0.1 + 1e-3))
    assert large == pytest.approx(0.1, rel=1e-4)
