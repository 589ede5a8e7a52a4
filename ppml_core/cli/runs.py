"""`ppml runs list|show|export|import|rename|note|delete|rerun`: what was swept or searched, found again, handed on."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from ppml_core.cli.output import Bar, Command, OneLineParser, check_target_folder, write_whole
from ppml_core.cli.tables import read_table_of, schema_arguments
from ppml_core.cli.whole_numbers import processes_argument
from ppml_core.errors import BadInput

SHOWN = ("scenario_id", "measure", "value", "low", "high", "repeats", "failed", "error")


def runs_arguments(commands: Any, command: Command) -> None:
    """`ppml runs` with what each of its ways takes; `command` makes one of those."""
    words = "list, show, export, import, rename, delete and repeat what was swept"
    runs = commands.add_parser("runs", help=words, description=words)
    ways = runs.add_subparsers(dest="way", required=True, parser_class=OneLineParser)
    command(ways, "list", run_list, "every sweep and search, the newest first")
    show = command(ways, "show", run_show, "one run: its state, its settings and the mean of each measure")
    export = command(ways, "export", run_export, "write sweeps to a Parquet file")
    bring = command(ways, "import", run_import, "take in runs from such a file")
    rename = command(ways, "rename", run_rename, "give a run another name")
    note = command(ways, "note", run_note, "give a run another note")
    delete = command(ways, "delete", run_delete, "remove a run and the points that no other run has")
    rerun = command(ways, "rerun", run_rerun, "compute what a run has not, or not by the present methods")
    for way in (show, rename, note, delete, rerun):
        way.add_argument("named", metavar="RUN", help="its id, the first letters of it, or its name")
    export.add_argument("named", metavar="RUN", nargs="*", help="ids or names (all sweeps)")
    export.add_argument("--out", type=Path, required=True, help="the Parquet file to write")
    bring.add_argument("file", metavar="FILE", type=Path, help="a file of ppml runs export")
    rename.add_argument("name", metavar="NAME")
    note.add_argument("note", metavar="TEXT")
    schema_arguments(rerun)
    processes_argument(rerun)


def run_list(_: argparse.Namespace) -> list[dict[str, Any]]:
    from ppml_core.store.runs import list_runs

    return [dataclasses.asdict(run) for run in list_runs(_store())]


def run_show(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.experiment.results import summarise
    from ppml_core.store.runs import find_run, rows_of, scenarios_of
    from ppml_core.store.searches import PEOPLE, searched_rows

    store = _store()
    run = find_run(store, arguments.named)
    scenarios = scenarios_of(store, run)
    rows = rows_of(store, run) if run.search is None else searched_rows(store, run)
    measures = {name for scenario in scenarios for name in scenario.measures}
    rows = rows[rows["measure"].isin(measures) & (rows["value"].notna() | rows["error"].notna())]
    shown = [*run.swept, *SHOWN]
    lines = []
    for people, part in rows.groupby(PEOPLE, sort=False) if run.search else [("", rows)]:
        told = [] if part.empty else summarise(part)[shown].to_dict("records")
        lines += [line | ({PEOPLE: people} if people else {}) for line in told]
    return dataclasses.asdict(run) | {"scenario": scenarios[0].to_toml(), "points": lines}


def run_export(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.store.exchange import export_runs
    from ppml_core.store.runs import find_run, list_runs

    store = _store()
    check_target_folder(arguments.out)
    chosen = [find_run(store, named) for named in dict.fromkeys(arguments.named)]
    chosen = chosen or [run for run in list_runs(store) if run.search is None]
    if not chosen:
        raise BadInput("there is no run to export yet.")
    write_whole(arguments.out, lambda path: export_runs(store, chosen, path))
    return {"runs": len(chosen), "points": sum(run.total for run in chosen), "out": str(arguments.out)}


def run_import(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.store.exchange import import_runs
    from ppml_core.store.runs import find_run

    store = _store()
    return {"runs": [dataclasses.asdict(find_run(store, run_id)) for run_id in import_runs(store, arguments.file)]}


def run_rename(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.store.runs import find_run, rename_run

    store = _store()
    run = find_run(store, arguments.named)
    rename_run(store, run, arguments.name)
    return dataclasses.asdict(find_run(store, run.id))


def run_note(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.store.runs import find_run, note_run

    store = _store()
    run = find_run(store, arguments.named)
    note_run(store, run, arguments.note)
    return dataclasses.asdict(find_run(store, run.id))


def run_delete(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.store.runs import delete_run, find_run

    store = _store()
    run = find_run(store, arguments.named)
    delete_run(store, run)
    return {"deleted": run.id, "name": run.name}


def run_rerun(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.experiment.sweep import sweep
    from ppml_core.store.recording import recording
    from ppml_core.store.runs import check_is_sweep, find_run, scenarios_of

    store = _store()
    run = find_run(store, arguments.named)
    check_is_sweep(run)
    scenarios = scenarios_of(store, run)
    data = read_table_of(arguments, run.dataset)
    with recording(store, scenarios, data, run.swept, run.name, run.note) as again:
        sweep(
            scenarios, data, store, swept=run.swept, processes=arguments.processes, progress=Bar(),
            on_failure=again.failed,
        )  # fmt: skip
    return dataclasses.asdict(find_run(store, again.run_id))


def _store() -> Any:
    from ppml_core.store import Store

    return Store()
