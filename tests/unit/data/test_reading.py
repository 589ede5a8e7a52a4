"""A file of any common form becomes the same table; whatever is wrong with it is one sentence."""

from __future__ import annotations

import datetime
import io
import time
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppml_core.data import reading
from ppml_core.data.reading import read_table
from ppml_core.data.schema import Schema
from ppml_core.errors import BadInput

PEOPLE = "name,age,city\nAnna,39,Köln\nBert,40,Łódź\n"


def table_of(text: str | bytes, filename: str = "people.csv", **more: object) -> pd.DataFrame:
    return read_table(text if isinstance(text, bytes) else text.encode(), filename, **more)  # type: ignore[arg-type]


def schema_of(**kinds: str) -> Schema:
    return Schema.from_values({"columns": {name: {"kind": kind} for name, kind in kinds.items()}})


def workbook(rows: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def parquet(table: pd.DataFrame) -> bytes:
    target = io.BytesIO()
    table.to_parquet(target)
    return target.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_delimiter_line_end_and_encoding_make_no_difference(delimiter: str, line_end: str, encoding: str) -> None:
    written = PEOPLE.replace(",", delimiter).replace("\n", line_end).encode(encoding)
    table = table_of(written, "people.txt")
    assert table.to_dict("list") == {"name": ["Anna", "Bert"], "age": [39, 40], "city": ["Köln", "Łódź"]}


def test_windows_text_is_read_where_it_is_no_utf8() -> None:
    assert table_of("name,city\nJosé,München\nZoë,10 €\n".encode("cp1252"))["city"].tolist() == ["München", "10 €"]


def test_quotes_hold_delimiters_quotes_and_line_ends() -> None:
    table = table_of('name,note\r\nAnna,"one\r\ntwo, and ""three"""\r\nBert,5" pipe\r\n')
    assert table["note"].tolist() == ['one\r\ntwo, and "three"', '5" pipe']


def test_a_cell_with_the_delimiter_of_another_file_stays_one_cell() -> None:
    table = table_of("name;note\nAnna;a, b, c\nBert;d, e\n")
    assert table["note"].tolist() == ["a, b, c", "d, e"]


def test_blanks_and_signs_in_names_stay_and_empty_names_are_numbered_by_place() -> None:
    table = table_of("birth date,,größe (cm) \n1,2,3\n")
    assert table.columns.tolist() == ["birth date", "column_2", "größe (cm)"]


def test_an_empty_name_never_takes_the_name_of_another_column() -> None:
    assert table_of("column_2,\nx,2\n").columns.tolist() == ["column_2", "column_2_"]


def test_blanks_after_every_delimiter_are_no_part_of_the_cells() -> None:
    table = table_of('age, work\n39, State-gov\n50, "a, b"\n')
    assert table.to_dict("list") == {"age": [39, 50], "work": ["State-gov", "a, b"]}


def test_one_column_needs_no_delimiter() -> None:
    assert table_of("note\nhello, world\nhi\n")["note"].tolist() == ["hello, world", "hi"]


def test_excels_own_hint_of_the_delimiter_is_followed() -> None:
    assert table_of("sep=;\na;b\n1;2\n").columns.tolist() == ["a", "b"]


def test_a_delimiter_at_every_line_end_and_empty_last_rows_make_no_column_and_no_person() -> None:
    table = table_of("a;b;\n1;x;\n2;y;\n;;\n;;\n")
    assert table.to_dict("list") == {"a": [1, 2], "b": ["x", "y"]}


@pytest.mark.parametrize("mark", ["", "?", "NA", "N/A", "NaN", "null", " ? "])
def test_missing_marks_are_absent_and_whole_numbers_stay_numbers(mark: str) -> None:
    table = table_of(f"age,sex\n39,m\n{mark},f\n41,{mark}\n")
    assert table["age"].dtype == float
    assert table["age"].isna().tolist() == [False, True, False]
    assert table["sex"].isna().tolist() == [False, False, True]


def test_a_mark_that_the_schema_lists_is_a_value(tmp_path: Path) -> None:
    (tmp_path / "tree.csv").write_text("?;*\nx;*\n")
    columns = {
        "country": {"categories": ["NA", "DE"]},
        "work": {"hierarchy_file": "tree.csv"},
        "other": {"levels": [{"?": "*", "x": "*"}]},
    }
    schema = Schema.from_values({"columns": columns}, folder=tmp_path)
    table = table_of("country,work,other\nNA,?,?\nDE,x,NA\n?,NA,x\n", schema=schema)
    assert table["country"].tolist()[:2] == ["NA", "DE"]
    assert table["work"].tolist()[:2] == ["?", "x"]
    assert table["other"].tolist()[::2] == ["?", "x"]
    assert table.isna().sum().tolist() == [1, 1, 1]


def test_decimal_commas_are_found_out() -> None:
    table = table_of("wage;rate;size\n1,5;0,25;1.234,5\n-2;3;12\n")
    assert table.to_dict("list") == {"wage": [1.5, -2.0], "rate": [0.25, 3.0], "size": [1234.5, 12.0]}


def test_commas_between_thousands_are_found_out_in_comma_files() -> None:
    assert table_of('name,pay\nA,"1,234"\nB,"1,234,567.5"\n')["pay"].tolist() == [1234.0, 1234567.5]


@pytest.mark.parametrize(
    "cells",
    [["01234", "99999"], ["+49151", "49152"], ["1", "x"], ["12345678901234567890", "1"], ["9007199254740993", "1"]],
)
def test_what_numbers_would_not_keep_stays_text(cells: list[str]) -> None:
    assert table_of("code,n\n" + "".join(f"{cell},1\n" for cell in cells))["code"].tolist() == cells


def test_whole_numbers_are_exact_and_infinity_is_no_number() -> None:
    table = table_of("a,b,c\n9007199254740991,inf,1e999\n1,2,3\n")
    assert table["a"].tolist() == [9007199254740991, 1]
    assert table["b"].tolist() == ["inf", "2"]
    assert table["c"].tolist() == ["1e999", "3"]


def test_with_a_schema_cells_are_text_exactly_as_written_unless_numeric() -> None:
    schema = schema_of(age="categorical", zip="text", grade="ordinal", wage="numeric", day="date")
    table = table_of("age,zip,grade,wage,day\n39,01234,1.0,1e3,1980-12-31\n 40,5,2,,1975-01-02\n", schema=schema)
    assert table["age"].tolist() == ["39", " 40"]
    assert table["zip"].tolist() == ["01234", "5"]
    assert table["grade"].tolist() == ["1.0", "2"]
    assert table["wage"].tolist()[0] == 1000.0
    assert np.isnan(table["wage"].tolist()[1])
    assert table["day"].tolist() == ["1980-12-31", "1975-01-02"]


@pytest.mark.parametrize(
    ("cells", "days"),
    [
        (["31.12.1980", "1.2.1975"], ["1980-12-31", "1975-02-01"]),
        (["03/04/1980", "31/12/1975"], ["1980-04-03", "1975-12-31"]),
        (["03/04/1980", "12/31/1975"], ["1980-03-04", "1975-12-31"]),
        (["2020/1/31", ""], ["2020-01-31", None]),
    ],
)
def test_dates_in_other_orders_become_iso_by_the_whole_column(cells: list[str], days: list[str]) -> None:
    table = table_of("day,n\n" + "".join(f"{cell},1\n" for cell in cells), schema=schema_of(day="date", n="numeric"))
    assert table["day"].astype(object).where(table["day"].notna(), None).tolist() == days


@pytest.mark.parametrize(
    ("text", "kinds", "named"),
    [
        ("age,n\n39,1\nold,2\n", {"age": "numeric"}, ["'age'", "'old'", "row 2"]),
        ("age,n\n39,1\n4e,2\n", {"age": "numeric"}, ["'age'", "'4e'", "row 2"]),
        ("day,n\n1980-12-31,1\nsoon,2\n", {"day": "date"}, ["'day'", "'soon'"]),
    ],
)
def test_a_cell_that_is_not_of_its_kind_is_named(text: str, kinds: dict[str, str], named: list[str]) -> None:
    with pytest.raises(BadInput) as fault:
        table_of(text, schema=schema_of(**kinds))
    assert all(part in str(fault.value) for part in named)


def test_the_schemas_delimiter_is_used() -> None:
    schema = Schema.from_values({"delimiter": "|", "columns": {"a": {"kind": "text"}, "b;c": {"kind": "text"}}})
    assert table_of("a|b;c\n1|2;3\n4|5;6\n", schema=schema)["b;c"].tolist() == ["2;3", "5;6"]


def test_parquet_keeps_types_and_follows_a_schema() -> None:
    source = pd.DataFrame(
        {
            "age": [39, 40],
            "sex": pd.Categorical(["m", "?"]),
            "day": pd.to_datetime(["1980-12-31", "1975-01-02"]),
            "wage": [1.5, None],
            "ok": [True, False],
        },
        index=["x", "y"],
    )
    found = read_table(parquet(source), "people.parquet")
    assert found.columns.tolist() == ["age", "sex", "day", "wage", "ok"]
    assert found["age"].tolist() == [39, 40]
    assert found["sex"].isna().tolist() == [False, True]
    kinds = {"age": "categorical", "sex": "categorical", "day": "date", "wage": "categorical", "ok": "categorical"}
    described = read_table(parquet(source), "people.parquet", schema=schema_of(**kinds))
    assert described["age"].tolist() == ["39", "40"]
    assert described["day"].tolist() == ["1980-12-31", "1975-01-02"]
    assert described["wage"].tolist()[0] == "1.5"
    assert described["ok"].tolist() == ["True", "False"]


def test_excel_gives_the_first_sheet_from_its_first_filled_row() -> None:
    rows: list[list[object]] = [
        [],
        ["name", "age", "born", "code", None],
        ["Anna", 39, datetime.datetime(1980, 12, 31), "01", None],
        ["Bert", None, datetime.datetime(1975, 1, 2), 2, None],
        [],
    ]
    table = read_table(workbook(rows), "people.xlsx")
    assert table.columns.tolist() == ["name", "age", "born", "code"]
    assert table["born"].tolist() == ["1980-12-31", "1975-01-02"]
    assert table["code"].tolist() == ["01", "2"]
    assert table["age"].tolist()[0] == 39
    assert read_table(workbook(rows), "p.xlsx", schema=schema_of(age="categorical"))["age"].tolist()[0] == "39"


@pytest.mark.parametrize(
    ("content", "filename", "says"),
    [
        (b"", "people.csv", "is empty"),
        (b" \n\n", "people.csv", "is empty"),
        (b"\xef\xbb\xbf", "people.csv", "is empty"),
        (b"age,sex\n", "people.csv", "no rows"),
        (b"age,sex", "people.csv", "no rows"),
        (b"39,m\n40,f\n41,f\n", "people.csv", "no header"),
        (b"1,2\n3,4\n", "people.csv", "no header"),
        (b"Male,White\nMale,Black\nFemale,White\nMale,White\n", "people.csv", "no header"),
        (b"2020-01-01,x\n2020-01-02,y\n", "people.csv", "no header"),
        (b",,\n1,2,3\n", "people.csv", "no header"),
        (b"age,sex,age\n1,m,2\n", "people.csv", "two columns called 'age'"),
        (b"age,sex, age\n1,m,2\n", "people.csv", "two columns called 'age'"),
        (b"age,sex\n39,m\n\n40\n41,f\n", "people.csv", "1 field in line 4 where the header has 2"),
        (b"age,sex\n39,m\n40,f,x\n", "people.csv", "3 fields in line 3 where the header has 2"),
        (b'age,note\n39,"a\nb"\n40,f,x\n', "people.csv", "3 fields in line 4"),
        (b'age,note\n39,"a\n40,f\n41,g\n', "people.csv", "quote in line 2 that is never closed"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 4, "people.csv", "is not text"),
        (b"name,n\nfoo\x81\x8d,1\n", "people.csv", "is not text"),
        (b"age,sex\n1,m\n", "people.json", "ending"),
        (b"age,sex\n1,m\n", "people", "ending"),
        (b"PAR1 and so on", "people.csv", "Parquet file under another ending"),
        (b"PK\x03\x04 and so on", "people.csv", "under another ending"),
        (b"PAR1 and so on", "people.parquet", "cannot be read as Parquet"),
        (b"PK\x03\x04 and so on", "people.xlsx", "cannot be read as Excel"),
        (b"not a workbook", "people.xlsx", "cannot be read as Excel"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 99, "people.xlsx", "password"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 99, "people.xls", "old Excel"),
        (workbook([]), "people.xlsx", "is empty"),
        (workbook([["age", "sex"]]), "people.xlsx", "no rows"),
        (workbook([[39, "m"], [40, "f"], [41, "f"]]), "people.xlsx", "no header"),
        (workbook([["age", "age"], [40, 41]]), "people.xlsx", "two columns"),
        (parquet(pd.DataFrame({"age": [1]})[:0]), "people.parquet", "no rows"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_sentence(content: bytes, filename: str, says: str) -> None:
    with pytest.raises(BadInput) as fault:
        read_table(content, filename)
    message = str(fault.value)
    assert says in message
    assert filename in message
    assert "\n" not in message
    assert message.endswith(".")


@pytest.mark.parametrize(
    "text",
    [
        "0,1,2\n3,4,5\n",
        "name,2019,2020\nAnna,1,2\nBert,3,4\n",
        "a,b\nc,d\n",
        "age\n39\n",
        "x1,x2\n0.5,0.7\n",
        "income,class\nclass,b\nb,class\n",
        "id,y\n1,0\n2,1\n",
        "first,second\nm,f\nf,m\n",
    ],
)
def test_a_header_is_not_taken_for_data(text: str) -> None:
    assert table_of(text).columns.tolist() == text.split("\n")[0].split(",")


def test_a_file_over_the_limits_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 10)
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE)
    for source in (PEOPLE.encode(), path):
        with pytest.raises(BadInput, match="the limit is"):
            read_table(source, "people.csv")


def test_a_workbook_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in ("MAX_UNPACKED_EXCEL", "MAX_UNPACKED_BYTES"):
        monkeypatch.setattr(f"ppml_core.data.binary_files.{limit}", 100)
    with pytest.raises(BadInput, match="unpacks to more"):
        read_table(workbook([["age"], [39]]), "people.xlsx")
    with pytest.raises(BadInput, match="unpacks to more"):
        read_table(parquet(pd.DataFrame({"age": range(100)})), "people.parquet")


BROKEN = {
    "people.csv": PEOPLE.encode(),
    "people.xlsx": workbook([["age", "sex"], [39, "m"], [40, "f"]]),
    "people.parquet": parquet(pd.DataFrame({"age": [1, 2], "sex": ["m", "f"]})),
}


@pytest.mark.parametrize("filename", BROKEN)
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_and_nothing_else(filename: str, data: st.DataObject) -> None:
    content = bytearray(BROKEN[filename])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(0, len(content)))]
    try:
        table = read_table(bytes(content), filename)
    except BadInput:
        return
    assert len(table.columns)


cells = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('\n",;|\t'), max_size=12)


@given(rows=st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=30), delimiter=st.sampled_from(",;\t|"))
def test_what_pandas_writes_is_what_is_read(rows: list[tuple[str, str, str]], delimiter: str) -> None:
    written = pd.DataFrame(rows, columns=["name", "note", "city"])
    schema = schema_of(name="text", note="text", city="text")
    text = written.to_csv(index=False, sep=delimiter, quoting=1)
    marks = ["", "?", "NA", "N/A", "NaN", "nan", "null", "NULL"]
    expected = [[None if cell.strip() in marks else cell for cell in row] for row in rows]
    while len(expected) > 1 and not any((cell or "").strip() for cell in rows[len(expected) - 1]):
        expected.pop()
    table = read_table(text.encode(), "people.csv", delimiter, schema).astype(object)
    assert table.where(table.notna(), None).to_numpy().tolist() == expected


def test_no_file_and_a_folder_are_said_so(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no file"):
        read_table(tmp_path / "none.csv", "none.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(BadInput, match="cannot be read"):
        read_table(tmp_path / "folder.csv", "folder.csv")


def test_thirty_thousand_rows_take_well_under_half_a_second() -> None:
    rng = np.random.default_rng(1)
    columns = {f"c{at}": rng.choice(["Private", "Self-emp", "Other"], 30_000) for at in range(8)}
    text = pd.DataFrame({"age": rng.integers(17, 91, 30_000), **columns}).to_csv(index=False).encode()
    seconds = []
    for _ in range(3):
        start = time.process_time()
        read_table(text, "people.csv")
        seconds.append(time.process_time() - start)
    assert min(seconds) < 0.5


def test_a_zip_that_is_no_workbook_is_refused() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("a.txt", "hello")
    with pytest.raises(BadInput, match="cannot be read as Excel"):
        read_table(target.getvalue(), "people.xlsx")
