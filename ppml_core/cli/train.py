"""`ppml train`: one model from a table, what it promises, what it was measured to do, and its file."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from ppml_core.cli.output import check_target_folder, say, write_whole
from ppml_core.cli.persons import for_a_person, records_argument
from ppml_core.cli.set_flags import with_set
from ppml_core.cli.tables import read_table_of, table_arguments
from ppml_core.cli.whole_numbers import first_seed, free_seed_argument

SHORT = {"roc_auc": "auc"}


def train_arguments(command: argparse.ArgumentParser) -> None:
    table_arguments(command)
    command.add_argument("--learner", required=True, help="a learner's name (see ppml methods)")
    command.add_argument("--epsilon", help="privacy budget ε of a private learner")
    command.add_argument("--delta", help="privacy budget δ of a private learner")
    command.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="any other setting")
    free_seed_argument(command, "what the split and the noise grow from (1); not with --release")
    records_argument(command)
    command.add_argument("--out", type=Path, help="write the model with its card (skops)")
    command.add_argument(
        "--release", action="store_true", help="noise from the operating system, exact sums: for what may leave"
    )


def run_train(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.experiment.scenario import Scenario
    from ppml_core.experiment.training import train, train_release

    seed = first_seed(arguments)
    if arguments.out:
        check_target_folder(arguments.out)
    data = read_table_of(arguments, arguments.table)
    settings = learner_settings(arguments)
    scenario = Scenario.of(data.name, arguments.learner, settings, seed=seed, repeats=1)
    trained = train_release(scenario, data) if arguments.release else train(scenario, data)
    for warning in trained.model.warnings:
        say(f"warning: {warning}")
    promised = trained.guarantee
    for_them = for_a_person(promised, arguments.records_per_person, data.schema.expected_rows)
    if arguments.out:
        content = trained.file()
        write_whole(arguments.out, lambda path: path.write_bytes(content))
    return {
        "learner": arguments.learner,
        "settings": scenario.learner.values(),
        "guarantee": None if promised is None else dataclasses.asdict(promised),
        **for_them,
        "guarantee_note": trained.note,
        "split_note": trained.split_note,
        "released": trained.released,
        "exploratory": not trained.released,
        "measures": _measures(trained.rows, scenario.measures),
        "measures_note": "internal: measured on private test people",
        "noise": dict(trained.model.noise),
        "warnings": list(trained.model.warnings),
        "seconds": trained.model.seconds,
    } | ({"out": str(arguments.out)} if arguments.out else {})


def learner_settings(arguments: argparse.Namespace) -> dict[str, str]:
    """--epsilon, --delta and every --set, as texts by name. Raises BadInput where one is given twice."""
    given = {name: value for name in ("epsilon", "delta") if (value := getattr(arguments, name, None)) is not None}
    return with_set(given, arguments.set, "learner")


def _measures(rows: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """Test measures with their 95 % interval over test people, and the level of guessing beside them."""
    known = rows.set_index("measure")
    wanted = [name for name in known.index if name in names or name.startswith("baseline_")]
    return {
        SHORT.get(name, name): {
            "value": row["value"], "low": row["low"], "high": row["high"], "unit": row["unit"],
        } | ({"error": row["error"]} if row["error"] else {})
        for name in wanted
        if (row := known.loc[name]) is not None
    }  # fmt: skip
