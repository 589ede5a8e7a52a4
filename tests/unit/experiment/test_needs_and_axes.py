"""Needs are read strictly, axes say what they are defined for, and a proof is never an estimate."""

from __future__ import annotations

import pandas as pd
import pytest

from ppml_core.attacks.base import Attack
from ppml_core.catalog import methods
from ppml_core.data.bundled import load
from ppml_core.errors import BadInput
from ppml_core.experiment.axes import axes, axis_of, in_people, reading_of, readings
from ppml_core.experiment.needs import need_of, needs_of
from ppml_core.experiment.scenario import Scenario
from ppml_core.experiment.sweep import sweep


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    private = Scenario.of("german_credit", "dp_gd", repeats=3)
    protected = Scenario.of("german_credit", "dp_gd", anonymize=[("full_domain", {"k": 3})], repeats=2)
    plain = Scenario.of("german_credit", "logistic_regression", repeats=1)
    return sweep([private, protected, plain], load("german_credit"))


@pytest.mark.parametrize(
    ("text", "name", "limit"),
    [
        ("accuracy>=0.83", "accuracy", 0.83),
        ("accuracy >= 83%", "accuracy", 0.83),
        ("AUC≥.9", "roc_auc", 0.9),
        ("prosecutor_max<=0.2", "prosecutor.max", 0.2),
        ("release_prosecutor_max<=0.2", "prosecutor.max", 0.2),
        ("epsilon<=1e0", "epsilon", 1.0),
        ("seconds<=500ms", "seconds", 0.5),
        ("bytes<=8MB", "bytes", 8e6),
        ("membership.tpr_at_0.001<=1%", "membership.tpr_at_0.001", 0.01),
    ],
)
def test_needs_are_read(text: str, name: str, limit: float) -> None:
    need = need_of(text)
    assert (need.axis.name, need.limit) == (name, limit)
    assert need_of(need.text) == need


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("luck>=1", "no measure, risk or cost 'luck'"),
        ("accuracy", "written NAME>=NUMBER"),
        ("accuracy>=", "written NAME>=NUMBER"),
        ("accuracy>=0.8.3", "no number"),
        ("accuracy>=0.8kg", "no unit 'kg'"),
        ("epsilon<=100%", "no unit '%'"),
        ("accuracy>=83", "between 0 and 1"),
        ("accuracy<=0.83", "better where it is higher"),
        ("prosecutor.max>=0.2", "better where it is lower"),
        ("seconds<=-1", "at least 0"),
    ],
)
def test_a_wrong_need_gets_a_sentence(text: str, hint: str) -> None:
    with pytest.raises(BadInput, match=hint):
        need_of(text)


def test_needs_are_one_per_axis() -> None:
    with pytest.raises(BadInput, match="twice"):
        needs_of(["accuracy>=0.8", "accuracy>=0.9"])
    with pytest.raises(BadInput, match="at least one"):
        needs_of([])


def test_readings_tell_measured_proved_and_gap_apart(rows: pd.DataFrame) -> None:
    private, protected, plain = readings(axis_of("accuracy"), rows)
    epsilon = readings(axis_of("epsilon"), rows)
    assert epsilon[private].proved == 1.0
    assert epsilon[private].estimate is None
    assert epsilon[private].bound() == 1.0
    for without in (protected, plain):
        assert epsilon[without].value is None
        assert "nothing is proved" in epsilon[without].reason
    risk = readings(axis_of("prosecutor.max"), rows)
    assert risk[protected].value == pytest.approx(1 / 3, abs=0.1)
    assert "no table" in risk[private].reason
    found = reading_of(axis_of("accuracy"), rows[rows["scenario_id"] == private])
    assert found.estimate is not None
    assert found.estimate.repeats == 3
    bound = found.bound(0.95)
    assert bound is not None
    assert found.estimate.low < bound < found.estimate.value
    assert found.bound(0.999) < bound  # type: ignore[operator]
    assert "membership_inference" in readings(axis_of("membership.auc"), rows)[private].reason
    seconds = readings(axis_of("seconds"), rows)[private]
    assert seconds.interval is not None
    assert 0 <= seconds.interval[0] <= seconds.value  # type: ignore[operator]
    assert "nothing is sent" in readings(axis_of("bytes"), rows)[private].reason


def test_every_axis_says_what_it_is() -> None:
    for name, axis in axes().items():
        assert axis_of(name) is axis or axis_of(name) == axis
        assert axis.title
        assert axis.kind != "risk" or axis.things, name
        assert not (axis.kind == "risk" and axis.higher_is_better), name
        assert not axis.attack or axis.attack in methods(Attack)


def test_accuracy_is_told_in_people(rows: pd.DataFrame) -> None:
    found = readings(axis_of("accuracy"), rows)
    one, two = list(found.values())[:2]
    assert in_people(axis_of("accuracy"), one, one) == "of 1,000 people, as many are misjudged"
    assert "of 1,000 people" in in_people(axis_of("accuracy"), one, two)
    assert in_people(axis_of("roc_auc"), one, two) == ""
