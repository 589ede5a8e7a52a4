"""Full-domain generalization of a file that does not fit in memory: search on its counts, write with DuckDB.

In: a `LargeFile`, its schema, its `Counts` over the quasi-identifiers. Out: `Tuples`, from which lattice and search
work as they do from a table; then, for a node, the published file. `generalize_file` does all of it.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from ppml_core.anonymize import kernels
from ppml_core.anonymize.models.k_anonymity import KAnonymity
from ppml_core.anonymize.requirement import Requirement
from ppml_core.anonymize.search import Question, cheapest
from ppml_core.anonymize.tuples import Tuples
from ppml_core.data.binary_files import plain_column
from ppml_core.data.counts import Counts
from ppml_core.data.counts_duckdb import (
    DEFAULT_LIMIT,
    column_of,
    connected,
    count_with_duckdb,
    parameters_of,
    quoted,
    source_of,
    told,
)
from ppml_core.data.dataset import Dataset
from ppml_core.data.hierarchy import Codes, Hierarchy
from ppml_core.data.large_files import LargeFile, look_at
from ppml_core.data.schema import Schema
from ppml_core.errors import BadInput

if TYPE_CHECKING:
    import duckdb


def tuples_of_counts(counts: Counts, schema: Schema) -> Tuples:
    """The tuples of the quasi-identifiers from their counts; `row_of` says the tuple of each counted combination.

    Raises what `Tuples.of` raises. Hierarchies that are not declared are built over the values that occur.
    """
    if not schema.quasi_identifiers:
        raise BadInput("no column is a quasi-identifier: give at least one that role, or name them with --qi.")
    values = {name: _values(counts, name) for name in schema.quasi_identifiers}
    some = Tuples.of(_each_value(values, schema))
    packed = some.pack_leaves(
        [
            _leaves(cells, name, tree, schema)[counts.codes[name]]
            for (name, cells), tree in zip(values.items(), some.trees, strict=True)
        ]
    )
    keys, people, row_of = kernels.group(packed, counts.people)
    return dataclasses.replace(some, keys=keys, counts=people, row_of=row_of)


def generalize_file(
    path: Path,
    out: Path,
    schema: Path | None = None,
    qi: Sequence[str] | None = None,
    k: int = 5,
    question: Question | None = None,
    memory_limit: str = DEFAULT_LIMIT,
) -> dict[str, Any]:
    """Writes the k-anonymous generalization of a file that loses least; returns plain numbers about it.

    The same as `FullDomain` on the whole table, but for two things: k is the only model, and of an inferred schema
    only the first rows were looked at. Raises BadInput, NotApplicable, Unreachable.
    """
    started = time.perf_counter()
    _check_folder(out)
    asked = question or Question()
    file, meaning = look_at(path, schema, qi)
    counts = count_with_duckdb(file, meaning, meaning.quasi_identifiers, memory_limit)
    tuples = tuples_of_counts(counts, meaning)
    values = {name: _values(counts, name) for name in tuples.names}
    requirement = Requirement.of([KAnonymity(k=k)], _each_value(values, meaning), tuples)
    node = cheapest(requirement, asked)
    stays = requirement.stays(node.levels, asked.loss.bind(tuples, asked.weights))
    written = write_generalized(file, meaning, tuples, node.levels, stays, out, memory_limit)
    found = dataclasses.asdict(node)
    return {**found, "rows": counts.rows, "written": written, "seconds": time.perf_counter() - started}


def write_generalized(
    file: LargeFile,
    schema: Schema,
    tuples: Tuples,
    levels: Mapping[str, int],
    stays: npt.NDArray[np.bool_],
    out: Path,
    memory_limit: str = DEFAULT_LIMIT,
) -> int:
    """Writes the file's people at these levels, without identifiers, and returns how many they are.

    `stays` (distinct tuples,) says whose class may be published; the others are left out. The ending of `out` says the
    form: `.parquet`, else CSV. Rows come in any order; columns that are not generalized stay as they stand in the file.
    What this protects against and what not is told at `FullDomain`. Raises BadInput.
    """
    _check_folder(out)
    kept = [name for name in file.names if schema[name].role != "identifier"]
    shown = {name: column_of(file, name, "people") for name in kept}
    joins, keys = [], []
    beside = out.with_name(f".{out.name}.part")
    with connected(memory_limit) as connection, told(file):
        columns = [f"{column_of(file, name)} AS {quoted(name)}" for name in tuples.names]
        connection.execute(
            f"CREATE TEMP TABLE combinations AS SELECT DISTINCT {', '.join(columns)} FROM {source_of(file)}",
            parameters_of(file),
        )
        for at, (name, tree) in enumerate(zip(tuples.names, tuples.trees, strict=True)):
            level, column = levels[name], column_of(file, name, "people")
            connection.register(f"map_{at}", _mapping(connection, file, schema, name, tree, level, tuples.shifts[at]))
            joins.append(f"JOIN map_{at} ON map_{at}.value IS NOT DISTINCT FROM {column}")
            keys.append(f"map_{at}.key")
            shown[name] = f"nullif(map_{at}.label, '')"  # one spelling for what is counted as one value
        kept_keys = np.unique(tuples.raised(levels)[stays])
        connection.register("stays", pa.table({"key": kept_keys}))
        chosen = ", ".join(f"{expression} AS {quoted(name)}" for name, expression in shown.items())
        query = (
            f"SELECT {chosen} FROM {source_of(file)} AS people {' '.join(joins)} "
            f"WHERE {' | '.join(keys)} IN (SELECT key FROM stays)"
        )
        try:
            done = connection.execute(f"COPY ({query}) TO ? {_form(file, out)}", [*parameters_of(file), str(beside)])
            written = int((done.fetchone() or (0,))[0])
            beside.replace(out)
        except OSError as fault:
            raise BadInput(f"{out} cannot be written: {fault.strerror}.") from fault
        finally:
            beside.unlink(missing_ok=True)
    return written


def _check_folder(out: Path) -> None:
    if not out.resolve().parent.is_dir():
        raise BadInput(f"{out} cannot be written: the folder {out.resolve().parent} does not exist.")


def _values(counts: Counts, name: str) -> pd.Series:
    """The values of a column, and an absent one at the end where some combination lacks a value."""
    cells = counts.values[name]
    absent = bool((counts.codes[name] < 0).any())
    found: pd.Series = cells.reindex(range(len(cells) + 1)) if absent else cells
    return found


def _each_value(values: Mapping[str, pd.Series], schema: Schema) -> Dataset:
    """A small table in which each value stands at least once: what hierarchies are made from, and no person's row."""
    longest = max(map(len, values.values()))
    table = pd.DataFrame({name: cells.take(np.arange(longest) % len(cells)).array for name, cells in values.items()})
    return Dataset(table, Schema({name: schema[name] for name in values}, folder=schema.folder))


def _leaves(cells: pd.Series, name: str, tree: Hierarchy, schema: Schema) -> Codes:
    one = Schema({name: schema[name]}, folder=schema.folder)
    return Dataset(cells.to_frame(name), one).leaf_codes(name, tree)


def _mapping(
    connection: duckdb.DuckDBPyConnection,
    file: LargeFile,
    schema: Schema,
    name: str,
    tree: Hierarchy,
    level: int,
    shift: int,
) -> pa.Table:
    """Per value as it stands in the file: the label it is published under, and its part of the class's key."""
    found = connection.sql(f"SELECT DISTINCT {quoted(name)} AS value FROM combinations").to_arrow_table()
    cells = file.cells(schema, name, plain_column(found.column("value")))
    codes = tree.codes[level][_leaves(cells, name, tree, schema)]
    labels = pa.array([tree.labels[level][code] for code in codes], type=pa.string())
    return found.append_column("label", labels).append_column("key", pa.array(codes.astype(np.int64) << shift))


def _form(file: LargeFile, out: Path) -> str:
    if out.suffix.lower() in (".parquet", ".pq"):
        return "(FORMAT parquet, COMPRESSION zstd)"
    delimiter = (file.delimiter or ",").replace("'", "''")
    return f"(FORMAT csv, HEADER, DELIMITER '{delimiter}')"
