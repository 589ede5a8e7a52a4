"""Attacks on our own releases: homogeneity and background knowledge, downcoding, minimality."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ppml_core.anonymize.base import Anonymizer
from ppml_core.attacks.base import Finding
from ppml_core.attacks.downcoding import Downcoding
from ppml_core.attacks.homogeneity import Homogeneity
from ppml_core.attacks.minimality import Minimality
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


# Minimality


def wards(values: str, ill: list[str]) -> Dataset:
    column = Column(role="quasi_identifier", levels=({"q": "*", "r": "*"},))
    return Dataset(pd.DataFrame({"ward": list(values), "ill": ill}), Schema({"ward": column, "ill": SICK}))


SICK = Column(role="sensitive")


def test_what_a_refused_finer_release_says() -> None:
    """Wong et al. 2007, section 1, counted out for distinct l = 2: two of six people have HIV, two are in ward q.

    Of 15 ways to deal it out, 8 give each ward one and would have been published as they are. Of the 7 others 1 has
    both in q and 6 have both in r: in q the chance is 1/7 each, in r 3/7, where the release alone says 1/3.
    """
    data = wards("qqrrrr", ["HIV", "HIV", "none", "none", "none", "none"])
    release = minimal(data)
    assert set(release.table["ward"]) == {"*"}
    attack = Minimality(worlds=20_000)
    chances, plain, _, truth = attack.chances(data, release, np.arange(6), np.random.default_rng(2))
    assert truth.tolist() == [0, 0, 1, 1, 1, 1]
    assert plain[:, 0] == pytest.approx([1 / 3] * 6)
    assert chances[:, 0] == pytest.approx([1 / 7] * 2 + [3 / 7] * 4, abs=0.01)


def minimal(data: Dataset) -> Dataset:
    asked = {"k": 1, "models": "distinct_l_diversity(l=2)", "suppression_limit": 0.0}
    return method(Anonymizer, "full_domain").from_values(asked).fit(data, np.random.default_rng(1)).release


def test_minimality_makes_certain_what_two_values_in_each_class_should_hide() -> None:
    """Only HIV twice in ward q could have forbidden the finer release: both people there are certain."""
    data = wards("qqrrrr", ["HIV", "HIV", "flu", "cold", "cough", "none"])
    attack = Minimality(worlds=2_000)
    found = by_name(attack.on(data, data, minimal(data), np.arange(6), np.random.default_rng(2)))
    assert tuple(found) == attack.measures()
    assert found["minimality_certain"].estimate.value == pytest.approx(2 / 6)
    assert found["minimality_certain"].baseline == 0
    assert found["minimality_advantage"].estimate.value > 0


def test_a_class_that_never_could_stay_alone_says_nothing() -> None:
    """Ward q holds one person: it is refused whatever they have, so nobody learns anything."""
    data = wards("qrrrr", ["HIV", "HIV", "none", "HIV", "none"])
    found = by_name(Minimality().on(data, data, minimal(data), np.arange(5), np.random.default_rng(2)))
    assert found["minimality_advantage"].estimate.value == 0
    assert found["minimality_certain"].estimate.value == found["minimality_certain"].baseline == 0


def test_refusals_say_nothing_in_a_large_table(halves: Pair) -> None:
    settings: dict[str, object] = {"k": 3, "models": "distinct_l_diversity(l=3)"}
    release, kept = released("full_domain", halves, **settings, suppression_limit=0.0)
    attack = Minimality.from_values({**settings, "worlds": 50})
    success, advantage, certain = attack.on(*halves, release, kept, np.random.default_rng(1))
    assert advantage.estimate.low <= 0 <= advantage.estimate.high
    assert success.baseline is not None
    assert certain.baseline == 0


def test_minimality_is_of_full_domain_releases(halves: Pair) -> None:
    release, kept = released("local", halves, k=3)
    with pytest.raises(NotApplicable, match="full_domain"):
        Minimality().on(*halves, release, kept, np.random.default_rng(1))
