"""CSV, TSV and other delimited text: the delimiter found out, cells exactly as written.

The quick road is Arrow's reader; where it stumbles, Python's reads the file again to say which line is at fault.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv

from ppml_core.data.cells import TEXT
from ppml_core.data.encodings import decode
from ppml_core.data.headers import column_names, refuse_headerless
from ppml_core.errors import BadInput

DELIMITERS = (",", ";", "\t", "|")
SAMPLE_CHARACTERS = 400_000
SAMPLE_ROWS = 200
BLOCK_BYTES = 1 << 25
MOST_CHARACTERS = csv.field_size_limit()  # in one cell
LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def read_text(data: bytes, filename: str, delimiter: str | None, known: Collection[str]) -> tuple[pd.DataFrame, str]:
    """The cells as text (an empty cell is the empty text), and the delimiter. Raises BadInput.

    `known` are column names that a schema speaks of. Rows at the end without any value are left out, and so is a
    column without name and values (a delimiter at the end of each line).
    """
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise BadInput(f"the delimiter must be one character that is no quote and no line end, not {delimiter!r}.")
    text = decode(data, filename)
    text, hinted, skipped = _excel_hint(text)
    chosen = delimiter or hinted or ","
    try:
        chosen = delimiter or hinted or find_delimiter(text)
        head = sample_rows(text, chosen)
        if not head:
            raise BadInput(f"{filename} is empty: choose a file with a line of column names and one line per person.")
        padded = len(head[0]) > 1 and all(cell.startswith(" ") for row in head[:20] for cell in row[1:])
        if text.count('"') % 2:
            _refuse_open_quote(text, chosen, padded, skipped, filename)
        if padded:
            head = [[cell.strip() for cell in row] for row in head]
        names = column_names_of(head, known, filename)
        if len(head) == 1:
            raise BadInput(f"{filename} has a header but no rows: add at least one person below it.")
        columns = None if padded else _quick(text, chosen, len(names))
        if columns is None:
            columns = _careful(text, chosen, len(names), padded, skipped, filename)
    except csv.Error as fault:
        raise BadInput(
            f"{filename} has a value of more than {MOST_CHARACTERS:,} characters that begins in line "
            f"{_line_of_fault(text, chosen, skipped)}: shorten it, or close its quote."
        ) from fault
    table = pd.DataFrame(dict(enumerate(columns)))
    table.columns = pd.Index(names, dtype=object)
    return _trimmed(table, head[0]), chosen


def find_delimiter(text: str) -> str:
    """The delimiter that gives most rows as many fields as the header; a comma where there is one column only.

    Raises csv.Error where no delimiter cuts the first lines into values short enough to be read.

    >>> find_delimiter("age;wage\\n39;1,5\\n40;2,5")
    ';'
    """
    scores, too_long = [], None
    for rank, delimiter in enumerate(DELIMITERS):
        try:
            rows = sample_rows(text, delimiter)
        except csv.Error as fault:  # a whole line is one value where the delimiter is another one
            too_long = fault
            continue
        fields = len(rows[0]) if rows else 0
        if fields > 1:
            alike = sum(len(row) == fields for row in rows) / len(rows)
            scores.append((alike, fields, -rank, delimiter))
    if scores:
        return max(scores)[-1]
    if too_long is not None:
        raise too_long
    return next((mark for mark in (*DELIMITERS, "\x1f") if mark not in text), "\x1f")


def column_names_of(head: Sequence[Sequence[str]], known: Collection[str], filename: str) -> list[str]:
    """Names in the first row of the sample. Raises BadInput where it looks like data or names a column twice."""
    first, rows = head[0], head[1:]
    if not any(cell.strip() for cell in first):
        raise BadInput(f"{filename} has no header, for its first row is empty: add a line of column names.")
    refuse_headerless(first, rows, known, filename)
    return column_names(first, filename)


def _excel_hint(text: str) -> tuple[str, str | None, int]:
    """Excel may write `sep=;` above the header: the rest, the delimiter it names, and how many lines were taken."""
    found = re.match(r'"?sep=(.)"?\r?\n', text, flags=re.IGNORECASE)
    return (text[found.end() :], found.group(1), 1) if found else (text, None, 0)


def sample_rows(text: str, delimiter: str) -> list[list[str]]:
    """The first rows: no more than SAMPLE_ROWS, and those after SAMPLE_CHARACTERS only until there are two."""
    rows: list[list[str]] = []
    characters = 0

    def counted() -> Iterator[str]:
        nonlocal characters
        for line in _lines(text):
            characters += len(line)
            yield line

    for row in csv.reader(counted(), delimiter=delimiter):
        if row and (len(row) > 1 or row[0].strip() or len(text) < 3):
            rows.append(row)
        if len(rows) > SAMPLE_ROWS or (characters > SAMPLE_CHARACTERS and len(rows) > 1):
            break
    return rows


def _lines(text: str) -> Iterator[str]:
    """Lines with their ends, one at a time: a reader needs no second copy of the text."""
    return (found.group() for found in LINES.finditer(text))


def _quick(text: str, delimiter: str, width: int) -> list[pd.Series] | None:
    """Columns read by Arrow; None where a row has another number of fields, or one is larger than a block."""
    names = [str(at) for at in range(width)]
    try:
        table = pa.csv.read_csv(
            pa.BufferReader(text.encode("utf-8")),
            read_options=pa.csv.ReadOptions(column_names=names, block_size=BLOCK_BYTES),
            parse_options=pa.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=pa.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.large_string()), strings_can_be_null=False, check_utf8=False
            ),
        ).slice(1)
    except (pa.ArrowInvalid, UnicodeEncodeError):
        return None
    return [pd.Series(table.column(at).combine_chunks().to_pandas(), dtype=TEXT) for at in range(width)]


def _careful(text: str, delimiter: str, width: int, padded: bool, skipped: int, filename: str) -> list[pd.Series]:
    """Columns read row by row; blanks around fields are left out where every field begins with one."""
    reader = csv.reader(_lines(text), delimiter=delimiter, skipinitialspace=padded)
    rows, line = [], skipped + 1
    for row in reader:
        if len(row) > 1 or (row and (row[0].strip() or width == 1)):
            if len(row) != width:
                fields = f"{len(row)} field{'s' * (len(row) != 1)}"
                raise BadInput(
                    f"{filename} has {fields} in line {line} where the header has {width}: "
                    f"correct that line (a {_named(delimiter)} inside a value needs quotes around the value)."
                )
            rows.append(row)
        line = skipped + reader.line_num + 1
    columns = zip(*rows[1:], strict=True)
    return [pd.Series([cell.strip() for cell in column] if padded else list(column), dtype=TEXT) for column in columns]


def _refuse_open_quote(text: str, delimiter: str, padded: bool, skipped: int, filename: str) -> None:
    reader = csv.reader(_lines(text), delimiter=delimiter, skipinitialspace=padded, strict=True)
    start = 0
    try:
        for _ in reader:
            start = reader.line_num
    except csv.Error as fault:
        if "unexpected end" in str(fault):
            line = skipped + start + 1
            raise BadInput(f"{filename} has a quote in line {line} that is never closed: close it.") from fault


def _line_of_fault(text: str, delimiter: str, skipped: int) -> int:
    """The line where the row begins that cannot be read."""
    reader = csv.reader(_lines(text), delimiter=delimiter)
    start = 0
    try:
        for _ in reader:
            start = reader.line_num
    except csv.Error:
        pass
    return skipped + start + 1


def _trimmed(table: pd.DataFrame, header: Sequence[str]) -> pd.DataFrame:
    """Without the last rows and the nameless columns that hold nothing; one row stays."""
    blank = np.ones(len(table), dtype=bool)
    for at in range(table.shape[1]):
        if not blank[-1]:
            break
        blank &= (table.iloc[:, at].str.strip() == "").to_numpy(dtype=bool)
    filled = np.flatnonzero(~blank) if blank[-1] else [len(table) - 1]
    table = table.iloc[: max(1, filled[-1] + 1 if len(filled) else 1)]
    unnamed = [at for at, cell in enumerate(header) if not cell.strip()]
    hollow = {at for at in unnamed if not table.iloc[:, at].str.strip().any()}
    return table.iloc[:, [at for at in range(len(header)) if at not in hollow]] if hollow else table


def _named(delimiter: str) -> str:
    return {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}.get(delimiter, f"{delimiter!r}")
