"""Needs answered from known points, differences between scenarios that are more than noise, the small map."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from ppml_core.data.bundled import load, schema_of
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput
from ppml_core.experiment.axes import axis_of
from ppml_core.experiment.differences import differences, person_by_person
from ppml_core.experiment.families import first_map_plan, small_map_plan
from ppml_core.experiment.known import answer_from, offered_limits
from ppml_core.experiment.needs import needs_of
from ppml_core.experiment.scenario import Scenario
from ppml_core.experiment.sweep import sweep


def rows_with(
    scenario_id: str, accuracy: float, linkage: float, error: float = 0.005, repeats: int = 1
) -> pd.DataFrame:
    shared = {"scenario_id": scenario_id, "seed": 1, "error": None, "guarantee_epsilon": np.nan, "seconds": 1.0}
    made = [
        shared | {"repeat": repeat, "measure": name, "value": value, "std_error": error,
                  "low": value - 1.96 * error, "high": value + 1.96 * error}
        for repeat in range(repeats)
        for name, value in (("accuracy", accuracy), ("release_linkage_success", linkage))
    ]  # fmt: skip
    return pd.DataFrame(made)


THREE = pd.concat([rows_with("a", 0.86, 0.5), rows_with("b", 0.84, 0.05), rows_with("c", 0.80, 0.02)])


def test_the_best_known_is_the_one_with_the_lowest_risk_that_meets_all() -> None:
    found = answer_from(THREE, needs_of(["accuracy>=0.82", "linkage<=0.2"]))
    assert (found.best, found.meeting, found.feasible) == ("b", 1, True)
    assert found.bounded
    assert not answer_from(THREE, needs_of(["accuracy>=0.839", "linkage<=0.2"])).bounded


def test_without_any_the_nearest_is_named_with_what_it_misses() -> None:
    found = answer_from(THREE, needs_of(["accuracy>=0.85", "linkage<=0.2"]))
    assert (found.best, found.nearest) == (None, "b")
    assert "misses accuracy by 0.01" in found.sentence
    assert answer_from(THREE.iloc[:0], needs_of(["accuracy>=0.85"])).sentence == "Nothing is known yet."


def test_a_gap_meets_no_need() -> None:
    found = answer_from(THREE, needs_of(["epsilon<=1", "accuracy>=0.8"]))
    assert found.best is None
    assert "epsilon is not known" in found.sentence


def test_limits_run_from_the_lenient_end() -> None:
    assert offered_limits(axis_of("accuracy"), THREE)[0] < offered_limits(axis_of("accuracy"), THREE)[-1]
    assert offered_limits(axis_of("linkage"), THREE)[0] > offered_limits(axis_of("linkage"), THREE)[-1]


def test_costs_are_needed_and_sought_like_the_others() -> None:
    dear = rows_with("dear", 0.86, 0.5).assign(seconds=40.0)
    both = pd.concat([dear, THREE])
    assert answer_from(both, needs_of(["accuracy>=0.85", "seconds<=10"])).best == "a"
    assert answer_from(both, needs_of(["linkage<=0.9"]), [axis_of("accuracy")]).best in ("a", "dear")
    assert answer_from(both, needs_of(["linkage<=0.9"])).best == "c"
    assert answer_from(both, needs_of(["accuracy>=0.5"]), [axis_of("seconds")]).best != "dear"
    limits = offered_limits(axis_of("seconds"), both)
    assert limits == sorted(limits, reverse=True)
    assert {1.0, 10.0, 50.0} <= set(limits)


def test_differences_are_beyond_noise_only_where_their_interval_leaves_out_zero() -> None:
    parts = {"a": THREE[THREE["scenario_id"] == "a"], "b": THREE[THREE["scenario_id"] == "b"]}
    parts["near"] = rows_with("near", 0.862, 0.5)
    axes = [axis_of("accuracy"), axis_of("linkage"), axis_of("membership.auc")]
    found = differences(parts, axes)
    accuracy, linkage, membership = found["b"]
    assert accuracy.beyond_noise
    assert not accuracy.better
    assert linkage.beyond_noise
    assert linkage.better
    assert membership.estimate is None
    assert not found["near"][0].beyond_noise
    assert not found["a"][0].beyond_noise


def credit(rows: int = 300) -> Dataset:
    data = load("german_credit")
    return dataclasses.replace(data, table=data.table.head(rows).reset_index(drop=True))


def test_person_by_person_is_sharper_than_two_intervals_and_zero_against_itself() -> None:
    data = credit()
    one = Scenario.of("german_credit", "logistic_regression", repeats=1)
    other = Scenario.of("german_credit", "logistic_regression", {}, [("full_domain", {"k": 2})], repeats=1)
    seen: list[tuple[int, int]] = []
    found = person_by_person([one, other], data, 1, progress=lambda *at: seen.append(at))
    assert (found[one.id].value, found[one.id].width) == (0.0, 0.0)
    rows = sweep([one, other], data)
    parts = {name: rows[rows["scenario_id"] == name] for name in (one.id, other.id)}
    apart = differences(parts, [axis_of("accuracy")])[other.id][0].estimate
    assert apart is not None
    assert found[other.id].value == pytest.approx(apart.value)
    assert found[other.id].width < apart.width
    assert seen[-1] == (2, 2)
    assert person_by_person([one, other], data, 1, cancelled=lambda: True) == {}


def test_people_of_different_splits_are_not_compared() -> None:
    one = Scenario.of("german_credit", "logistic_regression")
    with pytest.raises(BadInput, match="different seeds"):
        person_by_person([one, dataclasses.replace(one, seed=2)], credit())


@pytest.mark.parametrize("name", ["adult", "wage", "german_credit"])
def test_the_small_map_has_each_kind_of_protection_once(name: str) -> None:
    plan = small_map_plan(name, schema_of(name))
    assert len({scenario.id for scenario in plan}) == len(plan) <= 50
    chains = {scenario.anonymize[0].method for scenario in plan if scenario.anonymize}
    assert chains == {"full_domain", "local"}
    assert any(scenario.setting("learner.epsilon") for scenario in plan)
    assert any(not scenario.anonymize and scenario.attack for scenario in plan)


def test_the_first_of_the_map_is_a_part_of_it_that_is_attacked() -> None:
    first, whole = (plan("adult", schema_of("adult")) for plan in (first_map_plan, small_map_plan))
    assert {one.id for one in first} <= {one.id for one in whole}
    assert all(one.attack for one in first)
    assert {bool(one.anonymize) for one in first} == {True, False}
