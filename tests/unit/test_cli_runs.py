"""`ppml runs`: a sweep is found again, handed on and repeated; and no cell of a table gets where it should not."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command_line import answer, refusal

from ppml_core.cli import main
from ppml_core.data.bundled import load
from ppml_core.store import Store

SWEEP = ("sweep", "--dataset", "german_credit", "--learner", "dp_gd", "--epsilon", "0.3,3", "--repeats", "1")


def test_a_sweep_is_listed_shown_renamed_handed_on_and_deleted(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "rows.parquet"
    swept = answer(capsys, *SWEEP, "--name", "curve", "--note", "to show", "--out", out)
    (listed,) = answer(capsys, "runs", "list")
    assert listed["id"] == swept["run"]
    assert {"name": "curve", "note": "to show", "state": "finished", "done": 2, "total": 2}.items() <= listed.items()
    shown = answer(capsys, "runs", "show", "curve")
    accuracy = {line["learner.epsilon"]: line["value"] for line in shown["points"] if line["measure"] == "accuracy"}
    rows = pd.read_parquet(out).query("measure == 'accuracy'")
    assert accuracy == dict(zip(rows["learner.epsilon"], rows["value"].round(12), strict=True))
    assert answer(capsys, "runs", "rename", listed["id"][:5], "ε curve")["name"] == "ε curve"
    assert answer(capsys, "runs", "note", "ε curve", "seen")["note"] == "seen"
    assert answer(capsys, "runs", "rerun", "ε curve")["id"] == listed["id"]
    file = tmp_path / "runs.parquet"
    assert answer(capsys, "runs", "export", "--out", file)["points"] == 2
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("PPML_STORE", f"sqlite:///{tmp_path / 'other.sqlite'}")
        (brought,) = answer(capsys, "runs", "import", file)["runs"]
        assert {"name": "ε curve", "note": "seen", "done": 2, "state": "finished"}.items() <= brought.items()
        assert answer(capsys, "runs", "show", brought["id"])["points"] == shown["points"]
    assert answer(capsys, "runs", "delete", "ε curve")["deleted"] == listed["id"]
    assert answer(capsys, "runs", "list") == []


def test_refusals_are_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "no run 'x'" in refusal(capsys, "runs", "show", "x")
    assert "no run to export" in refusal(capsys, "runs", "export", "--out", tmp_path / "x.parquet")
    assert "cannot be read" in refusal(capsys, "runs", "import", tmp_path / "absent.parquet")
    assert not (tmp_path / "x.parquet").exists()


@pytest.fixture
def marked(tmp_path: Path) -> tuple[Path, str]:
    """German credit as somebody's own file, with a cell in each kind of column that is found nowhere else."""
    mark = "zq7tokenzq7"
    data = load("german_credit")
    table = data.table.copy()
    names = [name for name in table.columns if name != data.schema.target]
    words = [name for name in names if data.schema[name].kind == "categorical"]
    for row, name in enumerate(words):
        table[name] = table[name].astype(object)
        table.loc[row, name] = mark
    table["remark"] = np.where(np.arange(len(table)) % 3 == 0, mark, "other words of a person")
    table["number"] = [mark if row == 5 else str(row) for row in range(len(table))]
    file = tmp_path / "people.csv"
    table.to_csv(file, index=False)
    return file, mark


def test_a_cell_of_a_table_reaches_no_output_store_or_log(
    marked: tuple[Path, str],
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sweeps that succeed, that warn and that fail: the mark is in the file that was read, and nowhere else."""
    file, mark = marked
    place = tmp_path / "searched.sqlite"
    monkeypatch.setenv("PPML_STORE", f"sqlite:///{place}")
    target = str(load("german_credit").schema.target)
    schema = tmp_path / "schema.toml"
    with caplog.at_level(logging.DEBUG):
        assert main(["schema", "infer", str(file), "--out", str(schema)]) == 0
        capsys.readouterr()  # an inferred schema lists categories: it is the person's own file
        text = schema.read_text(encoding="utf-8")
        assert target in text
        common = ["--dataset", str(file), "--schema", str(schema), "--repeats", "1", "--json"]
        for number, (learner, more) in enumerate(
            [
                ("dp_gd", []),
                ("logistic_regression", ["--set", "learner.C=1000000"]),
                ("random_forest", ["--method", "mondrian", "--k", "5"]),
                ("diffprivlib_naive_bayes", []),
                ("logistic_regression", ["--k", "100000"]),
                ("linear_regression", []),
            ]
        ):
            main(["sweep", *common, "--learner", learner, *more, "--out", str(tmp_path / f"{number}.parquet")])
        main(["runs", "list", "--json"])
        main(["runs", "export", "--out", str(tmp_path / "runs.parquet")])
    said = capsys.readouterr()
    assert mark not in said.out + said.err + caplog.text
    store = Store()
    assert len(store) > 0
    with store.engine.connect() as connection:
        assert connection.connection.dbapi_connection is not None
        dump = "\n".join(connection.connection.dbapi_connection.iterdump())  # type: ignore[attr-defined]
    store.close()
    assert mark not in dump
    assert mark.encode() not in b"".join(path.read_bytes() for path in tmp_path.glob("searched.sqlite*"))
    results = list(tmp_path.glob("*.parquet"))
    assert results
    for path in results:
        assert not pd.read_parquet(path).astype(str).apply(lambda cells: cells.str.contains(mark)).any(axis=None), path


def test_runs_are_listed_without_what_is_heavy() -> None:
    code = (
        "import sys; from ppml_core.cli import main; code = main(['runs', 'list', '--json']); "
        "assert not {'streamlit', 'plotly', 'distributed'} & set(sys.modules); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
