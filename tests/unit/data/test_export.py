"""A table for a spreadsheet: nothing in it runs."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd

from ppml_core.data.export import STARTS, spreadsheet_csv


def test_cells_that_would_run_are_text_and_numbers_stay() -> None:
    table = pd.DataFrame(
        {
            "=head": ["=1+1", "+cmd", "-2", "@x", "plain", None],
            "n": [-1, 2, 3, 4, 5, 6],
            "c": pd.Categorical(list("=aab-c")),
        }
    )
    before = table.copy()
    back = pd.read_csv(io.BytesIO(spreadsheet_csv(table)), dtype=str)
    assert list(back.columns) == ["'=head", "n", "c"]
    assert list(back["'=head"])[:5] == ["'=1+1", "'+cmd", "-2", "'@x", "plain"]
    assert list(back["n"]) == ["-1", "2", "3", "4", "5", "6"]
    assert back["c"].iloc[0] == "'="
    pd.testing.assert_frame_equal(table, before)


def test_no_cell_begins_a_formula_whatever_the_text() -> None:
    rng = np.random.default_rng(1)
    texts = ["".join(rng.choice(list('=+-@\t\ra1,;"'), 4)) for _ in range(300)]
    back = pd.read_csv(io.BytesIO(spreadsheet_csv(pd.DataFrame({"a": texts}))), dtype=str, keep_default_na=False)
    loose = [text for text in back["a"] if text.startswith(STARTS)]
    assert all(_is_number(text) for text in loose)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
