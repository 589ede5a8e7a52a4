"""Each restriction does what its paper says, and says on what its decision rests."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ppml_core.errors import BadInput
from ppml_core.queries.desk import RestrictedDesk, read_policies
from ppml_core.queries.engine import Engine
from ppml_core.queries.policies.cell_suppression import withheld
from ppml_core.queries.policies.sum_audit import Space
from ppml_core.queries.query import EVERYONE, And, Compare, Condition, Not, OneOf, Or, Query

OLD = Compare("age", ">=", 70)
ILL = Compare("ill", "=", "yes")


def desk(engine: Engine, *policies: str, seed: int = 1) -> RestrictedDesk:
    return RestrictedDesk(engine, read_policies(policies), np.random.default_rng(seed))


def count(where: Condition = EVERYONE) -> Query:
    return Query("count", None, where)


def test_without_a_policy_everything_is_answered(engine: Engine) -> None:
    answer = desk(engine).ask(count(OLD))
    assert answer.allowed
    assert answer.value == engine.rows(OLD).sum()


def test_min_size_denies_the_small_and_the_nearly_all(engine: Engine) -> None:
    asked = desk(engine, "min_size=50")
    few = And((OLD, Compare("town", "=", "c")))
    assert engine.rows(few).sum() < 50
    for query in (count(few), count(Not(few)), count(), Query("count", group_by=("town",))):
        answer = asked.ask(query)
        assert (answer.allowed, answer.cells) == (False, ())
        assert "50" in answer.why
    assert asked.ask(count(OLD)).allowed


def test_a_denial_that_looked_at_secrets_is_shown_as_leaking(engine: Engine) -> None:
    asked = desk(engine, "min_size=5")
    assert asked.ask(count(OLD)).leaks == ()
    assert "private rows" in asked.ask(count(And((OLD, ILL)))).leaks[0]


def test_max_overlap_denies_a_set_that_shares_too_many(engine: Engine) -> None:
    asked = desk(engine, "max_overlap=10")
    assert asked.ask(count(Compare("town", "=", "a"))).allowed
    assert asked.ask(count(Compare("town", "=", "b"))).allowed
    assert asked.ask(count(Compare("town", "=", "a"))).allowed  # the same again teaches nothing
    assert not asked.ask(count(And((Compare("town", "=", "a"), Compare("age", "<", 50))))).allowed
    assert asked.ask(count(And((Compare("town", "=", "a"), Compare("age", "<", 50)))), "someone else").allowed


def test_rate_limit_counts_answers_of_each_analyst(engine: Engine) -> None:
    asked = desk(engine, "rate_limit=2", "min_size=5")
    assert [asked.ask(count(where)).allowed for where in (OLD, Or(()), OLD, OLD)] == [True, False, True, False]
    assert asked.ask(count(OLD), "bob").allowed
    assert [past.allowed for past in asked.history()] == [True, False, True, False]
    assert "rate_limit" in asked.history()[-1].why


def test_rounding_and_its_halves(engine: Engine) -> None:
    exact = int(engine.rows(OLD).sum())
    rounded = desk(engine, "rounding=5").ask(count(OLD)).value
    assert rounded is not None
    assert rounded % 5 == 0
    assert abs(rounded - exact) <= 2.5


def test_a_random_sample_is_the_same_for_the_same_people(engine: Engine) -> None:
    asked = desk(engine, "random_sample=0.5")
    plain, rewritten = count(OLD), count(Not(Not(And((OLD, OLD)))))
    assert asked.ask(plain).value == asked.ask(rewritten).value == asked.ask(plain, "bob").value
    values = [desk(engine, "random_sample=0.5", seed=seed).ask(plain).value for seed in range(30)]
    exact = engine.rows(OLD).sum()
    assert len(set(values)) > 3
    assert np.mean(np.array(values, dtype=float)) == pytest.approx(exact, abs=4 * np.sqrt(exact / 30))


def test_fresh_noise_is_drawn_again_each_time(engine: Engine) -> None:
    asked = desk(engine, "fresh_noise=2")
    values = np.array([asked.ask(count(OLD)).value for _ in range(250)], dtype=float)
    assert values.mean() == pytest.approx(engine.rows(OLD).sum(), abs=0.75)
    assert values.std() == pytest.approx(2 * np.sqrt(2), rel=0.25)


def test_small_cells_are_withheld_with_a_partner(engine: Engine) -> None:
    asked = desk(engine, "cell_suppression=10")
    cells = asked.ask(Query("count", where=OLD, group_by=("town",))).cells
    exact = {cell.key: cell.people for cell in engine.cells(Query("count", where=OLD, group_by=("town",)))}
    assert 0 < exact["c",] < 10
    assert [cell.value is None for cell in cells] == [False, True, True]
    assert not asked.ask(count(And((OLD, Compare("town", "=", "c"))))).allowed


@given(arrays(np.int64, st.tuples(st.integers(2, 5), st.integers(2, 5)), elements=st.integers(0, 40)))
def test_no_line_of_a_table_has_a_single_gap(sizes: npt.NDArray[np.int64]) -> None:
    gaps = withheld(sizes, 10)
    assert gaps[(sizes > 0) & (sizes < 10)].all()
    for lines, holes in ((sizes, gaps), (sizes.T, gaps.T)):
        for line, hole in zip(lines, holes, strict=True):
            assert hole.sum() != 1
            assert not hole.any() or hole.all() or line[hole].sum() >= 10 or (line[~hole] == 0).all()


def determined(equations: list[list[int]]) -> bool:
    """Whether a unit vector lies in the row space, by elimination over fractions (Chin, Ozsoyoglu 1982)."""
    rows = [[Fraction(one) for one in row] for row in equations]
    reduced: list[list[Fraction]] = []
    for at in range(len(rows[0])):
        pivot = next((row for row in rows if row[at]), None)
        if pivot is None:
            continue
        rows.remove(pivot)
        pivot = [one / pivot[at] for one in pivot]
        rows = [[a - row[at] * b for a, b in zip(row, pivot, strict=True)] for row in rows]
        reduced = [[a - row[at] * b for a, b in zip(row, pivot, strict=True)] for row in reduced]
        reduced.append(pivot)
    return any(sum(1 for one in row if one) == 1 for row in reduced)


@given(st.lists(st.lists(st.integers(0, 1), min_size=7, max_size=7).filter(any), min_size=1, max_size=8))
def test_the_audit_is_the_full_rank_test(equations: list[list[int]]) -> None:
    space, answered = Space((7, 1)), []
    for row in equations:
        exactly = determined([*answered, row])
        rows = np.array(row, dtype=float)[:, None]
        assert (space.largest_with(rows) > 1 - 1e-9) == exactly
        if not exactly:
            space.add(rows)
            answered.append(row)


def test_the_audit_denies_what_would_complete_a_difference(engine: Engine) -> None:
    asked = desk(engine, "sum_audit")
    ages = sorted(set(map(float, engine.data.table["age"].dropna())))
    sizes = {age: int(engine.rows(Compare("age", "<=", age)).sum()) for age in ages}
    last = next(high for low, high in pairwise(ages) if sizes[high] == sizes[low] + 1 and sizes[low] > 20)
    before = ages[ages.index(last) - 1]
    assert asked.ask(count(And((Compare("age", "<=", last), ILL)))).allowed
    denied = asked.ask(count(And((Compare("age", "<=", before), ILL))))
    assert not denied.allowed
    assert denied.leaks == ()  # it could be foretold
    assert asked.ask(count(And((Compare("age", "<=", before), ILL))), "bob").allowed
    complement = count(And((Compare("age", "<=", before), OneOf("ill", ("no",)))))
    assert not asked.ask(complement).allowed  # the other category says the same


def test_the_audit_denies_what_it_cannot_judge(engine: Engine) -> None:
    asked = desk(engine, "sum_audit")
    for query in (
        Query("count", group_by=("ill",)),
        Query("histogram", "ill"),
        Query("sum", "age", ILL),
        Query("count", group_by=("town",), where=ILL),
    ):
        assert not asked.ask(query).allowed
    assert asked.ask(Query("sum", "age", OLD)).allowed


def test_policies_are_written_in_two_ways() -> None:
    assert read_policies(["min_size=50"]) == read_policies(["min_size(size=50)"])
    assert [one.name() for one in read_policies(["min_size=5", "rounding(base=3) + rate_limit()"])] == [
        "min_size", "rounding", "rate_limit",
    ]  # fmt: skip
    for bad in ("no_such=3", "min_size=none", "min_size=0", "min_size(5)"):
        with pytest.raises(BadInput):
            read_policies([bad])
