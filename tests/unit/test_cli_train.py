"""`ppml train` and `ppml synthesize`: their keys are a contract, and only a release carries a guarantee away."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from command_line import answer, refusal

from ppml_core.data.bundled import load
from ppml_core.data.split import split
from ppml_core.errors import BadInput
from ppml_core.experiment.scenario import Scenario
from ppml_core.experiment.training import train_release
from ppml_core.learn.model_file import read_model

GIVEN = ("train", "german_credit", "--learner", "dp_gd", "--epsilon", "2", "--delta", "1e-5")


def test_a_model_is_trained_measured_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "model.skops"
    said = answer(capsys, *GIVEN, "--set", "steps=30", "--out", target)
    assert said["guarantee"] == {
        "epsilon": 2.0, "delta": 1e-5, "neighbours": "add_or_remove_one", "unit": "record",
        "mu": pytest.approx(0.51, abs=0.02),
    }  # fmt: skip
    assert "can be reproduced" in said["guarantee_note"]
    assert "not about everyone" in said["split_note"]
    assert (said["released"], said["exploratory"]) == (False, True)
    for name in ("accuracy", "auc", "log_loss", "baseline_majority_accuracy"):
        measured = said["measures"][name]
        assert measured["low"] <= measured["value"] <= measured["high"]
    assert said["noise"]["steps"] == 30
    assert said["seconds"] > 0
    saved = read_model(target.read_bytes())
    assert saved.card["guarantee"] is None
    assert "No guarantee" in saved.card["guarantee_note"]
    test = split(load("german_credit"), 1)[1]
    assert saved.model.predict_proba(test).shape == (len(test), 2)


def test_a_release_carries_its_guarantee_and_no_measure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "model.skops"
    said = answer(capsys, *GIVEN, "--release", "--out", target)
    assert (said["released"], said["exploratory"]) == (True, False)
    assert said["guarantee_note"] == ""
    assert said["noise"]["mechanism"] == "discrete gaussian"
    card = read_model(target.read_bytes()).card
    assert card["guarantee"]["epsilon"] == 2.0
    assert "internal_measures" not in card
    assert "seed" not in str(card)
    again = answer(capsys, *GIVEN, "--release")
    assert again["measures"]["log_loss"] != said["measures"]["log_loss"], "two releases draw other noise"
    assert "secret coin" in said["split_note"]
    assert card["split_note"] == said["split_note"]


def test_who_is_trained_on_is_drawn_anew_for_each_release() -> None:
    data = load("german_credit")
    scenario = Scenario.of(data.name, "dp_gd", {"epsilon": "2", "delta": "1e-5", "steps": "3"}, seed=1, repeats=1)
    one, other = (train_release(scenario, data).prepared.members for _ in range(2))
    assert not one.table.equals(other.table)


def test_without_a_private_learner_there_is_no_guarantee(capsys: pytest.CaptureFixture[str]) -> None:
    said = answer(capsys, "train", "german_credit", "--learner", "logistic_regression")
    assert said["guarantee"] is None
    assert said["split_note"] == "", "there is no epsilon whose people could be named"
    assert said["noise"] == {}


def test_somebody_with_several_rows_is_told_a_larger_epsilon(capsys: pytest.CaptureFixture[str]) -> None:
    said = answer(capsys, *GIVEN, "--set", "steps=30", "--records-per-person", "3")
    one, three = said["guarantee"], said["guarantee_for_a_person"]
    assert three["unit"] == "person with up to 3 records"
    assert three["mu"] == pytest.approx(3 * one["mu"])
    assert three["epsilon"] > 3 * one["epsilon"]
    pure = answer(capsys, "train", "german_credit", "--learner", "diffprivlib_naive_bayes", "--records-per-person", "2")
    assert pure["guarantee_for_a_person"]["epsilon"] == 2 * pure["guarantee"]["epsilon"]
    assert "guarantee_for_a_person" not in answer(capsys, *GIVEN, "--set", "steps=30")


def test_people_made_up_from_those_with_several_rows_tell_a_larger_epsilon_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("synthesize", "german_credit", "--epsilon", 1, "--rows", 20, "--out", tmp_path / "S.csv")
    said = answer(capsys, *given, "--records-per-person", 3)
    one, three = said["guarantee"], said["guarantee_for_a_person"]
    assert (three["epsilon"], three["unit"]) == (3 * one["epsilon"], "person with up to 3 records")
    assert three["delta"] > 3 * one["delta"], "group privacy of (ε, δ) costs δ too"
    assert "is above 1/(10 × 1,000 expected rows)" in said["guarantee_for_a_person_note"]
    exact = answer(capsys, *given, "--set", "pairs=false", "--records-per-person", 3)
    assert exact["guarantee_for_a_person"]["mu"] == pytest.approx(3 * exact["guarantee"]["mu"])
    assert "guarantee_for_a_person_note" not in exact
    assert "guarantee_for_a_person" not in answer(capsys, *given)
    assert "not two" in refusal(capsys, *given, "--records-per-person", "two")


def test_where_nothing_is_promised_to_a_person_no_file_is_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    learner = ("train", "german_credit", "--learner", "local_naive_bayes", "--out", tmp_path / "model.skops")
    assert "this one is for a person" in refusal(capsys, *learner, "--records-per-person", 2)
    made = ("synthesize", "german_credit", "--epsilon", 1, "--rows", 20, "--out", tmp_path / "S.csv")
    assert "promises nothing to a person with 90 records" in refusal(capsys, *made, "--records-per-person", 90)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((*GIVEN, "--records-per-person", "0"), "--records-per-person must be a whole number"),
        ((*GIVEN, "--records-per-person", "two"), "not two"),
        ((*GIVEN, "--release", "--seed", "3"), "no --seed"),
        (("train", "german_credit", "--learner", "random_forest", "--release"), "dp_additive and dp_gd have one"),
        ((*GIVEN, "--set", "stepz=3"), "stepz"),
        ((*GIVEN, "--set", "epsilon=3"), "given twice"),
        (("train", "german_credit", "--learner", "dp_gdd"), "dp_gdd"),
        ((*GIVEN, "--out", "/nowhere/model.skops"), "does not exist"),
        (("train", "wage", "--learner", "diffprivlib_naive_bayes"), "wage"),
    ],
)
def test_bad_input_gets_a_sentence(arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert said in refusal(capsys, *arguments)


def test_a_file_that_is_no_model_is_refused() -> None:
    with pytest.raises(BadInput, match="no saved model"):
        read_model(b"nothing")


def test_people_are_made_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "S.csv"
    said = answer(capsys, "synthesize", "adult", "--epsilon", 1, "--delta", "1e-6", "--rows", 300, "--out", target)
    table = pd.read_csv(target)
    assert len(table) == said["rows"] == 300
    assert list(table.columns) == said["columns"]
    assert said["guarantee"]["epsilon"] == 1.0
    assert (said["released"], said["exploratory"]) == (False, True)
    assert "can be reproduced" in said["guarantee_note"]
    assert said["pairs"]
    first = target.read_bytes()
    answer(capsys, "synthesize", "adult", "--epsilon", 1, "--delta", "1e-6", "--rows", 300, "--out", target)
    assert target.read_bytes() == first, "the same seed makes up the same people"
    assert "rows" in refusal(capsys, "synthesize", "adult", "--epsilon", 1, "--rows", 0, "--out", target)


def test_shares_that_leave_nothing_for_the_pairs_are_scaled_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("synthesize", "german_credit", "--epsilon", 1, "--rows", 20, "--out", tmp_path / "S.csv")
    shares = ("--set", "singles_share=0.9", "--set", "choice_share=0.5")
    (note,) = answer(capsys, *given, *shares)["notes"]
    assert "leave less than 0.02 for the pairs" in note
    assert "single columns get 63 % of the budget, the choice 35 %, the pairs 1 %" in note
    assert answer(capsys, *given, *shares, "--set", "pairs=false")["notes"] == []


def test_a_made_up_table_that_leaves_takes_its_guarantee_with_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "S.csv"
    given = ("synthesize", "german_credit", "--epsilon", 1, "--rows", 300, "--out", target)
    said = answer(capsys, *given, "--release")
    assert (said["released"], said["exploratory"], said["guarantee_note"]) == (True, False, "")
    first, card = target.read_bytes(), json.loads((tmp_path / "S.card.json").read_text())
    assert card["guarantee"] == said["guarantee"]
    assert sum(step["share"] for step in card["budget"]["steps"]) == pytest.approx(1)
    assert card["public_inputs"]["age"]["source"]
    assert "seed" not in json.dumps(card)
    answer(capsys, *given, "--release")
    assert target.read_bytes() != first, "no two releases are alike"
    answer(capsys, *given)
    explored = json.loads((tmp_path / "S.card.json").read_text())
    assert explored["guarantee"] is None
    assert "can be reproduced" in explored["guarantee_note"]
    assert "no --seed" in refusal(capsys, *given, "--release", "--seed", 3)
    assert "nothing is released" in refusal(capsys, *given, "--release", "--delta", "0.01")
