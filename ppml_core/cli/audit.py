"""`ppml audit`: a private learner's claim beside a lower bound that was measured by running it."""

from __future__ import annotations

import argparse
import dataclasses
from typing import Any

from ppml_core.cli.output import Bar
from ppml_core.cli.whole_numbers import seed_argument
from ppml_core.errors import BadInput

METHODS = ("two_world", "one_run")


def audit_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--learner", required=True, help="a private learner's name (see ppml methods)")
    command.add_argument("--epsilon", help="the privacy budget ε that it is to keep")
    command.add_argument("--delta", help="the privacy budget δ that it is to keep")
    command.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="any other setting")
    command.add_argument(
        "--telling", action="store_true",
        help="settings under which the released weights say as much as all noisy sums (one step, straight lines)",
    )  # fmt: skip
    command.add_argument("--method", choices=METHODS, default="two_world", help="which audit (two_world)")
    command.add_argument("--dataset", help="make up people by the schema of this table (a small one is built in)")
    command.add_argument("--runs", type=int, help="two_world: trainings in each of the two worlds (400)")
    command.add_argument("--canaries", type=int, help="one_run: canaries in the one training (1000)")
    command.add_argument("--confidence", type=float, default=0.95, help="of everything that is said (0.95)")
    seed_argument(command, "what the noise grows from (1)")


def run_audit(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.attacks.audits.running import audit_canaries, audit_learner, telling
    from ppml_core.catalog import method, methods
    from ppml_core.cli.train import learner_settings
    from ppml_core.data.reading import read_dataset
    from ppml_core.learn.base import Learner
    from ppml_core.settings import settings_of

    runs, canaries = _numbers(arguments)
    cls = method(Learner, arguments.learner)
    if not cls.private:
        private = ", ".join(name for name, other in methods(Learner).items() if other.private)
        raise BadInput(f"{arguments.learner} claims nothing that could be audited; private learners are {private}.")
    given = learner_settings(arguments)
    if "delta" in given and "delta" not in settings_of(cls):
        raise BadInput(f"{arguments.learner} keeps a pure ε: leave --delta out.")
    learner = cls.from_values((telling(cls) if arguments.telling else {}) | given)
    schema = read_dataset(arguments.dataset).schema if arguments.dataset else None
    error = 1 - arguments.confidence
    if arguments.method == "one_run":
        found = audit_canaries(learner, canaries, arguments.seed, error, schema)
    else:
        found = audit_learner(learner, runs, arguments.seed, error, schema, Bar())
    return {
        "learner": arguments.learner,
        "method": found.method,
        "claimed": found.claim.epsilon,
        "lower_bound": found.lower_bound,
        "confidence": found.confidence,
        "contradicted": found.contradicted,
        "claim": dataclasses.asdict(found.claim),
        "gaussian_lower_bound": found.gaussian_bound,
        "allowed": found.allowed,
        "fpr": _rate(found.fpr, found.method),
        "tpr": _rate(found.tpr, found.method),
        "runs": found.runs,
        "canaries": found.canaries,
        "worlds": found.worlds,
        "people": f"made up from the schema of {arguments.dataset}" if arguments.dataset else "made up",
        "settings": learner.values(),
        "seed": arguments.seed,
    }


def _numbers(arguments: argparse.Namespace) -> tuple[int, int]:
    """(runs, canaries), the one that is asked for checked."""
    from ppml_core.attacks.audits.one_run import LEAST_CANARIES
    from ppml_core.attacks.audits.two_world import LEAST_RUNS

    one_run = arguments.method == "one_run"
    if one_run and arguments.runs is not None:
        raise BadInput("--runs is for two_world; one_run trains once and takes --canaries.")
    if not one_run and arguments.canaries is not None:
        raise BadInput("--canaries is for one_run; two_world has one canary and takes --runs.")
    if not 0.5 <= arguments.confidence < 1:
        raise BadInput(f"--confidence must be at least 0.5 and below 1, not {arguments.confidence:g}.")
    runs = 400 if arguments.runs is None else arguments.runs
    canaries = 1000 if arguments.canaries is None else arguments.canaries
    if not one_run and not LEAST_RUNS <= runs <= 1_000_000:
        raise BadInput(f"--runs must be at least {LEAST_RUNS} and at most 1000000, not {runs}.")
    if one_run and not LEAST_CANARIES <= canaries <= 100_000:
        raise BadInput(f"--canaries must be at least {LEAST_CANARIES} and at most 100000, not {canaries}.")
    return runs, canaries


def _rate(rate: Any, method: str) -> dict[str, Any]:
    """Without an interval for one run: canaries of one training are not independent."""
    known = method == "two_world"
    return {"value": rate.value, "low": rate.low if known else None, "high": rate.high if known else None}
