"""The 18 classes of the rule beside columns, as information."""

from __future__ import annotations

import pandas as pd

from ppml_core.data.bundled import load
from ppml_core.data.identifiers.safe_harbor import checklist


def found_in(table: pd.DataFrame) -> dict[str, list[str]]:
    return {item.letter: list(item.columns) for item in checklist(table).items if item.columns}


def test_there_are_eighteen() -> None:
    items = checklist(pd.DataFrame({"x": [1, 2]})).items
    assert [item.letter for item in items] == list("ABCDEFGHIJKLMNOPQR")
    assert not any(item.columns for item in items)


def test_a_clinic() -> None:
    found = found_in(load("clinic").table)
    assert found["A"] == ["name"]
    assert found["B"] == ["zip"]
    assert "birth_date" in found["C"]
    assert found["D"] == ["phone"]
    assert found["F"] == ["email"]
    assert "record_number" in found["H"]
    assert {"note", "record_number"} <= set(found["R"])


def test_headers_speak_where_values_do_not() -> None:
    table = pd.DataFrame({"Fax": ["a", "b"], "vehicle VIN": ["c", "d"], "county": ["x", "y"], "serial number": [1, 1]})
    assert found_in(table) == {"B": ["county"], "E": ["Fax"], "L": ["vehicle VIN"], "M": ["serial number"]}


def test_dates_of_any_kind_and_ages_over_89() -> None:
    table = pd.DataFrame({"admitted": ["2020-01-31", "2021-05-06"], "age": [89, 12], "age at death": [90, 12]})
    assert found_in(table) == {"C": ["admitted", "age at death"]}


def test_it_never_judges_and_shows_no_cell() -> None:
    said = str(checklist(load("clinic").table).values()).lower()
    assert "compliant" not in said
    assert "safe" not in said.replace("safe harbor", "")
    assert not any(str(name).lower() in said for name in load("clinic").table["name"].head(5))
