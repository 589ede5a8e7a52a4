"""`ppml solve`, `ppml map` and `ppml scenario check` keep their contract."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from command_line import answer, refusal

from ppml_core.cli import main
from ppml_core.experiment.scenario import scenario_from_toml
from ppml_core.experiment.sharing import unpack

SCENARIO = """
dataset = "german_credit"
repeats = 2
[[anonymize]]
method = "full_domain"
[learner]
method = "logistic_regression"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "scenario.toml"
    path.write_text(SCENARIO)
    return path


def test_a_need_is_met(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    needs = ("--need", "accuracy>=0.68", "--need", "prosecutor.max<=0.2")
    said = answer(capsys, "solve", "--scenario", file, *needs, "--budget", 15)
    assert said["feasible"] is True
    assert said["nearest"] is None
    assert said["evaluations"] <= 15
    best = said["best"]
    assert best["settings"]["anonymize.k"] >= 5
    assert best["measures"]["prosecutor.max"]["value"] <= 0.2
    assert best["measures"]["accuracy"]["bound"] >= 0.68
    assert best["measures"]["roc_auc"]["value"] > 0.5
    assert scenario_from_toml(best["scenario"]).setting("anonymize.k") == best["settings"]["anonymize.k"]
    listed = next(run for run in answer(capsys, "runs", "list") if run["id"] == said["run"])
    assert listed["state"] == "finished"
    assert listed["total"] == listed["done"] + listed["failed"] == said["evaluations"], "tuning counts as spent"
    shown = answer(capsys, "runs", "show", said["run"])
    assert {line["people"] for line in shown["points"]} == {"training people, split again", "test people, fresh seeds"}
    for way in (("rerun", said["run"]), ("export", said["run"], "--out", file.with_suffix(".parquet"))):
        assert "is a search" in refusal(capsys, "runs", *way)
    assert "is a search" in refusal(capsys, "report", said["run"], "--out", file.with_suffix(".html"))


def test_a_need_that_cannot_be_met_is_an_answer(capsys: pytest.CaptureFixture[str]) -> None:
    base = ("solve", "--dataset", "german_credit", "--learner", "dp_gd", "--set", "learner.steps=10")
    said = answer(capsys, *base, "--need", "accuracy>=0.95", "--need", "epsilon<=1", "--budget", 8)
    assert said["feasible"] is False
    assert said["best"] is None
    assert said["nearest"]["misses"]["accuracy"] > 0.1
    assert said["nearest"]["settings"]["learner.steps"] == 10
    assert said["nearest"]["measures"]["epsilon"]["proved"] is True


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("--dataset", "adult", "--learner", "dp_gd"), "at least one need"),
        (("--dataset", "adult", "--need", "accuracy>=0.8"), "give --scenario F.toml"),
        (("--dataset", "adult", "--learner", "dp_gd", "--need", "beauty>=0.8"), "beauty"),
        (("--dataset", "adult", "--learner", "dp_gd", "--need", "accuracy>=0.8", "--budget", "2"), "at least 5"),
        (("--dataset", "adult", "--learner", "dp_gd", "--need", "accuracy>=0.8", "--objective", "joy"), "joy"),
        (("--dataset", "adult", "--learner", "dp_gd", "--need", "accuracy>=0.8", "--set", "k=2"), "learner.NAME"),
    ],
)
def test_what_is_wrong_gets_a_sentence(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], hint: str
) -> None:
    assert hint in refusal(capsys, "solve", *arguments)


def test_a_map_is_one_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "map.parquet"
    said = answer(capsys, "map", "--dataset", "german_credit", "--points", 8, "--risk", "linkage", "--out", out)
    rows = pd.read_parquet(out)
    assert said["scenarios"] == 8 == rows["scenario_id"].nunique()
    assert said["axes"] == ["accuracy", "linkage"]
    assert said["front"]
    assert {"settings", "accuracy", "linkage"} <= set(said["front"][0])
    assert said["gap_reasons"] == ["no table is handed out, in which somebody could be looked up"]
    assert "--points" not in refusal(capsys, "map", "--dataset", "german_credit", "--points", 0, "--out", out)


def test_a_map_of_numbers_is_drawn_by_r2(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "map.parquet"
    said = answer(capsys, "map", "--dataset", "wage", "--points", 4, "--risk", "linkage", "--out", out)
    assert said["axes"] == ["r2", "linkage"]
    assert said["front"]
    assert said["gap_reasons"] == ["no table is handed out, in which somebody could be looked up"]


def test_a_scenario_is_checked(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    said = answer(capsys, "scenario", "check", file)
    assert said["faults"] == []
    assert said["hands_out"] == ["model", "table"]
    assert said["settings"]["anonymize.k"] == 5
    page, _, packed = said["link"].partition("?scenario=")
    assert page == "private_training"
    assert unpack(packed) == scenario_from_toml(SCENARIO)
    file.write_text(SCENARIO.replace("logistic_regression", "linear_regression"))
    assert "classification" in answer(capsys, "scenario", "check", file, code=2)["faults"][0]
    file.write_text(SCENARIO.replace("german_credit", "no_such_table"))
    assert "no_such_table" in answer(capsys, "scenario", "check", file, code=2)["faults"][0]
    file.write_text(SCENARIO.replace("full_domain", "no_such_method"))
    assert "no_such_method" in answer(capsys, "scenario", "check", file, code=2)["faults"][0]


def test_designs_of_a_sweep(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "sweep.parquet"
    base = ("sweep", "--dataset", "german_credit", "--learner", "dp_gd", "--repeats", 1, "--out", out)
    filled = answer(capsys, *base, "--design", "sobol", "--points", 5, "--set", "learner.delta=1e-5")
    assert filled["points"] == 5 == pd.read_parquet(out)["learner.epsilon"].nunique()
    listed = answer(capsys, *base, "--design", "list", "--epsilon", "1,2", "--set", "learner.steps=10,20")
    assert listed["points"] == 2
    assert answer(capsys, *base, "--epsilon", "1,2,3,4", "--points", 2)["points"] == 2
    assert "as many values" in refusal(capsys, *base, "--design", "list", "--epsilon", "1,2", "--delta", "1e-5")
    assert "needs --points" in refusal(capsys, *base, "--design", "sobol")
    assert "above 0" in refusal(capsys, *base, "--minutes", 0)


def test_where_the_time_was_over_before_the_first_point_nothing_was_measured(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out, soon = tmp_path / "rows.parquet", ("--minutes", "1e-9")
    for command in (("sweep", "--learner", "logistic_regression"), ("map", "--risk", "linkage")):
        arguments = (*command, "--dataset", "german_credit", "--seed", "77", "--out", str(out), "--json")
        assert main([*arguments, *soon]) == 2
        said = capsys.readouterr()
        assert json.loads(said.out)["rows"] == len(pd.read_parquet(out)) == 0
        assert "the time was over" in said.err
        assert "give more --minutes" in said.err
