"""Parquet and Excel files: their first table, with plain column names and plain types."""

from __future__ import annotations

import datetime
import io
import math
import re
import warnings
import zipfile
from collections.abc import Iterable
from decimal import Decimal
from typing import IO, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from ppml_core.data.cells import LARGEST_EXACT, TEXT
from ppml_core.data.headers import column_names, refuse_headerless
from ppml_core.data.hierarchy import plain
from ppml_core.errors import BadInput

MAX_UNPACKED_BYTES = 4_000_000_000
MAX_UNPACKED_EXCEL = 1_000_000_000
MAX_UNPACKED_STYLES = 50_000_000
MAX_CELLS = 400_000_000
MAX_EXCEL_CELLS = 30_000_000
CHUNK_BYTES = 1 << 20
OLD_EXCEL = bytes.fromhex("d0cf11e0a1b11ae1")
FORMULA_WITHOUT_RESULT = re.compile(
    rb"""<c\b(?![^>]*t="str")[^>]*\br="([A-Z]+)(\d+)"[^>]*><f\b(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>"""
)
EXCEL_ERRORS = {"#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!"}


def read_parquet(data: bytes, filename: str) -> pd.DataFrame:
    """The table in a Parquet file: numbers, booleans and days keep their type, everything else becomes text."""
    try:
        file = pa.parquet.ParquetFile(pa.BufferReader(data))
        names = [name for name in file.schema_arrow.names if not name.startswith("__index_level_")]
        groups = (file.metadata.row_group(at).total_byte_size for at in range(file.metadata.num_row_groups))
        unpacked = sum(groups)
        cells = file.metadata.num_rows * file.metadata.num_columns
    except Exception as fault:  # Arrow raises many kinds on a damaged file; all mean the same to its owner
        raise _damaged(filename, "Parquet") from fault
    if unpacked > MAX_UNPACKED_BYTES:
        raise _too_large(filename, MAX_UNPACKED_BYTES)
    if cells > MAX_CELLS:
        raise _too_many(filename, MAX_CELLS)
    clean = column_names(names, filename)
    try:
        table = file.read(columns=names)
        columns = {name: plain_column(table.column(at)) for at, name in enumerate(clean)}
        return pd.DataFrame(columns, columns=clean)
    except Exception as fault:
        raise _damaged(filename, "Parquet") from fault


def read_excel(data: bytes, filename: str, known: Any = ()) -> pd.DataFrame:
    """The first visible sheet of an Excel workbook that holds anything; its first filled row is the header.

    A formula counts as the result that was saved with it; one without is refused. Of merged cells the first has the
    value, the others are absent.
    """
    if data.startswith(OLD_EXCEL):
        raise BadInput(
            f"{filename} is protected by a password or an old Excel file: save it as .xlsx without a password."
        )
    rows = _sheet(data, filename)
    if not rows:
        raise BadInput(f"{filename} is empty: a visible sheet needs a row of column names and one row per person.")
    width = max(len(row) for row in rows)
    rows = [row + [None] * (width - len(row)) for row in rows]
    used = [at for at in range(width) if any(row[at] is not None for row in rows)]
    header = ["" if rows[0][at] is None else _text(rows[0][at]) for at in used]
    texts = [["" if row[at] is None else _text(row[at]) for at in used] for row in rows[1:201]]
    refuse_headerless(header, texts, known, filename)
    names = column_names(header, filename)
    if len(rows) == 1:
        raise BadInput(f"{filename} has a header but no rows: add at least one person below it.")
    return pd.DataFrame({name: _cells([row[at] for row in rows[1:]]) for name, at in zip(names, used, strict=True)})


def _sheet(data: bytes, filename: str) -> list[list[Any]]:
    """Rows of the sheet without empty ones around them, and without empty cells at their ends."""
    import openpyxl  # loaded on demand: it costs a tenth of a second that most runs need not pay

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # remarks about styles and validations, which are not read
            _check_sizes(archive, filename)
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            rows: list[list[Any]] = []
            for sheet in book.worksheets:
                if sheet.sheet_state != "visible":
                    continue
                sheet.reset_dimensions()
                rows = _filled(sheet.iter_rows(values_only=True), filename)
                if len({len(row) for row in rows}) != 1 or any(None in row for row in rows):
                    _refuse_without_result(archive, sheet, filename)
                if rows:
                    break
            book.close()
    except BadInput:
        raise
    except Exception as fault:  # openpyxl raises many kinds on a damaged file; all mean the same to its owner
        raise _damaged(filename, "Excel") from fault
    return rows


def _check_sizes(archive: zipfile.ZipFile, filename: str) -> None:
    """Raises BadInput by the sizes that the archive's directory tells, before anything is unpacked."""
    sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_EXCEL:
        raise _too_large(filename, MAX_UNPACKED_EXCEL)
    for name, size in sizes.items():
        if size > MAX_UNPACKED_STYLES and name.endswith((".rels", "styles.xml", "workbook.xml", "_Types].xml")):
            raise _too_large(filename, MAX_UNPACKED_STYLES)


def _filled(found: Iterable[Iterable[Any]], filename: str) -> list[list[Any]]:
    rows: list[list[Any]] = []
    held = 0
    for row in found:
        cells = [_value(cell) for cell in row]
        while cells and cells[-1] is None:
            cells.pop()
        held += len(cells)
        if held > MAX_EXCEL_CELLS:
            raise _too_many(filename, MAX_EXCEL_CELLS)
        if cells or rows:
            rows.append(cells)
    while rows and not rows[-1]:
        rows.pop()
    return rows


def _refuse_without_result(archive: zipfile.ZipFile, sheet: Any, filename: str) -> None:
    """Raises BadInput at the first formula whose result was not saved: programs that write workbooks leave it out."""
    with archive.open(sheet._worksheet_path) as part:
        found = _first_match(part, FORMULA_WITHOUT_RESULT)
    if found:
        cell = (found.group(1) + found.group(2)).decode()
        raise BadInput(
            f"{filename} has a formula without its result in cell {cell}: open it in a spreadsheet program, save it "
            f"there and choose it anew."
        )


def _first_match(part: IO[bytes], shape: re.Pattern[bytes]) -> re.Match[bytes] | None:
    """Looks through chunks that overlap by the last cell that was begun."""
    rest = b""
    while chunk := part.read(CHUNK_BYTES):
        rest += chunk
        if found := shape.search(rest):
            return found
        rest = rest[max(rest.rfind(b"<c "), len(rest) - CHUNK_BYTES, 0) :]
    return None


def _value(cell: Any) -> Any:
    if isinstance(cell, str):
        return None if not cell.strip() or cell in EXCEL_ERRORS else cell
    return cell


def _cells(cells: list[Any]) -> pd.Series:
    """One column: numbers, booleans or days where every present cell is one, else text."""
    present = [cell for cell in cells if cell is not None]
    if present and all(isinstance(cell, bool) for cell in present) and len(present) == len(cells):
        return pd.Series(cells, dtype=bool)
    if present and all(_is_exact_number(cell) for cell in present):
        whole = len(present) == len(cells) and all(isinstance(cell, int) for cell in present)
        return pd.Series(cells, dtype="int64" if whole else "float64")
    return pd.Series([None if cell is None else _text(cell) for cell in cells], dtype=TEXT)


def _is_exact_number(cell: Any) -> bool:
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return False
    return abs(cell) < LARGEST_EXACT if isinstance(cell, int) else math.isfinite(cell)


def _text(cell: Any) -> str:
    if isinstance(cell, float) and not isinstance(cell, bool):
        return plain(cell) if math.isfinite(cell) else str(cell)
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat(sep=" ")
    return str(cell)


def plain_column(column: pa.ChunkedArray) -> pd.Series:
    """Numbers, booleans and days as they are, everything else as text.

    Numbers with more digits than a float holds are text, and so are bytes: in UTF-8, or else in hexadecimal.
    """
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        return plain_column(column.cast(kind.storage_type))
    if pa.types.is_dictionary(kind):
        return plain_column(column.cast(kind.value_type))
    if pa.types.is_decimal(kind):
        return _of_decimals(column)
    if pa.types.is_integer(kind) and not _is_exact(column):
        return pd.Series(column.cast(pa.large_string()).to_pandas(), dtype=TEXT)
    if pa.types.is_float16(kind):
        return plain_column(column.cast(pa.float64()))
    if pa.types.is_date(kind):
        return plain_column(column.cast(pa.timestamp("s")))
    has_gaps = pa.types.is_boolean(kind) and column.null_count
    typed = (pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating, pa.types.is_timestamp)
    if any(is_of(kind) for is_of in typed) and not has_gaps:
        values: pd.Series = column.to_pandas()
        return values
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pd.Series(column.cast(pa.large_string()).to_pandas(), dtype=TEXT)
    if _is_bytes(kind):
        return _of_bytes(column)
    return pd.Series([None if cell is None else str(cell) for cell in column.to_pylist()], dtype=TEXT)


def _is_exact(column: pa.ChunkedArray) -> bool:
    ends = pc.min_max(column).as_py()
    return ends["min"] is None or (ends["min"] > -LARGEST_EXACT and ends["max"] < LARGEST_EXACT)


def _of_decimals(column: pa.ChunkedArray) -> pd.Series:
    """Floats where they hold every digit, else text."""
    ends = pc.min_max(column).as_py()
    largest = max(abs(ends["min"] or Decimal(0)), abs(ends["max"] or Decimal(0)))
    if largest.scaleb(max(column.type.scale, 0)) < LARGEST_EXACT:
        return plain_column(column.cast(pa.float64()))
    return pd.Series([None if cell is None else f"{cell:f}" for cell in column.to_pylist()], dtype=TEXT)


def _is_bytes(kind: pa.DataType) -> bool:
    types = pa.types
    return any(of(kind) for of in (types.is_binary, types.is_large_binary, types.is_fixed_size_binary))


def _of_bytes(column: pa.ChunkedArray) -> pd.Series:
    cells: list[bytes | None] = column.to_pylist()
    try:
        texts = [None if cell is None else cell.decode("utf-8") for cell in cells]
    except UnicodeDecodeError:
        texts = [None if cell is None else cell.hex() for cell in cells]
    return pd.Series(texts, dtype=TEXT)


def _damaged(filename: str, kind: str) -> BadInput:
    return BadInput(f"{filename} cannot be read as {kind}, the file seems damaged: save it again and choose it anew.")


def _too_large(filename: str, limit: int) -> BadInput:
    size = f"{limit // 10**9} GB" if limit >= 10**9 else f"{limit // 10**6} MB"
    return BadInput(f"{filename} unpacks to more than {size}: leave out rows or columns, or save it as CSV.")


def _too_many(filename: str, limit: int) -> BadInput:
    return BadInput(f"{filename} has more than {limit:,} cells: leave out rows or columns.")
