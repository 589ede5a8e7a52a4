"""Full-domain generalization of a file: the same answer as on the table in memory, and a release that keeps k."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ppml_core.anonymize.out_of_core import generalize_file, tuples_of_counts
from ppml_core.anonymize.search import Question
from ppml_core.anonymize.transforms.full_domain import FullDomain
from ppml_core.anonymize.tuples import Tuples
from ppml_core.data.bundled import load
from ppml_core.data.counts import count_table
from ppml_core.data.dataset import Dataset
from ppml_core.data.reading import read_dataset
from ppml_core.data.schema import Column, Schema
from ppml_core.errors import BadInput, Unreachable

K = 4


def people(rows: int = 900) -> Dataset:
    rng = np.random.default_rng(11)
    towns = np.array(["Köln", "St. John's", 'the "old" town', "A, B; C", None], dtype=object)
    table = pd.DataFrame(
        {
            'name "N"': [f"p{n}" for n in range(rows)],
            "age in years": np.where(rng.random(rows) < 0.05, np.nan, rng.integers(20, 60, rows)),
            'to"wn': rng.choice(towns, rows, p=[0.5, 0.2, 0.15, 0.1, 0.05]),
            "born": pd.date_range("2020-01-01", periods=400).strftime("%Y-%m-%d")[rng.integers(0, 400, rows)],
            "wage": rng.integers(0, 9, rows),
        }
    )
    columns = {
        'name "N"': Column(role="identifier", kind="text"),
        "age in years": Column(
            role="quasi_identifier", kind="numeric", bounds=(0, 99), widths=(5.0, 10.0, 20.0), missing=True
        ),
        'to"wn': Column(role="quasi_identifier", missing=True),
        "born": Column(role="quasi_identifier", kind="date"),
        "wage": Column(kind="numeric"),
    }
    return Dataset(table, Schema(columns))


def written(data: Dataset, folder: Path, ending: str) -> tuple[Path, Path]:
    """The table and its schema as files."""
    path, schema = folder / f"it's people{ending}", folder / "meaning.toml"
    if ending == ".parquet":
        data.table.to_parquet(path)
    else:
        data.table.to_csv(path, index=False)
    schema.write_text(data.schema.to_toml(), encoding="utf-8")
    return path, schema


def as_texts(path: Path) -> pd.DataFrame:
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    return pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])


@pytest.mark.parametrize("data", [people(), load("adult")], ids=["odd names and missing values", "adult"])
def test_tuples_of_counts_are_those_of_the_table(data: Dataset) -> None:
    ours = tuples_of_counts(count_table(data.table, data.quasi_identifiers), data.schema)
    expected = Tuples.of(data)
    assert ours.names == expected.names
    assert [tree.labels for tree in ours.trees] == [tree.labels for tree in expected.trees]
    assert dict(zip(ours.keys.tolist(), ours.counts.tolist(), strict=True)) == dict(
        zip(expected.keys.tolist(), expected.counts.tolist(), strict=True)
    )


@pytest.mark.parametrize("to", [".parquet", ".csv"])
@pytest.mark.parametrize("ending", [".parquet", ".csv"])
def test_a_file_is_released_as_its_table_is(ending: str, to: str, tmp_path: Path) -> None:
    path, schema = written(people(), tmp_path, ending)
    out = tmp_path / f"it's out{to}"
    found = generalize_file(path, out, schema, k=K, question=Question(0.1), memory_limit="200MB")
    data = read_dataset(path, schema=schema)
    expected = FullDomain(k=K, suppression_limit=0.1).fit(data, np.random.default_rng(0))
    assert found["levels"] == expected.node.levels
    assert found["written"] == len(expected.release) == found["rows"] - found["suppressed"]
    release = as_texts(out)
    assert list(release.columns) == [name for name in data.table.columns if name != 'name "N"']
    assert release.groupby(data.quasi_identifiers, dropna=False).size().min() >= K
    names = [name for name, level in found["levels"].items() if level]
    shown = expected.release.table[names].astype(object).map(str).value_counts().to_dict()
    assert release[names].astype(object).map(str).value_counts().to_dict() == shown


def test_what_cannot_be_reached_leaves_no_file(tmp_path: Path) -> None:
    path, schema = written(people(60), tmp_path, ".parquet")
    out = tmp_path / "out.csv"
    with pytest.raises(Unreachable):
        generalize_file(path, out, schema, k=1000)
    with pytest.raises(BadInput, match=r"out\.csv cannot be written"):
        generalize_file(path, tmp_path / "absent" / "out.csv", schema, k=2, question=Question(1.0))
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted([path.name, schema.name])


def test_a_value_beyond_the_sample_has_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An inferred schema has seen only the first rows; hierarchies are made from the values of all."""
    monkeypatch.setattr("ppml_core.data.large_files.SAMPLE_ROWS", 20)
    path = tmp_path / "late.parquet"
    pd.DataFrame({"sex": ["F", "M"] * 50 + ["X"] * 20, "age": [30, 31] * 50 + [77] * 20}).to_parquet(path)
    found = generalize_file(path, tmp_path / "out.csv", qi=["sex", "age"], k=2)
    assert (found["suppressed"], found["classes"]) == (0, 3)
    assert set(as_texts(tmp_path / "out.csv")["sex"]) == {"F", "M", "X"}
