"""`ppml scenario check`: whether a scenario file can be run on its table, and what it will and will not say."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ppml_core.cli.output import Command, names
from ppml_core.cli.tables import read_table_of, schema_arguments
from ppml_core.errors import BadInput, PPMLError


def scenario_arguments(commands: Any, command: Command) -> None:
    """`scenario` with its own commands."""
    room = commands.add_parser("scenario", help="look at a scenario file", description="look at a scenario file")
    inner = room.add_subparsers(dest="scenario_command", required=True, parser_class=type(room))
    check = command(
        inner,
        "check",
        run_scenario_check,
        "faults of a scenario file, what it hands out, and the link behind the dashboard's address that opens it",
    )
    check.add_argument("file", metavar="F", type=Path, help="a scenario file (TOML)")
    schema_arguments(check)


def scenario_of_file(path: Path) -> Any:
    """The scenario of a file. Raises BadInput where it cannot be read."""
    from ppml_core.experiment.scenario import scenario_from_toml

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise BadInput(f"the scenario {path} cannot be read: {fault}.") from fault
    return scenario_from_toml(text)


def base_of(arguments: argparse.Namespace) -> Any:
    """The scenario that --scenario, or --dataset and --learner, name, with the repeats and the seed asked for."""
    import dataclasses

    from ppml_core.experiment.scenario import Scenario

    given = {name: value for name in ("repeats", "seed") if (value := getattr(arguments, name, None)) is not None}
    if arguments.scenario:
        if arguments.dataset or arguments.learner:
            raise BadInput("give --scenario, or --dataset and --learner, not both.")
        return dataclasses.replace(scenario_of_file(arguments.scenario), **given)
    if not (arguments.dataset and arguments.learner):
        raise BadInput("give --scenario F.toml, or both --dataset and --learner.")
    return Scenario.of(arguments.dataset, arguments.learner, **given)


def axes_of(assignments: Sequence[str]) -> dict[str, list[str]]:
    """Dotted setting -> its values as texts, from NAME=V,V; the scenario parses and checks them."""
    axes: dict[str, list[str]] = {}
    for assignment in assignments:
        dotted, equals, values = assignment.partition("=")
        if not equals or not names(values):
            rooms = "learner.NAME=V[,V…], venue.NAME=V[,V…] or anonymize.NAME=V[,V…]"
            raise BadInput(f"--set takes {rooms}, not {assignment!r}.")
        if dotted.strip() in axes:
            raise BadInput(f"{dotted.strip()} is given twice.")
        axes[dotted.strip()] = list(dict.fromkeys(names(values)))
    return axes


def run_scenario_check(arguments: argparse.Namespace) -> dict[str, Any]:
    """Every fault, one sentence each; the exit code is 2 where there is one."""
    faults: list[str] = []
    try:
        found = _about(scenario_of_file(arguments.file), arguments, faults)
    except PPMLError as fault:
        faults.append(str(fault))
        found = {}
    arguments.exit_code = 2 if faults else 0
    return {"faults": faults} | found


def _about(scenario: Any, arguments: argparse.Namespace, faults: list[str]) -> dict[str, Any]:
    from ppml_core.catalog import method
    from ppml_core.data.checks import check_target
    from ppml_core.experiment.attacked import why_not
    from ppml_core.experiment.sharing import pack
    from ppml_core.learn.base import Learner
    from ppml_core.learn.target import task_of
    from ppml_core.measures.base import Measure

    try:
        data = read_table_of(arguments, scenario.dataset)
        check_target(data)
        task = task_of(data.schema)
        learner = scenario.learner.method
        if task not in method(Learner, learner).tasks:
            faults.append(
                f"{learner} cannot be trained for a {task}, which the target {data.schema.target!r} asks for."
            )
        measured = [name for name in scenario.measures if method(Measure, name).task == task]
        if not measured:
            faults.append(f"none of the measures {', '.join(scenario.measures)} judges a {task}.")
    except PPMLError as fault:
        faults.append(str(fault))
        measured = list(scenario.measures)
    page = "together_apart" if scenario.venue else "private_training"
    return {
        "id": scenario.id,
        "dataset": scenario.dataset,
        "settings": scenario.dotted(),
        "repeats": scenario.repeats,
        "measures": measured,
        "hands_out": list(scenario.things),
        "attacks": [
            {"method": step.method, "applies": not (reason := why_not(scenario, step)), "reason": reason}
            for step in scenario.attack
        ],
        "link": f"{page}?scenario={pack(scenario)}",
    }
