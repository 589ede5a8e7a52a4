"""Both kinds of install find the bundled tables from any folder: a wheel its own copy, a checkout its `datasets/`."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def listed(python: list[str], folder: Path) -> set[str]:
    command = [*python, "-c", "from dashboard.launch import main; raise SystemExit(main())", "datasets", "--json"]
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return {entry["name"] for entry in json.loads(answer.stdout)}


def test_a_checkout_serves_its_own_tables_from_any_folder(tmp_path: Path) -> None:
    expected = {path.parent.name for path in (ROOT / "datasets").glob("*/schema.toml")}
    assert listed([sys.executable], tmp_path) == expected


@pytest.mark.slow
def test_a_wheel_carries_the_tables(tmp_path: Path) -> None:
    subprocess.run(["uv", "build", "--quiet", "--wheel", "--out-dir", str(tmp_path), str(ROOT)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    assert "ppml_core/_datasets/adult/table.parquet" in inside
    assert "dashboard/app.py" in inside
    assert "dashboard/.streamlit/config.toml" in inside
    assert not any(name.startswith(("datasets/", "tests/")) for name in inside)
    subprocess.run(["uv", "venv", "--quiet", str(tmp_path / "venv")], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run(["uv", "pip", "install", "--quiet", "--python", str(python), str(wheel)], check=True)
    expected = {path.parent.name for path in (ROOT / "datasets").glob("*/schema.toml")}
    assert listed([str(python)], tmp_path) == expected
    where = subprocess.run(
        [str(python), "-c", "from ppml_core.data.bundled import bundled; print(bundled())"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert where.stdout.strip().endswith("_datasets")
