"""A file too large to be read whole: its columns, and what they mean, from its first rows.

In: a Parquet or delimited text file, or a folder of Parquet files with the same columns. Out: `LargeFile`, which the
engines that count out of core read column by column.
"""

from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from ppml_core.data.cells import as_described, as_found
from ppml_core.data.headers import column_names
from ppml_core.data.inference import infer_schema
from ppml_core.data.reading import PARQUET_ENDINGS, TEXT_ENDINGS, fits, read_table
from ppml_core.data.schema import Column, Schema, read_schema
from ppml_core.data.text_files import column_names_of, find_delimiter, sample_rows
from ppml_core.errors import BadInput

SAMPLE_ROWS = 100_000
SAMPLE_BYTES = 8_000_000


@dataclass(frozen=True)
class LargeFile:
    """`names` are the columns as a schema calls them, `raw` as the file does; `delimiter` is None for Parquet.

    `padded` says that blanks stand after every delimiter of the text, which are no part of the cells; `guessed` that
    nobody described the columns.
    """

    paths: tuple[Path, ...]
    names: tuple[str, ...]
    raw: tuple[str, ...]
    delimiter: str | None = None
    padded: bool = False
    guessed: bool = False

    @property
    def comma(self) -> str:
        """What a comma in a number is."""
        return "thousands" if self.delimiter == "," else "decimal"

    def place(self, name: str) -> int:
        return self.names.index(name)

    def cells(self, schema: Schema, name: str, values: pd.Series) -> pd.Series:
        """Values of one column, each given once, as `read_dataset` would give them. Raises BadInput."""
        one = Schema({name: schema[name]}, folder=schema.folder)
        table = pd.DataFrame({name: values})
        if self.guessed and self.delimiter is not None:
            table = as_found(table, self.comma)
        try:
            return as_described(table, one, self.comma)[name]
        except BadInput as fault:  # it counts values here, where a person counts rows
            raise BadInput(re.sub(r"row \d+ below the header", "some row", str(fault))) from fault


def look_at(
    path: Path,
    schema: Path | None = None,
    qi: Sequence[str] | None = None,
    sensitive: Sequence[str] | None = None,
) -> tuple[LargeFile, Schema]:
    """The file's columns and their meaning, without reading it. Raises BadInput.

    The schema is the one given, else `schema.toml` beside the file where it fits, else one inferred from the first
    100,000 rows (of text: the first 8 MB). Of an inferred one, lists of values and bounds are left out: the rows that
    were not looked at may hold others.
    """
    file, sample = _head(path)
    beside = path.parent / "schema.toml"
    found = read_schema(schema or beside) if schema or beside.is_file() else None
    if found is not None and (schema is not None or fits(found, sample)):
        absent = [name for name in found.columns if name not in file.names]
        if absent:
            raise BadInput(f"the schema describes a column {absent[0]!r} that {path.name} does not have.")
        rest = {name: Column("ignore", "text") for name in file.names if name not in found.columns}
        meaning = found.replace_columns(rest)
    else:
        file = dataclasses.replace(file, guessed=True)
        inferred = infer_schema(sample, path.stem).schema
        meaning = inferred.replace_columns({name: _open_ended(column) for name, column in inferred.columns.items()})
    if qi is not None:
        meaning = meaning.with_quasi_identifiers(qi)
    if sensitive is not None:
        meaning = meaning.with_sensitive(sensitive)
    return file, meaning


def _open_ended(column: Column) -> Column:
    return dataclasses.replace(column, bounds=None, categories=None, levels=None)


def _head(path: Path) -> tuple[LargeFile, pd.DataFrame]:
    paths = tuple(sorted(path.glob("*.parquet"))) if path.is_dir() else (path,)
    if not paths or not paths[0].is_file():
        raise BadInput(f"there is no file {str(path)!r} and no folder of that name with Parquet files.")
    ending = paths[0].suffix.lower()
    if ending in PARQUET_ENDINGS:
        return _parquet_head(paths)
    if ending in TEXT_ENDINGS:
        return _text_head(path)
    raise BadInput(f"{path.name} cannot be counted without reading it whole: save it as Parquet or CSV.")


def _parquet_head(paths: tuple[Path, ...]) -> tuple[LargeFile, pd.DataFrame]:
    try:
        file = pa.parquet.ParquetFile(paths[0])
        raw = tuple(name for name in file.schema_arrow.names if not name.startswith("__index_level_"))
        first = next(file.iter_batches(batch_size=SAMPLE_ROWS, columns=list(raw)), None)
        file.close()
    except (pa.ArrowException, OSError) as fault:
        raise BadInput(f"{paths[0].name} cannot be read as Parquet, the file seems damaged.") from fault
    if first is None:
        raise BadInput(f"{paths[0].name} has no rows.")
    copy = io.BytesIO()
    pa.parquet.write_table(pa.Table.from_batches([first]), copy)
    names = tuple(column_names(raw, paths[0].name))
    return LargeFile(paths, names, raw), read_table(copy.getvalue(), paths[0].name)


def _text_head(path: Path) -> tuple[LargeFile, pd.DataFrame]:
    with path.open("rb") as opened:
        start = opened.read(SAMPLE_BYTES)
        cut = bool(opened.read(1))
    while cut and start and (not start.endswith(b"\n") or start.count(b'"') % 2):
        start = start[: start.rfind(b"\n", 0, len(start) - 1) + 1]
    try:
        text = start.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise BadInput(f"{path.name} is not text in UTF-8: save it so, or as Parquet.") from fault
    if text.lower().lstrip('"').startswith("sep="):
        raise BadInput(f"{path.name} begins with a line that is no header: take out {text.splitlines()[0]!r}.")
    delimiter = find_delimiter(text)
    head = sample_rows(text, delimiter)
    if not head:
        raise BadInput(f"{path.name} is empty: choose a file with a line of column names and one line per person.")
    padded = len(head[0]) > 1 and all(cell.startswith(" ") for row in head[:20] for cell in row[1:])
    names = tuple(column_names_of(head, (), path.name))
    sample = read_table(start, path.name, delimiter)
    raw = tuple(f"c{place}" for place in range(len(names)))
    return LargeFile((path,), names, raw, delimiter, padded), sample
