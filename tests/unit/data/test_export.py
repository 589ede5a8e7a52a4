"""A table for a spreadsheet: nothing in it runs, and nothing in it is lost."""

from __future__ import annotations

import csv
import io
import itertools
import re

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ppml_core.data.export import spreadsheet_csv
from ppml_core.data.reading import read_table

DANGEROUS = tuple("=+-@\t\r\n＝＋－＠")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
hostile = st.text(st.sampled_from("=+-@＝＋－＠\t\r\n \"'a1.,;|()\u200b\ufeff\u00a0"), max_size=10) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8
)


def parsed(content: bytes, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8"), newline=""), delimiter=delimiter))


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd", "'+cmd"),
        ("-x", "'-x"),
        ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\nx"),
        ("\nx", "'\nx"),
        ("＝1+1", "'＝1+1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠x", "'＠x"),
        ("  =1+1", "'  =1+1"),
        ("\u00a0=1", "'\u00a0=1"),
        ("\u200b=1", "'\u200b=1"),
        ("\ufeff=1", "'\ufeff=1"),
        ('"=1', "'\"'=1"),
        ("a;=1+1", "a;'=1+1"),
        ("a,b\t@x", "a,b\t'@x"),
        ("a\n =1", "a\n '=1"),
        ("a\r=1", "a\n'=1"),
        ('say "=1"', 'say "\'=1"'),
        ("-2", "-2"),
        ("+2.5e-3", "+2.5e-3"),
        ("[-10, -5)", "[-10, -5)"),
        ("a=b-c@d", "a=b-c@d"),
        ("1980-12-31", "1980-12-31"),
        ("<=50K", "<=50K"),
        ("*", "*"),
        ("-inf", "'-inf"),
    ],
)
def test_a_cell_and_a_name_that_would_run_do_not_and_others_stay(cell: str, written: str) -> None:
    name, below = parsed(spreadsheet_csv(pd.DataFrame({cell: [cell], "other": [1]})))
    assert (name[0], below[0]) == (written, written)


def test_numbers_categories_and_the_table_itself_stay() -> None:
    table = pd.DataFrame({"n": [-1, 2, 3], "x": [-0.5, None, 1e-7], "c": pd.Categorical(["=a", "b", "=a"])})
    before = table.copy()
    assert parsed(spreadsheet_csv(table)) == [
        ["n", "x", "c"], ["-1", "-0.5", "'=a"], ["2", "", "b"], ["3", "1e-07", "'=a"],
    ]  # fmt: skip
    pd.testing.assert_frame_equal(table, before)


@given(rows=st.lists(st.tuples(hostile, hostile), min_size=1, max_size=8), delimiter=st.sampled_from(",;\t|"))
@example(rows=[("\r", "a,\r\n+1|x")], delimiter=";")
def test_no_cell_begins_a_formula_whatever_the_text_and_the_program(
    rows: list[tuple[str, str]], delimiter: str
) -> None:
    table = pd.DataFrame([rows[0], *rows], columns=[rows[0][0] + "a", "b" + rows[0][1]], dtype=object)
    content = spreadsheet_csv(table, delimiter)
    found = parsed(content, delimiter)
    assert len(found) == len(table) + 1
    for cell in (cell for row in found for cell in row):
        assert not cell.startswith(DANGEROUS) or NUMBER.fullmatch(cell)
    cut_anywhere = re.split(r"[,;\t|\n]", content.decode("utf-8"))
    for piece in (piece.strip().strip('"') for piece in cut_anywhere):
        assert not piece.startswith(DANGEROUS) or re.fullmatch(r"[+-][\d.]+([eE][+-]?\d+)?[\s)\]]*", piece), piece


@given(rows=st.lists(st.tuples(hostile, hostile), min_size=1, max_size=8), delimiter=st.sampled_from(",;\t|"))
def test_reading_it_back_gives_the_same_cells_but_for_the_apostrophe(
    rows: list[tuple[str, str]], delimiter: str
) -> None:
    table = pd.DataFrame(rows, columns=["=name", "note"], dtype=object)
    found = parsed(spreadsheet_csv(table, delimiter), delimiter)
    expected = [[_with_one_line_end(cell) for cell in row] for row in [("=name", "note"), *rows]]
    assert [[_bare(cell) for cell in row] for row in found] == [[_bare(cell) for cell in row] for row in expected]
    for cell, wanted in zip(itertools.chain(*found), itertools.chain(*expected), strict=True):
        assert cell == wanted or re.search(r"[=+\-@＝＋－＠\t\n]", wanted)


def test_what_was_exported_is_read_as_the_same_table() -> None:
    table = pd.DataFrame({"=f": ["=1", "x\n-y", "z"], "zip": ["01234", "1", "2"], "n": [-1.5, 2.0, 3.25]})
    again = read_table(spreadsheet_csv(table, ";"), "again.csv")
    assert again.to_dict("list") == {"'=f": ["'=1", "x\n'-y", "z"], "zip": ["01234", "1", "2"], "n": [-1.5, 2.0, 3.25]}


def _with_one_line_end(cell: str) -> str:
    return cell.replace("\r\n", "\n").replace("\r", "\n")


def _bare(cell: str) -> str:
    return cell.replace("'", "")
