"""The command line: one command for each piece of work, `ppml --help` lists them.

Names and JSON keys are a contract. With `--json`, stdout is one JSON document; progress and warnings go to stderr. An
error is one line on stderr and exit code 2, and nothing is left half written. A fault of the program is told by its
kind alone, for its text may quote a table; PPML_DEBUG=1 shows where it happened, with what it says.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ppml_core import __version__
from ppml_core.cli.attack import attack_arguments
from ppml_core.cli.audit import audit_arguments
from ppml_core.cli.budget import budget_arguments
from ppml_core.cli.designs import design_arguments, designed, time_limit
from ppml_core.cli.encrypted import encrypted_arguments
from ppml_core.cli.federate import federate_arguments
from ppml_core.cli.flags import anonymize_arguments, lattice_arguments
from ppml_core.cli.hierarchies import hierarchy_arguments
from ppml_core.cli.mpc import mpc_arguments
from ppml_core.cli.output import Bar, OneLineParser, check_target_folder, names, say, show, write_whole
from ppml_core.cli.query import query_arguments
from ppml_core.cli.report import report_arguments
from ppml_core.cli.risk import risk_arguments
from ppml_core.cli.runs import runs_arguments
from ppml_core.cli.scenario import axes_of, scenario_arguments, scenario_of_file
from ppml_core.cli.solve import map_arguments, solve_arguments
from ppml_core.cli.synthesize import synthesize_arguments
from ppml_core.cli.tables import read_table_of, schema_arguments
from ppml_core.cli.train import train_arguments
from ppml_core.cli.whole_numbers import free_seed_argument, processes_argument
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput, PPMLError, in_a_sentence

DEBUG = "PPML_DEBUG"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code (0, or 2 after an error told on stderr or a check that found faults)."""
    try:
        arguments = command_line().parse_args(argv)
        result = arguments.run(arguments)
    except PPMLError as fault:
        print(f"ppml: {' '.join(str(fault).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("ppml: stopped; finished points are kept", file=sys.stderr)
        return 130
    except Exception as fault:
        if os.environ.get(DEBUG):
            traceback.print_exc()
        print(f"ppml: {in_a_sentence(fault)[:-1]}; {DEBUG}=1 shows where, and may show values", file=sys.stderr)
        return 2
    try:
        show(result, arguments.json)
        sys.stdout.flush()
    except (OSError, UnicodeEncodeError) as fault:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - what is left in the buffer has nowhere to go
        print(f"ppml: the result cannot be printed: {fault}", file=sys.stderr)
        return 2
    return int(getattr(arguments, "exit_code", 0))


def command_line() -> OneLineParser:
    parser = OneLineParser(prog="ppml", description="What privacy costs and what it buys.")
    parser.add_argument("--version", action="version", version=f"ppml {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=OneLineParser)
    commands.add_parser("dashboard", help="open the dashboard (also without a command)", add_help=False)
    _command(commands, "datasets", _datasets, "list the bundled tables")
    _command(commands, "methods", _methods, "list every method with its settings")

    risk_arguments(_command(commands, "risk", _risk, "re-identification risk of a table"))

    anonymize_arguments(_command(commands, "anonymize", _anonymize, "make a release that keeps privacy models"))
    lattice_arguments(_command(commands, "lattice", _lattice, "the best generalization for every k, from one sweep"))
    pii = _command(commands, "pii", _pii, "what in a table seems to name people, per column; a suggestion")
    pii.add_argument("table", metavar="TABLE", help="a bundled name (see ppml datasets) or a path")
    hierarchy_arguments(commands, _command)
    attack_arguments(commands, _command)

    train_arguments(_command(commands, "train", _train, "train one model, private or not, and measure it"))

    encrypted_arguments(_command(commands, "encrypted", _encrypted, "ask a model, or train one, on ciphertexts"))

    federate_arguments(_command(commands, "federate", _federate, "train among holders who keep their people"))
    mpc_arguments(_command(commands, "mpc", _mpc, "train and ask a model on secret shares of three parties"))

    audit_arguments(_command(commands, "audit", _audit, "a private learner's claim beside what was measured"))

    query_arguments(_command(commands, "query", _query, "ask about a table, restricted or privately; or attack that"))

    budget_arguments(_command(commands, "budget", _budget, "the noise that a privacy budget asks for"))

    synthesize_arguments(_command(commands, "synthesize", _synthesize, "make up people from noisy counts"))

    sweep = _command(commands, "sweep", _sweep, "train over many settings and repeats")
    sweep.add_argument("--scenario", type=Path, help="a scenario file (TOML)")
    sweep.add_argument("--dataset", help="a bundled name or a path")
    schema_arguments(sweep)
    sweep.add_argument("--learner", help="a learner's name (see ppml methods)")
    sweep.add_argument("--venue", help="where it is trained (see ppml methods): federated, …")
    sweep.add_argument("--epsilon", help="one or more, with commas")
    sweep.add_argument("--delta", help="one or more, with commas")
    sweep.add_argument("--method", help="an anonymizer for the training part (full_domain where --k is given)")
    sweep.add_argument("--k", help="one or more, with commas: anonymize the training part with each k first")
    sweep.add_argument("--set", action="append", default=[], metavar="learner.NAME=V[,V…]", help="any other setting")
    design_arguments(sweep)
    sweep.add_argument("--repeats", type=int, help="fits with seeds of their own (5)")
    free_seed_argument(sweep)
    processes_argument(sweep)
    sweep.add_argument("--cluster", metavar="ADDRESS", help="work on the Dask cluster at tcp://host:8786 instead")
    sweep.add_argument("--name", default="", help="a name to find the run by (ppml runs list)")
    sweep.add_argument("--note", default="", help="what it is for")
    sweep.add_argument("--out", type=Path, required=True, help="the Parquet file to write")

    runs_arguments(commands, _command)
    scenario_arguments(commands, _command)
    map_arguments(_command(commands, "map", _map, "the risk-utility map: many protections and learners in one sweep"))
    report_arguments(
        _command(commands, "report", _report, "a run or a scenario as one HTML file, to read and to print")
    )
    solve_arguments(_command(commands, "solve", _solve, "the best setting that meets what you need, or the nearest"))
    return parser


def _command(commands: Any, name: str, run: Callable[..., Any], help: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=help.replace("%", "%%"), description=help)
    command.set_defaults(run=run)
    command.add_argument("--json", action="store_true", help="print one JSON document")
    return command


def _datasets(_: argparse.Namespace) -> Any:
    from ppml_core.data.bundled import describe

    return describe()


def _methods(_: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.anonymize.base import Anonymizer
    from ppml_core.anonymize.losses.base import Loss
    from ppml_core.anonymize.models.base import PrivacyModel
    from ppml_core.attacks.base import Attack
    from ppml_core.catalog import methods
    from ppml_core.learn.base import Learner
    from ppml_core.measures.base import Measure
    from ppml_core.queries.attacks.base import QueryAttack
    from ppml_core.queries.policies.base import Policy
    from ppml_core.queries.restrictions.base import Restriction
    from ppml_core.settings import settings_of
    from ppml_core.venues.base import Venue

    kinds = {
        "anonymizers": Anonymizer, "privacy_models": PrivacyModel, "losses": Loss, "learners": Learner,
        "venues": Venue, "attacks": Attack, "measures": Measure,
        "query_policies": Policy, "query_attacks": QueryAttack, "prediction_restrictions": Restriction,
    }  # fmt: skip
    return {
        plural: {
            name: {
                "title": cls.title,
                "summary": cls.summary(),
                "settings": {
                    key: {"default": declared.default, "accepts": declared.allowed(), "help": declared.help}
                    for key, declared in settings_of(cls).items()
                },
            }
            for name, cls in methods(kind).items()
        }
        for plural, kind in kinds.items()
    }


def _risk(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.cli.risk import run_risk

    return run_risk(arguments)


def _train(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.cli.train import run_train

    return run_train(arguments)


def _mpc(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.cli.mpc import run_mpc

    return run_mpc(arguments)


def _encrypted(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.cli.encrypted import run_encrypted

    return run_encrypted(arguments)


def _federate(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.cli.federate import run_federate

    return run_federate(arguments)


def _audit(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.cli.audit import run_audit

    return run_audit(arguments)


def _query(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.cli.query import run_query

    return run_query(arguments)


def _budget(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.cli.budget import run_budget

    return run_budget(arguments)


def _synthesize(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.cli.synthesize import run_synthesize

    return run_synthesize(arguments)


def _report(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.cli.report import run_report

    return run_report(arguments)


def _map(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.cli.solve import run_map

    return run_map(arguments)


def _solve(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.cli.solve import run_solve

    return run_solve(arguments)


def _anonymize(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.cli.anonymize import run_anonymize

    return run_anonymize(arguments)


def _lattice(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.cli.anonymize import run_lattice

    return run_lattice(arguments)


def _pii(arguments: argparse.Namespace) -> Any:
    from ppml_core.cli.pii import run_pii

    return run_pii(arguments)


def _sweep(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.data.checks import check_target
    from ppml_core.experiment.plans import remarks_of
    from ppml_core.experiment.sweep import sweep
    from ppml_core.store import Store
    from ppml_core.store.recording import recording

    if arguments.cluster and arguments.processes > 1:
        raise BadInput("give --processes or --cluster, not both: a cluster has its own workers.")
    base = _base_scenario(arguments)
    axes = _axes(arguments)
    check_target_folder(arguments.out)
    scenarios = designed(arguments, base, axes)
    stop = time_limit(arguments.minutes)
    data = read_table_of(arguments, base.dataset)
    _warn_of_delta(scenarios, data)
    check_target(data)
    store = Store()
    started = time.perf_counter()
    with (
        recording(store, scenarios, data, list(axes), arguments.name, arguments.note) as run,
        np.errstate(all="ignore"),
    ):
        rows = sweep(
            scenarios, data, store, swept=list(axes), processes=arguments.processes, cluster=arguments.cluster,
            progress=Bar(), on_failure=run.failed, cancelled=stop,
        )  # fmt: skip
    seconds = time.perf_counter() - started
    for note in sorted(set(rows["error"].dropna())):
        say(f"not computed: {note}")
    said = remarks_of(scenarios, data, store)
    for remark in (*said.no_guarantee, *said.warnings):
        say(f"note: {remark}")
    write_whole(arguments.out, lambda path: rows.to_parquet(path, index=False))
    measured = rows[rows["measure"].isin(base.measures)]
    lost = measured.groupby(["scenario_id", "repeat"])["value"].apply(lambda values: values.isna().all())
    return {
        "run": run.run_id,
        "points": len(scenarios),
        "rows": len(rows),
        "failed": int(lost.sum()),
        "seconds": seconds,
        "out": str(arguments.out),
    }


def _base_scenario(arguments: argparse.Namespace) -> Any:
    import dataclasses

    from ppml_core.experiment.scenario import Scenario, Step
    from ppml_core.venues.base import Venue

    given = {name: value for name in ("repeats", "seed") if (value := getattr(arguments, name)) is not None}
    if arguments.scenario:
        if arguments.dataset or arguments.learner:
            raise BadInput("give --scenario, or --dataset and --learner, not both.")
        base = dataclasses.replace(scenario_of_file(arguments.scenario), **given)
    elif arguments.dataset and arguments.learner:
        base = Scenario.of(arguments.dataset, arguments.learner, **given)
    else:
        raise BadInput("give --scenario F.toml, or both --dataset and --learner.")
    if arguments.venue:
        base = dataclasses.replace(base, venue=Step.of(Venue, arguments.venue))
    has_k = any("k" in dict(step.settings) for step in base.anonymize)
    if arguments.method or (arguments.k and not has_k):
        chosen = arguments.method or "full_domain"
        chain = Scenario.of(base.dataset, base.learner.method, anonymize=[(chosen, {})]).anonymize
        base = dataclasses.replace(base, anonymize=(*base.anonymize, *chain))
    return base


def _axes(arguments: argparse.Namespace) -> dict[str, list[str]]:
    """Dotted setting -> its values as texts; the scenario parses and checks them."""
    axes = {}
    for flag, dotted in (("k", "anonymize.k"), ("epsilon", "learner.epsilon"), ("delta", "learner.delta")):
        given = getattr(arguments, flag)
        if given is not None:
            axes[dotted] = list(dict.fromkeys(names(given)))
            if not axes[dotted]:
                raise BadInput(f"--{flag} takes one or more numbers with commas between, not {given!r}.")
    for dotted, values in axes_of(arguments.set).items():
        if dotted in axes:
            raise BadInput(f"{dotted} is given twice.")
        axes[dotted] = values
    return axes


def _warn_of_delta(scenarios: Sequence[Any], data: Dataset) -> None:
    from ppml_core.accounting.budget import delta_limit

    if data.schema.expected_rows is None:
        return
    limit = delta_limit(data.schema.expected_rows)
    largest = max((scenario.setting("learner.delta") or 0.0 for scenario in scenarios), default=0.0)
    if largest > limit:
        say(
            f"delta {largest:g} is above 1/(10 x expected rows) = {limit:.2g}: "
            f"a guarantee that weak should not be published"
        )
