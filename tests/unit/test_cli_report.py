"""`ppml report`: a run or a scenario becomes one file, what is missing is computed, and a refusal is one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import answer, refusal

from ppml_core.experiment.scenario import Scenario

SCENARIO = Scenario.of("german_credit", "dp_gd", repeats=1, measures=("accuracy",))


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "scenario.toml"
    path.write_text(SCENARIO.to_toml(), encoding="utf-8")
    return path


def test_a_run_and_a_scenario_become_one_file_each(
    capsys: pytest.CaptureFixture[str], scenario: Path, tmp_path: Path
) -> None:
    rows, out = tmp_path / "rows.parquet", tmp_path / "report.html"
    answer(capsys, "sweep", "--scenario", scenario, "--epsilon", "0.3,1,10", "--name", "curve", "--out", rows)
    told = answer(capsys, "report", "curve", "--chosen", SCENARIO.id, "--question", "Is it worth it?", "--out", out)
    html = out.read_text(encoding="utf-8")
    assert (told["scenarios"], told["chosen"], told["bytes"]) == (3, SCENARIO.id, len(html.encode()))
    assert "Is it worth it?" in html
    assert answer(capsys, "report", "--scenario", scenario, "--out", out)["scenarios"] == 1


def test_refusals_are_one_line_and_leave_nothing(
    capsys: pytest.CaptureFixture[str], scenario: Path, tmp_path: Path
) -> None:
    out = tmp_path / "report.html"
    answer(capsys, "sweep", "--scenario", scenario, "--name", "one", "--out", tmp_path / "rows.parquet")
    assert "give a run" in refusal(capsys, "report", "--out", out)
    assert "no run 'x'" in refusal(capsys, "report", "x", "--out", out)
    assert "is not the table of this run" in refusal(capsys, "report", "one", "--qi", "age", "--out", out)
    assert "no measure" in refusal_at_end(capsys, "report", "one", "--risk", "wrong", "--out", out)
    assert "no folder" in refusal(capsys, "report", "one", "--charts", tmp_path / "no", "--out", out)
    assert not out.exists()


def refusal_at_end(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The last line, behind those of progress."""
    from ppml_core.cli import main

    assert main([*map(str, arguments)]) == 2
    return capsys.readouterr().err.splitlines()[-1]
