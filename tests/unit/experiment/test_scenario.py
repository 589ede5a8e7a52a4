"""Scenarios are values: equal content, equal id; a file reads back to the same."""

from __future__ import annotations

import dataclasses

import pytest

from ppml_core.errors import BadInput
from ppml_core.experiment.scenario import Scenario, expand, scenario_from_toml

BASE = Scenario.of("adult", "dp_gd", {"epsilon": 0.5}, anonymize=[("drop_identifiers", {}), ("full_domain", {"k": 7})])


def test_a_file_reads_back_to_an_equal_scenario() -> None:
    again = scenario_from_toml(BASE.to_toml())
    assert again == BASE
    assert again.id == BASE.id


def test_the_id_knows_defaults_and_ignores_repeats_and_measures() -> None:
    assert Scenario.of("adult", "dp_gd").id == Scenario.of("adult", "dp_gd", {"epsilon": 1}).id
    more = dataclasses.replace(BASE, repeats=50, measures=("accuracy",))
    assert more.id == BASE.id
    for changed in (BASE.with_setting("learner.epsilon", 0.6), dataclasses.replace(BASE, seed=2), BASE.unprotected()):
        assert changed.id != BASE.id


def test_dotted_names_reach_every_step() -> None:
    assert BASE.setting("anonymize.k") == 7
    assert BASE.setting("anonymize.1.k") == 7
    assert BASE.with_setting("anonymize.k", "10").setting("anonymize.1.k") == 10
    assert BASE.dotted()["learner.epsilon"] == 0.5
    assert BASE.setting("anonymize.9.k") is None
    twice = Scenario.of("adult", "dp_gd", anonymize=[("full_domain", {"k": 2}), ("full_domain", {"k": 3})])
    assert twice.setting("anonymize.k") is None
    assert twice.with_setting("anonymize.1.k", 4).setting("anonymize.1.k") == 4
    with pytest.raises(BadInput, match="more than one"):
        twice.with_setting("anonymize.k", 4)


def test_axes_multiply() -> None:
    scenarios = expand(BASE, {"anonymize.k": ["2", "5"], "learner.epsilon": ["0.1", "1", "10"]})
    assert [(s.setting("anonymize.k"), s.setting("learner.epsilon")) for s in scenarios] == [
        (2, 0.1), (2, 1.0), (2, 10.0), (5, 0.1), (5, 1.0), (5, 10.0),
    ]  # fmt: skip


def test_randomness_grows_from_the_content_alone() -> None:
    assert BASE.rng(0, "learner").random() == scenario_from_toml(BASE.to_toml()).rng(0, "learner").random()
    draws = {BASE.rng(repeat, step).random() for repeat in range(3) for step in ("learner", "anonymize.0")}
    assert len(draws) == 6


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("dataset = ", "not a TOML file"),
        ('dataset = "adult"', "needs learner"),
        ('dataset = "adult"\n[learner]\nmethod = "nothing"', "no learner 'nothing'"),
        ('dataset = "adult"\n[learner]\nmethod = "dp_gd"\nepsilon = -1', "epsilon must be"),
        ('dataset = "adult"\n[learner]\nmethod = "dp_gd"\nspeed = 1', "no setting 'speed'"),
        ('dataset = "adult"\nrepeats = 0\n[learner]\nmethod = "dp_gd"', "repeats must be"),
        ('dataset = "adult"\nmeasures = ["luck"]\n[learner]\nmethod = "dp_gd"', "no measure 'luck'"),
        ('dataset = "adult"\ncolour = 1\n[learner]\nmethod = "dp_gd"', "unknown entry 'colour'"),
        ('dataset = "adult"\nanonymize = 5\n[learner]\nmethod = "dp_gd"', "anonymize"),
    ],
)
def test_a_wrong_file_gets_a_sentence(text: str, hint: str) -> None:
    with pytest.raises(BadInput, match=hint):
        scenario_from_toml(text)
