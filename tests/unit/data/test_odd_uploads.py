"""Odd and malformed text files: each gives the table that a person would expect of it, or one sentence.

Every table that comes out goes the whole way to a release. Odd Parquet and Excel files: `test_odd_binary_uploads`.
"""

from __future__ import annotations

import codecs
import functools
import gc
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whole_way import check_sentence, go_the_whole_way, read_or_refused

from ppml_core.data.bundled import load
from ppml_core.data.headers import MAX_COLUMNS
from ppml_core.data.reading import MAX_BYTES, read_table
from ppml_core.data.text_files import MOST_CHARACTERS
from ppml_core.errors import BadInput

PEOPLE = "name,age,town\nAnna,39,Köln\nBert,40,Łódź\n"
BOTH = {"name": ["Anna", "Bert"], "age": [39, 40], "town": ["Köln", "Łódź"]}
WESTERN = "name,town,note\nZoë,Köln,“ten €”\nJosé,Orléans,it’s\n"
NAN = None
LONG_NAME = "ward " * 2000
WORLD = "naïve 😀 'name'; DROP TABLE people;-- ../../etc/passwd \u202e abc"


def cells_of(table: pd.DataFrame) -> dict[str, list[object]]:
    """The columns as plain values; None for what is absent."""
    plain = table.astype(object)
    return {str(name): plain[name].where(table[name].notna(), None).tolist() for name in table.columns}


def column(name: str, cells: Sequence[str]) -> bytes:
    """A file of one telling column, beside one that says nothing."""
    return "\n".join([f"{name};n", *(f"{cell};1" for cell in cells), ""]).encode()


TABLES: Mapping[str, tuple[bytes, Mapping[str, list[object]]]] = {
    "one row": (b"name,age\nAnna,39\n", {"name": ["Anna"], "age": [39]}),
    "one column": (b"age\n39\n40\n40\n", {"age": [39, 40, 40]}),
    "one cell": (b"note\nhello, world", {"note": ["hello, world"]}),
    "names that differ by case": (b"Age,AGE,age\n1,2,3\n4,5,7\n", {"Age": [1, 4], "AGE": [2, 5], "age": [3, 7]}),
    "an index column without a name": (
        b",age,town\n0,39,Bonn\n1,40,Bonn\n",
        {"column_1": [0, 1], "age": [39, 40], "town": ["Bonn", "Bonn"]},
    ),
    "UTF-8 with a mark": (codecs.BOM_UTF8 + PEOPLE.encode(), BOTH),
    "UTF-16 with a mark": (PEOPLE.encode("utf-16"), BOTH),
    "UTF-16 big end first with a mark": (codecs.BOM_UTF16_BE + PEOPLE.encode("utf-16-be"), BOTH),
    "UTF-16 without a mark": (PEOPLE.encode("utf-16-le"), BOTH),
    "UTF-16 big end first without a mark": (PEOPLE.encode("utf-16-be"), BOTH),
    "Latin-1": ("name,town\nZoë,Köln\n".encode("latin-1"), {"name": ["Zoë"], "town": ["Köln"]}),
    "Windows-1252 with smart quotes": (
        WESTERN.encode("cp1252"),
        {"name": ["Zoë", "José"], "town": ["Köln", "Orléans"], "note": ["“ten €”", "it’s"]},
    ),
    "UTF-8 with some bytes of Latin-1": (
        "name,town\nZoë,Köln\nAnna,Łódź\n".encode() + "Jörg,Köln\n".encode("latin-1"),
        {"name": ["Zoë", "Anna", "Jörg"], "town": ["Köln", "Łódź", "Köln"]},
    ),
    "Windows-1252 that could be UTF-8 in one place": (
        "name,note\nRené,«CAFÉ»\nZoë,für\n".encode("cp1252"),
        {"name": ["René", "Zoë"], "note": ["«CAFÉ»", "für"]},
    ),
    "decimal commas": (b"wage;rate\n1.234,5;0,25\n-2;3\n", {"wage": [1234.5, -2.0], "rate": [0.25, 3.0]}),
    "commas between thousands": (b'a,pay\nx,"1,234"\ny,"1,234,567"\n', {"a": ["x", "y"], "pay": [1234, 1234567]}),
    "tabs": (PEOPLE.replace(",", "\t").encode(), BOTH),
    "bars": (PEOPLE.replace(",", "|").encode(), BOTH),
    "carriage returns alone": (PEOPLE.replace("\n", "\r").encode(), BOTH),
    "line ends of three kinds": (b"a,b\r\n1,x\n2,y\r3,z\r\n", {"a": [1, 2, 3], "b": ["x", "y", "z"]}),
    "line breaks in quotes": (b'a,b\n1,"x\ny"\n2,"""q"", z"\n', {"a": [1, 2], "b": ["x\ny", '"q", z']}),
    "HTML and formulas": (
        b'=1+1,<b>sex</b>,"<script>alert(1)</script>"\n@SUM(A1),<img src=x onerror=alert(1)>,-2+3\n+4,f,x\n',
        {
            "=1+1": ["@SUM(A1)", "+4"],
            "<b>sex</b>": ["<img src=x onerror=alert(1)>", "f"],
            "<script>alert(1)</script>": ["-2+3", "x"],
        },
    ),
    "names with breaks, signs of the world, SQL and paths": (
        f'"two\nlines","{WORLD}",{LONG_NAME}\n1,x,2\n3,y,4\n'.encode(),
        {"two\nlines": [1, 3], WORLD: ["x", "y"], LONG_NAME.strip(): [2, 4]},
    ),
    "a name of 10,000 characters": (
        b"n" * 10_000 + b",sex\n1,m\n2,f\n",
        {"n" * 10_000: [1, 2], "sex": ["m", "f"]},
    ),
    "cells of 100,000 characters": (
        b"note,n\n" + b"x" * 100_000 + b",1\n" + b"ab " * 33_000 + b",2\n",
        {"note": ["x" * 100_000, "ab " * 33_000], "n": [1, 2]},
    ),
    "rows that are twice there": (b"a,b\n1,x\n1,x\n1,x\n", {"a": [1, 1, 1], "b": ["x", "x", "x"]}),
    "nothing but missing marks": (b"age,sex\n?,NA\n,null\n", {"age": [NAN, NAN], "sex": [NAN, NAN]}),
    "one column without any value": (b"age,sex\n39,\n40,\n", {"age": [39, 40], "sex": [NAN, NAN]}),
    "constant columns": (b"age,sex\n39,m\n39,m\n", {"age": [39, 39], "sex": ["m", "m"]}),
    "booleans in five spellings": (
        b"a,b,c,d,e\ntrue,TRUE,yes,1,Y\nfalse,FALSE,no,0,N\nFalse,TRUE,no,1,N\n",
        {"a": ["true", "false", "False"], "b": ["TRUE", "FALSE", "TRUE"], "c": ["yes", "no", "no"],
         "d": [1, 0, 1], "e": ["Y", "N", "N"]},
    ),
    "whole numbers beyond 2^53": (column("id", ["9007199254740993", "9007199254740992"]),
                                 {"id": ["9007199254740993", "9007199254740992"], "n": [1, 1]}),
    "whole numbers beyond 2^53 with a gap": (column("id", ["9007199254740993", ""]),
                                            {"id": ["9007199254740993", NAN], "n": [1, 1]}),
    "whole numbers beyond 64 bits": (column("id", ["12345678901234567890123", "1"]),
                                     {"id": ["12345678901234567890123", "1"], "n": [1, 1]}),
    "decimals with more digits than a float holds": (column("x", ["1234567890.123456789", "1.5"]),
                                                     {"x": [1234567890.1234567, 1.5], "n": [1, 1]}),
    "leading zeros": (column("zip", ["01234", "99999"]), {"zip": ["01234", "99999"], "n": [1, 1]}),
    "scientific notation": (column("x", ["1e3", "2.5E-2"]), {"x": [1000.0, 0.025], "n": [1, 1]}),
    "infinity and nan in words": (column("x", ["inf", "nan", "-Infinity"]),
                                  {"x": ["inf", NAN, "-Infinity"], "n": [1, 1, 1]}),
    "negative zero": (column("x", ["-0", "0", "-0.0"]), {"x": [0.0, 0.0, 0.0], "n": [1, 1, 1]}),
    "blank lines between": (b"a,b\n\n1,x\n\n\n2,y\n\n", {"a": [1, 2], "b": ["x", "y"]}),
    "rows of delimiters at the end": (b"a;b\n1;x\n" + b";\n" * 50_000, {"a": [1], "b": ["x"]}),
}  # fmt: skip

DATES: Mapping[str, tuple[list[str], str, list[str]]] = {
    "ISO": (["1980-12-31", "1975-02-01"], "date", ["1980-12-31", "1975-02-01"]),
    "day first with points": (["31.12.1980", "1.2.1975"], "date", ["1980-12-31", "1975-02-01"]),
    "month first": (["12/31/1980", "02/01/1975"], "date", ["1980-12-31", "1975-02-01"]),
    "either first": (["03/04/1980", "02/01/1975"], "date", ["1980-04-03", "1975-01-02"]),
    "without signs between": (["19801231", "19750201", "19750202"], "numeric", ["19801231"]),
    "with a time of day": (["1980-12-31 23:59:00", "1975-02-01 00:00:00"], "date", ["1980-12-31", "1975-02-01"]),
    "days counted by a spreadsheet": (["29586", "27426", "27427"], "numeric", ["29586", "27426"]),
    "names of months": (["31 Dec 1980", "1 February 1975"], "categorical", ["31 Dec 1980", "1 February 1975"]),
    "orders mixed": (["1980-12-31", "12/31/1980", "31.12.1980"], "categorical",
                     ["1980-12-31", "12/31/1980", "31.12.1980"]),
    "time zones mixed": (["1980-12-31T10:00:00Z", "1975-02-01T10:00:00+02:00"], "categorical",
                         ["1980-12-31T10:00:00Z", "1975-02-01T10:00:00+02:00"]),
    "a day that no month has": (["31.02.1980", "01.02.1975"], "categorical", ["31.02.1980", "01.02.1975"]),
}  # fmt: skip

REFUSED: Mapping[str, tuple[bytes, str, Sequence[str]]] = {
    "an empty file": (b"", "p.csv", ["is empty", "choose a file"]),
    "only blanks": (b" \t\n \r\n\n", "p.csv", ["is empty", "choose a file"]),
    "only blanks in UTF-16": (" \n\n".encode("utf-16"), "p.csv", ["is empty"]),
    "only delimiters": (b",,\n,,\n", "p.csv", ["no header", "add a line"]),
    "header only": (b"age,sex\n", "p.csv", ["no rows", "add at least one person"]),
    "no header": (b"39,m\n40,f\n41,f\n", "p.csv", ["no header", "add a line"]),
    "a name twice": (b"age,sex,age\n1,m,2\n", "p.csv", ["two columns called 'age'", "a name of its own"]),
    "a long name twice": (b"n" * 10_000 + b"," + b"n" * 10_000 + b"\n1,2\n", "p.csv", ["two columns called 'nnn"]),
    "names that differ by blanks": (b"age, age\n1,2\n", "p.csv", ["two columns called 'age'"]),
    "a short row": (b"a,b,c\n1,2,3\n4,5\n", "p.csv", ["2 fields in line 3", "header has 3", "correct"]),
    "a long row": (b"a,b\n1,2\n4,5,6\n", "p.csv", ["3 fields in line 3", "header has 2", "quotes"]),
    "a quote never closed": (b'a,b\n1,"x\n2,y\n3,z\n', "p.csv", ["quote in line 2", "close it"]),
    "a quote in the first column never closed": (b'a,b\n"1,x\n2,y\n', "p.csv", ["quote in line 2", "never closed"]),
    "a quote in the header never closed": (b'a,"b\n1,x\n2,y\n', "p.csv", ["quote in line 1", "never closed"]),
    "a quote after a blank never closed": (b'a, b\n1, "x\n2, y\n', "p.csv", ["quote in line 2", "never closed"]),
    "a quote never closed in a large file": (
        b'a,b\n1,"x\n' + b"2,y\n" * 300_000,
        "p.csv",
        ["line 2", "quote", "close"],
    ),
    "a cell beyond all measure": (
        b"a,b\n1,x\n2," + b"y" * (MOST_CHARACTERS + 1) + b"\n",
        "p.csv",
        ["line 3", f"{MOST_CHARACTERS:,} characters"],
    ),
    "zero bytes": (b"a,b\n1,x\n2,y\0z\n", "p.csv", ["line 3", "zero byte", "save"]),
    "an image": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 4, "p.csv", ["is not text", "save it"]),
    "Parquet called CSV": (b"PAR1" + b"x" * 90 + b"PAR1", "p.csv", ["Parquet file under another ending", "rename"]),
    "a zip called CSV": (b"PK\x03\x04" + b"x" * 90, "p.csv", ["Excel or zip file under another ending", "rename"]),
    "a compressed file": (b"\x1f\x8b\x08" + b"x" * 90, "p.csv", ["compressed", "unpack"]),
    "another ending": (PEOPLE.encode(), "p.json", ["ending", "choose a file that ends in"]),
    "no ending": (PEOPLE.encode(), "people", ["ending", "choose a file that ends in"]),
    "an ending of 10,000 characters": (PEOPLE.encode(), "p." + "x" * 10_000, ["ending", "choose a file"]),
    "CSV called Parquet": (PEOPLE.encode(), "p.parquet", ["cannot be read as Parquet", "rename"]),
    "CSV called Excel": (PEOPLE.encode(), "p.xlsx", ["cannot be read as Excel", "rename"]),
    "a page called Excel": (b"<html><table><tr><td>1</td></tr></table></html>", "p.xlsx", ["cannot be read as Excel"]),
    "too many columns": (
        ",".join(f"c{at}" for at in range(MAX_COLUMNS + 1)).encode() + b"\n" + b"x," * MAX_COLUMNS + b"x\n",
        "p.csv",
        [f"{MAX_COLUMNS + 1:,} columns", "leave some out"],
    ),
}


@pytest.mark.parametrize("case", TABLES)
def test_an_odd_file_gives_its_table_and_a_release(case: str) -> None:
    content, expected = TABLES[case]
    table = read_table(content, "people.csv")
    assert cells_of(table) == expected
    go_the_whole_way(table)


def test_signs_that_float_would_lose_are_there() -> None:
    table = read_table(column("x", ["-0.0", "1e-320"]), "people.csv")
    assert np.signbit(table["x"].to_numpy()).tolist() == [True, False]
    assert table["x"].tolist()[1] == 1e-320


@pytest.mark.parametrize("case", DATES)
def test_dates_of_every_kind_are_kept_as_written_and_told_by_their_column(case: str) -> None:
    written, kind, days = DATES[case]
    table = read_table(column("seen on", written * 2), "people.csv")
    assert table["seen on"].astype(str).tolist() == written * 2
    data = go_the_whole_way(table)
    assert data.schema["seen on"].kind == kind
    assert data.texts("seen on").tolist()[: len(days)] == days


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_cannot_be_used_is_one_sentence_that_says_what_to_do(case: str) -> None:
    content, filename, parts = REFUSED[case]
    with pytest.raises(BadInput) as refused:
        read_table(content, filename)
    check_sentence(refused.value)
    said = str(refused.value)
    assert filename[:10] in said
    assert [part for part in parts if part not in said] == []


@pytest.mark.parametrize("name", ["adult", "german_credit"])
def test_a_bundled_table_written_out_is_read_as_it_was(name: str) -> None:
    source = load(name).table
    table = read_table(source.to_csv(index=False).encode(), "again.csv")
    assert table.shape == source.shape


@given(content=st.binary(max_size=400) | st.text(max_size=200).map(str.encode), ending=st.sampled_from(["csv", "txt"]))
@settings(max_examples=300)
def test_any_bytes_called_text_are_a_table_or_a_sentence(content: bytes, ending: str) -> None:
    read_or_refused(content, f"people.{ending}")


odd_cells = st.sampled_from(
    ["", " ", "?", "0", "-0", "1e999", "1.5", "1,5", "01", "inf", "NaN", "=1+1", "1980-12-31", "31.12.1980", "m", "f",
     "99999999999999999999", "9007199254740993", "true", "x" * 50, "a b c d e f", "Ł", "😀", "\u202e", "1\n2", '"', "*"]
)  # fmt: skip
names = st.lists(
    st.sampled_from(["age", "zip", "sex", "name", "born", "Income", "a\nb", "x", "", "id", "class", "*"]),
    min_size=1, max_size=4, unique=True,
)  # fmt: skip


@given(data=st.data(), header=names, rows=st.integers(1, 8), delimiter=st.sampled_from(",;\t|"))
@settings(max_examples=80)
def test_any_cells_under_any_header_go_the_whole_way_or_are_refused(
    data: st.DataObject, header: list[str], rows: int, delimiter: str
) -> None:
    cells = [[data.draw(odd_cells) for _ in header] for _ in range(rows)]
    written = pd.DataFrame(cells, columns=header).to_csv(index=False, sep=delimiter, quoting=1)
    read_or_refused(written.encode(), "people.csv")


def wide_file(columns: int, rows: int) -> bytes:
    rng = np.random.default_rng(1)
    kinds = [rng.integers(0, 1000, rows), rng.choice(["yes", "no"], rows), rng.normal(size=rows).round(3)]
    table = pd.DataFrame({f"{'zip' if at % 500 == 0 else 'item'} {at}": kinds[at % 3] for at in range(columns)})
    return table.to_csv(index=False).encode()


@pytest.mark.slow
def test_five_thousand_columns_are_read_and_looked_at() -> None:
    table = read_table(wide_file(5_000, 200), "wide.csv")
    assert table.shape == (200, 5_000)
    data = go_the_whole_way(table)
    assert len(data.quasi_identifiers) == 10


def test_time_grows_with_the_columns_and_not_with_their_square() -> None:
    seconds = {}
    for columns in (200, 800):
        content, times = wide_file(columns, 50), []
        for _ in range(3):
            start = time.thread_time()
            read_table(content, "wide.csv")
            times.append(time.thread_time() - start)
        seconds[columns] = min(times)
    assert seconds[800] < 10 * seconds[200]


def test_long_names_cost_no_more_than_their_length() -> None:
    seconds = {}
    for words in (200, 800):
        header = ",".join(f"{'lorem ipsum ' * words}{at}" for at in range(10)).encode()
        start = time.thread_time()
        go_the_whole_way(read_table(header + b"\n" + b"1,2,3,4,5,6,7,8,9,0\n" * 3, "long.csv"))
        seconds[words] = time.thread_time() - start
    assert seconds[800] < 10 * seconds[200]


def test_a_header_longer_than_the_sample_is_read_whole() -> None:
    header = [f"item {at} " + "x" * 2_000 for at in range(400)]
    table = read_table((",".join(header) + "\n" + ",".join("y" * 400) + "\n").encode(), "long.csv")
    assert table.columns.tolist() == header
    assert table.iloc[0].tolist() == ["y"] * 400


LARGE = """
import io, sys
from ppml_core.data.reading import read_table
header = b"name,age,zip,town,pay,note\\n"
row = "Anna Müller,39,01234,Köln am Rhein,12345.67,a note of some words\\n".encode()
rows = {size} // len(row)
content = header + row * rows
del row
table = read_table(content, "large.csv")
assert table.shape == (rows, 6), table.shape
assert table.iloc[-1].tolist() == ["Anna Müller", 39, "01234", "Köln am Rhein", 12345.67, "a note of some words"]
print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))
"""


@pytest.mark.slow
def test_three_hundred_megabytes_are_read_in_eight_times_their_memory() -> None:
    """By the peak of the process's own memory; ru_maxrss would carry over that of the tests that started it."""
    size = 300_000_000
    done = subprocess.run([sys.executable, "-c", LARGE.format(size=size)], capture_output=True, text=True, check=True)
    assert int(done.stdout) * 1024 < 8 * size


def test_a_file_beyond_the_limit_is_refused_by_its_size_without_reading_it() -> None:
    class Endless(bytes):
        def __len__(self) -> int:
            return MAX_BYTES + 1

    with pytest.raises(BadInput, match=r"large\.csv has 500 MB.*the limit is 500 MB.*leave out rows") as refused:
        read_table(Endless(), "large.csv")
    check_sentence(refused.value)


def test_no_cache_of_the_process_keeps_a_header() -> None:
    """Headers are a person's own: what all sessions share may not hold them."""

    def kept() -> int:
        caches = [one for one in gc.get_objects() if isinstance(one, functools._lru_cache_wrapper)]
        return sum(cache.cache_info().currsize for cache in caches if str(cache.__module__).startswith("ppml_core"))

    file = "{0},age {0},zip {0}\nx,39,01234\ny,40,01235\n"
    go_the_whole_way(read_table(file.format("clinic of doctor one").encode(), "people.csv"))
    before = kept()
    go_the_whole_way(read_table(file.format("clinic of doctor two").encode(), "people.csv"))
    assert kept() == before
