"""`ppml hierarchy` and `ppml schema`: one JSON document, exit code 2 where a fault is left, files written whole."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pandas as pd
import pytest
from command_line import answer, refusal

from ppml_core.data.bundled import file_of, load
from ppml_core.data.hierarchies import import_arx
from ppml_core.data.reading import read_dataset
from ppml_core.data.schema import read_schema


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """A table and a schema whose hierarchy lacks a value and gives a label two parents."""
    table = pd.DataFrame({"age": [20, 31, 45, 70], "town": ["Ulm", "Bonn", "Lyon", None], "ill": ["y", "n", "n", "y"]})
    table.to_csv(tmp_path / "people.csv", index=False)
    (tmp_path / "town.csv").write_text("Ulm;DE;Europe;*\nBonn;DE;World;*\n")
    (tmp_path / "schema.toml").write_text(
        '[columns.age]\nrole = "quasi_identifier"\nkind = "numeric"\nbounds = [0, 120]\nwidths = [10, 20]\n'
        '[columns.town]\nrole = "quasi_identifier"\nmissing = true\nhierarchy_file = "town.csv"\n'
        '[columns.ill]\nrole = "sensitive"\ncategories = ["y", "n"]\n'
    )
    return tmp_path / "people.csv"


def test_declared_hierarchies_of_a_bundled_table_have_no_faults(capsys: pytest.CaptureFixture[str]) -> None:
    columns = answer(capsys, "hierarchy", "check", "adult")["columns"]
    assert list(columns) == load("adult").quasi_identifiers
    assert all(found["faults"] == [] for found in columns.values())
    assert columns["education"]["groups"] == [16, 9, 4, 2, 1]
    assert columns["age"]["groups"] == [74, 16, 9, 5, 3, 1]


def test_faults_are_listed_with_exit_code_2_and_repaired_with_0(
    capsys: pytest.CaptureFixture[str], people: Path
) -> None:
    columns = answer(capsys, "hierarchy", "check", str(people), code=2)["columns"]
    assert columns["age"]["faults"] == []
    sentences = [fault["sentence"] for fault in columns["town"]["faults"]]
    assert sentences == [
        "The hierarchy of 'town' lacks 1 value of the table: 'Lyon'.",
        "The hierarchy of 'town' is no tree: 'DE' has two parents.",
    ]
    out = people.parent / "mended.csv"
    said = answer(capsys, "hierarchy", "check", str(people), "--column", "town", "--repair", str(out))
    assert said["out"] == str(out)
    assert {row[0] for row in import_arx(out.read_text())} == {"Ulm", "Bonn", "Lyon"}
    again = answer(capsys, "hierarchy", "check", str(people), "--column", "town", "--file", str(out))
    assert again["columns"]["town"]["faults"] == []
    (people.parent / "town.csv").write_bytes(out.read_bytes())
    assert read_dataset(people).hierarchies["town"].depth == 4


def test_a_file_is_checked_instead_of_the_declared_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "sex.csv"
    file.write_text("Male\t*\n")
    found = answer(capsys, "hierarchy", "check", "adult", "--column", "sex", "--file", str(file), code=2)
    assert len(found["columns"]["sex"]["faults"]) == 2
    assert found["columns"]["sex"]["repairable"] is True
    assert "name it with --column" in refusal(capsys, "hierarchy", "check", "adult", "--file", str(file))
    assert "cannot be read" in refusal(
        capsys, "hierarchy", "check", "adult", "--column", "sex", "--file", str(tmp_path / "no.csv")
    )


def test_suggestions_have_title_why_and_groups_per_level(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "hierarchy", "suggest", "clinic")
    assert list(found) == load("clinic").quasi_identifiers
    for suggestions in found.values():
        for suggestion in suggestions:
            assert set(suggestion) == {"title", "why", "levels", "groups", "public"}
            assert len(suggestion["groups"]) == suggestion["levels"]
            assert suggestion["groups"][-1] == 1
    assert list(answer(capsys, "hierarchy", "suggest", "clinic", "--column", "diagnosis")) == ["diagnosis"]
    assert "no column 'shoe'" in refusal(capsys, "hierarchy", "suggest", "clinic", "--column", "shoe")


def test_an_exported_file_is_the_declared_one_byte_for_byte(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    said = answer(capsys, "hierarchy", "export", "adult", "--column", "race", "--out", str(out))
    assert (said["values"], said["levels"]) == (5, 3)
    assert out.read_bytes() == (file_of("adult").parent / "hierarchy_race.csv").read_bytes()
    answer(capsys, "hierarchy", "export", "adult", "--column", "age", "--out", str(out))
    assert out.read_text().splitlines()[0] == "17;15-19;10-19;0-19;0-39;*"
    assert "does not exist" in refusal(
        capsys, "hierarchy", "export", "adult", "--column", "age", "--out", str(tmp_path / "no" / "out.csv")
    )


def test_an_inferred_schema_is_read_back_and_gives_its_reasons(
    capsys: pytest.CaptureFixture[str], people: Path
) -> None:
    out = people.parent / "inferred.toml"
    said = answer(capsys, "schema", "infer", str(people), "--out", str(out))
    assert list(said["columns"]) == ["age", "town", "ill"]
    assert said["columns"]["age"]["role"] == "quasi_identifier"
    schema = read_schema(out)
    assert {name: column.role for name, column in schema.columns.items()} == {
        name: entry["role"] for name, entry in said["columns"].items()
    }
    for entry in said["columns"].values():
        assert f"# {entry['reason']}" in out.read_text()
    tomllib.loads(out.read_text())
    assert answer(capsys, "schema", "check", str(people), "--schema", str(out))["faults"] == []


def test_every_fault_of_a_schema_is_listed(capsys: pytest.CaptureFixture[str], people: Path) -> None:
    schema = people.parent / "bad.toml"
    schema.write_text(
        'target = "shoe"\ncolour = "red"\n'
        '[columns.age]\nrole = "quasi_identifier"\nkind = "numeric"\nbounds = [30, 60]\n'
        '[columns.town]\nrole = "qi"\nkind = "city"\n'
        '[columns.ill]\nkind = "numeric"\n'
        "[columns.gone]\n"
    )
    found = answer(capsys, "schema", "check", str(people), "--schema", str(schema), code=2)
    faults = "\n".join(found["faults"])
    for part in ("'shoe'", "'colour'", "'20', '70' outside its bounds 30 to 60", "role must be", "kind must be",
                 "'ill'", "column 'gone' that the table does not have"):  # fmt: skip
        assert part in faults, (part, faults)
    assert len(found["faults"]) == 7
    assert all("\n" not in fault and fault.endswith(".") for fault in found["faults"])


def test_what_a_hierarchy_lacks_is_a_fault_of_the_schema(capsys: pytest.CaptureFixture[str], people: Path) -> None:
    schema = people.parent / "schema.toml"
    found = answer(capsys, "schema", "check", str(people), "--schema", str(schema), code=2)
    assert len(found["faults"]) == 1
    assert "'town'" in found["faults"][0]
    assert answer(capsys, "schema", "check", "wage", "--schema", str(file_of("wage").parent / "schema.toml")) == {
        "faults": [],
        "undescribed": [],
    }


def test_a_table_or_schema_that_cannot_be_read_is_one_line(capsys: pytest.CaptureFixture[str], people: Path) -> None:
    (people.parent / "no.toml").write_text("= nonsense")
    assert "is not a TOML file" in refusal(
        capsys, "schema", "check", str(people), "--schema", str(people.parent / "no.toml")
    )
    assert "no bundled table" in refusal(capsys, "schema", "infer", "shoes", "--out", str(people.parent / "o.toml"))
    assert "required" in refusal(capsys, "hierarchy", "export", "adult")
    assert "required" in refusal(capsys, "hierarchy")
