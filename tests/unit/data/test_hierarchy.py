"""Hierarchies: the tree that rows, files, maps, widths and dates write down, or one sentence why there is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppml_core.data.dataset import Dataset
from ppml_core.data.hierarchy import (
    Hierarchy,
    flat_hierarchy,
    hierarchy_from_dates,
    hierarchy_from_file,
    hierarchy_from_levels,
    hierarchy_from_rows,
    hierarchy_from_widths,
)
from ppml_core.data.schema import Column, Schema
from ppml_core.errors import BadInput

ROWS = [["a", "vowel", "*"], ["b", "consonant", "*"], ["c", "consonant", "*"]]


def texts(tree: Hierarchy) -> list[list[str]]:
    """The rows that write the tree down."""
    columns = [[labels[code] for code in codes] for labels, codes in zip(tree.labels, tree.codes, strict=True)]
    return [list(row) for row in zip(*columns, strict=True)]


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "tree.csv"
    path.write_text(text, encoding=encoding)
    return path


def data_of(values: list[str | None], column: Column, folder: Path | None = None) -> Dataset:
    table = pd.DataFrame({"letter": pd.Series(values, dtype="str")})
    return Dataset(table, Schema({"letter": column}, folder=folder))


def test_rows_give_levels_sizes_and_parents() -> None:
    tree = hierarchy_from_rows(ROWS, "letter")
    assert tree.depth == 3
    assert tree.leaves == ("a", "b", "c")
    assert [size.tolist() for size in tree.sizes] == [[1, 1, 1], [1, 2], [3]]
    assert [parent.tolist() for parent in tree.parents] == [[0, 1, 1], [0, 0]]
    assert texts(tree) == ROWS


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([], "is empty"),
        ([["a", "x", "*"], ["b", "*"]], "has 2 fields in line 2 but 3 in line 1"),
        ([["a", "*"], ["a", "*"]], "lists the value 'a' twice"),
        ([["a", "x", "1", "*"], ["b", "x", "2", "*"]], "is no tree: 'x' of level 1 has two parents"),
    ],
)
def test_what_is_no_tree_is_refused_in_one_sentence(rows: list[list[str]], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence) as refusal:
        hierarchy_from_rows(rows, "letter")
    text = str(refusal.value)
    assert "'letter'" in text
    assert "\n" not in text
    assert text.endswith(".")


@pytest.mark.parametrize("delimiter", [";", ","])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_file_in_the_format_of_arx_is_read(tmp_path: Path, delimiter: str, ending: str) -> None:
    text = ending.join(delimiter.join(row) for row in ROWS)
    for written in (text, text + ending, text + ending + ending):
        assert texts(hierarchy_from_file(write(tmp_path, written), "letter")) == ROWS
    assert texts(hierarchy_from_file(write(tmp_path, text, "utf-8-sig"), "letter")) == ROWS


def test_labels_may_hold_the_other_delimiter(tmp_path: Path) -> None:
    rows = [["a, b, c and d", "x", "*"], ["e", "y, z", "*"]]
    assert texts(hierarchy_from_file(write(tmp_path, "\n".join(";".join(row) for row in rows)), "letter")) == rows
    quoted = 'a,"x; y",*\nb,"x; y",*\nc,z,*'
    assert texts(hierarchy_from_file(write(tmp_path, quoted), "letter"))[0] == ["a", "x; y", "*"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("a;x;*\nb;*", "has 2 fields in line 2 but 3 in line 1"),
        ("a;x;*\nb", "has 1 fields? in line 2 but 3 in line 1"),
        ("a;*\na;*", "twice"),
        ("a;x;1\nb;x;2", "no tree"),
    ],
)
def test_a_file_that_is_no_tree_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        hierarchy_from_file(write(tmp_path, text), "letter")


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"'letter', .*nowhere\.csv, cannot be read"):
        hierarchy_from_file(tmp_path / "nowhere.csv", "letter")
    with pytest.raises(BadInput, match="cannot be read"):
        hierarchy_from_file(tmp_path, "letter")
    with pytest.raises(BadInput, match="is not UTF-8 text"):
        hierarchy_from_file(write(tmp_path, "é;*\n", "latin-1"), "letter")


def test_a_value_that_the_hierarchy_lacks_is_refused_by_name(tmp_path: Path) -> None:
    write(tmp_path, "a;*\nb;*\n")
    data = data_of(["a", "z", "y", None], Column("quasi_identifier", hierarchy_file="tree.csv"), tmp_path)
    with pytest.raises(BadInput, match=r"of 'letter' lacks 'an empty cell', 'y', 'z'"):
        _ = data.leaves


def test_missing_adds_a_leaf_to_a_file_and_keeps_its_root(tmp_path: Path) -> None:
    write(tmp_path, "a;vowel;*\nb;consonant;*\n")
    column = Column("quasi_identifier", hierarchy_file="tree.csv", missing=True)
    data = data_of(["b", None], column, tmp_path)
    assert texts(data.hierarchies["letter"])[-1] == ["", "unknown", "*"]
    assert data.leaves["letter"].tolist() == [1, 2]


def test_a_mark_that_the_file_lists_is_the_leaf_of_missing_values(tmp_path: Path) -> None:
    write(tmp_path, "a;*\n?;*\n")
    for missing in (True, False):
        column = Column("quasi_identifier", hierarchy_file="tree.csv", missing=missing)
        data = data_of(["a", None], column, tmp_path)
        assert data.hierarchies["letter"].leaves == ("a", "?")
        assert data.leaves["letter"].tolist() == [0, 1]


def test_maps_get_a_root_where_they_lack_one() -> None:
    open_ended = [{"a": "vowel", "b": "consonant", "c": "consonant"}]
    assert texts(hierarchy_from_levels(open_ended, "letter")) == ROWS
    rooted = [*open_ended, {"vowel": "*", "consonant": "*"}]
    assert texts(hierarchy_from_levels(rooted, "letter")) == ROWS
    assert texts(hierarchy_from_levels(rooted, "letter", missing=True)) == [*ROWS, ["", "unknown", "*"]]
    assert texts(hierarchy_from_levels(open_ended, "letter", missing=True)) == [*ROWS, ["", "unknown", "*"]]


def test_a_map_with_a_gap_is_refused() -> None:
    with pytest.raises(BadInput, match="level 2 does not say what 'consonant' becomes"):
        hierarchy_from_levels([{"a": "vowel", "b": "consonant"}, {"vowel": "*"}], "letter")


def test_widths_must_nest() -> None:
    with pytest.raises(BadInput, match="10 is not a multiple of 4"):
        hierarchy_from_widths(range(20), [4, 10], "age")


def test_widths_label_whole_numbers_and_others() -> None:
    assert texts(hierarchy_from_widths([39], [5, 10], "age"))[0] == ["39", "35-39", "30-39", "*"]
    assert texts(hierarchy_from_widths([2.5, 7], [5], "dose"))[0] == ["2.5", "[0, 5)", "*"]


def test_days_climb_to_decades() -> None:
    assert texts(hierarchy_from_dates(["1984-11-05"], "born"))[0] == [
        "1984-11-05", "1984-11", "1984-Q4", "1984", "1980s", "*"
    ]  # fmt: skip
    assert texts(hierarchy_from_dates(["1984-11-05"], "born", missing=True))[-1][-1] == "*"


def test_a_flat_hierarchy_has_values_and_root() -> None:
    assert texts(flat_hierarchy(["yes", "no"], "smoker")) == [["yes", "*"], ["no", "*"]]
    assert texts(flat_hierarchy(["yes"], "smoker", missing=True)) == [["yes", "*"], ["", "*"]]


@given(
    values=st.lists(st.integers(0, 200), min_size=1, max_size=40, unique=True),
    first=st.integers(1, 9),
    factors=st.lists(st.integers(2, 4), max_size=3),
)
def test_intervals_always_nest_and_hold_their_values(values: list[int], first: int, factors: list[int]) -> None:
    widths = [float(first * int(np.prod(factors[:count]))) for count in range(len(factors) + 1)]
    tree = hierarchy_from_widths(values, widths, "age")
    assert all(size.sum() == len(values) for size in tree.sizes)
    for value, row in zip(values, texts(tree), strict=True):
        for label in row[1:-1]:
            low, high = map(int, label.split("-")) if "-" in label else (int(label), int(label))
            assert low <= value <= high
