"""Class counts of a file that does not fit in memory, by DuckDB: only the columns asked for are read, and what exceeds
the memory limit is kept in a temporary folder that is removed again.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from ppml_core.data.counts import Counts, count_batch, merged
from ppml_core.data.large_files import LargeFile
from ppml_core.data.schema import Schema
from ppml_core.errors import BadInput

if TYPE_CHECKING:
    import duckdb

LIMIT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGT])(i?)B\s*", flags=re.IGNORECASE)
DEFAULT_LIMIT = "2GB"
BYTES_PER_THREAD = 100_000_000
BATCH_ROWS = 1 << 20
PASSES = (1, 4, 16)
PEOPLE = "people"


class TooLittleMemory(BadInput):
    """What the limit leaves does not do for the file."""


def count_with_duckdb(
    file: LargeFile, schema: Schema, names: Sequence[str], memory_limit: str = DEFAULT_LIMIT
) -> Counts:
    """The counts over these columns. The limit is DuckDB's own; the combinations themselves must fit beside it.

    Where they do not fit the limit at once, the file is read 4 or 16 times and each time a part of them is counted.
    Raises BadInput for a limit that is none or too small for the file, and for a file that cannot be read.
    """
    for passes in PASSES:
        try:
            with told(file):
                parts = [part for turn in range(passes) for part in _one_pass(file, names, memory_limit, turn, passes)]
            break
        except TooLittleMemory:
            if passes == PASSES[-1]:
                raise
    if not parts:
        raise BadInput(f"{file.paths[0].name} has no rows.")
    return merged(parts).read_as(partial(file.cells, schema))


def _one_pass(file: LargeFile, names: Sequence[str], memory_limit: str, turn: int, passes: int) -> Iterator[Counts]:
    """Counts of those combinations whose turn it is, by their hash: with more passes fewer are held at once."""
    people = PEOPLE
    while people in names:
        people += "_"
    cells = [column_of(file, name) for name in names]
    columns = ", ".join(f"{cell} AS {quoted(name)}" for cell, name in zip(cells, names, strict=True))
    chosen = f"WHERE hash({', '.join(cells)}) % {passes} = {turn}" if passes > 1 else ""
    grouped = ", ".join(cells)
    query = f"SELECT {columns}, count(*) AS {quoted(people)} FROM {source_of(file)} {chosen} GROUP BY {grouped}"
    with connected(memory_limit) as connection:
        for batch in connection.sql(query, params=parameters_of(file)).to_arrow_reader(BATCH_ROWS):
            yield count_batch(batch, people)


@contextmanager
def connected(memory_limit: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database of its own that keeps to the limit and leaves nothing behind."""
    import duckdb  # loaded where it is used: 30 MB

    limit = bytes_of(memory_limit)
    threads = max(1, min(os.cpu_count() or 1, int(limit // BYTES_PER_THREAD)))
    with tempfile.TemporaryDirectory(prefix="ppml-") as folder:
        settings: dict[str, Any] = {
            "memory_limit": f"{limit}B",
            "temp_directory": folder,
            "threads": threads,
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        connection = duckdb.connect(":memory:", config=settings)
        try:
            connection.execute("SET enable_progress_bar = false")  # it would write into standard output
            yield connection
        finally:
            connection.close()


@contextmanager
def told(file: LargeFile) -> Iterator[None]:
    """DuckDB's faults in one sentence."""
    import duckdb

    name = file.paths[0].name
    try:
        yield
    except duckdb.OutOfMemoryException as fault:
        raise TooLittleMemory(f"the memory limit is too small for {name}: give more with --memory-limit.") from fault
    except duckdb.Error as fault:
        raise BadInput(f"{name} cannot be read: {str(fault).splitlines()[0]}") from fault


def source_of(file: LargeFile) -> str:
    """The table function over the file, with placeholders for what `parameters_of` gives."""
    if file.delimiter is None:
        return "read_parquet(?)"
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in file.raw)
    return (
        "read_csv(?, delim = ?, header = true, auto_detect = false, quote = '\"', escape = '\"', "
        f"columns = {{{columns}}})"
    )


def parameters_of(file: LargeFile) -> list[Any]:
    paths = [str(path) for path in file.paths]
    return [paths] if file.delimiter is None else [paths, file.delimiter]


def column_of(file: LargeFile, name: str, table: str = "") -> str:
    """The expression of a column in SQL, of that table where several are joined."""
    raw = (f"{table}." if table else "") + quoted(file.raw[file.place(name)])
    return f"trim({raw})" if file.padded else raw


def quoted(name: str) -> str:
    """A name as SQL quotes it.

    >>> print(quoted('size "M" in cm'))
    "size ""M"" in cm"
    """
    return '"' + name.replace('"', '""') + '"'


def bytes_of(limit: str) -> int:
    """The bytes that a text like "500MB" or "2 GiB" stands for; raises BadInput.

    >>> bytes_of("500MB")
    500000000
    """
    found = LIMIT.fullmatch(limit)
    if not found or not float(found[1]):
        raise BadInput(f"the memory limit must be a size like 500MB or 2GB, not {limit!r}.")
    base = 1024 if found[3] else 1000
    return int(float(found[1]) * base ** ("KMGT".index(found[2].upper()) + 1))
