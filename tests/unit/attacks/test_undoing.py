"""Attacks on our own releases: homogeneity and background knowledge, downcoding, minimality."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ppml_core.anonymize.base import Anonymizer
from ppml_core.attacks.base import Finding
from ppml_core.attacks.downcoding import Downcoding
from ppml_core.attacks.homogeneity import Homogeneity
from ppml_core.catalog import method
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Column, Schema
from ppml_core.errors import NotApplicable

Pair = tuple[Dataset, Dataset]


@pytest.fixture(scope="module")
def halves() -> Pair:
    data = load("adult")
    known = data.with_schema(
        data.schema.with_quasi_identifiers(["age", "sex", "race", "marital_status", "education"])
        .with_sensitive(["occupation"])
    )  # fmt: skip
    order = np.random.default_rng(4).permutation(len(known))
    return known.take(order[:2_000]), known.take(order[2_000:4_000])


def released(name: str, halves: Pair, **settings: object) -> tuple[Dataset, np.ndarray]:
    made = method(Anonymizer, name).from_values(settings).fit(halves[0], np.random.default_rng(1))
    return made.release, made.kept


def by_name(findings: tuple[Finding, ...]) -> dict[str, Finding]:
    return {one.measure: one for one in findings}


# Homogeneity and background knowledge


@pytest.mark.parametrize("name", ["full_domain", "local"])
def test_l_values_leave_nothing_certain_and_l_less_two_cannot_be_ruled_out(name: str, halves: Pair) -> None:
    """What l-diversity promises, on the people behind the release; and where it ends."""
    release, kept = released(name, halves, k=2, models="distinct_l_diversity(l=3)", suppression_limit=0.3)
    for ruled_out, nobody in ((1, True), (2, False)):
        attack = Homogeneity(ruled_out=ruled_out, targets=2_000)
        found = by_name(attack.on(*halves, release, kept, np.random.default_rng(2)))
        assert found["homogeneity_success"].estimate.value == 0
        assert (found["background_success"].estimate.value == 0) == nobody
        assert tuple(found) == attack.measures()


def test_a_table_without_protection_is_read_off(halves: Pair) -> None:
    found = by_name(Homogeneity().on(*halves, halves[0], np.arange(2_000), np.random.default_rng(2)))
    assert found["homogeneity_advantage"].estimate.low > 0.1
    assert found["background_success"].estimate.value >= found["homogeneity_success"].estimate.value


def test_homogeneity_by_hand() -> None:
    """Class a shares one value, class b has two: half are certain, all of them once one value is ruled out."""
    columns = {"who": Column(role="quasi_identifier"), "ill": Column(role="sensitive")}
    data = Dataset(pd.DataFrame({"who": list("aabb"), "ill": ["flu", "flu", "flu", "none"]}), Schema(columns))
    found = by_name(Homogeneity().on(data, data, data, np.arange(4), np.random.default_rng(1)))
    assert found["homogeneity_success"].estimate.value == 0.5
    assert found["background_success"].estimate.value == 1.0


# Downcoding

LETTERS = ({"a": "ab", "b": "ab", "c": "cd", "d": "cd"}, {"ab": "*", "cd": "*"})


def letters(first: str, second: str) -> Dataset:
    column = Column(role="quasi_identifier", levels=LETTERS)
    return Dataset(pd.DataFrame({"one": list(first), "two": list(second)}), Schema({"one": column, "two": column}))


def test_a_finer_class_takes_its_region_away() -> None:
    """In the coarse class (*, *) most people of the population are (ab, ab); that region has a class of its own."""
    members = letters("aabbcdac", "aabbdcca")
    release = members.table.copy()
    release[:4] = "ab"
    release[4:] = "*"
    column = Column(role="quasi_identifier", levels=({"ab": "ab", "*": "*"},))
    shown = members.with_schema(Schema({"one": column, "two": column}))
    shown = Dataset(release, shown.schema)
    others = letters("aabbabcdd", "abababdcc")
    success, advantage = Downcoding().on(members, others, shown, np.arange(8), np.random.default_rng(1))
    # Without that region the likeliest part of (*, *) is (cd, cd), where two of its four people are.
    assert advantage.estimate.value == pytest.approx(2 / 8)
    assert success.baseline is not None
    assert success.estimate.value == pytest.approx(success.baseline + 2 / 8)


@pytest.mark.parametrize("name", ["full_domain", "mondrian"])
def test_classes_that_do_not_overlap_give_nothing_away(name: str, halves: Pair) -> None:
    release, kept = released(name, halves, k=5)
    success, advantage = Downcoding().on(*halves, release, kept, np.random.default_rng(1))
    assert (advantage.estimate.value, advantage.estimate.low, advantage.estimate.high) == (0, 0, 0)
    assert success.estimate.value == success.baseline


def test_minimal_local_recoding_is_undone_in_part(halves: Pair) -> None:
    release, kept = released("local", halves, k=5, strategy="peel")
    success, advantage = Downcoding().on(*halves, release, kept, np.random.default_rng(1))
    assert advantage.estimate.low > 0
    assert success.estimate.value <= 1


def test_a_table_as_it_is_has_nothing_to_bring_down(halves: Pair) -> None:
    with pytest.raises(NotApplicable, match="nothing in the release is generalized"):
        Downcoding().on(*halves, halves[0], np.arange(2_000), np.random.default_rng(1))
