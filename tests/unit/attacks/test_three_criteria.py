"""Singling out, linkability, inference: a leak where a table is copied, none where it is of others; odd tables."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ppml_core.anonymize.base import Anonymizer
from ppml_core.attacks.against_control import difference
from ppml_core.attacks.base import Attack, Finding
from ppml_core.attacks.inference import Inference
from ppml_core.attacks.linkability import Linkability
from ppml_core.attacks.record_linkage import RecordLinkage
from ppml_core.attacks.singling_out import SinglingOut
from ppml_core.catalog import method
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Column, Schema
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.evidence import Estimate

ATTACKS = (SinglingOut(attempts=400), Linkability(targets=200), Inference(targets=200))
NOBODY = np.zeros(0, dtype=np.int64)
COLUMNS = {
    "year's change": Column(role="quasi_identifier", kind="numeric", bounds=(-50, 50)),
    "day joined": Column(role="quasi_identifier", kind="date"),
    "blood group": Column(role="quasi_identifier", categories=("A", "B", "AB", "0")),
    "temp. below zero": Column(role="feature", kind="numeric", bounds=(-90, 0)),
    "the illness": Column(role="sensitive", categories=("flu", "cold", "none")),
}


def people(number: int, seed: int) -> Dataset:
    """Negative numbers, dates, names with spaces, missing values, and an index in no order."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "year's change": rng.integers(-50, 51, number).astype(float),
            "day joined": pd.Series(pd.Timestamp("1999-01-01") + pd.to_timedelta(rng.integers(0, 900, number), "D"))
            .dt.strftime("%Y-%m-%d").astype(object),
            "blood group": pd.Series(rng.choice(["A", "B", "AB", "0"], number)).astype(object),
            "temp. below zero": -rng.gamma(2.0, 8.0, number).round(1).clip(0, 90),
            "the illness": rng.choice(["flu", "cold", "none"], number, p=[0.5, 0.3, 0.2]),
        }
    )  # fmt: skip
    for name in ("year's change", "day joined", "blood group"):
        table.loc[rng.random(number) < 0.05, name] = np.nan if table[name].dtype == float else None
    table.index = pd.Index(rng.permutation(number * 3)[:number])
    return Dataset(table, Schema(COLUMNS), "people")


@pytest.fixture(scope="module")
def members() -> Dataset:
    return people(300, 1)


@pytest.fixture(scope="module")
def others() -> Dataset:
    return people(300, 2)


def found(
    attack: Any, members: Dataset, others: Dataset, release: Dataset, kept: np.ndarray, seed: int = 5
) -> tuple[Finding, Finding]:
    success, advantage = attack.on(members, others, release, kept, np.random.default_rng(seed))
    return success, advantage


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name())
def test_a_raw_copy_leaks(attack: Attack, members: Dataset, others: Dataset) -> None:
    success, advantage = found(attack, members, others, members, np.arange(len(members)))
    assert advantage.estimate.low > 0.3
    assert success.baseline is not None
    assert success.estimate.low > success.baseline
    assert success.control is not None
    assert advantage.estimate.value == pytest.approx(success.estimate.value - success.control.value)
    assert (success.measure, advantage.measure) == attack.measures()


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name())
def test_a_table_of_others_leaks_nothing(attack: Attack) -> None:
    """EVIDENCE 13: over twenty seeds."""
    covered = 0
    for seed in range(20):
        three = [people(150, 100 + 3 * seed + part) for part in range(3)]
        advantage = found(attack, three[0], three[1], three[2], NOBODY, seed)[1].estimate
        covered += advantage.low <= 0 <= advantage.high
    assert covered >= 17


@pytest.mark.parametrize("name", ["full_domain", "local", "mondrian", "mdav", "pram", "additive_noise"])
def test_a_raw_copy_leaks_more_than_a_protected_table(name: str, members: Dataset, others: Dataset) -> None:
    """By what was protected: a kept column that is different for everybody singles out whatever is done to others."""
    made = method(Anonymizer, name)().fit(members, np.random.default_rng(1))
    for attack in (SinglingOut(columns=tuple(members.quasi_identifiers)), *ATTACKS[1:]):
        raw = found(attack, members, others, members, np.arange(len(members)))[1].estimate.value
        protected = found(attack, members, others, made.release, made.kept)[1].estimate
        assert raw > protected.value, attack.name()
        assert -1 <= protected.low <= protected.value <= protected.high <= 1


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name())
def test_index_and_order_of_rows_say_nothing(attack: Attack, members: Dataset, others: Dataset) -> None:
    """The same cells under another index give the same figures."""
    plain = dataclasses.replace(members, table=members.table.reset_index(drop=True))
    once = found(attack, members, others, members, np.arange(len(members)))
    again = found(attack, plain, others, plain, np.arange(len(members)))
    assert once == again


# Inference by hand


def pair(values: list[float], known: list[str], bounds: tuple[float, float] | None) -> Dataset:
    columns = {
        "who": Column(role="quasi_identifier"),
        "secret": Column(role="sensitive", kind="numeric", bounds=bounds),
    }
    return Dataset(pd.DataFrame({"who": known, "secret": values}), Schema(columns))


@pytest.mark.parametrize(
    ("release", "expected"),
    [([-40.0, -10.0], 1.0), ([40.0, 10.0], 0.0), ([-40.5, -9.5], 1.0), ([-43.0, -7.0], 0.0), ([0.0, 0.0], 0.0)],
)
def test_negative_numbers_are_judged_as_all_others(release: list[float], expected: float) -> None:
    """A known fault of another tool: any negative guess was near enough, and nothing was near to zero."""
    truth = pair([-40.0, -10.0], ["a", "b"], (-50, 50))
    shown = pair(release, ["a", "b"], (-50, 50))
    success, _ = found(Inference(tolerance=0.01), truth, truth, shown, NOBODY)
    assert success.estimate.value == expected


def test_zero_is_guessed_by_zero() -> None:
    truth = pair([0.0, 0.0, 5.0], ["a", "b", "c"], (-50, 50))
    assert found(Inference(tolerance=0.0), truth, truth, truth, NOBODY)[0].estimate.value == 1.0


def test_an_absent_number_is_nobodys_and_an_absent_category_one_of_its_own() -> None:
    truth = pair([np.nan, 3.0], ["a", "b"], (0, 10))
    assert found(Inference(), truth, truth, truth, NOBODY)[0].estimate.value == 0.5
    columns = {"who": Column(role="quasi_identifier"), "secret": Column(role="sensitive")}
    texts = Dataset(pd.DataFrame({"who": ["a", "b"], "secret": ["x", None]}), Schema(columns))
    assert found(Inference(), texts, texts, texts, NOBODY)[0].estimate.value == 1.0


def test_the_commonest_among_look_alikes_is_guessed() -> None:
    columns = {"who": Column(role="quasi_identifier"), "secret": Column(role="sensitive")}
    table = pd.DataFrame({"who": ["a"] * 5 + ["b"] * 5, "secret": list("xxxyy") + list("yyyyx")})
    data = Dataset(table, Schema(columns))
    success, _ = found(Inference(), data, data, data, NOBODY)
    assert success.estimate.value == 0.7
    assert success.baseline == 0.6


# Singling out and linkability by hand


def test_a_statement_that_fits_two_singles_nobody_out() -> None:
    columns = {"a": Column(role="quasi_identifier"), "b": Column(role="quasi_identifier")}
    twins = Dataset(pd.DataFrame({"a": list("xxyy"), "b": list("uuvv")}), Schema(columns))
    success, _ = found(SinglingOut(), twins, twins, twins, np.arange(4))
    assert success.estimate.value == 0.0
    half = Dataset(pd.DataFrame({"a": list("xxyz"), "b": list("uuvv")}), Schema(columns))
    success, advantage = found(SinglingOut(), half, twins, half, np.arange(4))
    assert success.estimate.value == 0.5
    assert advantage.estimate.value == 0.5


def test_halves_meet_in_the_record_they_share() -> None:
    """First halves x and y have two records each, second halves are all different: 1/2 of each pick is right."""
    columns = {"one": Column(role="quasi_identifier"), "two": Column(role="quasi_identifier")}
    data = Dataset(pd.DataFrame({"one": list("xxyy"), "two": list("abcd")}), Schema(columns))
    success, _ = found(Linkability(first=("one",), second=("two",)), data, data, data, np.arange(4))
    assert success.estimate.value == 0.5
    assert success.baseline == 0.25


# Linkage


def test_drawn_links_agree_with_what_classes_say(members: Dataset, others: Dataset) -> None:
    """In how many of twenty seeds the interval holds the analytic value; with unknown membership it is half."""
    made = method(Anonymizer, "full_domain")(k=3).fit(members, np.random.default_rng(1))
    for name, share in (("known", 1.0), ("unknown", 0.5)):
        held, analytic = 0, 0.0
        for seed in range(20):
            attack = RecordLinkage(targets=250, membership=name)
            drawn, exact = attack.on(members, others, made.release, made.kept, np.random.default_rng(seed))
            analytic = exact.estimate.value
            held += drawn.estimate.low <= analytic <= drawn.estimate.high
        assert held >= 17
        classes = made.release.table.groupby(members.quasi_identifiers, dropna=False, observed=True).ngroups
        assert analytic == pytest.approx(classes / len(members) * share)


# Refusals and intervals


def test_what_cannot_be_attacked_is_told(members: Dataset, others: Dataset) -> None:
    none = others.take(NOBODY)
    for attack in ATTACKS:
        with pytest.raises(NotApplicable, match="people it never saw"):
            found(attack, members, none, members, np.arange(len(members)))
    with pytest.raises(BadInput, match="no column 'height'"):
        found(Inference(secret="height"), members, others, members, NOBODY)
    with pytest.raises(BadInput, match="is the secret"):
        found(Inference(secret="the illness", known=("the illness",)), members, others, members, NOBODY)
    with pytest.raises(BadInput, match="of both sources"):
        found(Linkability(first=("blood group",)), members, others, members, NOBODY)
    alone = members.with_schema(members.schema.with_quasi_identifiers(["blood group"]))
    with pytest.raises(NotApplicable, match="no column but the secret"):
        found(Inference(secret="blood group"), alone, others, alone, NOBODY)


@settings(max_examples=50)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 60), st.integers(0, 60))
def test_a_difference_lies_in_its_interval(n: int, m: int, hits: int, others_hits: int) -> None:
    one = Estimate.of_share(min(hits, n) / n, n, "people")
    other = Estimate.of_share(min(others_hits, m) / m, m, "people")
    apart, back = difference(one, other), difference(other, one)
    assert -1 <= apart.low <= apart.value <= apart.high <= 1
    assert (apart.low, apart.high) == pytest.approx((-back.high, -back.low))


def test_findings_carry_their_baseline_and_control(members: Dataset, others: Dataset) -> None:
    success: Finding
    for attack in ATTACKS:
        success, advantage = found(attack, members, others, members, np.arange(len(members)))
        assert success.control is not None
        assert success.baseline is not None
        assert advantage.baseline == 0.0
