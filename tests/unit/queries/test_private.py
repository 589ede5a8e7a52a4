"""The private desk: costs add up exactly, noise is as large as the cost says, and nothing private decides a refusal."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import opendp.prelude as dp
import pandas as pd
import pytest

from ppml_core.accounting.concentrated import epsilon_of_rho
from ppml_core.charts.query_words import preview_facts
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import INFERRED
from ppml_core.errors import BadInput, NotApplicable, Unreachable
from ppml_core.queries.engine import Engine
from ppml_core.queries.ledger import UNITS, MemoryJournal, Session, collusion
from ppml_core.queries.noise import Noise, OpenDPNoise, SeededNoise
from ppml_core.queries.plans import plan_of
from ppml_core.queries.private import PrivateDesk
from ppml_core.queries.query import Compare, Query, checked

OLD = Compare("age", ">=", 50)
QUERIES = {
    "count": Query("count", where=OLD),
    "groups": Query("count", group_by=("sex", "town")),
    "histogram": Query("histogram", "age", argument=4),
    "categories": Query("histogram", "town"),
    "sum": Query("sum", "age", OLD),
    "mean": Query("mean", "age"),
    "mean of groups": Query("mean", "age", group_by=("town",)),
    "variance": Query("variance", "age"),
}


def desk(engine: Engine, epsilon: float = 100.0, delta: float = 0.0, noise: Noise | None = None) -> PrivateDesk:
    drawn = noise or SeededNoise(np.random.default_rng(1))
    return PrivateDesk(engine, MemoryJournal(), drawn, Session("ada", engine.data.fingerprint, epsilon, delta))


class Untouchable:
    """An engine that may show its schema and nothing else."""

    def __init__(self, engine: Engine) -> None:
        self.schema = engine.schema


@pytest.mark.parametrize("delta", [0.0, 1e-6])
@pytest.mark.parametrize("name", QUERIES)
def test_answers_lie_within_the_error_told_before(name: str, delta: float, engine: Engine) -> None:
    asked = desk(engine, 1000.0, delta)
    query = QUERIES[name]
    exact = [0.0 if cell.value is None else cell.value for cell in engine.cells(query)]
    inside, told = [], asked.preview(query, 2.0)
    for _ in range(15):
        cells = asked.ask(query, 2.0).cells
        inside += [cell.low <= truth <= cell.high for cell, truth in zip(cells, exact, strict=True)]  # type: ignore[operator]
    assert np.mean(inside) >= 0.85
    assert told.half_width is not None
    if name in ("count", "groups", "histogram"):
        widths = {round((cell.high or 0) - cell.value, 9) for cell in cells}
        assert widths == {round(told.half_width, 9)}


def test_a_quantile_is_near_in_rank(engine: Engine, people: Dataset) -> None:
    asked = desk(engine)
    query = Query("quantile", "age", argument=0.75)
    ages = people.table["age"].dropna()
    told = asked.preview(query, 1.0).half_width
    assert told is not None
    far = [abs(int((ages < (asked.ask(query, 1.0).value or 0)).sum()) - 0.75 * len(ages)) for _ in range(25)]
    ties = ages.value_counts().max()
    assert np.mean(np.array(far) <= told + ties) >= 0.95


def test_costs_add_up_exactly_and_the_next_is_refused(engine: Engine) -> None:
    asked = desk(engine, 1.0)
    for _ in range(10):
        asked.ask(QUERIES["count"], 0.1)
    assert asked.spent == 1.0
    assert asked.left == 0.0
    assert not asked.preview(QUERIES["count"], 1e-9).fits
    with pytest.raises(Unreachable, match="exhausted") as refused:
        asked.ask(QUERIES["count"], 1e-9)
    assert refused.value.best == 0.0
    assert len(asked.history()) == 10


def test_a_concentrated_budget_says_what_it_spent_at_its_delta(engine: Engine) -> None:
    asked, cost = desk(engine, 1.0, 1e-6), 0.04
    while asked.preview(QUERIES["count"], cost).fits:
        asked.ask(QUERIES["count"], cost)
    with pytest.raises(Unreachable):
        asked.ask(QUERIES["count"], cost)
    number = len(asked.history())
    assert asked.spent == pytest.approx(epsilon_of_rho(number * cost**2 / 2, 1e-6))
    assert asked.spent <= 1.0 < epsilon_of_rho((number + 1) * cost**2 / 2, 1e-6)
    assert number > 1 / cost  # where pure epsilons would have added up to the budget


@pytest.mark.parametrize("delta", [0.0, 1e-5])
def test_what_is_said_to_be_left_can_be_asked_for(delta: float, engine: Engine) -> None:
    for budget in np.random.default_rng(4).uniform(0.01, 20, 60).tolist():
        asked = desk(engine, budget, delta)
        asked.ask(QUERIES["count"], asked.left * 0.3)
        with pytest.raises(Unreachable) as refused:
            asked.ask(QUERIES["count"], budget)
        advised = re.search(r"ask for ε = (\S+) at most" if delta else r"has ε = (\S+) left", str(refused.value))
        assert advised
        told = asked.preview(QUERIES["count"], budget)
        cost, _, could = preview_facts(QUERIES["count"], told, asked.session, asked.spent)
        assert cost[2].endswith("at δ = 10⁻⁵" if delta else told.mechanism)
        shown = could[0].removeprefix("ε = ")
        for epsilon in (asked.left, told.left, float(refused.value.best or 0), float(advised[1]), float(shown)):
            assert asked.preview(QUERIES["count"], epsilon).fits
        assert float(advised[1]) == pytest.approx(asked.left, rel=1e-5), "and hardly more could be"


def test_two_analysts_have_budgets_of_their_own_and_collude(engine: Engine) -> None:
    journal, noise = MemoryJournal(), SeededNoise(np.random.default_rng(1))
    table = engine.data.fingerprint
    ada = PrivateDesk(engine, journal, noise, Session("ada", table, 1.0))
    bob = PrivateDesk(engine, journal, noise, Session("bob", table, 2.0))
    assert ada.together() is None
    ada.ask(QUERIES["count"], 1.0)
    bob.ask(QUERIES["count"], 0.5)
    assert (ada.left, bob.left) == (0.0, 1.5)
    together = ada.together()
    assert together is not None
    assert (together.epsilon, together.delta) == (1.5, 0.0)
    again = PrivateDesk(engine, journal, noise, Session("ada", table, 1.0))
    assert again.left == 0.0  # coming back does not refill it
    with pytest.raises(BadInput, match="opened with"):
        PrivateDesk(engine, journal, noise, Session("ada", table, 5.0))


def test_collusion_of_pure_and_concentrated_sessions_adds_rho() -> None:
    told = collusion([Session("a", "t", 1.0), Session("b", "t", 1.0, 1e-6)], [UNITS // 2, UNITS // 100])
    assert told is not None
    assert told.epsilon == pytest.approx(epsilon_of_rho(0.5**2 / 2 + 0.01, 1e-6))


def test_previews_and_refusals_read_no_row(engine: Engine) -> None:
    asked = desk(engine, 1.0)
    asked.engine = Untouchable(engine)  # type: ignore[assignment]
    for query in QUERIES.values():
        assert asked.preview(query, 0.5).fits
    for query, epsilon in ((Query("sum", "born"), 0.5), (Query("count", group_by=("age",)), 0.5), (Query("count"), -1)):
        with pytest.raises(BadInput):
            asked.ask(query, epsilon)
    with pytest.raises(Unreachable):
        asked.ask(Query("count"), 1.5)


def test_bounds_read_off_the_rows_are_refused(people: Dataset, engine: Engine) -> None:
    def inferred(name: str) -> Engine:
        column = dataclasses.replace(people.schema[name], source=INFERRED)
        return Engine(people.with_schema(people.schema.replace_columns({name: column})))

    for name, query in (("age", QUERIES["mean"]), ("town", QUERIES["groups"]), ("town", QUERIES["categories"])):
        with pytest.raises(NotApplicable, match="inferred"):
            desk(inferred(name)).ask(query, 1.0)
    assert desk(inferred("age")).ask(QUERIES["count"], 1.0).value is not None


def test_a_seed_gives_no_guarantee_and_opendp_does(engine: Engine) -> None:
    seeded, released = desk(engine), desk(engine, noise=OpenDPNoise())
    explored = seeded.ask(QUERIES["count"], 0.5)
    assert explored.guarantee is None
    assert "seed" in explored.note
    answer = released.ask(QUERIES["count"], 0.5)
    assert answer.guarantee is not None
    assert (answer.guarantee.epsilon, answer.guarantee.delta) == (0.5, 0.0)
    assert answer.value != released.ask(QUERIES["count"], 0.5).value
    for query in (*QUERIES.values(), Query("quantile", "age", argument=0.5, group_by=("town",))):
        for delta in (0.0, 1e-6):
            assert len(desk(engine, delta=delta, noise=OpenDPNoise()).ask(query, 1.0).cells) >= 1


@pytest.mark.parametrize("epsilon", [0.1, 1 / 3, 7.7])
def test_opendp_says_that_the_noise_costs_no_more_than_charged(epsilon: float, engine: Engine) -> None:
    """The scales, asked of OpenDP's own privacy maps."""
    dp.enable_features("contrib")
    floats = dp.vector_domain(dp.atom_domain(T=float, nan=False))
    whole = dp.vector_domain(dp.atom_domain(T="i64")), dp.linf_distance(T="i64")
    for query in QUERIES.values():
        plan = plan_of(checked(query, engine.schema), engine.schema)
        pure, concentrated = desk(engine), desk(engine, delta=1e-6)
        epsilons, rhos = [], []
        for at, part in enumerate(plan.parts):
            laplace = dp.m.make_laplace(floats, dp.l1_distance(T=float), scale=pure._scale(plan, at, epsilon))
            epsilons.append(laplace.map(float(part.sensitivity)))
            assert Fraction(part.sensitivity) / Fraction(pure._scale(plan, at, epsilon)) <= (
                Fraction(repr(epsilon)) / len(plan.parts)
            )
            gauss = dp.m.make_gaussian(floats, dp.l2_distance(T=float), scale=concentrated._scale(plan, at, epsilon))
            rhos.append(gauss.map(float(part.sensitivity)))
        assert sum(epsilons) <= epsilon * (1 + 1e-12)
        assert sum(rhos) <= epsilon**2 / 2 * (1 + 1e-12)
    assert dp.m.make_noisy_max(*whole, dp.max_divergence(), scale=2 * 75 / epsilon).map(75) <= epsilon * (1 + 1e-12)


def test_one_person_moves_each_part_by_its_sensitivity_at_most(people: Dataset) -> None:
    """The exact sums of a table and of the same table with one more person, at both ends of the bounds."""
    for age in (-1e300, 0.0, 37.3, 100.0, 1e300, np.nan):
        table = pd.concat([people.table, people.table.iloc[[0]].assign(age=age)], ignore_index=True)
        first, second = Engine(people), Engine(dataclasses.replace(people, table=table))
        for query in QUERIES.values():
            plan = plan_of(query, people.schema)
            sums = [desk(one)._exact(plan) for one in (first, second)]
            for at, part in enumerate(plan.parts):
                moved = [abs(a[at] - b[at]) for a, b in zip(*sums, strict=True)]
                assert sum(moved) <= part.sensitivity
        for share in (0.0, 0.25, 1.0):
            query = Query("quantile", "age", argument=share)
            before, after = (desk(one)._exact(plan_of(query, people.schema))[0] for one in (first, second))
            moves = np.abs(np.array(before) - np.array(after))
            assert moves.max() <= max(100 * share, 100 - 100 * share)


def test_a_budgets_delta_stays_below_the_limit_of_the_public_size(engine: Engine) -> None:
    size = engine.schema.expected_rows or 0
    assert desk(engine, delta=1 / (10 * size)).session.delta > 0
    with pytest.raises(BadInput, match="is above 1/"):
        desk(engine, delta=1 / (9 * size))


@pytest.mark.parametrize("make", [lambda: Session("a", "t", 0.0), lambda: Session("a", "t", 1.0, 1.0)])
def test_budgets_that_are_none_are_refused(make: Callable[[], Session]) -> None:
    with pytest.raises(BadInput):
        make()
