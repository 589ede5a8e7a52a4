"""Runs as a Parquet file, and back: one row per point, texts and whole numbers only, a version in the file's metadata.

A file may come from anybody. What it says is checked before a row is written, and its results stay with the imported
run: no sweep takes a foreign number for its own.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import sqlalchemy as sa

from ppml_core import __version__
from ppml_core.data.binary_files import MAX_UNPACKED_BYTES
from ppml_core.errors import BadInput, PPMLError
from ppml_core.experiment.points import Record
from ppml_core.experiment.scenario import scenario_from_toml
from ppml_core.experiment.sweep import points_needed
from ppml_core.store.points import Store
from ppml_core.store.runs import (
    LONGEST_NOTE,
    Run,
    Written,
    check_is_sweep,
    checked_name,
    scenarios_of,
    stored_points,
    write_run,
)  # fmt: skip
from ppml_core.store.schema import runs

FORMAT, FORMAT_VERSION = "ppml-explorer runs", 1
MOST_POINTS = 1_000_000
LONGEST_TEXT = 10_000
COLUMNS = pa.schema(
    [
        ("run_id", pa.string()), ("run_name", pa.string()), ("note", pa.string()), ("created", pa.string()),
        ("fingerprint", pa.string()), ("swept", pa.string()), ("scenarios", pa.string()), ("position", pa.int64()),
        ("key", pa.string()), ("record", pa.string()), ("reason", pa.string()),
    ]
)  # fmt: skip
ROW = {"measure": str, "unit": str, "value": float, "std_error": float, "low": float, "high": float, "error": str}


def export_runs(store: Store, chosen: Sequence[Run], path: Path) -> int:
    """Writes the runs with all that is known of their points; gives the number of points. BadInput for a search."""
    for run in chosen:
        check_is_sweep(run)
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS.names}
    for run in chosen:
        texts = json.dumps([scenario.to_toml() for scenario in scenarios_of(store, run)])
        for position, (key, record, reason) in enumerate(stored_points(store, run)):
            said = None if record is None else json.dumps(record, allow_nan=False)
            first = (run.note, texts) if position == 0 else ("", "")
            row = (
                run.id, run.name, first[0], run.created, run.fingerprint, json.dumps(run.swept), first[1],
                position, key, said, reason,
            )  # fmt: skip
            for name, value in zip(COLUMNS.names, row, strict=True):
                columns[name].append(value)
    about = {"format": FORMAT, "version": str(FORMAT_VERSION), "program": __version__}
    pa.parquet.write_table(pa.table(columns, COLUMNS.with_metadata(about)), path, compression="zstd")
    return len(columns["key"])


def import_runs(store: Store, path: Path) -> list[str]:
    """Ids of the runs that the file holds, which are now here; all of them, or none where something is wrong.

    Raises BadInput with what is wrong where the file was not written by `export_runs`, or says what it cannot.
    """
    table = _read(path)
    found: dict[str, list[dict[str, Any]]] = {}
    for row in table.to_pylist():
        found.setdefault(str(row["run_id"]), []).append(row)
    ready = [_checked(lines, path) for lines in found.values()]
    return [_written(store, one) for one in ready]


def _read(path: Path) -> pa.Table:
    try:
        with pa.parquet.ParquetFile(path) as file:
            about = {key.decode(): value.decode() for key, value in (file.schema_arrow.metadata or {}).items()
                     if key in (b"format", b"version")}  # fmt: skip
            if about.get("format") != FORMAT:
                raise BadInput(f"{path.name} holds no runs: it was not written by ppml runs export.")
            if about.get("version") != str(FORMAT_VERSION):
                raise BadInput(f"{path.name} was written by a newer version of this program.")
            if not file.schema_arrow.equals(COLUMNS):
                raise _wrong(path, "its columns are not those of runs")
            sizes = (file.metadata.row_group(at).total_byte_size for at in range(file.metadata.num_row_groups))
            if file.metadata.num_rows > MOST_POINTS or sum(sizes) > MAX_UNPACKED_BYTES:
                raise _wrong(path, f"it holds more than {MOST_POINTS:,} points")
            return file.read()
    except PPMLError:
        raise
    except OSError as fault:
        raise BadInput(f"{path} cannot be read: {fault.strerror or 'it is no Parquet file'}.") from fault
    except Exception as fault:  # Arrow raises many kinds on a damaged file; all mean the same to its owner
        raise BadInput(f"{path.name} is no Parquet file, or is damaged.") from fault


def _checked(lines: list[dict[str, Any]], path: Path) -> Written:
    """One run from its rows."""
    first = lines[0]
    try:
        scenarios = [scenario_from_toml(text) for text in _texts(first["scenarios"])]
        swept, name, note = _texts(first["swept"]), checked_name(first["run_name"] or ""), first["note"] or ""
        keys = [line["key"] for line in lines]
        well = (
            [line["position"] for line in lines] == list(range(len(lines)))
            and all(_is_digest(key) for key in [*keys, first["fingerprint"]])
            and len(set(keys)) == len(keys) == len(points_needed(scenarios, first["fingerprint"]))
            and len(note) <= LONGEST_NOTE
            and all(line["reason"] is None or len(line["reason"]) <= LONGEST_TEXT for line in lines)
        )
        if not well:
            raise BadInput("its points are not those of its scenarios, or were computed by another version")
        records = {line["key"]: _record(line["record"]) for line in lines if line["record"] is not None}
    except (ValueError, TypeError, KeyError, RecursionError) as fault:
        raise _wrong(path, "a value in it is not what it should be") from fault
    except PPMLError as fault:
        raise _wrong(path, str(fault).rstrip(".")) from fault
    reasons = {line["key"]: line["reason"] for line in lines if line["reason"] is not None}
    told = json.dumps([keys, records, reasons], sort_keys=True)
    all_there = len(records) + len(reasons.keys() - records.keys()) >= len(keys)
    return Written(
        scenarios, first["fingerprint"], swept, keys, "finished" if all_there else "stopped", name=name, note=note,
        created=str(first["created"])[:20], id=hashlib.sha256(f"imported {told}".encode()).hexdigest()[:12],
        records=records, reasons=reasons,
    )  # fmt: skip


def _written(store: Store, run: Written) -> str:
    """The same file imported twice is one run."""
    with store.reading() as connection:
        if connection.execute(sa.select(runs.c.id).where(runs.c.id == run.id)).first():
            return run.id
    return write_run(store, run)


def _record(text: str) -> Record:
    """A record as the store holds them. Raises ValueError for anything else."""
    record = json.loads(text, parse_constant=_no_number)
    rows, guarantee = record["rows"], record["guarantee"]
    texts = [record["protocol"], record.get("note", ""), *record["warnings"]]
    well = (
        isinstance(rows, list)
        and all(isinstance(text, str) and len(text) <= LONGEST_TEXT for text in texts)
        and _is(record["seconds"], float)
        and record["error"] is None
        and (guarantee is None or [type(part) for part in guarantee][2:] in ([str], [str, str]))
        and (guarantee is None or all(_is(part, float) for part in guarantee[:2]))
        and all(isinstance(row, dict) and _is_row(row) for row in rows)
    )
    if not well:
        raise ValueError("no record")
    known = ("protocol", "guarantee", "note", "seconds", "warnings", "error")
    kept = [{name: value for name, value in row.items() if name in ROW} for row in rows]
    return {name: record[name] for name in known if name in record} | {"rows": kept}


def _is_row(row: dict[str, Any]) -> bool:
    may_lack = ("low", "high")
    return all(
        (name in may_lack and name not in row)
        or (row[name] is None and name not in ("measure", "unit"))
        or (_is(row[name], kind) and (kind is not str or len(row[name]) <= LONGEST_TEXT))
        for name, kind in ROW.items()
    )


def _is(value: Any, kind: type) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return isinstance(value, kind)


def _is_digest(text: Any) -> bool:
    return isinstance(text, str) and len(text) == 64 and not set(text) - set("0123456789abcdef")


def _texts(text: str) -> list[str]:
    found = json.loads(text)
    if not isinstance(found, list) or not all(isinstance(part, str) for part in found):
        raise ValueError("no list of texts")
    return found


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _wrong(path: Path, why: str) -> BadInput:
    return BadInput(f"{path.name} cannot be imported: {why}.")
