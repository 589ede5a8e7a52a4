"""`ppml anonymize` with --pseudonymize, --drop and --scrub, and cells that a spreadsheet would run."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import os
from pathlib import Path

import pandas as pd
import pytest
from command_line import answer, refusal

from ppml_core.cli import main
from ppml_core.data.bundled import load
from ppml_core.data.identifiers import scan_text

SECRET = bytes(range(40, 72))
FEW = ("anonymize", "clinic", "--k", "2", "--suppression-limit", "1")


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    (tmp_path / "key").write_bytes(SECRET)
    (tmp_path / "key").chmod(0o600)
    return tmp_path / "key"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.csv"


def read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def test_pseudonyms_stay_and_their_mapping_leads_back(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, key_file: Path, out: Path
) -> None:
    names = tmp_path / "names.csv"
    flags = ("--pseudonymize", "record_number", "--pseudonymize", "name", "--key-file", key_file)
    said = answer(capsys, *FEW, *flags, "--pseudonym-mapping", names, "--out", out)
    clinic, release, mapping = load("clinic"), read(out), read(names)
    assert said["pseudonymized"] == {name: clinic.table[name].nunique() for name in ("record_number", "name")}
    assert {"record_number", "name"} < set(release.columns)
    assert not {"email", "phone", "note"} & set(release.columns)
    assert list(mapping.columns) == ["column", "value", "pseudonym"]
    numbers = mapping[mapping["column"] == "record_number"].set_index("pseudonym")["value"]
    people = clinic.table.set_index("record_number").loc[release["record_number"].map(numbers)]
    assert people["systolic_bp"].astype(str).tolist() == release["systolic_bp"].tolist()
    tag = hmac.new(SECRET, b"MRN-105471", hashlib.sha256).digest()
    assert numbers[base64.b32encode(tag).decode()[:16]] == "MRN-105471"


@pytest.mark.skipif(os.name != "posix", reason="file modes are those of POSIX systems")
def test_only_the_owner_may_read_who_is_behind_pseudonyms(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, key_file: Path, out: Path
) -> None:
    names, folder = tmp_path / "names.csv", tmp_path / "mapping"
    flags = ("--pseudonymize", "name", "--key-file", key_file)
    answer(capsys, *FEW, *flags, "--out", out)
    assert {path.name for path in tmp_path.iterdir()} == {"key", "out.csv"}, "no mapping unasked"
    answer(capsys, *FEW, *flags, "--pseudonym-mapping", names, "--out", out)
    assert names.stat().st_mode & 0o777 == 0o600
    method = ("--method", "pseudonymize", "--set", f"key_file={key_file}", "--set", "columns=zip")
    answer(capsys, "anonymize", "clinic", *method, "--mapping", folder, "--out", out)
    assert {path.stat().st_mode & 0o077 for path in folder.iterdir()} == {0}
    key_file.chmod(0o644)
    assert main([*FEW, *map(str, flags), "--out", str(out)]) == 0
    assert "chmod 600" in capsys.readouterr().err


def test_neither_release_nor_result_holds_the_key(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, key_file: Path, out: Path
) -> None:
    flags = ("--pseudonymize", "name", "--key-file", key_file, "--mapping", tmp_path / "mapping.json")
    assert main([*map(str, (*FEW, *flags, "--pseudonym-mapping", tmp_path / "names.csv", "--out", out))]) == 0
    said = capsys.readouterr()
    written = [path.read_bytes() for path in tmp_path.iterdir() if path != key_file]
    for text in (*written, said.out.encode(), said.err.encode()):
        assert not any(form in text for form in (SECRET, SECRET.hex().encode(), base64.b64encode(SECRET)))
    assert "Bekele" not in (tmp_path / "mapping.json").read_text()


def test_dropped_and_scrubbed_columns(capsys: pytest.CaptureFixture[str], out: Path) -> None:
    said = answer(capsys, *FEW, "--drop", "zip", "--drop", "smoker", "--scrub", "note", "--out", out)
    release = read(out)
    assert said["dropped_columns"] == ["zip", "smoker"]
    assert not {"zip", "smoker", "name", "email"} & set(release.columns)
    raw = load("clinic").table["note"]
    assert sum(said["scrubbed"].values()) == sum(len(scan_text(note)) for note in raw) > 0
    assert release["note"].str.contains(r"\[[A-Z -]+\]").any()


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (("--pseudonymize", "name"), "--pseudonymize needs --key-file"),
        (("--key-file", "KEY"), "--key-file belongs to --pseudonymize"),
        (("--pseudonym-mapping", "names.csv"), "--pseudonym-mapping belongs to --pseudonymize"),
        (("--drop", "name", "--pseudonymize", "name", "--key-file", "KEY"), "named by --drop and by --pseudonymize"),
        (("--drop", "note", "--scrub", "note"), "named by --drop and by --scrub"),
        (("--scrub", "note", "--pseudonymize", "note", "--key-file", "KEY"), "by --pseudonymize and by --scrub"),
        (("--drop", "zip", "--qi", "zip,sex"), "named by --qi and by --drop"),
        (("--drop", "zip", "--drop", "zip"), "--drop names a column twice"),
        (("--drop", "hair"), "there is no column 'hair' to drop"),
        (("--pseudonymize", "hair", "--key-file", "KEY"), "there is no column 'hair' to pseudonymize"),
        (("--pseudonymize", "name", "--key-file", "nowhere"), "the key file nowhere cannot be read"),
        (("--pseudonymize", "name", "--key-file", "KEY", "--mapping", "KEY"), "--mapping and --key-file name one file"),
        (("--drop", "zip", "--engine", "duckdb"), "--engine duckdb has no --drop"),
    ],
)
def test_flags_that_contradict_each_other(
    capsys: pytest.CaptureFixture[str], key_file: Path, out: Path, flags: tuple[str, ...], reason: str
) -> None:
    given = [str(key_file) if flag == "KEY" else flag for flag in flags]
    assert reason in refusal(capsys, "anonymize", "clinic", "--k", "2", *given, "--out", out)
    assert not out.exists()
    assert key_file.read_bytes() == SECRET


def test_a_weak_key_is_refused_with_the_way_to_a_good_one(
    capsys: pytest.CaptureFixture[str], key_file: Path, out: Path
) -> None:
    key_file.write_text("password")
    said = refusal(capsys, *FEW, "--pseudonymize", "name", "--key-file", key_file, "--out", out)
    assert "head -c 32 /dev/urandom" in said


@pytest.fixture
def formulas(tmp_path: Path) -> Path:
    table = pd.DataFrame({"age": [31, 31, 32, 32], "=note": ["=1+1", "@sum", "fine", "-2"], "change": [-5, 3, 1.5, 0]})
    table.to_csv(tmp_path / "table.csv", index=False)
    return tmp_path / "table.csv"


def test_cells_that_a_spreadsheet_would_run_are_made_harmless(
    capsys: pytest.CaptureFixture[str], formulas: Path, out: Path
) -> None:
    asked = ("anonymize", formulas, "--qi", "age", "--k", "2", "--out", out)
    answer(capsys, *asked)
    inert = out.read_text(encoding="utf-8")
    assert inert.splitlines() == ["age,'=note,change", "31,'=1+1,-5.0", "31,'@sum,3.0", "32,fine,1.5", "32,-2,0.0"]
    answer(capsys, *asked, "--keep-formulas")
    assert out.read_text(encoding="utf-8") == inert.replace("'", "")


def test_numbers_and_dates_are_written_as_before(capsys: pytest.CaptureFixture[str], tmp_path: Path, out: Path) -> None:
    seen = pd.to_datetime(pd.Series(["2020-01-31", None, "2021-02-28", "2021-03-01"]))
    table = pd.DataFrame(
        {"age": [1, 1, 2, 2], "seen": seen, "visits": [1.0, None, -3.0, 2.0], "member": [True, False] * 2}
    )
    table.to_parquet(tmp_path / "table.parquet", index=False)
    flags = ("--qi", "age", "--k", "2", "--out", out)
    answer(capsys, "anonymize", tmp_path / "table.parquet", *flags)
    inert = out.read_bytes()
    answer(capsys, "anonymize", tmp_path / "table.parquet", *flags, "--keep-formulas")
    assert inert == out.read_bytes()
    assert pd.read_csv(io.BytesIO(inert))["visits"].tolist()[2] == -3


def test_the_listed_mapping_is_as_harmless_as_the_release(
    capsys: pytest.CaptureFixture[str], formulas: Path, out: Path, tmp_path: Path
) -> None:
    asked = ("anonymize", formulas, "--method", "mask", "--set", "columns==note", "--mapping", tmp_path / "map")
    answer(capsys, *asked, "--out", out)
    listed = read(tmp_path / "map" / "_note.csv")
    assert listed["value"].tolist() == ["'=1+1", "'@sum", "fine", "-2"]
    assert listed["published"].tolist() == ["'=***", "'@***", "f***", "'-*"]
