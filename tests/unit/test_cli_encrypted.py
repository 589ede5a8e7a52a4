"""`ppml encrypted`: its keys are a contract, and what it refuses it refuses in a line."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from command_line import answer, refusal

from ppml_core.evidence import wilson

TABLE = ("encrypted", "--dataset", "german_credit", "--seed", "1")


def test_answers_agree_and_tell_what_they_cost(capsys: pytest.CaptureFixture[str]) -> None:
    said = answer(capsys, *TABLE, "--rows", 50)
    assert said["agreement"] == 1.0
    assert said["rows"] == 50
    for kind in ("encrypted", "clear"):
        measured = said["accuracy"][kind]
        assert (measured["low"], measured["high"]) == wilson(measured["value"], 50)
    assert said["accuracy"]["encrypted"] == said["accuracy"]["clear"]
    assert 0 < said["precision"]["logit"] < 1e-3
    assert said["ms_per_row"] > 0
    assert said["bytes"]["up"] > said["bytes"]["down"] > 0
    assert said["parameters"]["modulus_bits"] <= said["parameters"]["limit_bits"]
    assert said["parameters"]["security_bits"] == 128
    assert {"inputs", "model", "intermediates", "output", "colluding_pair", "given_away"} <= set(said["threats"])
    assert "not its output" in said["note"]
    assert "internal" in said["accuracy_note"]


@pytest.mark.slow
def test_training_is_laid_beside_its_clear_run(capsys: pytest.CaptureFixture[str]) -> None:
    said = answer(capsys, *TABLE, "--train", "--rounds", 2, "--set", "knots=1")
    accuracy = {kind: measured["value"] for kind, measured in said["accuracy"].items()}
    assert abs(accuracy["encrypted"] - accuracy["clear"]) <= 0.01
    assert "exact" in accuracy
    assert said["precision"]["weight"] < 1e-3
    assert said["costs"]["rounds"] == said["plan"]["rounds"] == 2
    assert "refresh" in said["threats"]["intermediates"]


@pytest.mark.slow
def test_a_network_answers(capsys: pytest.CaptureFixture[str]) -> None:
    said = answer(capsys, *TABLE, "--model", "network", "--rows", 50)
    assert said["agreement"] >= 0.99
    assert said["learner"] == "square_network"


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--rows", 0), "--rows"),
        (("--rows", 100_000), "--rows must be from 1 to the 300 test people, not 100000"),
        (("--rounds", 3), "--train"),
        (("--train", "--rows", 5), "--rows"),
        (("--train", "--model", "network"), "logistic_regression"),
        (("--train", "--set", "class_weight=balanced"), "class weights"),
        (("--model", "random_forest"), "other linear classifiers do"),
        (("--model", "nothing"), "nothing"),
        (("--security-bits", 100), "100"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(
    flags: tuple[object, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in refusal(capsys, *TABLE, *flags)


def test_without_the_extra_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.import_module

    def lacking(name: str, package: str | None = None) -> Any:
        if name.startswith("tenseal"):
            raise ImportError(name)
        return found(name, package)

    monkeypatch.setattr(importlib, "import_module", lacking)
    assert "ppml-explorer[encrypted]" in refusal(capsys, *TABLE)
    assert "ppml-explorer[encrypted]" in refusal(capsys, *TABLE, "--train")
