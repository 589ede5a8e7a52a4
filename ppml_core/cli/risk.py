"""`ppml risk`: how exposed the people of a table are, to someone who knows their quasi-identifiers or some of them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ppml_core.cli.large import MEMORY, engine_arguments, path_of
from ppml_core.cli.output import check_target_folder, say, write_whole
from ppml_core.cli.tables import check_roles, read_table_of, table_arguments
from ppml_core.errors import BadInput

SHOWN = 15


def risk_arguments(command: argparse.ArgumentParser) -> None:
    table_arguments(command)
    add = command.add_argument
    add("--threshold", type=float, default=0.2, help="count people whose risk is strictly above (0.2)")
    add("--population", metavar="FILE", help="a table of everybody whom the table was drawn from")
    add("--population-size", type=int, help="how many they are (the rows of that table)")
    add("--identifiers", action="store_true", help="say which of HIPAA's 18 identifiers the columns may hold")
    add("--per-record", type=Path, metavar="FILE", help="write a CSV file with the risk of each row")
    engine_arguments(command)


def run_risk(arguments: argparse.Namespace) -> dict[str, Any]:
    """The risk report of a table and what is told beside it, by the engine that was asked for."""
    from ppml_core.attacks.large_tables import exposed_file

    check_roles(arguments)
    if arguments.population_size is not None and arguments.population_size < 1:
        raise BadInput(f"--population-size must be at least 1, not {arguments.population_size}.")
    if arguments.identifiers and arguments.engine != MEMORY:
        raise BadInput("--identifiers looks at the cells of a table in memory: leave the engine out.")
    if arguments.per_record and arguments.engine != MEMORY:
        raise BadInput("--per-record needs the table in memory: leave the engine out.")
    if arguments.per_record:
        check_target_folder(arguments.per_record)
    table = arguments.table if arguments.engine == MEMORY else path_of(arguments.table)
    report, exposed = exposed_file(
        table, arguments.schema, arguments.qi, arguments.sensitive, arguments.engine, arguments.memory_limit,
        arguments.address, arguments.threshold, arguments.population, arguments.population_size,
    )  # fmt: skip
    told = exposed.values()
    absent = exposed.journalist.not_in_population
    if absent:
        say(f"note: {absent:,} people fit nobody of the population, so it may not be theirs")
    if not arguments.json:
        told["attributes"] = told["attributes"][:SHOWN]
    found = report.values() | told
    if arguments.identifiers:
        found["safe_harbor"] = _safe_harbor(arguments)
        if not arguments.json:
            items = found["safe_harbor"]["items"]
            found["safe_harbor"]["items"] = [item | {"columns": ", ".join(item["columns"])} for item in items]
    if arguments.per_record:
        _write_records(arguments)
        found["per_record"] = str(arguments.per_record)
    return found


def _write_records(arguments: argparse.Namespace) -> None:
    from ppml_core.attacks.per_record import per_record

    data = read_table_of(argparse.Namespace(**{**vars(arguments), "population": None}), arguments.table)
    lines = per_record(data)
    write_whole(arguments.per_record, lambda path: lines.to_csv(path, index=False))
    say("internal: the file tells which rows are exposed")


def _safe_harbor(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.cli.pii import table_of
    from ppml_core.data.identifiers.safe_harbor import checklist

    return checklist(table_of(arguments.table)).values()
