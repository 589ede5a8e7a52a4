"""Risk of a table: ARX's figures, and a table small enough to count by hand."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ppml_core.attacks.large_tables import exposed_file
from ppml_core.attacks.linkage import certain_share, class_sizes, risk_of_counts, risk_report
from ppml_core.data.bundled import load
from ppml_core.data.counts import count_table
from ppml_core.data.dataset import Dataset
from ppml_core.data.groups import group_of
from ppml_core.data.schema import Column, Schema
from ppml_core.errors import BadInput


def by_hand() -> Dataset:
    columns = {
        "age": Column(role="quasi_identifier", kind="numeric", bounds=(0, 99)),
        "sex": Column(role="quasi_identifier", categories=("F", "M")),
        "hours": Column(role="feature", kind="numeric", bounds=(0, 99)),
        "illness": Column(role="sensitive", categories=("flu", "none")),
    }
    table = pd.DataFrame(
        {
            "age": [30, 30, 30, 40, 40, 50],
            "sex": ["F", "F", "F", "M", "M", None],
            "hours": [1, 1, 2, 3, 3, 4],
            "illness": ["flu", "flu", "none", "flu", "flu", "none"],
        }
    )
    return Dataset(table, Schema(columns=columns))


def test_a_table_counted_by_hand() -> None:
    risk = risk_report(by_hand(), threshold=0.5)
    assert (risk.classes, risk.class_size.min, risk.class_size.max) == (3, 1, 3)
    assert risk.unique_share == pytest.approx(1 / 6)
    assert risk.unique_share_with_kept == pytest.approx(2 / 6)
    assert risk.prosecutor.max == 1.0
    assert risk.prosecutor.mean == risk.marketer == pytest.approx(3 / 6)
    assert risk.prosecutor.share_above == pytest.approx(1 / 6), "two people at exactly 1/2 are not above it"
    assert risk.attribute_disclosure.certain_share == pytest.approx(3 / 6)


def test_what_a_release_keeps_counts_whatever_its_role() -> None:
    """Two people differ in an ignored column alone, two in the sensitive one alone; an identifier is not released."""
    columns = {
        "name": Column(role="identifier"),
        "sex": Column(role="quasi_identifier"),
        "illness": Column(role="sensitive"),
        "weight": Column(role="ignore"),
    }
    table = pd.DataFrame(
        {"name": list("abcd"), "sex": list("FFMM"), "illness": ["flu", "none", "flu", "flu"], "weight": [1, 1, 2, 3]}
    )
    whole = Dataset(table, Schema(columns=columns))
    assert risk_report(whole).unique_share_with_kept == 1.0
    assert risk_report(whole.take(np.array([2, 2, 0, 0]))).unique_share_with_kept == 0.0
    assert risk_report(whole.with_schema(whole.schema.with_sensitive([]))).unique_share == 0.0


@pytest.mark.parametrize("data", [by_hand(), load("adult"), load("census_kdd")], ids=["by hand", "adult", "census"])
def test_counts_tell_the_same_risk_as_the_table(data: Dataset) -> None:
    sensitive = [*data.schema.with_role("sensitive"), *data.schema.with_role("feature")[:1]]
    data = data.with_schema(data.schema.with_sensitive(sensitive))
    counts = count_table(data.table, [*data.quasi_identifiers, *sensitive])
    from_counts = risk_of_counts(counts, data.quasi_identifiers, sensitive)
    assert from_counts == dataclasses.replace(risk_report(data), unique_share_with_kept=None)
    expected = certain_share(data, group_of(data.table, data.quasi_identifiers))
    assert from_counts.attribute_disclosure.certain_share == expected


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_a_file_tells_the_same_risk_with_every_engine(ending: str, tmp_path: Path) -> None:
    data = load("adult")
    path = tmp_path / f"adult{ending}"
    data.table.to_csv(path, index=False) if ending == ".csv" else data.table.to_parquet(path)
    known, sensitive = data.quasi_identifiers, ["income"]
    expected, _ = exposed_file(path, qi=known, sensitive=sensitive)
    assert expected.classes == 27_118
    found, _ = exposed_file(path, qi=known, sensitive=sensitive, engine="duckdb", memory_limit="200MB")
    assert found == dataclasses.replace(expected, unique_share_with_kept=None)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"engine": "spark"}, "engine must be one of"),
        ({"engine": "memory", "memory_limit": "1GB"}, "memory limit"),
        ({"engine": "duckdb", "address": "tcp://host:1"}, "address"),
        ({"engine": "duckdb", "memory_limit": "lots"}, "size like"),
        ({"engine": "duckdb", "qi": ["nowhere"]}, "no column 'nowhere'"),
        ({"engine": "duckdb", "qi": []}, "no column is a quasi-identifier"),
        ({"engine": "duckdb", "threshold": 2.0}, "threshold"),
    ],
)
def test_a_wrong_engine_or_limit_is_told(wrong: dict[str, Any], said: str, tmp_path: Path) -> None:
    path = tmp_path / "small.csv"
    by_hand().table.to_csv(path, index=False)
    with pytest.raises(BadInput, match=said):
        exposed_file(path, **{"qi": ["age", "sex"], **wrong})


def test_no_sensitive_column_means_no_figure() -> None:
    data = by_hand()
    assert risk_report(data.with_schema(data.schema.with_sensitive([]))).attribute_disclosure.certain_share is None


@pytest.mark.parametrize("threshold", [-0.1, 1.5])
def test_a_threshold_is_a_probability(threshold: float) -> None:
    with pytest.raises(BadInput, match="threshold"):
        risk_report(by_hand(), threshold)


def test_adult_shares_sensitive_values_within_large_classes() -> None:
    """EVIDENCE 15: of the people in classes of at least 5 on the 8 attributes, 47 % have a certain income."""
    data = load("adult")
    groups = group_of(data.table, data.quasi_identifiers)
    large = class_sizes(data)[groups] >= 5
    within = data.take(large.nonzero()[0])
    share = certain_share(within, group_of(within.table, within.quasi_identifiers))
    assert share == pytest.approx(0.47, abs=0.005)


def test_full_sample_rows_of_arx(arx_oracle: Path) -> None:
    table = pd.read_csv(arx_oracle / "adult.csv", sep=";", dtype=str)
    expected = pd.read_csv(arx_oracle / "expected_input_risk.csv").query("sample == 'full'")
    assert set(expected["n_qi"]) >= {4, 6}
    for row in expected.to_dict("records"):
        columns = {name: Column() for name in table.columns}
        data = Dataset(table, Schema(columns=columns).with_quasi_identifiers(row["qis"].split("|")))
        risk = risk_report(data)
        assert risk.classes == row["classes"]
        assert (risk.class_size.min, risk.class_size.max) == (row["min_class"], row["max_class"])
        assert risk.class_size.mean == pytest.approx(row["avg_class"], abs=1e-9)
        assert risk.prosecutor.max == pytest.approx(row["pros_highest"], abs=1e-9)
        assert risk.prosecutor.mean == pytest.approx(row["pros_avg"], abs=1e-9)
        assert risk.prosecutor.share_above == pytest.approx(row["pros_at_risk_0.2"], abs=1e-9)
        assert risk.marketer == pytest.approx(row["marketer"], abs=1e-9)
        assert risk.unique_share == pytest.approx(row["sample_uniq_frac"], abs=1e-9)
