"""From a file to a table, and from a table to a Dataset: the door by which data come in.

In: a path or the bytes of an upload, and the name of the file. Out: `read_table` gives the table, `read_dataset` the
table with its schema. Whatever is wrong with the file is said in one sentence (BadInput).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from pathlib import Path, PurePath

import pandas as pd

from ppml_core.data import bundled
from ppml_core.data.binary_files import OLD_EXCEL, read_excel, read_parquet
from ppml_core.data.cells import as_described, as_found, without_marks
from ppml_core.data.dataset import Dataset
from ppml_core.data.inference import infer_schema
from ppml_core.data.schema import Column, Schema, read_schema
from ppml_core.data.text_files import read_text
from ppml_core.errors import BadInput

MAX_BYTES = 500_000_000
TEXT_ENDINGS = (".csv", ".tsv", ".txt", ".tab")
PARQUET_ENDINGS = (".parquet", ".pq")
EXCEL_ENDINGS = (".xlsx", ".xlsm")
FORMS = ((b"PAR1", "a Parquet file", PARQUET_ENDINGS), (b"PK\x03\x04", "an Excel or zip file", EXCEL_ENDINGS))
COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"7z\xbc\xaf", b"Rar!")
LONGEST_FILENAME = 80


@dataclasses.dataclass(frozen=True, eq=False)
class _Raw:
    """A table as the file gave it; `written` means that its cells are texts, `comma` what a comma in a number is."""

    table: pd.DataFrame
    written: bool
    delimiter: str | None = None

    @property
    def comma(self) -> str:
        return "thousands" if self.delimiter == "," else "decimal"

    def finished(self, schema: Schema | None) -> pd.DataFrame:
        if schema is not None:
            return as_described(self.table, schema, self.comma)
        if self.written:
            return as_found(self.table, self.comma)
        columns = {name: without_marks(self.table[name]) for name in self.table.columns}
        return pd.DataFrame(columns, columns=self.table.columns)


def read_table(
    source: Path | bytes, filename: str, delimiter: str | None = None, schema: Schema | None = None
) -> pd.DataFrame:
    """The table in a delimited text, Parquet or Excel file. Raises BadInput in one sentence.

    The ending of `filename` says the form; delimiter, encoding, decimal comma and header are found out. A column
    without a name becomes `column_3` after its place. With a schema, columns have its kinds: all but numeric ones are
    text exactly as written. Without, a column whose every present cell is a number is numeric.
    """
    known = schema.columns if schema else ()
    return _raw(source, filename, delimiter or (schema.delimiter if schema else None), known).finished(schema)


def read_dataset(
    table: str | Path,
    schema: Path | None = None,
    qi: Sequence[str] | None = None,
    sensitive: Sequence[str] | None = None,
    lenient: bool = False,
) -> Dataset:
    """The Dataset in a file, or the bundled one of that name. Raises BadInput.

    Its schema is the one given, else `schema.toml` beside the table where all columns of that are in the table, else
    it is inferred. A declared hierarchy that lacks a value of the table is refused. Columns that a schema leaves
    out are ignored ones. `qi` and `sensitive` replace those roles. `lenient` leaves hierarchies unchecked, for who is
    about to check or replace them.
    """
    if isinstance(table, str) and table in bundled.names():
        data = bundled.load(table)
        if schema is not None:
            data = _described(data.table, _completed(read_schema(schema), data.table), table)
    else:
        data = _from_file(Path(table), schema)
    meaning = data.schema
    if qi is not None:
        meaning = meaning.with_quasi_identifiers(qi)
    if sensitive is not None:
        meaning = meaning.with_sensitive(sensitive)
    if meaning is not data.schema:
        data = data.with_schema(meaning)
    if not lenient:
        data.check_hierarchies()
    return data


def fits(schema: Schema, table: pd.DataFrame) -> bool:
    """Whether the table has every column that the schema describes."""
    return bool(schema.columns) and all(name in table.columns for name in schema.columns)


def _from_file(path: Path, schema: Path | None) -> Dataset:
    if not path.exists():
        raise BadInput(
            f"there is no file {str(path)!r} and no bundled table of that name; bundled are "
            f"{', '.join(bundled.names())}."
        )
    beside = path.parent / "schema.toml"
    found = schema or (beside if beside.is_file() else None)
    if found is not None:
        meaning = read_schema(found)
        raw = _raw(path, path.name, meaning.delimiter, meaning.columns)
        if schema is not None or fits(meaning, raw.table):
            complete = _completed(meaning, raw.table)
            if complete.delimiter is None:
                complete = dataclasses.replace(complete, delimiter=raw.delimiter)
            return Dataset(raw.finished(complete), complete, path.stem)
    raw = _raw(path, path.name, None, ())
    table = raw.finished(None)
    inferred = dataclasses.replace(infer_schema(table, path.stem).schema, delimiter=raw.delimiter)
    return _described(table, inferred, path.stem)


def _described(table: pd.DataFrame, schema: Schema, name: str) -> Dataset:
    return Dataset(as_described(table, schema), schema, name)


def _completed(schema: Schema, table: pd.DataFrame) -> Schema:
    """The schema with every column of the table; those it does not describe are ignored texts."""
    absent = [name for name in schema.columns if name not in table.columns]
    if absent:
        raise BadInput(
            f"the schema describes a column {absent[0]!r} that the table does not have; "
            f"it has {', '.join(map(str, table.columns[:20]))}."
        )
    rest = {str(name): Column("ignore", "text") for name in table.columns if name not in schema.columns}
    return schema.replace_columns(rest) if rest else schema


def _raw(source: Path | bytes, filename: str, delimiter: str | None, known: Collection[str]) -> _Raw:
    ending = PurePath(filename).suffix.lower()
    filename = _in_short(filename)
    if ending not in TEXT_ENDINGS + PARQUET_ENDINGS + EXCEL_ENDINGS and ending != ".xls":
        offered = ", ".join(TEXT_ENDINGS + PARQUET_ENDINGS[:1] + EXCEL_ENDINGS[:1])
        raise BadInput(f"{filename} has an ending that is not known: choose a file that ends in one of {offered}.")
    data = _bytes(source, filename)
    if not data or data.isspace():
        raise BadInput(f"{filename} is empty: choose a file with a line of column names and one line per person.")
    _refuse_other_form(data, ending, filename)
    if ending in PARQUET_ENDINGS:
        return _checked(_Raw(read_parquet(data, filename), written=False), filename)
    if ending in EXCEL_ENDINGS or data.startswith(OLD_EXCEL):
        return _checked(_Raw(read_excel(data, filename, known), written=False), filename)
    table, found = read_text(data, filename, delimiter, known)
    return _checked(_Raw(table, written=True, delimiter=found), filename)


def _refuse_other_form(data: bytes, ending: str, filename: str) -> None:
    """Raises BadInput where the first bytes say that the file is of another form than its ending."""
    for start, form, endings in FORMS:
        if data.startswith(start) and ending not in endings:
            raise BadInput(f"{filename} is {form} under another ending: rename it so that it ends in {endings[0]}.")
    if data.startswith(COMPRESSED):
        raise BadInput(f"{filename} is a compressed file: unpack it and choose what is in it.")
    for start, name, endings in ((FORMS[0][0], "Parquet", PARQUET_ENDINGS), (FORMS[1][0], "Excel", EXCEL_ENDINGS)):
        if ending in endings and not data.startswith((start, OLD_EXCEL)):
            raise BadInput(
                f"{filename} cannot be read as {name}, for it does not begin as such a file does: rename it if it is "
                f"of another form (a text ends in .csv), or save it again."
            )


def _in_short(filename: str) -> str:
    """The file's name on one line, its ends kept where it is long."""
    shown = "".join(sign if sign.isprintable() else "�" for sign in filename)
    half = LONGEST_FILENAME // 2
    return shown if len(shown) <= LONGEST_FILENAME else f"{shown[:half]}…{shown[-half:]}"


def _checked(raw: _Raw, filename: str) -> _Raw:
    if not len(raw.table) or not len(raw.table.columns):
        raise BadInput(f"{filename} has a header but no rows: add at least one person below it.")
    return raw


def _bytes(source: Path | bytes, filename: str) -> bytes:
    try:
        size = len(source) if isinstance(source, bytes) else source.stat().st_size
        if size > MAX_BYTES:
            limit = f"the limit is {MAX_BYTES // 10**6} MB"
            raise BadInput(f"{filename} has {size / 1e6:,.0f} MB, {limit}: leave out rows or columns, or use Parquet.")
        return source if isinstance(source, bytes) else source.read_bytes()
    except FileNotFoundError as fault:
        raise BadInput(f"there is no file {str(source)!r}.") from fault
    except OSError as fault:
        raise BadInput(f"{filename} cannot be read: {fault.strerror}.") from fault
