"""The measures of a release agree with ARX on all of its 44 nodes, and with hand counts on toys."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from ppml_core.anonymize.nodes import granularity as granularity_of_node
from ppml_core.anonymize.quality import Recoded, quality
from ppml_core.anonymize.tuples import Tuples
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Column, Schema

COLUMNS = {
    "q_granularity": "granularity",
    "q_discern": "discernibility",
    "q_aecs": "aecs",
    "q_ambiguity": "ambiguity",
    "q_nonuniform_entropy": "nonuniform_entropy",
    "q_precision": "precision",
    "q_ssesst": "ssesst",
    "q_missings": "missings",
    "q_record_se": "record_se",
}


def arx_table(oracle: Path, quasi_identifiers: list[str]) -> Dataset:
    table = pd.read_csv(oracle / "adult.csv", sep=";", dtype=str)
    columns = {name: Column(hierarchy_file=str(oracle / f"adult_hierarchy_{name}.csv")) for name in table.columns}
    return Dataset(table, Schema(columns=columns).with_quasi_identifiers(quasi_identifiers), "ARX's Adult")


def test_every_measure_of_all_nodes_of_arx(arx_oracle: Path) -> None:
    expected = pd.read_csv(arx_oracle / "expected_nodes_k5.csv")
    assert len(expected) == 44
    for quasi_identifiers, rows in expected.groupby("qis"):
        tuples = Tuples.of(arx_table(arx_oracle, str(quasi_identifiers).split("|")))
        for row in rows.itertuples():
            levels = dict(zip(tuples.names, map(int, row.levels.split("|")), strict=True))
            recoded = Recoded.at(tuples, levels, row.k)
            found = quality(recoded)
            assert found.loss == pytest.approx(row.loss_geo_score, abs=1e-9), row.levels
            for column, measure in COLUMNS.items():
                known = getattr(row, column)
                expected_value = 0.0 if np.isnan(known) and not row.classes else known  # ARX: empty where none stays
                assert getattr(found, measure) == pytest.approx(expected_value, abs=1e-6), (row.levels, column)
            check_classes(recoded, row)


def check_classes(recoded: Recoded, row: object) -> None:
    """ARX counts classes and prosecutor risk over the people who stay."""
    expected = row._asdict()  # type: ignore[attr-defined]
    sizes, people = recoded.sizes, max(1, int(recoded.sizes.sum()))
    assert recoded.suppressed == expected["suppressed"]
    assert len(sizes) == expected["classes"]
    assert (sizes.min(initial=10**9) if len(sizes) else 0) == expected["min_class"]
    assert sizes.max(initial=0) == expected["max_class"]
    assert (1 / sizes.min() if len(sizes) else 0) == pytest.approx(expected["pros_highest"])
    assert len(sizes) / people == pytest.approx(expected["pros_avg"])


def people(ages: list[int], sexes: list[str | None]) -> Dataset:
    columns = {
        "age": Column(role="quasi_identifier", kind="numeric", bounds=(0, 39), widths=(5, 10, 20)),
        "sex at birth": Column(role="quasi_identifier", categories=("F", "M"), missing=True),
    }
    return Dataset(pd.DataFrame({"age": ages, "sex at birth": sexes}), Schema(columns=columns))


some_people = st.lists(st.tuples(st.integers(0, 39), st.sampled_from(["F", "M", None])), min_size=1, max_size=30)


@given(some_people, st.integers(0, 4), st.integers(0, 1), st.integers(1, 5))
def test_measures_lie_between_raw_and_nothing(rows: list[tuple[int, str | None]], age: int, sex: int, k: int) -> None:
    tuples = Tuples.of(people([age for age, _ in rows], [sex for _, sex in rows]))
    levels = {"age": age, "sex at birth": sex}
    found = quality(Recoded.at(tuples, levels, k))
    assert all(-1e-9 <= value <= 1 + 1e-9 for value in found.values().values())
    assert found.granularity == pytest.approx(granularity_of_node(tuples, levels, k))
    raw = quality(Recoded.at(tuples, {"age": 0, "sex at birth": 0}, 1)).values()
    assert raw.pop("loss") == pytest.approx(0.0, abs=1e-12)
    assert raw.pop("missings") == 0
    assert all(value == pytest.approx(1.0) for value in raw.values())


def test_a_local_recoding_by_hand() -> None:
    """Two people keep their age, two are published as 0-19; nobody's sex is known."""
    tuples = Tuples.of(people([1, 1, 5, 15], ["F", "F", "F", "M"]))
    order = {key: place for place, key in enumerate(zip(*(codes.tolist() for codes in tuples.codes), strict=True))}
    levels = np.zeros((2, 3), dtype=int)
    for tuple_, age in (((1, 0), 0), ((5, 0), 3), ((15, 1), 3)):
        levels[:, order[tuple_]] = age, 1
    recoded = Recoded.of(tuples, (levels[0] > 0).astype(int), np.ones(3, dtype=bool), list(levels))
    found = quality(recoded)
    assert sorted(recoded.sizes) == [2, 2]
    assert found.missings == 0.5
    assert found.precision == pytest.approx(1 - (2 * 3 / 4 / 4 + 1) / 2)
    lost_age, lost_sex = (2 / 40 + 2 * 20 / 40) / 4 - 1 / 40, 1 - 1 / 3
    assert found.granularity == pytest.approx(1 - (lost_age + lost_sex) / (1 - 1 / 40 + 1 - 1 / 3))
    assert found.discernibility == pytest.approx(1 - (8 - 6) / (16 - 6))
    assert found.aecs == pytest.approx(1 - (2 - 4 / 3) / (4 - 4 / 3))
    # age: two people lose one bit each; sex: 3 of 4 lose log2(4/3), one loses 2 bits; in all there were 4*1.5 + that
    sex_bits = 3 * np.log2(4 / 3) + 2
    assert found.nonuniform_entropy == pytest.approx(1 - (2 + sex_bits) / (6 + sex_bits))
    assert found.ambiguity == pytest.approx(1 - ((2 * 3 + 2 * 60) / 4 - 1) / (120 - 1))
