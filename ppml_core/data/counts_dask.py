"""Class counts on a Dask cluster: every worker counts row groups of Parquet files, and the counts are merged.

The workers need this package, and the files under the same path. No row leaves a worker; combinations and numbers do.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from ppml_core.data.coded import coded
from ppml_core.data.counts import Counts, count_columns, merged
from ppml_core.data.large_files import LargeFile
from ppml_core.data.schema import Schema
from ppml_core.errors import BadInput

MERGED_AT_ONCE = 8
PATIENCE_SECONDS = 10


def count_with_dask(file: LargeFile, schema: Schema, names: Sequence[str], address: str | None) -> Counts:
    """The counts over these columns, from the cluster whose scheduler listens at the address (tcp://host:8786).

    Raises BadInput where the extra `cluster` is not installed, nobody answers, or the file is not Parquet.
    """
    if not address:
        raise BadInput("the dask engine needs the address of a scheduler, such as tcp://host:8786.")
    if file.delimiter is not None:
        raise BadInput(f"{file.paths[0].name} is text, which the dask engine does not read: save it as Parquet.")
    try:
        from distributed import Client
    except ImportError as fault:
        raise BadInput("the dask engine needs the extra: pip install ppml-explorer[cluster].") from fault
    raw = [file.raw[file.place(name)] for name in names]
    try:
        client = Client(address, timeout=PATIENCE_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError, ValueError) as fault:
        raise BadInput(f"no Dask scheduler answers at {address!r}.") from fault
    with client:
        pieces = [(str(path.resolve()), group) for path in file.paths for group in range(_row_groups(path))]
        parts = [client.submit(count_piece, path, group, raw, list(names), pure=False) for path, group in pieces]
        while len(parts) > 1:
            starts = range(0, len(parts), MERGED_AT_ONCE)
            parts = [client.submit(merged, parts[at : at + MERGED_AT_ONCE], pure=False) for at in starts]
        counts: Counts = parts[0].result()
    return counts.read_as(partial(file.cells, schema))


def count_piece(path: str, group: int, raw: Sequence[str], names: Sequence[str]) -> Counts:
    """The counts of one row group, where the worker finds the file."""
    with pa.parquet.ParquetFile(path) as file:
        table = file.read_row_group(group, columns=list(raw))
    columns = {name: coded(table.column(column)) for name, column in zip(names, raw, strict=True)}
    return count_columns(columns, len(table))


def _row_groups(path: Path) -> int:
    return int(pa.parquet.read_metadata(path).num_row_groups)
