"""`ppml report`: a run or a scenario as one HTML file; what has not been computed is computed first."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from ppml_core.cli.output import Bar, check_target_folder, say, write_whole
from ppml_core.cli.scenario import scenario_of_file
from ppml_core.cli.tables import read_table_of, schema_arguments
from ppml_core.cli.whole_numbers import processes_argument
from ppml_core.errors import BadInput

FORMATS = ("svg", "png", "pdf")


def report_arguments(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("named", metavar="RUN", nargs="?", help="a run's id, the first letters of it, or its name (ppml runs list)")
    add("--scenario", type=Path, help="a scenario file (TOML) instead of a run")
    add("--table", help="where the table is now, if not where the run or the scenario says")
    schema_arguments(command)
    add("--chosen", default="", metavar="ID", help="the scenario it is about (the knee of the map)")
    add("--utility", default="", help="the map's utility axis (accuracy, or r2)")
    add("--risk", default="", help="the map's risk axis (an attack on what is handed out)")
    add("--question", default="", help="the question in your own words")
    processes_argument(command)
    add("--charts", type=Path, metavar="FOLDER", help="write each chart as a picture too (extra export)")
    add("--format", choices=FORMATS, default="svg", help="of these pictures (svg)")
    add("--out", type=Path, required=True, help="the HTML file to write")


def run_report(arguments: argparse.Namespace) -> dict[str, Any]:
    import numpy as np

    from ppml_core.data.checks import check_target
    from ppml_core.experiment.plans import remarks_of
    from ppml_core.experiment.sweep import sweep
    from ppml_core.report import about, charts_of, explore
    from ppml_core.report.page import page
    from ppml_core.store import Store

    check_target_folder(arguments.out)
    if arguments.charts and not arguments.charts.is_dir():
        raise BadInput(f"there is no folder {str(arguments.charts)!r} for the charts: make it first.")
    store = Store()
    scenarios, fingerprint = _asked(arguments, store)
    place = arguments.table or scenarios[0].dataset
    data = read_table_of(arguments, place)
    if fingerprint and data.fingerprint != fingerprint:
        raise BadInput(
            f"{place} is not the table of this run, or its roles are others: give the file with --table, and --schema, "
            "--qi or --sensitive as they were."
        )
    check_target(data)
    with np.errstate(all="ignore"):
        rows = sweep(scenarios, data, store, processes=arguments.processes, progress=Bar())
    axes = {name: getattr(arguments, name) for name in ("chosen", "utility", "risk")}
    told = explore(scenarios, rows, about(data, scenarios[0].seed), **axes)
    remarks = remarks_of([told.chosen], data, store).no_guarantee
    made = f"{datetime.now(UTC):%Y-%m-%d}"
    html = page(told, question=arguments.question, remarks=remarks, made=made)
    pictures = _pictures(charts_of(told), arguments) if arguments.charts else []
    write_whole(arguments.out, lambda path: path.write_text(html, encoding="utf-8"))
    say("the report is internal: it was measured on private people.")
    return {
        "scenarios": len(scenarios), "chosen": told.chosen.id, "why_chosen": told.why_chosen,
        "bytes": len(html.encode()), "charts": pictures, "out": str(arguments.out),
    }  # fmt: skip


def _asked(arguments: argparse.Namespace, store: Any) -> tuple[list[Any], str]:
    """The scenarios to report, and the fingerprint of the table where it is known."""
    from ppml_core.store.runs import check_is_sweep, find_run, scenarios_of

    if (arguments.named is None) == (arguments.scenario is None):
        raise BadInput("give a run (ppml runs list) or --scenario F.toml, one of them.")
    if arguments.scenario:
        return [scenario_of_file(arguments.scenario)], ""
    run = find_run(store, arguments.named)
    check_is_sweep(run)
    return scenarios_of(store, run), run.fingerprint


def _write(content: bytes, path: Path) -> None:
    path.write_bytes(content)


def _pictures(charts: Any, arguments: argparse.Namespace) -> list[str]:
    from ppml_core.charts.pictures import picture

    made = {arguments.charts / f"{name}.{arguments.format}": picture(chart, arguments.format)
            for name, chart in charts.items()}  # fmt: skip
    for path, content in made.items():
        write_whole(path, partial(_write, content))
    return [str(path) for path in made]
