"""Odd and malformed Parquet and Excel files: each gives the table that a person would expect of it, or one sentence."""

from __future__ import annotations

import datetime
import io
import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whole_way import check_sentence, go_the_whole_way, read_or_refused

from ppml_core.data import binary_files
from ppml_core.data.binary_files import MAX_UNPACKED_EXCEL
from ppml_core.data.reading import read_table
from ppml_core.errors import BadInput

OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + bytes.fromhex("3e000300feff0900") + bytes(480)
ENCRYPTED = OLE + "EncryptedPackage".encode("utf-16-le") + bytes(512)
PARQUET = b"PAR1"
UTC = datetime.UTC
MOMENT = datetime.datetime(1980, 12, 31, 23, 59)
DAY = datetime.date(1980, 12, 31)


def parquet(**columns: pa.Array) -> bytes:
    target = io.BytesIO()
    pa.parquet.write_table(pa.table(columns), target)
    return target.getvalue()


def both(first: object, second: object, kind: pa.DataType | None = None) -> pa.Array:
    return pa.array([first, second, None], type=kind)


def workbook(rows: Sequence[Sequence[object]], change: Callable[[openpyxl.Workbook], None] | None = None) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if change is not None:
        change(book)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def repacked(content: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with one part of its archive rewritten."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            body = old.read(entry)
            new.writestr(entry.filename, change(body) if entry.filename == part else body)
    return target.getvalue()


def with_rows(rows: bytes) -> bytes:
    """A workbook whose sheet has this text in place of its rows."""
    sheet = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">%s</worksheet>'
    return repacked(PEOPLE, SHEET, lambda _: sheet % (b"<sheetData>" + rows + b"</sheetData>"))


def more_sheets(book: openpyxl.Workbook) -> None:
    book.create_sheet("second").append(["other", "things"])


def empty_first(book: openpyxl.Workbook) -> None:
    book.create_sheet("nothing", 0)


def hidden_first(book: openpyxl.Workbook) -> None:
    book.create_sheet("lists", 0).append(["secret", "values"])
    book["lists"].sheet_state = "hidden"


def merged(book: openpyxl.Workbook) -> None:
    book.active.merge_cells("A2:A3")


SHEET = "xl/worksheets/sheet1.xml"
ROWS = [["age", "town"], [39, "Köln"], [40, "Bonn"]]
EXPECTED = {"age": [39, 40], "town": ["Köln", "Bonn"]}
PEOPLE = workbook(ROWS)

# What a column of each Arrow type becomes: the first two cells; the third is absent.
TYPES: Mapping[str, tuple[pa.Array, list[object]]] = {
    "lists": (both([1, 2], []), ["[1, 2]", "[]"]),
    "structs": (both({"a": 1, "b": "x"}, {"a": 2, "b": None}), ["{'a': 1, 'b': 'x'}", "{'a': 2, 'b': None}"]),
    "maps": (both([("k", 1)], [], pa.map_(pa.string(), pa.int64())), ["[('k', 1)]", "[]"]),
    "lists of structs": (both([{"a": [1]}], []), ["[{'a': [1]}]", "[]"]),
    "decimals": (both(Decimal("1.50"), Decimal("-2.25")), [1.5, -2.25]),
    "decimals of 38 digits": (
        both(Decimal("12345678901234567890.12345678"), Decimal(1), pa.decimal128(38, 8)),
        ["12345678901234567890.12345678", "1.00000000"],
    ),
    "decimals that are whole": (both(Decimal(10**30), Decimal(1), pa.decimal256(60, 0)), [str(10**30), "1"]),
    "times of day": (both(datetime.time(23, 59), datetime.time(0)), ["23:59:00", "00:00:00"]),
    "times to the nanosecond": (both(1, 2_000_000_000, pa.time64("ns")), ["00:00:00", "00:00:02"]),
    "durations": (both(datetime.timedelta(days=1), datetime.timedelta(0)), ["1 day, 0:00:00", "0:00:00"]),
    "bytes that are text": (both(b"Anna", "Zoë".encode()), ["Anna", "Zoë"]),
    "bytes that are none": (both(b"\xff\x00", b"a"), ["ff00", "61"]),
    "bytes of one length": (both(b"\xff\x00", b"ab", pa.binary(2)), ["ff00", "6162"]),
    "a dictionary of texts": (both("m", "f").dictionary_encode(), ["m", "f"]),
    "a dictionary of numbers": (both(3, 4).dictionary_encode(), [3.0, 4.0]),
    "text views": (both("m", "f", pa.string_view()), ["m", "f"]),
    "days": (both(DAY, datetime.date(1, 1, 1)), ["1980-12-31", "0001-01-01"]),
    "moments": (both(MOMENT, MOMENT, pa.timestamp("us")), ["1980-12-31", "1980-12-31"]),
    "moments with a zone": (
        both(MOMENT.replace(tzinfo=UTC), MOMENT.replace(tzinfo=UTC), pa.timestamp("ms", "Europe/Berlin")),
        ["1981-01-01", "1981-01-01"],
    ),
    "moments to the nanosecond": (both(1, 2, pa.timestamp("ns")), ["1970-01-01", "1970-01-01"]),
    "unsigned of 64 bits": (both(2**64 - 1, 1, pa.uint64()), [str(2**64 - 1), "1"]),
    "whole numbers beyond 2^53": (both(2**53 + 1, 2**53), [str(2**53 + 1), str(2**53)]),
    "half floats": (both(np.float16(1.5), np.float16(2)), [1.5, 2.0]),
    "infinite floats": (both(np.inf, -0.0), [np.inf, -0.0]),
    "booleans with a gap": (both(True, False), ["True", "False"]),
    "nothing": (pa.nulls(3), [None, None]),
}

BOOKS: Mapping[str, tuple[bytes, Mapping[str, list[object]]]] = {
    "several sheets": (workbook(ROWS, more_sheets), EXPECTED),
    "an empty first sheet": (workbook(ROWS, empty_first), EXPECTED),
    "a hidden first sheet": (workbook(ROWS, hidden_first), EXPECTED),
    "merged cells": (
        workbook([["town", "age"], ["Köln", 39], [None, 40]], merged),
        {"town": ["Köln", None], "age": [39, 40]},
    ),
    "formulas with results": (
        repacked(
            workbook([["age", "twice"], [39, "=A2*2"]]),
            SHEET,
            lambda body: body.replace(b"<v></v>", b"<v>78</v>").replace(b"<v />", b"<v>78</v>"),
        ),
        {"age": [39], "twice": [78]},
    ),
    "formulas that give an empty text": (
        with_rows(
            b'<row><c t="str"><v>a</v></c><c t="str"><v>b</v></c></row><row><c><v>1</v></c><c r="B2" t="str">'
            b'<f>""</f><v></v></c></row><row><c><v>2</v></c><c t="str"><v>x</v></c></row>'
        ),
        {"a": [1, 2], "b": [None, "x"]},
    ),
    "dates and times": (
        workbook([["day", "moment", "time"], [DAY, MOMENT, datetime.time(12, 30)]]),
        {"day": ["1980-12-31"], "moment": ["1980-12-31 23:59:00"], "time": ["12:30:00"]},
    ),
    "whole numbers beyond 2^53 as text": (
        workbook([["id", "n"], ["9007199254740993", 1], ["01", 2]]),
        {"id": ["9007199254740993", "01"], "n": [1, 2]},
    ),
    "whole numbers beyond 2^53": (
        with_rows(
            b'<row><c t="str"><v>id</v></c><c t="str"><v>n</v></c></row><row><c><v>9007199254740993</v></c>'
            b'<c><v>1</v></c></row><row><c r="B3"><v>2</v></c></row>'
        ),
        {"id": ["9007199254740993", None], "n": [1, 2]},
    ),
    "mixed types in a column": (
        workbook([["x", "n"], [1, 1], ["a", 2], [True, 3], [2.5, 4]]),
        {"x": ["1", "a", "True", "2.5"], "n": [1, 2, 3, 4]},
    ),
    "errors of a spreadsheet": (workbook([["x", "n"], ["#DIV/0!", 1], [2, 2]]), {"x": [None, 2.0], "n": [1, 2]}),
    "infinity": (with_rows(b'<row><c t="str"><v>x</v></c></row><row><c><v>1e999</v></c></row>'), {"x": ["inf"]}),
    "gaps in rows and columns": (
        workbook([[], [None, "age", None, "town"], [], [None, 39, None, "Köln"]]),
        {"age": [None, 39.0], "town": [None, "Köln"]},
    ),
    "names that leave the folder": (repacked(PEOPLE, "", bytes), EXPECTED),
}


@pytest.mark.parametrize("case", TYPES)
def test_every_type_of_parquet_becomes_plain(case: str) -> None:
    column, expected = TYPES[case]
    table = read_table(parquet(x=column, n=pa.array([1, 2, 3])), "people.parquet")
    found = table["x"].tolist()
    if pd.api.types.is_datetime64_any_dtype(table["x"]):
        found = table["x"].dt.strftime("%Y-%m-%d").tolist()
    assert found[:2] == expected or (expected == [None, None] and table["x"].isna().all())
    assert table["x"].isna().tolist()[2]
    go_the_whole_way(table)


def test_numbers_without_gaps_keep_their_type() -> None:
    table = read_table(parquet(a=pa.array([2**53 - 1, 1]), b=pa.array([1, 2], pa.uint8())), "people.parquet")
    assert table["a"].tolist() == [2**53 - 1, 1]
    assert table.dtypes.astype(str).tolist() == ["int64", "uint8"]


@pytest.mark.parametrize("case", BOOKS)
def test_an_odd_workbook_gives_its_table_and_a_release(case: str) -> None:
    content, expected = BOOKS[case]
    if case == "names that leave the folder":
        with zipfile.ZipFile(target := io.BytesIO(content), "a") as archive:
            archive.writestr("../../../../tmp/odd_upload_escaped.txt", "escaped")
            archive.writestr("/tmp/odd_upload_escaped.txt", "escaped")
        content = target.getvalue()
    table = read_table(content, "people.xlsx")
    plain = table.astype(object)
    assert {name: plain[name].where(table[name].notna(), None).tolist() for name in table.columns} == expected
    go_the_whole_way(table)


def test_old_names_of_columns_are_as_plain_as_those_of_text() -> None:
    names = ["a\nb", "😀", "\u202eabc", "'; DROP TABLE x;--", "../../etc/passwd", "@SUM(A1)", "n" * 10_000, "a.b"]
    for content, filename in (
        (parquet(**{name: pa.array([1, 2]) for name in names}), "people.parquet"),
        (workbook([names, [1] * 8, [2] * 8]), "people.xlsx"),
    ):
        table = read_table(content, filename)
        assert table.columns.tolist() == names
        go_the_whole_way(table)


def bomb(unpacked: int) -> bytes:
    """A workbook with a sheet of zeros that unpacks to that many bytes; it costs a thousandth of them."""
    target = io.BytesIO(PEOPLE)
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as archive, archive.open(
        "xl/worksheets/sheet2.xml", "w", force_zip64=True
    ) as part:  # fmt: skip
        for _ in range(unpacked // 10**7):
            part.write(bytes(10**7))
    return target.getvalue()


REFUSED: Mapping[str, tuple[Callable[[], bytes], str, Sequence[str]]] = {
    "an encrypted workbook": (lambda: ENCRYPTED, "p.xlsx", ["password", "save it as .xlsx"]),
    "an old workbook": (lambda: OLE + bytes(99), "p.xls", ["old Excel", "save it as .xlsx"]),
    "an encrypted workbook called CSV": (lambda: ENCRYPTED, "p.csv", ["password", "save it as .xlsx"]),
    "a workbook called .xls": (lambda: PEOPLE, "p.xls", ["Excel or zip file under another ending", ".xlsx"]),
    "a workbook called CSV": (lambda: PEOPLE, "p.csv", ["Excel or zip file under another ending", ".xlsx"]),
    "a workbook called Parquet": (lambda: PEOPLE, "p.parquet", ["under another ending", ".xlsx"]),
    "Parquet called Excel": (lambda: parquet(a=pa.array([1])), "p.xlsx", ["Parquet file", "rename"]),
    "a workbook without cells": (lambda: workbook([]), "p.xlsx", ["is empty", "row of column names"]),
    "a workbook with a header only": (lambda: workbook([["age"]]), "p.xlsx", ["no rows"]),
    "a formula without its result": (
        lambda: workbook([["age", "twice"], [39, 78], [40, "=A3*2"]]),
        "p.xlsx",
        ["cell B3", "save it"],
    ),
    "a formula without its result between values": (
        lambda: workbook([["age", "twice", "n"], [39, "=A2*2", 1], [40, 80, 2]]),
        "p.xlsx",
        ["cell B2", "save it"],
    ),
    "a workbook of formulas without results": (lambda: workbook([["=1+1"], ["=2"]]), "p.xlsx", ["cell A1", "save it"]),
    "too many columns": (lambda: workbook([["x"] * 10_001, [1] * 10_001]), "p.xlsx", ["10,001 columns"]),
    "a part that is no XML": (lambda: repacked(PEOPLE, SHEET, lambda body: body[:-30]), "p.xlsx", ["damaged", "save"]),
    "a cut workbook": (lambda: PEOPLE[:-50], "p.xlsx", ["cannot be read as Excel", "save it again"]),
    "a zip of other things": (lambda: repacked(PEOPLE, SHEET, bytes)[:30] + b"x" * 40, "p.xlsx", ["cannot be read"]),
    "damaged Parquet": (lambda: PARQUET + b"x" * 50 + PARQUET, "p.parquet", ["damaged", "save it again"]),
    "cut Parquet": (lambda: parquet(a=pa.array(range(99)))[:-9], "p.parquet", ["damaged", "save it again"]),
    "Parquet without rows": (lambda: parquet(a=pa.array([], pa.int64())), "p.parquet", ["no rows"]),
    "Parquet without columns": (lambda: parquet(), "p.parquet", ["no rows"]),
    "Parquet with a name twice": (
        lambda: _written(pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["a", "a "])),
        "p.parquet",
        ["two columns called 'a'"],
    ),
}


def _written(table: pa.Table) -> bytes:
    target = io.BytesIO()
    pa.parquet.write_table(table, target)
    return target.getvalue()


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_cannot_be_used_is_one_sentence_that_says_what_to_do(case: str) -> None:
    build, filename, parts = REFUSED[case]
    with pytest.raises(BadInput) as refused:
        read_table(build(), filename)
    check_sentence(refused.value)
    said = str(refused.value)
    assert filename in said
    assert [part for part in parts if part not in said] == []


def test_a_bomb_is_known_by_the_directory_of_its_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_UNPACKED_EXCEL <= 10**9
    monkeypatch.setattr(binary_files, "MAX_UNPACKED_EXCEL", 100_000_000)
    content = bomb(110_000_000)
    assert len(content) < 1_000_000

    def unpacked(*_: object, **__: object) -> None:
        raise AssertionError("a part was opened")

    monkeypatch.setattr(zipfile.ZipFile, "open", unpacked)
    with pytest.raises(BadInput, match="unpacks to more than 100 MB: leave out") as refused:
        read_table(content, "people.xlsx")
    check_sentence(refused.value)


def test_rows_that_are_wide_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binary_files, "MAX_EXCEL_CELLS", 1_000_000)
    content = with_rows(b'<row><c r="XFD1"><v>1</v></c></row>' * 70)
    with pytest.raises(BadInput, match="more than 1,000,000 cells: leave out"):
        read_table(content, "people.xlsx")


def test_many_cells_in_few_bytes_of_parquet_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binary_files, "MAX_CELLS", 100)
    with pytest.raises(BadInput, match="more than 100 cells: leave out"):
        read_table(parquet(a=pa.nulls(101)), "people.parquet")


ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "%s">]>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
<row><c t="str"><v>name</v></c></row><row><c t="str"><v>%s</v></c></row></sheetData></worksheet>"""

BOMBS: Mapping[str, Callable[[], bytes]] = {
    "entities that grow with their square": lambda: repacked(
        PEOPLE, SHEET, lambda _: ENTITIES % (b"x" * 100_000, b"&a;" * 100_000)
    ),
    "a part that is nested without end": lambda: with_rows(b"<a>" * 2_000_000),
    "elements nested and closed": lambda: with_rows(b"<a>" * 500_000 + b"</a>" * 500_000),
}

IN_MEMORY = """
import resource, sys
from ppml_core.data.reading import read_table
from ppml_core.errors import BadInput
resource.setrlimit(resource.RLIMIT_AS, (6 * 10**9, 6 * 10**9))
try:
    table = read_table(sys.stdin.buffer.read(), "people.xlsx")
except BadInput as refused:
    print(refused)
else:
    print(table.shape)
"""


@pytest.mark.slow
@pytest.mark.parametrize("case", BOMBS)
def test_a_bomb_of_markup_is_a_sentence_within_little_memory(case: str) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-c", IN_MEMORY], input=BOMBS[case](), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"people.xlsx" in done.stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 60


@given(data=st.data(), ending=st.sampled_from(["parquet", "xlsx"]))
@settings(max_examples=200)
def test_any_bytes_are_a_table_or_a_sentence(data: st.DataObject, ending: str) -> None:
    starts = st.sampled_from([b"", PARQUET, b"PK\x03\x04", OLE[:8]])
    content = data.draw(starts) + data.draw(st.binary(max_size=300)) + data.draw(st.sampled_from([b"", PARQUET]))
    read_or_refused(content, f"people.{ending}")


WHOLE: Mapping[str, bytes] = {
    "people.xlsx": PEOPLE,
    "people.parquet": parquet(age=pa.array([39, 40, 41]), town=pa.array(["a", "b", None])),
}


@pytest.mark.parametrize("filename", WHOLE)
@given(data=st.data())
@settings(max_examples=150)
def test_a_file_with_some_other_bytes_is_a_table_or_a_sentence(filename: str, data: st.DataObject) -> None:
    content = bytearray(WHOLE[filename])
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    read_or_refused(bytes(content), filename)


cells: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", " ", "m", "f", "#N/A", "=1+1", "1980-12-31", "?", "x" * 99]),
    st.datetimes(datetime.datetime(1900, 3, 1), datetime.datetime(2100, 1, 1)), st.dates(DAY), st.times(),
)  # fmt: skip


@given(rows=st.lists(st.tuples(cells, cells), min_size=1, max_size=5))
@settings(max_examples=50)
def test_any_cells_of_a_workbook_are_a_table_or_a_sentence(rows: list[tuple[Any, Any]]) -> None:
    read_or_refused(workbook([["age", "income"], *rows]), "people.xlsx")
