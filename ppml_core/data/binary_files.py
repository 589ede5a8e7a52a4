"""Parquet and Excel files: their first table, with plain column names and plain types."""

from __future__ import annotations

import datetime
import io
import warnings
import zipfile
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from ppml_core.data.cells import TEXT
from ppml_core.data.headers import column_names, refuse_headerless
from ppml_core.data.hierarchy import plain
from ppml_core.errors import BadInput

MAX_UNPACKED_BYTES = 4_000_000_000
OLD_EXCEL = bytes.fromhex("d0cf11e0a1b11ae1")
EXCEL_ERRORS = {"#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!"}


def read_parquet(data: bytes, filename: str) -> pd.DataFrame:
    """The table in a Parquet file: numbers, booleans and days keep their type, everything else becomes text."""
    try:
        file = pa.parquet.ParquetFile(pa.BufferReader(data))
        names = [name for name in file.schema_arrow.names if not name.startswith("__index_level_")]
        groups = (file.metadata.row_group(at).total_byte_size for at in range(file.metadata.num_row_groups))
        unpacked = sum(groups)
    except Exception as fault:  # Arrow raises many kinds on a damaged file; all mean the same to its owner
        raise _damaged(filename, "Parquet") from fault
    if unpacked > MAX_UNPACKED_BYTES:
        raise _too_large(filename)
    clean = column_names(names, filename)
    try:
        table = file.read(columns=names)
        columns = {name: plain_column(table.column(at)) for at, name in enumerate(clean)}
        return pd.DataFrame(columns, columns=clean)
    except Exception as fault:
        raise _damaged(filename, "Parquet") from fault


def read_excel(data: bytes, filename: str, known: Any = ()) -> pd.DataFrame:
    """The first sheet of an Excel workbook; its first row that is not empty is the header."""
    if data.startswith(OLD_EXCEL):
        raise BadInput(
            f"{filename} is protected by a password or an old Excel file: save it as .xlsx without a password."
        )
    rows = _sheet(data, filename)
    if not rows:
        raise BadInput(f"{filename} is empty: its first sheet needs a row of column names and one row per person.")
    width = max(len(row) for row in rows)
    rows = [row + [None] * (width - len(row)) for row in rows]
    rows = [[row[at] for at in range(width)] for row in rows]
    used = [at for at in range(width) if any(row[at] is not None for row in rows)]
    header = ["" if rows[0][at] is None else _text(rows[0][at]) for at in used]
    texts = [["" if row[at] is None else _text(row[at]) for at in used] for row in rows[1:201]]
    refuse_headerless(header, texts, known, filename)
    names = column_names(header, filename)
    if len(rows) == 1:
        raise BadInput(f"{filename} has a header but no rows: add at least one person below it.")
    return pd.DataFrame({name: _cells([row[at] for row in rows[1:]]) for name, at in zip(names, used, strict=True)})


def _sheet(data: bytes, filename: str) -> list[list[Any]]:
    import openpyxl  # loaded on demand: it costs a tenth of a second that most runs need not pay

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_BYTES:
                raise _too_large(filename)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # remarks about styles and validations, which are not read
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            sheet = book.worksheets[0]
            sheet.reset_dimensions()
            rows = [[_value(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
            book.close()
    except BadInput:
        raise
    except Exception as fault:  # openpyxl raises many kinds on a damaged file; all mean the same to its owner
        raise _damaged(filename, "Excel") from fault
    filled = [at for at, row in enumerate(rows) if any(cell is not None for cell in row)]
    return rows[filled[0] : filled[-1] + 1] if filled else []


def _value(cell: Any) -> Any:
    if isinstance(cell, str):
        return None if not cell.strip() or cell in EXCEL_ERRORS else cell
    return cell


def _cells(cells: list[Any]) -> pd.Series:
    """One column: numbers, booleans or days where every present cell is one, else text."""
    present = [cell for cell in cells if cell is not None]
    if present and all(isinstance(cell, bool) for cell in present) and len(present) == len(cells):
        return pd.Series(cells, dtype=bool)
    if present and all(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in present):
        whole = len(present) == len(cells) and all(isinstance(cell, int) and abs(cell) < 2**63 for cell in present)
        return pd.Series(cells, dtype="int64" if whole else "float64")
    return pd.Series([None if cell is None else _text(cell) for cell in cells], dtype=TEXT)


def _text(cell: Any) -> str:
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return plain(cell)
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat(sep=" ")
    return str(cell)


def plain_column(column: pa.ChunkedArray) -> pd.Series:
    """Numbers, booleans and days as they are, everything else as text."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return plain_column(column.cast(kind.value_type))
    if pa.types.is_boolean(kind) and column.null_count:
        return pd.Series([None if cell is None else str(cell) for cell in column.to_pylist()], dtype=TEXT)
    if pa.types.is_decimal(kind) or pa.types.is_float16(kind):
        return plain_column(column.cast(pa.float64()))
    if pa.types.is_date(kind):
        return plain_column(column.cast(pa.timestamp("s")))
    typed = (pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating, pa.types.is_timestamp)
    if any(is_of(kind) for is_of in typed):
        values: pd.Series = column.to_pandas()
        return values
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pd.Series(column.to_pandas(), dtype=TEXT)
    return pd.Series([None if cell is None else str(cell) for cell in column.to_pylist()], dtype=TEXT)


def _damaged(filename: str, kind: str) -> BadInput:
    return BadInput(f"{filename} cannot be read as {kind}, the file seems damaged: save it again and choose it anew.")


def _too_large(filename: str) -> BadInput:
    return BadInput(f"{filename} unpacks to more than {MAX_UNPACKED_BYTES // 10**9} GB: leave out rows or columns.")
