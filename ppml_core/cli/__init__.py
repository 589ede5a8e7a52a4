"""The command line: one command for each piece of work, `ppml --help` lists them.

Names and JSON keys are a contract. With `--json`, stdout is one JSON document; progress and warnings go to stderr. An
error is one line on stderr and exit code 2, and nothing is left half written; a sweep in which nothing at all was
measured prints its answer, with exit code 2. A fault of the program is told by its kind alone, for its text may quote
a table; PPML_DEBUG=1 shows where it happened, with what it says.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from ppml_core import __version__
from ppml_core.cli.attack import attack_arguments
from ppml_core.cli.audit import audit_arguments, run_audit
from ppml_core.cli.budget import budget_arguments, run_budget
from ppml_core.cli.encrypted import encrypted_arguments, run_encrypted
from ppml_core.cli.federate import federate_arguments, run_federate
from ppml_core.cli.flags import anonymize_arguments, lattice_arguments
from ppml_core.cli.hierarchies import hierarchy_arguments
from ppml_core.cli.mpc import mpc_arguments, run_mpc
from ppml_core.cli.output import OneLineParser, Run, show
from ppml_core.cli.pii import pii_arguments, run_pii
from ppml_core.cli.query import query_arguments, run_query
from ppml_core.cli.report import report_arguments, run_report
from ppml_core.cli.risk import risk_arguments, run_risk
from ppml_core.cli.runs import runs_arguments
from ppml_core.cli.scenario import scenario_arguments
from ppml_core.cli.solve import map_arguments, run_map, run_solve, solve_arguments
from ppml_core.cli.sweep import run_sweep, sweep_arguments
from ppml_core.cli.synthesize import run_synthesize, synthesize_arguments
from ppml_core.cli.train import run_train, train_arguments
from ppml_core.errors import PPMLError, in_a_sentence

DEBUG = "PPML_DEBUG"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code: 0; 2 after an error, a check with faults, a sweep without a value."""
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
    """The parser with every command."""
    parser = OneLineParser(prog="ppml", description="What privacy costs and what it buys.")
    parser.add_argument("--version", action="version", version=f"ppml {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=OneLineParser)

    def add(name: str, run: Run, arguments: Callable[[argparse.ArgumentParser], None], help: str) -> None:
        arguments(_command(commands, name, run, help))

    commands.add_parser("dashboard", help="open the dashboard (also without a command)", add_help=False)
    _command(commands, "datasets", _datasets, "list the bundled tables")
    _command(commands, "methods", _methods, "list every method with its settings")
    add("risk", run_risk, risk_arguments, "re-identification risk of a table")
    add("anonymize", _anonymize, anonymize_arguments, "make a release that keeps privacy models")
    add("lattice", _lattice, lattice_arguments, "the best generalization for every k, from one sweep")
    add("pii", run_pii, pii_arguments, "what in a table seems to name people, per column; a suggestion")
    hierarchy_arguments(commands, _command)
    attack_arguments(commands, _command)
    add("train", run_train, train_arguments, "train one model, private or not, and measure it")
    add("encrypted", run_encrypted, encrypted_arguments, "ask a model, or train one, on ciphertexts")
    add("federate", run_federate, federate_arguments, "train among holders who keep their people")
    add("mpc", run_mpc, mpc_arguments, "train and ask a model on secret shares of three parties")
    add("audit", run_audit, audit_arguments, "a private learner's claim beside what was measured")
    add("query", run_query, query_arguments, "ask about a table, restricted or privately; or attack that")
    add("budget", run_budget, budget_arguments, "the noise that a privacy budget asks for")
    add("synthesize", run_synthesize, synthesize_arguments, "make up people from noisy counts")
    add("sweep", run_sweep, sweep_arguments, "train over many settings and repeats")
    runs_arguments(commands, _command)
    scenario_arguments(commands, _command)
    add("map", run_map, map_arguments, "the risk-utility map: many protections and learners in one sweep")
    add("report", run_report, report_arguments, "a run or a scenario as one HTML file, to read and to print")
    add("solve", run_solve, solve_arguments, "the best setting that meets what you need, or the nearest")
    return parser


def _command(commands: Any, name: str, run: Run, help: str) -> argparse.ArgumentParser:
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


def _anonymize(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.cli.anonymize import run_anonymize

    return run_anonymize(arguments)


def _lattice(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.cli.anonymize import run_lattice

    return run_lattice(arguments)
