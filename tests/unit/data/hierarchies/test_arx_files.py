"""ARX's files: the same bytes come out that went in, and any tree survives being written and read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppml_core.data.hierarchies.arx import Style, export_arx, import_arx, rows_of, style_of
from ppml_core.data.hierarchies.builders import from_rows
from ppml_core.data.hierarchy import hierarchy_from_levels, hierarchy_from_rows

ATTRIBUTES = [
    "age", "education", "marital-status", "native-country", "occupation", "race", "salary-class", "sex", "workclass",
]  # fmt: skip
CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)


@st.composite
def trees(draw: st.DrawFn) -> list[list[str]]:
    """Rows of a tree with any labels; a label may stand at several levels."""
    leaves = draw(st.lists(CELLS, min_size=1, max_size=8, unique=True))
    columns = [leaves]
    for _ in range(draw(st.integers(1, 4))):
        below = list(dict.fromkeys(columns[-1]))
        labels = draw(st.lists(CELLS, min_size=len(below), max_size=len(below)))
        parent = dict(zip(below, labels, strict=True))
        columns.append([parent[label] for label in columns[-1]])
    return [list(row) for row in zip(*columns, strict=True)]


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_the_nine_files_of_arx_come_out_byte_for_byte(arx_oracle: Path, attribute: str) -> None:
    content = (arx_oracle / f"adult_hierarchy_{attribute}.csv").read_bytes()
    tree = hierarchy_from_rows(import_arx(content.decode()), attribute)
    assert export_arx(tree, style_of(content.decode())) == content


def test_those_with_other_line_ends_do_so_too(arx_oracle: Path) -> None:
    for file in sorted(arx_oracle.glob("test*_hierarchy_*.csv")):
        content = file.read_bytes()
        assert b"\r\n" in content
        assert export_arx(import_arx(content.decode()), style_of(content.decode())) == content


@pytest.mark.parametrize(
    "text",
    [
        'a;"x";*\r\nb;y;*',
        '"a, or b";x;*\n"c ""d""";y;*\n',
        "\ufeffa,x,*\nb,y,*\n",
        "a\tx\t*\nb\ty\t*\n",
        'a;"two\nlines";*\nb;y;*\n',
        "a, or b;x;*\nb;y;*\n",
        ";unknown;*\na;x;*\n",
    ],
)
def test_delimiter_line_ends_order_and_quotes_are_kept(text: str) -> None:
    assert export_arx(import_arx(text), style_of(text)) == text.encode()


@given(trees(), st.sampled_from(";,\t|"), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_any_tree_survives_export_and_import(rows: list[list[str]], delimiter: str, line_end: str, ends: bool) -> None:
    written = export_arx(hierarchy_from_rows(rows, "any"), Style(delimiter, line_end, ends)).decode()
    assert import_arx(written) == rows
    assert export_arx(import_arx(written), style_of(written)).decode() == written


@given(trees())
def test_any_tree_survives_the_schema_also_where_a_label_stands_at_two_levels(rows: list[list[str]]) -> None:
    levels = from_rows(rows)["levels"]
    assert levels is not None
    back = rows_of(hierarchy_from_levels(levels, "any"))
    assert [row[: len(rows[0])] for row in back] == rows
