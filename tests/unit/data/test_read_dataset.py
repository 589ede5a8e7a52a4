"""A name or a path becomes a dataset: the table, and what its columns mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from ppml_core.data.checks import check_target
from ppml_core.data.reading import read_dataset
from ppml_core.data.schema import read_schema
from ppml_core.errors import BadInput


def test_a_name_that_is_neither_table_nor_file_is_said_so() -> None:
    with pytest.raises(BadInput, match=r"no file 'nobody.csv'.*adult"):
        read_dataset("nobody.csv")


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text("age,zip,sex,disease\n39,01234,m,flu\n40,01235,f,cold\n41,,f,flu\n")
    return path


def test_without_a_schema_one_is_inferred(people: Path) -> None:
    data = read_dataset(people)
    assert data.quasi_identifiers == ["age", "zip", "sex"]
    assert data.schema.with_role("sensitive") == ["disease"]
    assert data.schema.delimiter == ","
    assert data.name == "people"
    assert data.table["zip"].tolist()[:2] == ["01234", "01235"]


def test_roles_named_by_the_caller_replace_those_of_the_schema(people: Path) -> None:
    data = read_dataset(str(people), qi=["zip", "age"], sensitive=["sex"])
    assert data.quasi_identifiers == ["zip", "age"]
    assert data.schema.with_role("sensitive") == ["sex"]
    with pytest.raises(BadInput, match="no column 'size'"):
        read_dataset(people, qi=["size"])


def test_a_schema_beside_the_table_is_used_only_where_it_fits(people: Path) -> None:
    beside = people.parent / "schema.toml"
    beside.write_text('[columns.age]\nkind = "categorical"\nrole = "quasi_identifier"\n')
    data = read_dataset(people)
    assert data.table["age"].tolist() == ["39", "40", "41"]
    assert data.quasi_identifiers == ["age"]
    beside.write_text('[columns.weight]\nkind = "numeric"\n')
    assert read_dataset(people).quasi_identifiers == ["age", "zip", "sex"]


def test_a_given_schema_comes_first_and_leaves_the_rest_ignored(people: Path, tmp_path: Path) -> None:
    (people.parent / "schema.toml").write_text('[columns.age]\nkind = "categorical"\n')
    given_one = tmp_path / "mine.toml"
    given_one.write_text('[columns.sex]\nrole = "quasi_identifier"\n')
    data = read_dataset(people, schema=given_one)
    assert data.quasi_identifiers == ["sex"]
    assert {data.schema[name].role for name in ("age", "zip", "disease")} == {"ignore"}
    given_one.write_text('[columns.weight]\nkind = "numeric"\n')
    with pytest.raises(BadInput, match="'weight' that the table does not have"):
        read_dataset(people, schema=given_one)


def test_a_schema_that_was_saved_gives_the_same_meaning(people: Path, tmp_path: Path) -> None:
    data = read_dataset(people)
    saved = tmp_path / "saved.toml"
    saved.write_text(data.schema.to_toml(), encoding="utf-8")
    again = read_dataset(people, schema=saved)
    assert read_schema(saved).values() == data.schema.values()
    assert again.fingerprint == data.fingerprint


def test_a_bundled_name_is_a_table() -> None:
    data = read_dataset("german_credit", qi=["age", "sex"])
    assert data.quasi_identifiers == ["age", "sex"]
    assert data.name == "german_credit"


def test_a_target_with_one_class_is_refused(tmp_path: Path) -> None:
    path, meaning = tmp_path / "t.csv", tmp_path / "m.toml"
    meaning.write_text('target = "ill"\n[columns.ill]\n[columns.age]\nkind = "numeric"\n')
    path.write_text("age,ill\n39,yes\n40,yes\n")
    with pytest.raises(BadInput, match="one class only, 'yes'"):
        check_target(read_dataset(path, schema=meaning))
    path.write_text("age,ill\n39,yes\n40,\n")
    with pytest.raises(BadInput, match="empty cells"):
        check_target(read_dataset(path, schema=meaning))
    path.write_text("age,ill\n39,yes\n40,no\n")
    check_target(read_dataset(path, schema=meaning))
    meaning.write_text('[columns.ill]\n[columns.age]\nkind = "numeric"\n')
    with pytest.raises(BadInput, match="no target"):
        check_target(read_dataset(path, schema=meaning))


def test_arx_adult_is_read_plain_and_with_its_own_hierarchies(arx_oracle: Path, tmp_path: Path) -> None:
    table = arx_oracle / "adult.csv"
    plain_one = read_dataset(table)
    assert len(plain_one) == 30_162
    assert len(plain_one.quasi_identifiers) == 8
    names = plain_one.table.columns.tolist()
    entries = [
        f'[columns."{name}"]\nrole = "quasi_identifier"\nkind = "categorical"\n'
        f'hierarchy_file = "{arx_oracle / f"adult_hierarchy_{name}.csv"}"\n'
        for name in names
    ]
    meaning = tmp_path / "arx.toml"
    meaning.write_text("\n".join(entries))
    data = read_dataset(table, schema=meaning)
    assert data.table["age"].tolist()[:2] == ["39", "50"]
    assert data.quasi_identifiers == names
    assert len(data.hierarchies["age"].leaves) == 100
    assert {name: len(codes) for name, codes in data.leaves.items()} == dict.fromkeys(names, 30_162)
