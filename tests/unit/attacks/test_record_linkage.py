"""Record linkage: answers worked out by hand, certainty and guessing at the two ends, a control that finds nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppml_core.anonymize.base import Anonymizer
from ppml_core.attacks.linkage import risk_report
from ppml_core.attacks.record_linkage import Linkage, record_linkage
from ppml_core.catalog import method, methods
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.hierarchy import hierarchy_from_rows
from ppml_core.data.published import Published
from ppml_core.data.schema import Column, Schema
from ppml_core.errors import BadInput
from ppml_core.evidence import wilson
from ppml_core.experiment.scenario import Scenario
from ppml_core.experiment.sweep import sweep

PETS = ({"cat": "mammal", "dog": "mammal", "owl": "bird", "emu": "bird"}, {"mammal": "*", "bird": "*"})
SCHEMA = Schema(
    columns={
        "age": Column(role="quasi_identifier", kind="numeric", bounds=(0, 100), widths=(10, 50)),
        "size": Column(role="quasi_identifier", kind="ordinal", categories=("S", "M", "L")),
        "pet": Column(role="quasi_identifier", levels=PETS),
        "note": Column(role="feature"),
    }
)


def people(**columns: list[object]) -> Dataset:
    """People who are alike but for the columns given."""
    rows = len(next(iter(columns.values())))
    plain = {"age": [50] * rows, "size": ["M"] * rows, "pet": ["cat"] * rows, "note": ["x"] * rows}
    return Dataset(pd.DataFrame(plain | columns), SCHEMA)


def linked(raw: Dataset, release: Dataset, kept: list[int] | None = None, **settings: object) -> Linkage:
    positions = np.arange(len(release)) if kept is None else np.array(kept, dtype=int)
    return record_linkage(raw, release, positions, np.random.default_rng(1), **settings)  # type: ignore[arg-type]


def published(release: Dataset, name: str, tree: object) -> Dataset:
    return dataclasses.replace(release, published={name: Published.of_tree(tree)})  # type: ignore[arg-type]


def test_numbers_by_hand() -> None:
    """50 is nearest to 49 and 60 to 61, their own; 52 is nearer to 49 than to its own 56: two of three are found."""
    raw = people(age=[50, 60, 52])
    assert linked(raw, people(age=[49, 61, 56])).success.value == pytest.approx(2 / 3)


def test_ties_are_guessed() -> None:
    """52 lies as far from 50 as from 54 and is found in one of two tries."""
    raw = people(age=[52, 60, 54])
    assert linked(raw, people(age=[50, 60, 56.5])).success.value == 1.0
    assert linked(raw, people(age=[50, 60, 54])).success.value == pytest.approx((1 / 2 + 1 + 1) / 3)
    assert linked(people(age=[52, 60, 70]), people(age=[50, 60, 54])).success.value == pytest.approx(1 / 2)


def test_one_category_weighs_as_much_as_the_whole_range_of_a_number() -> None:
    raw = people(age=[10, 90], pet=["cat", "owl"])
    assert linked(raw, people(age=[90, 10], pet=["cat", "owl"])).success.value == 1.0, "80 of 100 years are less than 1"
    assert linked(raw, people(age=[110, -10], pet=["cat", "cat"])).success.value == pytest.approx(0.0)


def test_ordered_categories_lie_apart_by_their_places() -> None:
    raw = people(size=["S", "L"])
    assert linked(raw, people(size=["M", "L"])).success.value == 1.0
    assert linked(raw, people(size=["L", "M"])).success.value == 0.0
    assert linked(raw, people(size=["M", "M"])).success.value == 0.5


def test_generalized_cells_of_a_whole_column() -> None:
    """Two mammals and two birds: everybody is one of two, wherever the level has its labels."""
    raw = people(pet=["cat", "dog", "owl", "emu"])
    column = Column(role="quasi_identifier", categories=("mammal", "bird"))
    release = people(pet=["mammal", "mammal", "bird", "bird"])
    release = release.with_schema(SCHEMA.replace_columns({"pet": column}))
    assert linked(raw, release).success.value == pytest.approx(1 / 2)


def test_generalized_numbers_lie_as_far_as_the_nearest_under_them() -> None:
    """55 lies under its "50-59" and 31 under its "30-39"; 48 is 2 from "50-59", where 50 is, and 8 from its own 56."""
    tree = people(age=[55]).hierarchy("age")
    raw = people(age=[55, 31, 48])
    release = published(people(age=["50-59", "30-39", "56"]), "age", tree)
    assert linked(raw, release).success.value == pytest.approx(2 / 3)
    assert linked(people(age=[48, 31, 56]), release).success.value == 1.0, "48 is nearest to what begins at 50"


def test_the_narrower_of_two_cells_that_fit_is_taken() -> None:
    tree = hierarchy_from_rows([[leaf, PETS[0][leaf], "*"] for leaf in PETS[0]], "pet")
    raw = people(pet=["cat", "owl", "dog"])
    release = published(people(pet=["cat", "*", "mammal"]), "pet", tree)
    assert linked(raw, release).success.value == 1.0
    assert linked(people(pet=["dog", "cat", "dog"]), release).success.value == pytest.approx(1 / 3)


def test_a_blank_cell_is_as_far_from_everybody() -> None:
    """Who is blank is found only when nobody shown is nearer than half (a pet of two sorts, each one half)."""
    raw = people(pet=["cat", "owl"])
    assert linked(raw, people(pet=["cat", None])).success.value == 1.0, "an owl is no cat (1), and half is less"
    assert linked(raw, people(pet=["owl", None])).success.value == 0.0
    assert linked(raw, people(pet=[None, None])).success.value == 0.5


def test_absent_values_find_blank_cells() -> None:
    raw = people(age=[50, None], pet=[None, "cat"])
    assert linked(raw, raw).success.value == 1.0


def test_dates_lie_apart_by_days() -> None:
    schema = Schema(columns={"born": Column(role="quasi_identifier", kind="date")})
    raw = Dataset(pd.DataFrame({"born": ["2000-01-01", "2000-03-01", "2001-01-01"]}), schema)
    release = Dataset(pd.DataFrame({"born": ["2000-01-09", "2000-02-20", "2000-12-01"]}), schema)
    assert linked(raw, release).success.value == 1.0


def test_columns_that_were_left_out_do_not_help() -> None:
    raw = people(age=[1, 2, 3, 4])
    fewer = {name: column for name, column in SCHEMA.columns.items() if name != "age"}
    release = Dataset(raw.table.drop(columns="age"), Schema(columns=fewer))
    assert linked(raw, release).success.value == pytest.approx(1 / 4)
    assert linked(raw, raw, columns=["pet"]).success.value == pytest.approx(1 / 4)


def test_nobody_who_was_left_out_is_found() -> None:
    raw = people(age=[1, 2, 3, 4])
    result = linked(raw, raw.take(np.array([0, 3])), [0, 3])
    assert result.success.value == pytest.approx(2 / 4)
    assert result.among_released is not None
    assert result.among_released.value == 1.0
    nobody = linked(raw, raw.take(np.array([], dtype=int)), [])
    assert (nobody.success.value, nobody.among_released, nobody.control.value) == (0.0, None, 0.0)


def test_what_cannot_be_asked_is_refused() -> None:
    raw = people(age=[1, 2])
    with pytest.raises(BadInput, match="kept tells of 1 records and the release has 2"):
        linked(raw, raw, [0])
    with pytest.raises(BadInput, match="targets must be at least 1"):
        linked(raw, raw, targets=0)
    with pytest.raises(BadInput, match="there is no column 'hair'"):
        linked(raw, raw, columns=["hair"])
    with pytest.raises(BadInput, match="no column is a quasi-identifier"):
        linked(raw, raw, columns=[])
    with pytest.raises(BadInput, match="has no rows"):
        linked(raw.take(np.array([], dtype=int)), raw.take(np.array([], dtype=int)))


# Both directions, on real tables


@pytest.fixture(scope="module")
def clinic() -> Dataset:
    return load("clinic")


def test_the_raw_table_gives_away_all_who_are_unique(clinic: Dataset) -> None:
    result = linked(clinic, clinic, targets=len(clinic))
    risk = risk_report(clinic)
    assert result.success.value == pytest.approx(risk.prosecutor.mean, abs=1e-12)
    assert result.success.value >= risk.unique_share > 10 * result.baseline
    alone = clinic.take(np.flatnonzero(~clinic.table[clinic.quasi_identifiers].duplicated(keep=False)))
    assert linked(alone, alone).success.value == 1.0


@pytest.mark.parametrize("cell", [None, "*"])
def test_a_table_of_blank_cells_leaves_guessing(clinic: Dataset, cell: str | None) -> None:
    table = clinic.table.assign(
        **dict.fromkeys(clinic.quasi_identifiers, pd.Series([cell] * len(clinic), dtype=object))
    )
    columns = {name: Column(role="quasi_identifier") for name in clinic.quasi_identifiers}
    release = dataclasses.replace(clinic, table=table, schema=clinic.schema.replace_columns(columns))
    result = linked(clinic, release)
    assert result.success.value == pytest.approx(result.baseline, rel=1e-9)


@pytest.mark.parametrize("k", [2, 5, 20])
def test_a_full_domain_release_is_as_exposed_as_its_classes(clinic: Dataset, k: int) -> None:
    recoding = method(Anonymizer, "full_domain")(k=k, suppression_limit=0.1).fit(clinic, np.random.default_rng(1))
    result = record_linkage(clinic, recoding.release, recoding.kept, np.random.default_rng(2), targets=len(clinic))
    assert result.among_released is not None
    assert result.among_released.value == pytest.approx(risk_report(recoding.release).prosecutor.mean, abs=1e-12)
    assert result.success.value == pytest.approx(result.among_released.value * len(recoding.kept) / len(clinic))
    assert result.among_released.value <= 1 / k


@pytest.mark.parametrize("name", ["local", "mondrian"])
def test_nobody_in_a_class_of_k_is_found_more_often_than_one_in_k(clinic: Dataset, name: str) -> None:
    recoding = method(Anonymizer, name)(k=4).fit(clinic, np.random.default_rng(1))
    result = record_linkage(clinic, recoding.release, recoding.kept, np.random.default_rng(2), targets=len(clinic))
    assert result.baseline < result.success.value <= risk_report(recoding.release).prosecutor.mean + 1e-12 <= 1 / 4


@pytest.mark.parametrize("name", sorted(methods(Anonymizer)))
def test_any_method_can_be_judged(clinic: Dataset, name: str, ready: Callable[[str], Anonymizer]) -> None:
    recoding = ready(name).fit(clinic, np.random.default_rng(1))
    if method(Anonymizer, name).synthesizes:
        with pytest.raises(BadInput, match="no record of the release belongs to a person"):
            record_linkage(clinic, recoding.release, recoding.kept, np.random.default_rng(2))
        return
    result = record_linkage(clinic, recoding.release, recoding.kept, np.random.default_rng(2), targets=300)
    assert 0 <= result.success.low <= result.success.value <= result.success.high <= 1
    again = record_linkage(clinic, recoding.release, recoding.kept, np.random.default_rng(2), targets=300)
    assert again == result


@pytest.mark.parametrize("name", ["drop_identifiers", "additive_noise", "full_domain", "sampling"])
def test_the_control_is_at_the_baseline(clinic: Dataset, name: str) -> None:
    """EVIDENCE 13: over twenty seeds, not one lucky one."""
    inside = 0
    for seed in range(20):
        rng = np.random.default_rng([seed, 99])
        few = clinic.take(rng.permutation(len(clinic))[:150])
        recoding = method(Anonymizer, name)().fit(few, np.random.default_rng(seed))
        result = record_linkage(few, recoding.release, recoding.kept, rng)
        inside += result.control.low <= result.baseline <= result.control.high
    assert inside >= 17


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from("SML"), st.sampled_from(sorted(PETS[0]))), min_size=1))
def test_a_raw_release_is_the_mean_of_one_in_class_size(rows: list[tuple[int, str, str]]) -> None:
    ages, sizes, pets = map(list, zip(*rows, strict=True))
    raw = people(age=ages, size=sizes, pet=pets)
    expected = risk_report(raw).prosecutor.mean
    assert linked(raw, raw, targets=10_000).success.value == pytest.approx(expected, abs=1e-12)


def test_wilson_is_newcombes_example() -> None:
    """81 of 263: .2553 to .3662 (Newcombe 1998, table I, method 3)."""
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0.0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(1.0, 20) == pytest.approx((0.8389, 1.0), abs=5e-5)


# In a sweep


def test_result_rows_tell_of_linkage_beside_its_baselines() -> None:
    credit = load("german_credit")
    chains = [[("pram", {"p": p})] for p in (1.0, 0.5)]
    scenarios = [Scenario.of("german_credit", "logistic_regression", {}, chain, repeats=2) for chain in chains]
    scenarios.append(Scenario.of("german_credit", "logistic_regression", repeats=1))
    rows = sweep(scenarios, credit, swept=["anonymize.p"])
    told = rows[rows["measure"] == "release_linkage_success"]
    assert set(told["scenario_id"]) == {scenario.id for scenario in scenarios[:2]}, "no table is released by the third"
    assert (told["low"] <= told["value"]).all()
    assert (told["value"] <= told["high"]).all()
    assert (told["low"] >= 0).all()
    raw = rows[rows["measure"] == "baseline_raw_release_linkage_success"]["value"].to_numpy()
    unchanged = told[told["anonymize.p"] == 1.0]
    assert unchanged["value"].to_numpy() == pytest.approx(raw[:2], abs=1e-12)
    assert (told[told["anonymize.p"] == 0.5]["high"] < raw[0]).all()
    control = rows[rows["measure"] == "control_release_linkage_success"]
    guess = rows[rows["measure"] == "baseline_guessing_release_linkage_success"]["value"].to_numpy()
    assert ((control["low"] <= guess) & (guess <= control["high"])).all()


def test_learners_share_the_release_of_a_repeat() -> None:
    """Which people are linked does not depend on who learns, nor on what ran before."""
    credit = load("german_credit")
    chain = [("pram", {"p": 0.6})]
    names = ("logistic_regression", "random_forest")
    scenarios = [Scenario.of("german_credit", name, {}, chain, repeats=1) for name in names]
    together = sweep(scenarios, credit)
    alone = sweep(scenarios[1:], credit)
    found = together[together["measure"] == "release_linkage_success"].groupby("scenario_id")["value"].first()
    assert found.nunique() == 1
    columns = ["measure", "value", "low", "high"]
    mine = together[together["scenario_id"] == scenarios[1].id]
    pd.testing.assert_frame_equal(mine[columns].reset_index(drop=True), alone[columns].reset_index(drop=True))
