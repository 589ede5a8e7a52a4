"""`ppml pii`: its keys are a contract, and it never prints a cell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ppml_core.cli import main
from ppml_core.data.bundled import load


def test_every_column_has_type_confidence_and_evidence_or_null(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pii", "clinic", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert set(answer) == {"columns"}
    columns = answer["columns"]
    assert list(columns) == list(load("clinic").table.columns)
    found = {name: entry["type"] for name, entry in columns.items() if entry is not None}
    assert found == {
        "record_number": "record_number", "name": "name", "email": "email", "phone": "phone",
        "birth_date": "date_of_birth", "zip": "postal_code", "note": "free_text",
    }  # fmt: skip
    for name in found:
        assert set(columns[name]) == {"type", "confidence", "evidence"}
        assert 0.5 <= columns[name]["confidence"] <= 1
        assert columns[name]["evidence"]


def test_a_terminal_gets_one_line_a_column(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pii", "clinic"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["column", "type", "confidence", "evidence"]
    assert len(lines) == 1 + len(load("clinic").table.columns)


def test_no_cell_is_printed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    rows = [f"xa{number}@secret.example,555{number:04d}" for number in range(40)]
    file.write_text("\n".join(["contact,code", *rows]), encoding="utf-8")
    assert main(["pii", str(file)]) == 0
    said = capsys.readouterr().out
    assert "e-mail address" in said
    assert "secret" not in said
    assert "5550" not in said


@pytest.mark.parametrize("table", ["nosuch.csv", "nosuch"])
def test_a_missing_table_is_told_in_one_line(capsys: pytest.CaptureFixture[str], table: str) -> None:
    assert main(["pii", table]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert table in said.err
