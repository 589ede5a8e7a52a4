"""Bounds become public where both ends get a source, and what looks read off the rows is said, on the page only."""

from __future__ import annotations

import pandas as pd
import pytest
from patience import PATIENCE
from streamlit.testing.v1 import AppTest

from dashboard.public_inputs import edited, suspect
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import INFERRED, Schema

COLUMNS = {
    "age": {"kind": "numeric", "bounds": [17, 90], "source": INFERRED},
    "wage": {"kind": "numeric", "bounds": [0.0, 350.0], "source": "a textbook"},
}
SCHEMA = Schema.from_values({"columns": COLUMNS})
NAMES = ["age", "wage"]


def texts(at: AppTest) -> str:
    return "\n".join(element.proto.body for element in at.get("html"))


@pytest.mark.parametrize(
    "cells",
    [
        {"from": 0.0},
        {"from": 0.0, "to": 120.0},
        {"from": 0.0, "source": "a law"},
        {"source": "a law"},
        {"from": 0.0, "to": 120.0, "source": INFERRED},
        {"from": 0.0, "to": 120.0, "source": " "},
    ],
)
def test_inferred_bounds_wait_for_both_ends_and_their_source(cells: dict[str, object]) -> None:
    changed, refused = edited(SCHEMA, NAMES, {0: cells})
    assert changed == {}
    assert "'age'" in refused


def test_an_end_that_was_read_off_the_rows_is_never_taken_for_public() -> None:
    changed, refused = edited(SCHEMA, NAMES, {0: {"from": 0.0, "to": 120.0, "source": "a law"}})
    assert refused == ""
    assert changed["age"].bounds == (0, 120)
    assert changed["age"].is_whole
    assert changed["age"].is_public
    assert changed["age"].source.startswith("a law")


def test_public_bounds_change_with_their_source() -> None:
    changed, refused = edited(SCHEMA, NAMES, {1: {"to": 400.0}})
    assert (changed, "'wage'" in refused) == ({}, True)
    changed, _ = edited(SCHEMA, NAMES, {1: {"to": 400.0, "source": "a newer textbook"}})
    assert changed["wage"].bounds == (0.0, 400.0)
    assert not changed["wage"].is_whole
    assert "low before high" in edited(SCHEMA, NAMES, {1: {"to": -1.0, "source": "a newer textbook"}})[1]


def test_a_public_bound_at_an_extreme_of_the_rows_is_suspect() -> None:
    people = Dataset(pd.DataFrame({"age": [17, 90], "wage": [20.0, 350.0]}), SCHEMA)
    (said,) = suspect(people, NAMES)
    assert said.startswith("A bound of wage is")
    within = Dataset(pd.DataFrame({"age": [17, 90], "wage": [20.0, 349.0]}), SCHEMA)
    assert suspect(within, NAMES) == []


def test_the_page_shows_categories_with_their_source_and_takes_a_size() -> None:
    def app() -> None:
        import pandas as pd

        from dashboard import public_inputs, session

        session.start()
        if not session.is_upload():
            toml = '[columns.job]\ncategories = ["cook", "nurse"]\nsource = "a list of jobs"\n'
            session.keep_upload("jobs.csv", pd.DataFrame({"job": ["cook", "nurse"]}), toml, {})
        public_inputs.part()

    at = AppTest.from_function(app, default_timeout=PATIENCE).run()
    assert not at.exception
    assert "a list of jobs" in texts(at)
    assert "no size is public" in texts(at)
    at.number_input[0].set_value(5000).run()
    assert "The public size is 5,000 people" in texts(at)
    at.number_input[0].set_value(2).run()
    assert "suspect" in texts(at)
