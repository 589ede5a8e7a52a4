"""The bundled sets: facts known beforehand, public bounds, hierarchies that cover their tables, honest papers."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import re
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from ppml_core.data import bundled as room
from ppml_core.data.bundled import bundled, describe, load, names
from ppml_core.data.dataset import Dataset
from ppml_core.data.split import split
from ppml_core.errors import BadInput

NAMES = ["actg175", "adult", "census_kdd", "clinic", "german_credit", "wage"]
ADULT = ["age", "sex", "race", "marital_status", "education", "native_country", "workclass", "occupation"]

# set, columns, classes, unique people, rows in classes under 5 (None where it is not known)
FACTS = [
    ("adult", ADULT[:3], 575, 59, 365),
    ("adult", ADULT[:5], 7976, 3948, 9810),
    ("adult", ADULT, 27118, 20593, 33015),
    ("actg175", ["age", "race", "gender"], 182, 29, None),
    ("german_credit", ["age", "sex", "job"], 236, 89, None),
    ("wage", ["age", "race", "maritl", "education"], 923, 487, None),
    ("census_kdd", ["age", "sex", "race"], 897, 31, None),
]


@cache
def loaded(name: str) -> Dataset:
    return load(name)


def table_file(name: str) -> Path:
    return next(path for path in (bundled() / name).iterdir() if path.stem == "table")


def quasi_identifiers() -> list[tuple[str, str]]:
    return [(name, column) for name in NAMES for column in loaded(name).quasi_identifiers]


def test_the_six_sets_are_there_in_order() -> None:
    assert names() == NAMES


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadInput, match=r"no bundled table 'iris'; there are actg175, adult"):
        load("iris")


def test_the_copy_inside_the_package_goes_before_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "PACKAGE", tmp_path / "ppml_core")
    with pytest.raises(BadInput, match="not installed"):
        bundled()
    for folder in (tmp_path / "datasets", tmp_path / "ppml_core" / "_datasets"):
        (folder / "adult").mkdir(parents=True)
        (folder / "adult" / "schema.toml").touch()
        assert bundled() == folder


def test_a_library_called_datasets_is_not_taken_for_the_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "datasets").mkdir()
    monkeypatch.setattr(room, "PACKAGE", tmp_path / "ppml_core")
    with pytest.raises(BadInput, match="not installed"):
        bundled()


@pytest.mark.parametrize(("name", "columns", "classes", "unique", "small"), FACTS)
def test_known_facts_of_the_tables(name: str, columns: list[str], classes: int, unique: int, small: int | None) -> None:
    sizes = loaded(name).table.groupby(columns, dropna=False).size()
    assert (len(sizes), int((sizes == 1).sum())) == (classes, unique)
    if small is not None:
        assert int(sizes[sizes < 5].sum()) == small


def test_adult_is_as_uci_describes_it() -> None:
    data = loaded("adult")
    table = data.table
    assert data.quasi_identifiers == ADULT
    assert data.schema.inputs == [*ADULT, "hours_per_week", "capital_gain", "capital_loss", "relationship"]
    assert data.schema.with_role("ignore") == ["fnlwgt", "education_num", "split"]
    assert (data.schema.target, data.schema.positive, data.schema.with_role("sensitive")) == (
        "income",
        ">50K",
        ["income"],
    )
    assert table.isna().sum()[lambda count: count > 0].to_dict() == {
        "native_country": 857, "workclass": 2799, "occupation": 2809
    }  # fmt: skip
    assert table.dropna().groupby("split").size().to_dict() == {"test": 15060, "train": 30162}
    train, test = split(data, seed=1)
    assert (len(train), len(test)) == (32561, 16281)


def test_a_missing_value_is_a_leaf_of_its_own_where_the_schema_says_so() -> None:
    data = loaded("adult")
    tree = data.hierarchies["occupation"]
    assert len(tree.leaves) == len(data.schema["occupation"].categories or ()) + 1
    assert [labels[codes[-1]] for labels, codes in zip(tree.labels, tree.codes, strict=True)] == [
        "", "unknown", "unknown", "*"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "rows"), [("wage", 3000), ("actg175", 2139), ("clinic", 2000), ("census_kdd", 299285)]
)
def test_expected_rows_are_public_and_right_for_published_tables(name: str, rows: int) -> None:
    assert loaded(name).schema.expected_rows == rows == len(loaded(name))


def test_census_has_six_percent_of_positives() -> None:
    data = loaded("census_kdd")
    assert (data.table["income"] == data.schema.positive).mean() == pytest.approx(0.062, abs=0.0005)
    assert (data.table["age"] >= 16).sum() == 224036


@pytest.mark.parametrize("name", NAMES)
def test_numbers_are_numbers_and_all_else_is_text(name: str) -> None:
    data = loaded(name)
    for column, meaning in data.schema.columns.items():
        values = data.table[column]
        assert pd.api.types.is_numeric_dtype(values) == (meaning.kind == "numeric"), column
        if meaning.kind != "numeric":
            texts = values.dropna()
            assert (texts == texts.str.strip()).all(), column
            assert not texts.isin(["?", "nan", "None"]).any(), column


@pytest.mark.parametrize("name", NAMES)
def test_bounds_hold_the_data_and_have_a_public_source(name: str) -> None:
    data = loaded(name)
    for column, meaning in data.schema.columns.items():
        if meaning.bounds or meaning.categories:
            assert meaning.source, column
            assert meaning.is_public, column
        if meaning.bounds:
            low, high = meaning.bounds
            values = data.table[column].dropna()
            numbers = pd.to_datetime(values).dt.year if meaning.kind == "date" else values
            assert numbers.between(low, high).all(), column
        if meaning.categories:
            assert set(data.table[column].dropna().unique()) <= set(meaning.categories), column


@pytest.mark.parametrize("name", NAMES)
def test_what_a_learner_reads_is_described(name: str) -> None:
    schema = loaded(name).schema
    assert schema.title
    assert schema.source
    assert schema.license
    for column in [*schema.inputs, str(schema.target)]:
        meaning = schema[column]
        assert meaning.description, column
        assert meaning.kind != "numeric" or meaning.bounds, column
        assert meaning.kind != "categorical" or meaning.categories, column
    lacking = loaded(name).table[schema.inputs].isna().any()
    assert all(schema[column].missing for column in lacking[lacking].index)


@pytest.mark.parametrize(("name", "column"), quasi_identifiers())
def test_a_hierarchy_covers_its_column_nests_and_ends_in_one_root(name: str, column: str) -> None:
    data = loaded(name)
    tree = data.hierarchies[column]
    leaves = data.leaves[column]
    assert leaves.shape == (len(data),)
    assert leaves.min() >= 0
    assert tree.labels[-1] == ("*",)
    sizes = [len(labels) for labels in tree.labels]
    assert sizes == sorted(set(sizes), reverse=True), "every level is coarser than the one below"
    for level, parents in enumerate(tree.parents):
        assert np.array_equal(parents[tree.codes[level]], tree.codes[level + 1])
    meaning = data.schema[column]
    if meaning.categories:
        assert set(tree.leaves) - {""} == set(meaning.categories)


def test_rich_attributes_have_three_to_five_steps() -> None:
    depths = {column: tree.depth for column, tree in loaded("adult").hierarchies.items()}
    assert all(
        4 <= depths[column] <= 6 for column in ("age", "marital_status", "education", "native_country", "occupation")
    )


def test_one_root_for_every_level_of_intervals() -> None:
    tree = loaded("adult").hierarchies["age"]
    assert (tree.leaves[0], tree.leaves[-1], len(tree.leaves)) == ("17", "90", 74)


@pytest.mark.parametrize("name", NAMES)
def test_the_fingerprint_depends_on_cells_and_meaning(name: str) -> None:
    data = loaded(name)
    assert data.fingerprint == load(name).fingerprint
    assert data.take(np.arange(len(data) - 1)).fingerprint != data.fingerprint
    renamed = dataclasses.replace(data.schema, title="another")
    assert data.with_schema(renamed).fingerprint != data.fingerprint
    turned = dataclasses.replace(data.schema, columns=dict(reversed(data.schema.columns.items())))
    assert data.with_schema(turned).fingerprint != data.fingerprint, "models read columns in the schema's order"


@pytest.mark.parametrize("name", NAMES)
def test_the_source_note_names_the_sha256_of_the_shipped_file(name: str) -> None:
    path = table_file(name)
    note = (bundled() / name / "SOURCE.md").read_text(encoding="utf-8")
    shipped = re.search(rf"^\| shipped `{path.name}` \| ([0-9a-f]{{64}}) \|$", note, flags=re.MULTILINE)
    assert shipped is not None
    assert shipped[1] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert all(f"## {part}" in note for part in ("Origin", "Licence", "How it was derived", "Traps"))


def test_describe_has_one_line_per_set() -> None:
    lines = describe()
    assert [line["name"] for line in lines] == NAMES
    for line in lines:
        data = loaded(line["name"])
        assert list(line) == ["name", "title", "rows", "columns", "target", "license"]
        assert (line["rows"], line["columns"]) == data.table.shape
        assert line["target"] == data.schema.target


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("clinic_generate", bundled() / "clinic" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_invented_patients_are_made_again_byte_for_byte() -> None:
    assert generator().table() == table_file("clinic").read_bytes()


def test_the_invented_patients_reach_nobody() -> None:
    table = loaded("clinic").table
    assert table["email"].dropna().str.fullmatch(r"[a-z.]+\d*@example\.(org|com|net)").all()
    assert table["phone"].dropna().str.contains(r"555-01\d\d$").all()
    assert table["record_number"].is_unique
    assert "invented" in loaded("clinic").schema.title
    assert table["birth_date"].between("1926-01-01", "2007-06-30").all()


def test_zip_codes_keep_their_leading_zeros() -> None:
    zips = loaded("clinic").table["zip"]
    assert zips.str.fullmatch(r"\d{5}").all()
    assert zips.str.startswith("0").any()


def test_readmission_can_be_learned_from_diagnosis_and_age() -> None:
    table = loaded("clinic").table
    rate = (table["readmitted"] == "yes").groupby(table["diagnosis"]).mean()
    assert rate["heart failure"] > rate["migraine"] + 0.3
    old = table["birth_date"] < "1960"
    assert (table["readmitted"][old] == "yes").mean() > (table["readmitted"][~old] == "yes").mean() + 0.1


def test_some_notes_name_the_patient_and_some_do_not() -> None:
    table = loaded("clinic").table
    named = np.array([name in note for name, note in zip(table["name"], table["note"], strict=True)])
    assert 0.02 < named.mean() < 0.5
