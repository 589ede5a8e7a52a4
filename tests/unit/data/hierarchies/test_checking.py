"""Broken hierarchy files: one sentence for each fault, and a repair that works or a word why there is none."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppml_core.data.hierarchies import Checked, check_file, check_text
from ppml_core.data.hierarchy import hierarchy_from_rows

VALUES = ["a", "b", "c", "d"]
SOUND = "a;x;*\nb;x;*\nc;y;*\nd;y;*\n"


def assert_repaired(checked: Checked, values: list[str]) -> None:
    assert checked.repaired is not None
    tree = hierarchy_from_rows(checked.repaired, "letter")
    assert all(tree.leaf_of(value) >= 0 for value in values)
    assert len(tree.labels[-1]) == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("a;x;*\nb;x;*\n", "lacks 2 values of the table: 'c', 'd'.", id="missing values"),
        pytest.param("a;x;u;*\nb;x;u;*\nc;*\nd;y;u;*\n", "lines of different length: 'c' has 2 fields", id="depth"),
        pytest.param("a;x;a;*\nb;x;a;*\nc;y;*;*\nd;y;*;*\n", "goes in a circle in the line of 'a'", id="cycle"),
        pytest.param(SOUND + "a;y;*\n", "lists 1 value more than once: 'a'.", id="duplicate leaf"),
        pytest.param(SOUND.replace(";", "\t"), "is cut at tabs", id="tab"),
        pytest.param(SOUND.replace(";", "|"), "is cut at '|'", id="bar"),
        pytest.param("a;x;*\nb,x,*\nc;y;*\nd;y;*\n", "has 1 line with another delimiter", id="mixed delimiters"),
        pytest.param("", "is empty.", id="empty"),
        pytest.param("\n ;;\n", "is empty.", id="nothing but delimiters"),
        pytest.param("a;x;u;*\nb;x;v;*\nc;y;v;*\nd;y;v;*\n", "is no tree: 'x' has two parents.", id="non-tree"),
        pytest.param("a;x\nb;x\nc;y\nd;y\n", "ends in 2 groups, not one.", id="no root"),
        pytest.param("\ufeff" + SOUND, "begins with a byte order mark.", id="byte order mark"),
        pytest.param("a;x;*\n\nb;x;*\n\nc;y;*\nd;y;*\n", "has 2 blank lines.", id="blank lines"),
        pytest.param(SOUND.replace("*", "*;"), "has 4 lines that end in a delimiter.", id="trailing delimiters"),
        pytest.param('a;"x;*\nb;x;*\nc;y;*\nd;y;*\n', "has a quote that is never closed.", id="open quote"),
        pytest.param(SOUND.replace("a;", " A ;"), "writes ' A ' where the table has 'a'.", id="spelling"),
        pytest.param("value;group;all\n" + SOUND, "begins with a line of titles", id="titles"),
        pytest.param("a;x;*\nb;;*\nc;y;*\nd;y;*\n", "has no label at a level of 'b'.", id="empty label"),
        pytest.param("a\nb\nc\nd\n", "has values but no levels.", id="no levels"),
        pytest.param("a;b\nb;a\nc;y\nd;y\ny;*\n", "goes in a circle at 'a'", id="circle of pairs"),
    ],
)
def test_a_broken_file_gets_one_sentence_per_fault_and_a_repair_that_works(text: str, sentence: str) -> None:
    checked = check_text(text, "letter", VALUES)
    said = [fault.sentence for fault in checked.faults]
    assert any(sentence in one for one in said), said
    for fault in checked.faults:
        assert "'letter'" in fault.sentence
        assert fault.sentence.endswith(".")
        assert fault.repair.endswith(".")
        assert "\n" not in fault.sentence
    assert_repaired(checked, VALUES)


@pytest.mark.parametrize(
    ("text", "faults"),
    [("a;x;*\nb;x;*\n", 1), ("a;x\nb;x\nc;y\nd;y\n", 1), (SOUND.replace(";", "\t"), 1), ("", 1), (SOUND + "a;y;*", 1)],
)
def test_one_fault_is_told_once(text: str, faults: int) -> None:
    assert len(check_text(text, "letter", VALUES).faults) == faults


def test_a_sound_file_has_no_faults() -> None:
    for text in (SOUND, SOUND.replace(";", ","), SOUND.replace("\n", "\r\n"), SOUND.rstrip()):
        checked = check_text(text, "letter", VALUES)
        assert not checked.faults
        assert checked.rows[0] == ["a", "x", "*"]
        assert checked.repaired is None


def test_five_missing_values_are_named_and_the_rest_counted() -> None:
    checked = check_text("a;x;*\nb;y;*", "letter", list("abcdefghi"))
    assert checked.faults[0].sentence == (
        "The hierarchy of 'letter' lacks 7 values of the table: 'c', 'd', 'e', 'f', 'g' and 2 more."
    )


def test_a_missing_value_joins_the_group_whose_label_fits_it() -> None:
    checked = check_text("17;15-19;10-19;*\n22;20-24;20-29;*\n", "age", ["17", "22", "18", "27", "99"])
    assert checked.repaired is not None
    rows = {row[0]: row[1:] for row in checked.repaired}
    assert rows["18"] == ["15-19", "10-19", "*"]
    assert rows["27"] == ["27", "20-29", "*"]
    assert rows["99"] == ["other", "other", "*"]
    codes = check_text("8166;816*;81**;*\n1011;101*;10**;*\n", "zip", ["8166", "1011", "8192"])
    assert codes.repaired is not None
    assert codes.repaired[-1] == ["8192", "8192", "81**", "*"]


def test_pairs_of_child_and_parent_become_lines() -> None:
    text = "Ulm;Germany\nBonn;Germany\nLyon;France\nGermany;Europe\nFrance;Europe\nEurope;*\n"
    checked = check_text(text, "town", ["Ulm", "Bonn", "Lyon"])
    assert checked.repaired == [
        ["Ulm", "Germany", "Europe", "*"],
        ["Bonn", "Germany", "Europe", "*"],
        ["Lyon", "France", "Europe", "*"],
    ]


def test_a_group_that_is_called_as_one_of_its_values_is_no_circle() -> None:
    assert not check_text("White;White;*\nBlack;Other;*\nOther;Other;*", "race", ["White", "Black", "Other"]).faults
    checked = check_text("White;White\nBlack;Other\nOther;Other", "race", ["White", "Black", "Other"])
    assert [fault.sentence for fault in checked.faults] == ["The hierarchy of 'race' ends in 2 groups, not one."]


def test_zeros_that_a_spreadsheet_dropped_come_back() -> None:
    checked = check_text("201;2**;*\n51701;517**;*\n", "zip", ["00201", "51701"])
    assert checked.repaired == [["00201", "2**", "*"], ["51701", "517**", "*"]]


def test_a_large_file_is_checked_in_seconds() -> None:
    values = [f"{number:05}" for number in range(24_000)]
    text = "".join(f"{value};{value[:3]}**;{value[0]}****;*\n" for value in values[:20_000])
    started = time.thread_time()
    checked = check_text(text, "zip", values)
    assert time.thread_time() - started < 20
    assert_repaired(checked, values)


def test_an_absent_value_is_covered_by_any_mark_for_one() -> None:
    assert not check_text("a;x;*\n?;y;*\n", "letter", ["a", ""]).faults
    checked = check_text("a;x;*\nb;y;*\n", "letter", ["a", ""])
    assert checked.faults[0].sentence.endswith("lacks 1 value of the table: an empty cell.")
    assert_repaired(checked, ["a", ""])


def test_another_encoding_is_named_and_read() -> None:
    text = "Köln;Rhein;*\nMünchen;Isar;*\n"
    for content in (
        text.encode("latin-1"),
        text.encode("utf-8").decode("cp1252").encode("utf-8"),
        text.encode("utf-16"),
    ):
        checked = check_file(content, "town", ["Köln", "München"])
        assert checked.faults
        assert_repaired(checked, ["Köln", "München"])
    assert not check_file(text.encode(), "town", ["Köln", "München"]).faults


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04\x00\x00\x00\x00\x99"])
def test_where_no_repair_can_be_made_the_sentence_says_so(content: bytes) -> None:
    checked = check_file(content, "letter", [])
    assert checked.repaired is None
    assert "None can be made" in checked.faults[0].repair


@given(
    st.lists(st.lists(st.text('abxy*; ,"', max_size=3), min_size=1, max_size=4), max_size=8),
    st.lists(st.text("abxy ", max_size=2), min_size=1, max_size=6),
)
def test_whatever_the_file_the_repair_is_a_tree_that_covers_the_values(
    rows: list[list[str]], values: list[str]
) -> None:
    checked = check_text("\n".join(";".join(row) for row in rows), "letter", values)
    if checked.faults:
        assert_repaired(checked, values)
    else:
        hierarchy_from_rows(checked.rows, "letter")
