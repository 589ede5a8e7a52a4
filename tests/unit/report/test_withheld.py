"""Small counts: not told, not to be worked out from what is told, nor to be read off a share."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Schema
from ppml_core.report import about
from ppml_core.report.withheld import LEAST_TOLD, withheld_counts, withheld_rows


@given(st.lists(st.integers(0, 60), min_size=1, max_size=8))
def test_what_is_left_with_the_total_gives_no_small_count_away(counts: list[int]) -> None:
    told = withheld_counts(counts)
    hidden = [number for number, shown in zip(counts, told, strict=True) if shown is None]
    assert not any(shown is not None and 0 < shown < LEAST_TOLD for shown in told)
    if any(0 < number < LEAST_TOLD for number in counts):
        everything = len(hidden) == len(counts)
        assert everything or (len(hidden) >= 2 and sum(hidden) >= LEAST_TOLD)
    else:
        assert told == counts


def row(measure: str, value: float, unit: str) -> dict[str, object]:
    ends = {"low": value, "high": value, "std_error": 0.0}
    return {"scenario_id": "a", "measure": measure, "value": value, "unit": unit, **ends}


@pytest.mark.parametrize(
    ("measure", "unit", "value", "told"),
    [
        ("release_unique_share", "share of people", 5 / 1000, 10 / 1000),
        ("release_unique_share", "share of people", 0.0, 0.0),
        ("release_unique_share", "share of people", 10 / 1000, 10 / 1000),
        ("release_certain_share", "share of people", 997 / 1000, 990 / 1000),
        ("release_suppressed", "people", 4.0, 10.0),
        ("test_unmatched_share", "share of test people", 3 / 500, 10 / 500),
        ("accuracy", "share of people", 496 / 500, 490 / 500),
        ("accuracy", "share of people", 0.8, 0.8),
        ("singling_out_success", "share of guesses", 0.004, 0.004),
        ("release_prosecutor_mean", "probability", 0.004, 0.004),
    ],
)
def test_a_share_that_stands_for_few_people_is_told_as_a_bound(
    measure: str, unit: str, value: float, told: float
) -> None:
    shown = withheld_rows(pd.DataFrame([row(measure, value, unit)]), training=1000, test=500).iloc[0]
    assert shown["value"] == pytest.approx(told)
    assert shown["low"] == pytest.approx(told)
    assert bool(shown["withheld"]) == (value != told)


def test_a_share_is_of_the_people_who_are_in_the_release() -> None:
    rows = pd.DataFrame(
        [row("release_suppressed", 900.0, "people"), row("release_unique_share", 5 / 100, "share of people")]
    )
    shown = withheld_rows(rows, training=1000, test=500)
    assert shown["withheld"].tolist() == [False, True]


def test_classes_of_few_people_and_categories_that_were_read_off_the_table_are_not_told() -> None:
    values = {"columns": {"x": {"kind": "numeric", "bounds": [0, 1]}, "ill": {}}, "target": "ill"}
    table = pd.DataFrame({"x": np.linspace(0, 1, 60), "ill": ["secret"] * 6 + ["no"] * 54})
    values["columns"]["ill"] = {"categories": ["no", "secret"], "source": "inferred from this table"}  # type: ignore[index]
    told = about(Dataset(table, Schema.from_values(values), "people"))
    assert told.classes == (("class 1", None), ("class 2", None))
    assert told.schema["ill"].categories is None
    assert "secret" not in repr(told)
