"""Schemas: what is written is read back, and what cannot be meant is refused in one sentence."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppml_core.data.bundled import bundled, names
from ppml_core.data.schema import INFERRED, Column, Schema, read_schema
from ppml_core.errors import BadInput

ODD_NAMES = [
    "Anzahl Kinder",
    "größe in cm",
    'the "real" age',
    "a.b",
    "C:\\new",
    "tab\there",
    "年齢",
    "del\x7f",
    "naïve = 1",
    "[x]",
    "😀",
]


def back(schema: Schema) -> Schema:
    return Schema.from_values(tomllib.loads(schema.to_toml()))


def test_a_full_schema_survives_the_round_trip() -> None:
    schema = Schema(
        columns={
            "age": Column("quasi_identifier", "numeric", (17, 90.5), unit="years", widths=(5, 10), missing=True),
            "job": Column(
                "quasi_identifier", "categorical", categories=("a", "b"), source="code book",
                levels=({"a": "x", "b": "x"}, {"x": "*"}),
            ),
            "zip": Column("quasi_identifier", hierarchy_file="zip.csv"),
            "dose": Column("feature", "numeric", (-1.5, 1e6), bins=(0.1, 2.5)),
            "note": Column("ignore", "text", description='says "hello",\nand more'),
            "born": Column("sensitive", "date"),
            "rank": Column("identifier", "ordinal"),
            "part": Column("ignore"),
        },
        title="A title – with “quotes”", source="somewhere", license="CC BY 4.0", target="job", positive="b",
        split="part", delimiter="\t", expected_rows=1000,
    )  # fmt: skip
    assert back(schema) == schema
    assert list(back(schema).columns) == list(schema.columns)


@pytest.mark.parametrize("name", names())
def test_bundled_schemas_survive_the_round_trip(name: str) -> None:
    schema = read_schema(bundled() / name / "schema.toml")
    assert back(schema) == schema


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_survive_the_round_trip(name: str) -> None:
    column = Column(levels=({name: "x", "other": "x"},), categories=(name, "other"), description=name)
    schema = Schema({name: column}, target=name)
    assert back(schema) == schema


printable = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.dictionaries(printable, st.builds(Column, description=printable, unit=printable), max_size=4), printable)
def test_any_text_survives_the_round_trip(columns: dict[str, Column], title: str) -> None:
    schema = Schema(columns, title=title)
    assert back(schema) == schema


def test_a_schema_file_knows_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "schema.toml"
    path.write_text('[columns.age]\nrole = "feature"\nkind = "numeric"\n', encoding="utf-8")
    schema = read_schema(path)
    assert schema.folder == tmp_path.resolve()
    assert schema == Schema({"age": Column("feature", "numeric")})


@pytest.mark.parametrize(
    ("column", "sentence"),
    [
        ({"role": "secret"}, "role must be one of identifier, quasi_identifier"),
        ({"kind": "number"}, "kind must be one of numeric"),
        ({"colour": "red"}, "unknown entry 'colour'"),
        ({"bounds": [3]}, "bounds must be two numbers"),
        ({"bounds": [3, 3]}, "bounds must be two numbers, low before high"),
        ({"bounds": [5, 1]}, "bounds must be two numbers"),
        ({"bounds": ["a", "b"]}, "bounds must be two numbers"),
        ({"bounds": [0, float("inf")]}, "bounds must be two numbers"),
        ({"bounds": [False, True]}, "bounds must be two numbers"),
        ({"widths": [10, 5]}, "widths must be rising numbers"),
        ({"widths": []}, "widths must be rising numbers"),
        ({"widths": [0, 5]}, "widths must be above 0"),
        ({"bins": [1, 1]}, "bins must be rising numbers"),
        ({"categories": ["a", "a"]}, "categories name a value twice"),
        ({"widths": [5], "hierarchy_file": "x.csv"}, "give one of hierarchy_file, widths and levels"),
    ],
)
def test_a_column_that_cannot_be_meant_is_refused(column: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence) as refusal:
        Schema.from_values({"columns": {"body height": column}})
    assert "'body height'" in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"targets": "a"}, "unknown entry 'targets'"),
        ({"target": "b"}, "target 'b' is not among its columns a"),
        ({"split": "b"}, "split 'b' is not among its columns a"),
        ({"expected_rows": 0}, "expected_rows must be a whole number"),
        ({"expected_rows": "many"}, "expected_rows must be a whole number"),
        ({"delimiter": "||"}, "delimiter must be one character"),
        ({"columns": {"a": 3}}, "one table"),
        ({"columns": [1]}, "one table"),
    ],
)
def test_a_schema_that_cannot_be_meant_is_refused(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        Schema.from_values({"columns": {"a": {}}} | values)


def test_a_file_that_is_no_schema_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read_schema(tmp_path / "none.toml")
    path = tmp_path / "schema.toml"
    for text in (b"columns = ", b"\xff\xfe", b"[columns.a]\nbounds = 3\n", b"[columns.a]\ncategories = 3\n"):
        path.write_bytes(text)
        with pytest.raises(BadInput):
            read_schema(path)


def test_quasi_identifiers_are_replaced_and_the_others_become_features() -> None:
    schema = Schema({name: Column("quasi_identifier") for name in "abc"} | {"d": Column("identifier")})
    changed = schema.with_quasi_identifiers(["d", "b"])
    assert changed.quasi_identifiers == ["d", "b"]
    assert {name: changed[name].role for name in "ac"} == {"a": "feature", "c": "feature"}
    assert schema.quasi_identifiers == ["a", "b", "c"]
    for wrong in (["a", "a"], ["z"]):
        with pytest.raises(BadInput):
            schema.with_quasi_identifiers(wrong)


def test_sensitive_columns_are_replaced() -> None:
    schema = Schema({"a": Column("sensitive"), "b": Column("feature")})
    assert schema.with_sensitive(["b"]).with_role("sensitive") == ["b"]
    assert schema.with_sensitive(["b"])["a"].role == "feature"


def test_learners_see_no_identifier_no_ignored_column_no_split_and_no_target() -> None:
    roles = {"a": "identifier", "b": "quasi_identifier", "c": "sensitive", "d": "feature", "e": "ignore"}
    columns = {name: Column.from_values(name, {"role": role}) for name, role in roles.items()}
    columns |= {"y": Column(), "s": Column()}
    assert Schema(columns, target="y", split="s").inputs == ["b", "c", "d"]


def test_inferred_meaning_is_not_public() -> None:
    column = Column(bounds=(0, 1), source=INFERRED)
    assert not column.is_public
    assert dataclasses.replace(column, source="code book").is_public
