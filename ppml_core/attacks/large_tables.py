"""Re-identification risk of a file by way of its class counts, with an engine that need not hold it in memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

from ppml_core.attacks.exposure import Exposure, exposure
from ppml_core.attacks.linkage import RiskReport, risk_of_counts, risk_report
from ppml_core.data.counts import Counts, count_table
from ppml_core.data.counts_dask import count_with_dask
from ppml_core.data.counts_duckdb import DEFAULT_LIMIT, count_with_duckdb
from ppml_core.data.large_files import LargeFile, look_at
from ppml_core.data.reading import read_dataset
from ppml_core.data.schema import Schema
from ppml_core.errors import BadInput

Engine = Literal["memory", "duckdb", "dask"]
ENGINES: tuple[str, ...] = get_args(Engine)


def exposed_file(
    path: str | Path,
    schema: Path | None = None,
    qi: Sequence[str] | None = None,
    sensitive: Sequence[str] | None = None,
    engine: str = "memory",
    memory_limit: str | None = None,
    address: str | None = None,
    threshold: float = 0.2,
    population: str | Path | None = None,
    population_size: int | None = None,
) -> tuple[RiskReport, Exposure]:
    """The risk of releasing the file's table, and what is told beside it by `exposure`.

    The engines `duckdb` and `dask` read only quasi-identifiers and sensitive columns, so `unique_share_with_kept` is
    None with them, and a schema that is not given is inferred from the first rows alone. A table of the population is
    read into memory, whatever the engine. Raises BadInput.
    """
    _check_engine(engine, memory_limit, address)
    if engine == "memory":
        data = read_dataset(path, schema=schema, qi=qi, sensitive=sensitive)
        meaning, known, secret = data.schema, data.quasi_identifiers, data.schema.with_role("sensitive")
        _check_known(known)
        report = risk_report(data, threshold)
        counts = count_table(data.table, [*known, *secret])
    else:
        meaning, counts = _counted(Path(path), schema, qi, sensitive, engine, memory_limit, address)
        known, secret = meaning.quasi_identifiers, meaning.with_role("sensitive")
        report = risk_of_counts(counts, known, secret, threshold, Path(path).name)
    others = None if population is None else read_dataset(population, schema=schema, qi=known)
    whole = None if others is None else count_table(others.table, known)
    told = None if others is None else others.schema
    return report, exposure(counts, meaning, known, secret, whole, told, population_size, threshold)


def count_file(
    file: LargeFile,
    schema: Schema,
    names: Sequence[str],
    engine: str = "duckdb",
    memory_limit: str | None = None,
    address: str | None = None,
) -> Counts:
    """The counts over these columns of a file, by `duckdb` or `dask`."""
    if engine == "dask":
        return count_with_dask(file, schema, names, address)
    return count_with_duckdb(file, schema, names, memory_limit or DEFAULT_LIMIT)


def _counted(
    path: Path,
    schema: Path | None,
    qi: Sequence[str] | None,
    sensitive: Sequence[str] | None,
    engine: str,
    memory_limit: str | None,
    address: str | None,
) -> tuple[Schema, Counts]:
    """What the file's columns mean, and its counts over quasi-identifiers and sensitive columns."""
    file, meaning = look_at(path, schema, qi, sensitive)
    _check_known(meaning.quasi_identifiers)
    names = [*meaning.quasi_identifiers, *meaning.with_role("sensitive")]
    return meaning, count_file(file, meaning, names, engine, memory_limit, address)


def _check_engine(engine: str, memory_limit: str | None, address: str | None) -> None:
    if engine not in ENGINES:
        raise BadInput(f"the engine must be one of {', '.join(ENGINES)}, not {engine!r}.")
    if memory_limit is not None and engine != "duckdb":
        raise BadInput(f"a memory limit is kept by the engine duckdb only, not by {engine}.")
    if address is not None and engine != "dask":
        raise BadInput(f"an address is for the engine dask only, not for {engine}.")


def _check_known(quasi_identifiers: Sequence[str]) -> None:
    if not quasi_identifiers:
        raise BadInput("no column is a quasi-identifier: give at least one that role, or name them with --qi.")
