"""`ppml audit`: what a method claims beside a lower bound that was measured by running it."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable
from typing import Any

from ppml_core.cli.output import Bar
from ppml_core.cli.whole_numbers import first_seed, free_seed_argument
from ppml_core.errors import BadInput

METHODS = ("two_world", "one_run")
KINDS = ("learner", "anonymizer", "mechanism")


def audit_arguments(command: argparse.ArgumentParser) -> None:
    asked = command.add_mutually_exclusive_group(required=True)
    asked.add_argument("--learner", help="a private learner's name (see ppml methods)")
    asked.add_argument("--anonymizer", help="the name of an anonymizer whose release carries a guarantee")
    asked.add_argument("--mechanism", help="the noise itself: gaussian, randomized_response, desk_laplace, …")
    command.add_argument(
        "--release", action="store_true", help="what leaves of it: noise of the operating system, no seed"
    )
    command.add_argument("--epsilon", help="the privacy budget ε that it is to keep")
    command.add_argument("--delta", help="the privacy budget δ that it is to keep")
    command.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="any other setting")
    command.add_argument(
        "--telling", action="store_true",
        help="settings under which what is released says as much as all noisy sums (one step, straight lines)",
    )  # fmt: skip
    command.add_argument("--method", choices=METHODS, default="two_world", help="which audit (two_world)")
    command.add_argument("--dataset", help="make up people by the schema of this table (a small one is built in)")
    command.add_argument("--runs", type=int, help="two_world: runs in each of the two worlds (400)")
    command.add_argument("--canaries", type=int, help="one_run: canaries in the one training (1000)")
    command.add_argument("--confidence", type=float, default=0.95, help="of everything that is said (0.95)")
    free_seed_argument(command, "what the noise grows from (1), where a seed decides it")


def run_audit(arguments: argparse.Namespace) -> dict[str, Any]:
    _check(arguments)
    kind = next(kind for kind in KINDS if getattr(arguments, kind) is not None)
    run: Callable[[argparse.Namespace], tuple[Any, dict[str, Any], int | None]]
    run = {"learner": _learner, "anonymizer": _anonymizer, "mechanism": _mechanism}[kind]
    found, settings, seed = run(arguments)
    return {
        kind: getattr(arguments, kind),
        "released": arguments.release,
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
        "settings": settings,
        "seed": seed,
    }


def _learner(arguments: argparse.Namespace) -> tuple[Any, dict[str, Any], int | None]:
    """(what was found, the settings, the seed): None where the operating system gave the noise."""
    from ppml_core.attacks.audits.running import audit_canaries, audit_learner
    from ppml_core.catalog import method, methods
    from ppml_core.learn.base import Learner

    cls = method(Learner, arguments.learner)
    if not cls.private:
        private = ", ".join(name for name, other in methods(Learner).items() if other.private)
        raise BadInput(f"{arguments.learner} claims nothing that could be audited; private learners are {private}.")
    learner = _made(cls, arguments)
    settings = learner.values()
    if arguments.release:
        return _release(arguments, learner), settings, None
    runs, canaries, error, schema = _runs(arguments), _canaries(arguments), _error(arguments), _schema(arguments)
    seed = first_seed(arguments)
    if arguments.method == "one_run":
        return audit_canaries(learner, canaries, seed, error, schema), settings, seed
    return audit_learner(learner, runs, seed, error, schema, Bar()), settings, seed


def _anonymizer(arguments: argparse.Namespace) -> tuple[Any, dict[str, Any], int | None]:
    from ppml_core.anonymize.base import Anonymizer
    from ppml_core.attacks.audits.running import audit_anonymizer
    from ppml_core.catalog import method, methods
    from ppml_core.settings import settings_of

    cls = method(Anonymizer, arguments.anonymizer)
    if "epsilon" not in settings_of(cls):
        private = ", ".join(name for name, other in methods(Anonymizer).items() if "epsilon" in settings_of(other))
        raise BadInput(f"{arguments.anonymizer} claims nothing that could be audited; those that do are {private}.")
    made, seed = _made(cls, arguments), first_seed(arguments)
    if arguments.release:
        return _release(arguments, made), made.values(), None
    found = audit_anonymizer(made, _runs(arguments), seed, _error(arguments), _schema(arguments), Bar())
    return found, made.values(), seed


def _release(arguments: argparse.Namespace, method: Any) -> Any:
    from ppml_core.attacks.audits.running import audit_release

    if not method.has_release_path():
        raise BadInput(f"{method.name()} has no release path: leave --release out.")
    return audit_release(method, _runs(arguments), _error(arguments), _schema(arguments))


def _mechanism(arguments: argparse.Namespace) -> tuple[Any, dict[str, Any], int | None]:
    from ppml_core.experiment.mechanisms import audit_mechanism, mechanism

    asked = mechanism(arguments.mechanism)
    if arguments.set or arguments.telling or arguments.dataset:
        raise BadInput("a mechanism takes --epsilon and --delta alone: leave --set, --telling and --dataset out.")
    epsilon, delta = _number(arguments, "epsilon", 1.0), _number(arguments, "delta", 0.0)
    if not asked.seeded and arguments.seed is not None:
        raise BadInput(f"{arguments.mechanism} takes no --seed: its noise comes from the operating system.")
    seed = first_seed(arguments)
    found = audit_mechanism(arguments.mechanism, epsilon, delta, _runs(arguments), seed, _error(arguments))
    return found, {"epsilon": epsilon, "delta": delta}, seed if asked.seeded else None


def _made(cls: Any, arguments: argparse.Namespace) -> Any:
    """The method with the settings that were given, and those that tell most where asked for."""
    from ppml_core.attacks.audits.running import telling
    from ppml_core.cli.train import learner_settings
    from ppml_core.settings import settings_of

    given = learner_settings(arguments)
    if "delta" in given and "delta" not in settings_of(cls):
        raise BadInput(f"{cls.name()} keeps a pure ε: leave --delta out.")
    return cls.from_values((telling(cls) if arguments.telling else {}) | given)


def _schema(arguments: argparse.Namespace) -> Any:
    from ppml_core.data.reading import read_dataset

    return read_dataset(arguments.dataset).schema if arguments.dataset else None


def _check(arguments: argparse.Namespace) -> None:
    from ppml_core.attacks.audits.one_run import LEAST_CANARIES
    from ppml_core.attacks.audits.two_world import LEAST_RUNS

    one_run = arguments.method == "one_run"
    if one_run and (arguments.learner is None or arguments.release):
        raise BadInput("one_run is of a learner that is trained once: give --learner, without --release.")
    if arguments.release and arguments.mechanism is not None:
        raise BadInput("--release is of a learner or an anonymizer: give --learner or --anonymizer.")
    first_seed(arguments)
    if one_run and arguments.runs is not None:
        raise BadInput("--runs is for two_world; one_run trains once and takes --canaries.")
    if not one_run and arguments.canaries is not None:
        raise BadInput("--canaries is for one_run; two_world has one canary and takes --runs.")
    if not 0.5 <= arguments.confidence < 1:
        raise BadInput(f"--confidence must be at least 0.5 and below 1, not {arguments.confidence:g}.")
    if not one_run and not LEAST_RUNS <= _runs(arguments) <= 1_000_000:
        raise BadInput(f"--runs must be at least {LEAST_RUNS} and at most 1000000, not {arguments.runs}.")
    if one_run and not LEAST_CANARIES <= _canaries(arguments) <= 100_000:
        raise BadInput(f"--canaries must be at least {LEAST_CANARIES} and at most 100000, not {arguments.canaries}.")


def _runs(arguments: argparse.Namespace) -> int:
    return 400 if arguments.runs is None else int(arguments.runs)


def _canaries(arguments: argparse.Namespace) -> int:
    return 1000 if arguments.canaries is None else int(arguments.canaries)


def _error(arguments: argparse.Namespace) -> float:
    return float(1 - arguments.confidence)


def _number(arguments: argparse.Namespace, name: str, usual: float) -> float:
    given = getattr(arguments, name)
    try:
        return usual if given is None else float(given)
    except ValueError:
        raise BadInput(f"--{name} takes a number, not {given!r}.") from None


def _rate(rate: Any, method: str) -> dict[str, Any]:
    """Without an interval for one run: canaries of one training are not independent."""
    known = method == "two_world"
    return {"value": rate.value, "low": rate.low if known else None, "high": rate.high if known else None}
