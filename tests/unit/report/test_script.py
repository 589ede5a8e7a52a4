"""The generated script: in a process of its own it gives the report's numbers exactly, and holds no cell of a table."""

from __future__ import annotations

import io
import json
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ppml_core.data.bundled import load
from ppml_core.data.reading import read_dataset
from ppml_core.experiment.families import map_plan
from ppml_core.experiment.scenario import Scenario, expand, scenario_from_toml
from ppml_core.experiment.sweep import sweep
from ppml_core.report import about, explore, report_html, script_of
from ppml_core.report.script import families_of

MARK = "zq7tokenzq7"


def here(monkeypatch: pytest.MonkeyPatch, script: Path, *arguments: object) -> object:
    """How the script ends in this process, with these arguments: 0, or what it says."""
    monkeypatch.setattr(sys, "argv", [str(script), *map(str, arguments)])
    monkeypatch.chdir(script.parent)
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(script), run_name="__main__")
    return ended.value.code


@pytest.mark.slow
def test_a_fresh_process_gives_the_chosen_point_exactly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = load("german_credit")
    chain = [("mondrian", {"k": 5})]
    base = Scenario.of("german_credit", "dp_gd", {}, chain, repeats=2, measures=("accuracy", "roc_auc"))
    scenarios = expand(base, {"learner.epsilon": [1.0, 10.0]})
    told = explore(scenarios, sweep(scenarios, data), about(data), chosen=scenarios[1].id)
    script = tmp_path / "reproduce.py"
    script.write_text(script_of(told), encoding="utf-8")
    command = [sys.executable, str(script), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    again = json.loads(done.stdout)
    assert again == {"measures": dict(told.exact), "different": []}
    assert {"accuracy", "roc_auc", "release_linkage_success"} <= set(again["measures"])
    assert here(monkeypatch, script, "--all") == 0
    everything = pd.read_parquet(tmp_path / "exploration.parquet")
    assert set(everything["scenario_id"]) == {scenario.id for scenario in scenarios}


@pytest.fixture
def own_file(tmp_path: Path) -> Path:
    """Somebody's table with a cell in each kind of column, the target too, that is found nowhere else."""
    rng = np.random.default_rng(5)
    rows = 240
    table = pd.DataFrame(
        {
            "age": rng.integers(20, 70, rows),
            "town": rng.choice(["Aa", "Bb", MARK], rows),
            "<b>remark</b>": [f"{MARK} {at}" if at % 3 else "other words" for at in range(rows)],
            "ill": rng.choice([f"yes {MARK}", "no"], rows),
        }
    )
    path = tmp_path / "people.csv"
    table.to_csv(path, index=False)
    return path


def test_an_upload_is_asked_for_and_recognised_and_none_of_its_cells_is_told(
    own_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = read_dataset(own_file, qi=["town", "age"])
    scenario = Scenario.of("people", "logistic_regression", {}, [("mondrian", {"k": 5})], repeats=1)
    failing = Scenario.of("people", "linear_regression", repeats=1)
    rows = sweep([scenario, failing], data)
    told = explore([scenario, failing], rows, about(data), chosen=scenario.id)
    text = script_of(told)
    assert MARK not in text
    assert MARK not in report_html([scenario, failing], rows, about(data), chosen=scenario.id)
    script = tmp_path / "reproduce.py"
    script.write_text(text, encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{own_file}\n"))
    assert here(monkeypatch, script) == 0
    assert "Every number is the report's." in capsys.readouterr().out
    other = tmp_path / "others.csv"
    own_file.with_name("others.csv").write_text(own_file.read_text().replace("Aa", "Cc"))
    assert str(here(monkeypatch, script, other)).startswith(f"{other} is not the table of this report")


def test_every_scenario_of_a_map_comes_back_from_its_families() -> None:
    plan = map_plan("adult", load("german_credit").schema)
    plan += [plan[-1].with_setting("learner.epsilon", epsilon) for epsilon in (0.07, 0.08)]
    again: list[Scenario] = []
    for base, changes in families_of(plan):
        first = scenario_from_toml(base.to_toml())
        if isinstance(changes, dict):
            again += expand(first, changes)
        else:
            again += [change_all(first, change) for change in changes]
    assert {scenario.id for scenario in again} == {scenario.id for scenario in plan}
    assert len(families_of(plan)) <= 6


def change_all(scenario: Scenario, change: dict[str, object]) -> Scenario:
    for name, value in change.items():
        scenario = scenario.with_setting(name, value)
    return scenario
