"""`ppml attack membership`: its keys are a contract, one seed gives one answer, and bad input gets a sentence."""

from __future__ import annotations

import pytest
from command_line import answer, refusal

TABLE = ("attack", "membership", "--dataset", "german_credit")
GIVEN = (*TABLE, "--learner", "decision_tree", "--shadows", "4", "--n", "200")


def test_membership_says_what_the_contract_names(capsys: pytest.CaptureFixture[str]) -> None:
    said = answer(capsys, *GIVEN, "--attack", "lira_online", "--seed", "3")
    assert list(said) == ["lira_online"]
    found = said["lira_online"]
    assert found["auc"]["low"] <= found["auc"]["value"] <= found["auc"]["high"]
    assert found["auc"]["low"] > 0.5
    assert list(found["tpr_at_fpr"]) == ["0.01", "0.001"]
    for rate, at in found["tpr_at_fpr"].items():
        assert at["low"] <= at["value"] <= at["high"]
        assert at["fpr"] <= float(rate)
        assert isinstance(at["false_positives"], int)
    assert set(found["null"]) == {"auc", "tpr_at_fpr"}
    assert found["seconds"] > 0
    assert found["bound"] is None
    again = answer(capsys, *GIVEN, "--attack", "all", "--seed", "3")
    assert set(again) == {"lira_offline", "lira_online", "loss", "quantile", "rmia", "shadow"}
    assert again["lira_online"]["auc"] == found["auc"], "the same beside others"


def test_a_private_learner_brings_its_bound(capsys: pytest.CaptureFixture[str]) -> None:
    given = (*TABLE, "--learner", "dp_gd", "--epsilon", "2", "--n", "150")
    said = answer(capsys, *given, "--shadows", "4", "--set", "steps=10", "--processes", "1")["rmia"]
    assert said["bound"]["neighbours"] == "add_or_remove_one"
    assert 0.5 < said["bound"]["auc"] < 1
    assert said["drawn"] == "independently"
    assert said["auc"]["low"] <= said["bound"]["auc"]
    behind = answer(capsys, *given, "--shadows", "2", "--anonymize", "mondrian(k=5)")["rmia"]
    assert behind["bound"] is None, "a step before it read every row"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((*GIVEN, "--attack", "magic"), "--attack must be one of lira_offline"),
        ((*GIVEN, "--attack", "lira_online", "--shadows", "2"), "at least 4 shadow models"),
        ((*GIVEN, "--shadows", "3"), "pairs"),
        ((*GIVEN, "--n", "600"), "at most half"),
        ((*GIVEN, "--processes", "0"), "--processes"),
        ((*GIVEN, "--seed", "-1"), "--seed"),
        ((*GIVEN, "--set", "depth=3"), "depth"),
        ((*GIVEN, "--anonymize", "mondrian(k=5"), "are written like"),
        ((*TABLE, "--learner", "dp_gdd"), "dp_gdd"),
        ((*GIVEN, "--attack", "quantile", "--n", "480"), "at least 100 people known not to be members"),
    ],
)
def test_bad_input_gets_a_sentence(arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert said in refusal(capsys, *arguments)


def test_attribute_says_members_others_and_who_never_asks(capsys: pytest.CaptureFixture[str]) -> None:
    given = ("attack", "attribute", "--dataset", "german_credit", "--learner", "decision_tree", "--n", "200")
    said = answer(capsys, *given, "--column", "housing")
    assert said["column"] == "housing"
    for name in ("advantage", "control", "members", "others", "imputed", "beyond_imputation"):
        assert said[name]["low"] <= said[name]["value"] <= said[name]["high"]
    assert said["advantage"]["value"] == pytest.approx(said["members"]["value"] - said["others"]["value"])
    assert "shoe_size" in refusal(capsys, *given, "--column", "shoe_size")
