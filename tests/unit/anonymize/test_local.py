"""Local recoding beats ARX on ARX's own rows, keeps what it promises, and is published so that it can be read back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ppml_core.anonymize.local.leftovers import place_leftovers
from ppml_core.anonymize.local.peel import peel
from ppml_core.anonymize.models.base import read_models
from ppml_core.anonymize.models.k_anonymity import KAnonymity
from ppml_core.anonymize.requirement import Requirement
from ppml_core.anonymize.transforms.local import Local
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Column, Schema
from ppml_core.errors import Unreachable

RNG = np.random.default_rng(0)
FLOORS = {2: 0.977, 5: 0.9455, 10: 0.920, 25: 0.880}


def arx_adult(oracle: Path, quasi_identifiers: list[str]) -> Dataset:
    table = pd.read_csv(oracle / "adult.csv", sep=";", dtype=str)
    columns = {
        name: Column(role="feature", hierarchy_file=str(oracle / f"adult_hierarchy_{name}.csv"))
        for name in table.columns
    }
    return Dataset(table, Schema(columns=columns).with_quasi_identifiers(quasi_identifiers), "ARX's Adult")


def ages(values: list[int], jobs: list[str] | None = None) -> Dataset:
    columns = {
        "age": Column(role="quasi_identifier", kind="numeric", bounds=(0, 15), widths=(2, 4, 8)),
        "job": Column(role="sensitive"),
    }
    table = pd.DataFrame({"age": values, "job": jobs or ["a"] * len(values)})
    return Dataset(table, Schema(columns=columns), "ages")


def test_every_row_of_arx_local_recoding_is_matched_or_beaten(arx_oracle: Path) -> None:
    expected = pd.read_csv(arx_oracle / "expected_local_recoding.csv")
    assert len(expected) == 32
    for (names, k), rows in expected.groupby(["qis", "k"]):
        found = Local(k=int(k)).fit(arx_adult(arx_oracle, str(names).split("|")), RNG)
        assert found.statistics["suppressed"] == 0
        assert found.statistics["min_class"] >= k
        assert found.statistics["granularity"] >= rows["q_granularity"].max(), (names, k)


def test_granularity_at_eight_quasi_identifiers(arx_oracle: Path) -> None:
    names = ["sex", "age", "race", "marital-status", "education", "native-country", "workclass", "occupation"]
    data = arx_adult(arx_oracle, names)
    for k, floor in FLOORS.items():
        found = Local(k=k).fit(data, RNG)
        assert found.statistics["granularity"] >= floor
        groups = found.release.table.groupby(names, observed=True).size()
        assert groups.min() >= k
        assert groups.sum() == len(data)


def test_a_class_is_published_at_its_lowest_common_ancestors() -> None:
    found = Local(k=2).fit(ages([0, 0, 4, 5, 9, 9, 9]), RNG)
    assert found.release.table["age"].tolist() == ["0", "0", "4-5", "4-5", "9", "9", "9"]
    mapping = found.mapping()["age"]
    assert dict(zip(mapping["value"], mapping["published"], strict=True)) == {
        "0": "0", "4": "4-5", "5": "4-5", "9": "9",
    }  # fmt: skip


def test_who_is_alone_joins_the_class_where_least_is_lost() -> None:
    found = Local(k=2).fit(ages([0, 0, 1, 8, 8, 8, 8]), RNG)
    assert found.release.table["age"].tolist() == ["0-1", "0-1", "0-1", "8", "8", "8", "8"]


def test_a_class_without_diversity_waits_for_one_that_has_it() -> None:
    data = ages([0, 0, 1, 8, 8, 9], ["x", "x", "y", "x", "y", "y"])
    found = Local(k=2, models="distinct_l_diversity(l=2)").fit(data, RNG)
    assert found.release.table["age"].tolist() == ["0-1", "0-1", "0-1", "8-9", "8-9", "8-9"]


def test_a_class_equal_to_the_whole_table_always_satisfies_t_closeness() -> None:
    data = ages([0, 1, 14, 15], ["x", "x", "y", "y"])
    found = Local(k=1, models="equal_t_closeness(t=0.1)").fit(data, RNG)
    assert set(found.release.table["age"]) == {"*"}


def test_a_risk_of_the_whole_release_is_met_by_larger_classes() -> None:
    rng = np.random.default_rng(1)
    data = ages(rng.integers(0, 16, 60).tolist())
    found = Local(k=1, models="average_risk(threshold=0.1)").fit(data, RNG)
    groups = found.release.table.groupby("age", observed=True).size()
    assert len(found.release) == 60
    assert len(groups) / groups.sum() <= 0.1
    assert len(groups) > 1


def test_what_nobody_can_reach_is_said() -> None:
    with pytest.raises(Unreachable, match=r"no local recoding reaches k_anonymity\(k=9\)"):
        Local(k=9).fit(ages([1, 2, 3]), RNG)


def test_rows_of_one_person_count_once() -> None:
    columns = {
        "age": Column(role="quasi_identifier", kind="numeric", bounds=(0, 15), widths=(2, 4, 8)),
        "person": Column(role="feature"),
    }
    table = pd.DataFrame({"age": [0, 0, 1, 1, 8, 8], "person": ["a", "a", "a", "b", "c", "d"]})
    data = Dataset(table, Schema(columns=columns), "visits")
    found = Local(k=1, models="k_anonymity(k=2, person_column='person')").fit(data, RNG)
    assert found.release.table["age"].tolist() == ["0-1", "0-1", "0-1", "0-1", "8", "8"]


def test_weights_move_the_loss_to_other_attributes() -> None:
    data = load("wage")
    raw = {
        weights: (
            Local(k=20, weights=weights).fit(data, RNG).release.texts("education") == data.texts("education")
        ).mean()
        for weights in ("education=0.01", "education=50")
    }
    assert raw["education=0.01"] < raw["education=50"]


def test_the_peeled_cover_leaves_few_over_and_everybody_is_placed() -> None:
    data = load("wage")
    for text in ("k_anonymity(k=10)", "k_anonymity(k=5) + recursive_l_diversity(c=3, l=2, sensitive=['health'])"):
        requirement = Requirement.of(read_models(text), data)
        peeled = peel(requirement, {})
        placed = place_leftovers(peeled, requirement)
        assert (placed.class_of >= 0).all()
        assert requirement.passing(placed.classes(requirement)).all()
        assert placed.granularity() > 0.5
    assert isinstance(requirement.models[0], KAnonymity)
