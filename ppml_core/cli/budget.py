"""`ppml budget`: the noise that a budget asks for, and what each accountant says of it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from ppml_core.errors import BadInput, NotApplicable

MECHANISMS = ("gaussian", "subsampled_gaussian", "laplace", "randomized_response")
PURE = ("laplace", "randomized_response")


def budget_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--mechanism", choices=MECHANISMS, default="gaussian", help="what touches the rows (gaussian)")
    command.add_argument("--steps", type=int, default=1, help="how often it is run (1)")
    command.add_argument("--epsilon", type=float, help="the budget ε to keep; without it --noise-multiplier is told of")
    command.add_argument("--delta", type=float, default=0.0, help="the budget δ (0, for pure mechanisms)")
    command.add_argument("--rate", type=float, default=1.0, help="chance that a person is in a Poisson sample (1)")
    command.add_argument(
        "--neighbours", choices=("add_or_remove_one", "replace_one"), default="add_or_remove_one",
        help="tables that must look alike (add_or_remove_one)",
    )  # fmt: skip
    command.add_argument("--noise-multiplier", type=float, help="noise in units of what one neighbour can change")
    command.add_argument("--records", type=int, default=1, help="most records that one person may have (1)")


def run_budget(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.accounting.accountants import ACCOUNTANTS

    _check(arguments)
    event_of = _events(arguments)
    multiplier = arguments.noise_multiplier
    if multiplier is None:
        multiplier = _calibrated(arguments, event_of)
    event = event_of(multiplier)
    said: dict[str, float | None] = {}
    silent: dict[str, str] = {}
    for name in ("gdp", "pld", "rdp", "zcdp", "pure"):
        try:
            said[name] = ACCOUNTANTS[name](event, arguments.delta)
        except (NotApplicable, BadInput) as reason:
            said[name], silent[name] = None, str(reason)
    return {
        "mechanism": arguments.mechanism,
        "steps": arguments.steps,
        "epsilon": arguments.epsilon,
        "delta": arguments.delta,
        "neighbours": arguments.neighbours,
        "unit": "record" if arguments.records == 1 else f"person with up to {arguments.records} records",
        "noise_multiplier": multiplier,
        **_mu(event),
        "accountants": said,
        "not_applicable": silent,
    }


def _check(arguments: argparse.Namespace) -> None:
    if (arguments.epsilon is None) == (arguments.noise_multiplier is None):
        raise BadInput("give --epsilon for the noise it needs, or --noise-multiplier for the epsilon it costs.")
    if arguments.steps < 1 or arguments.records < 1:
        raise BadInput("--steps and --records must be at least 1.")
    if arguments.mechanism not in PURE and not 0 < arguments.delta < 1:
        raise BadInput(f"Gaussian noise needs a --delta above 0 and below 1, not {arguments.delta:g}.")
    if not 0 <= arguments.delta < 1:
        raise BadInput(f"--delta must be at least 0 and below 1, not {arguments.delta:g}.")
    if arguments.rate != 1 and arguments.mechanism != "subsampled_gaussian":
        raise BadInput("--rate belongs to the mechanism subsampled_gaussian.")


def _events(arguments: argparse.Namespace) -> Callable[[float], Any]:
    """From a noise multiplier for one record to the composition, for a person with several."""
    from ppml_core.accounting.events import Composition, Event, Gaussian, Laplace, PureEpsilon, SubsampledGaussian

    def event(multiplier: float) -> Event:
        z, neighbours = multiplier / arguments.records, arguments.neighbours
        if arguments.mechanism == "subsampled_gaussian":
            if arguments.records > 1:
                raise NotApplicable("a person's records are sampled apart, which --records does not account for.")
            return SubsampledGaussian(neighbours, z, arguments.rate)
        if arguments.mechanism == "gaussian":
            return Gaussian(neighbours, z)
        return Laplace(neighbours, z) if arguments.mechanism == "laplace" else PureEpsilon(neighbours, 1 / z)

    return lambda multiplier: Composition(((event(multiplier), arguments.steps),))


def _calibrated(arguments: argparse.Namespace, event_of: Callable[[float], Any]) -> float:
    from ppml_core.accounting.calibration import calibrate
    from ppml_core.accounting.gaussian import noise_multiplier

    if arguments.mechanism == "gaussian":
        return float(arguments.records) * noise_multiplier(arguments.epsilon, arguments.delta, arguments.steps)
    if arguments.mechanism in PURE and arguments.delta == 0:
        if not arguments.epsilon > 0:
            raise BadInput(f"epsilon must be a finite number above 0, not {arguments.epsilon}.")
        return float(arguments.records * arguments.steps / arguments.epsilon)
    return calibrate(event_of, arguments.epsilon, arguments.delta)


def _mu(event: Any) -> dict[str, float]:
    from ppml_core.accounting.accountants import mu_of_events

    try:
        return {"mu": mu_of_events(event)}
    except NotApplicable:
        return {}
