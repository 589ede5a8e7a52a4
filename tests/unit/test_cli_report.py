"""`ppml report`: a run or a scenario becomes one file, what is missing is computed, and a refusal is one line."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from command_line import answer, refusal

from ppml_core.cli import main
from ppml_core.data.bundled import load
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


def test_no_cell_of_somebodys_own_table_is_in_the_report_or_the_output(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    mark = "zq7tokenzq7"
    table = load("german_credit").table.copy()
    words = [name for name in table.columns if table[name].dtype == object or str(table[name].dtype) == "str"]
    for row, name in enumerate(words):
        table[name] = table[name].astype(object)
        table.loc[row, name] = f"{mark} {row % 2}"
    table["remark"] = [mark if at % 3 else "words of a person" for at in range(len(table))]
    file, out = tmp_path / "people.csv", tmp_path / "report.html"
    table.to_csv(file, index=False)
    for learner, chain in (("dp_gd", []), ("logistic_regression", [("mondrian", {"k": 5})])):
        scenario = tmp_path / "own.toml"
        settings = Scenario.of(str(file), learner, {}, chain, repeats=1, measures=("accuracy",))
        scenario.write_text(settings.to_toml(), encoding="utf-8")
        code = main(["report", "--scenario", str(scenario), "--out", str(out)])
        said = capsys.readouterr()
        assert mark not in said.out + said.err
        assert code == 0, said.err
        html = out.read_text(encoding="utf-8")
        assert mark not in html
        kept = re.findall(r'href="data:[^;]*;base64,([^"]+)"', html)
        assert len(kept) == 2
        assert not any(mark.encode() in base64.b64decode(one) for one in kept)
        assert "withheld: read off this table" in html


def refusal_at_end(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The last line, behind those of progress."""
    assert main([*map(str, arguments)]) == 2
    return capsys.readouterr().err.splitlines()[-1]
