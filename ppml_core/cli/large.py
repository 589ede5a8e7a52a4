"""`--engine` of `ppml risk` and `ppml anonymize`: files that do not fit in memory, counted and written beside it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ppml_core.cli.output import say
from ppml_core.cli.tables import check_roles
from ppml_core.errors import BadInput

MEMORY = "memory"
ENGINES = (MEMORY, "duckdb", "dask")


def engine_arguments(command: argparse.ArgumentParser, engines: tuple[str, ...] = ENGINES) -> None:
    """The engine that counts, and what belongs to one of them."""
    add = command.add_argument
    add("--engine", choices=engines, default=MEMORY, help="what counts look-alikes; duckdb for files beyond memory")
    add("--memory-limit", help="what duckdb may use, like 500MB (2GB)")
    if "dask" in engines:
        add("--address", help="the scheduler of a Dask cluster, like tcp://host:8786")


def run_anonymize_file(arguments: argparse.Namespace) -> dict[str, Any]:
    """Writes the k-anonymous full-domain generalization of a file by way of its counts; refuses every other method."""
    from ppml_core.anonymize.out_of_core import generalize_file
    from ppml_core.anonymize.transforms.full_domain import FullDomain
    from ppml_core.cli.anonymize import method_of
    from ppml_core.data.counts_duckdb import DEFAULT_LIMIT

    check_roles(arguments)
    made = method_of(arguments)
    if not isinstance(made, FullDomain) or made.models:
        raise BadInput(
            "--engine duckdb makes k-anonymous full-domain generalizations alone: give --k only, or no engine."
        )
    for flag in ("mapping", "keep_suppressed", "drop", "scrub", "pseudonymize"):
        if getattr(arguments, flag):
            raise BadInput(f"--engine duckdb has no --{flag.replace('_', '-')}: leave it out.")
    found = generalize_file(
        path_of(arguments.table), arguments.out, arguments.schema, arguments.qi, made.k, made.question(),
        arguments.memory_limit or DEFAULT_LIMIT,
    )  # fmt: skip
    if arguments.out.suffix.lower() == ".csv" and not arguments.keep_formulas:
        say("note: duckdb writes texts as they are: a spreadsheet may run those that begin with = + - @ as formulas")
    return {"method": made.name(), **found, "out": str(arguments.out)}


def path_of(table: str) -> Path:
    from ppml_core.data.bundled import file_of, names

    return file_of(table) if table in names() else Path(table)
