"""`ppml attack update TABLE`: records read out of updates, clear, masked, summed and with noise, and of models."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, Any

from ppml_core.cli.output import Bar, Command, names, say
from ppml_core.cli.tables import read_table_of, table_arguments
from ppml_core.cli.whole_numbers import seed_argument
from ppml_core.errors import BadInput

if TYPE_CHECKING:
    from ppml_core.federated.inversion_study import Sighting


def update_attack_arguments(kinds: Any, command: Command) -> None:
    """The parser; `command` makes one."""
    parser = command(kinds, "update", run_update_attack, "which records can be read out of a training update?")
    table_arguments(parser)
    add = parser.add_argument
    add("--records", type=names, help="how many records a sum hides, with commas (1,2,5,20,100)")
    add("--epsilons", type=names, help="budgets of noise on a single update, with commas (1,3,10,100)")
    add("--repeats", type=int, default=40, help="how often people are drawn (40)")
    seed_argument(parser)


def run_update_attack(arguments: argparse.Namespace) -> dict[str, Any]:
    """Shares of categories recovered exactly, each beside guessing and a control."""
    import numpy as np

    from ppml_core.federated.inversion_study import EPSILONS, RECORDS
    from ppml_core.federated.neighbour_study import whole_study

    if arguments.repeats < 2:
        raise BadInput(f"--repeats must be at least 2, not {arguments.repeats}.")
    records = tuple(int(_positive(text, "records", whole=True)) for text in arguments.records or map(str, RECORDS))
    epsilons = tuple(_positive(text, "epsilons") for text in arguments.epsilons or map(str, EPSILONS))
    data, started = read_table_of(arguments, arguments.table), time.perf_counter()
    rng, bar = np.random.default_rng(arguments.seed), Bar("experiments")
    study = whole_study(data, rng, records, epsilons, arguments.repeats, bar)
    say("internal: measured on private people")
    return {
        "columns": list(study.columns),
        "sums": [_told(one) for one in study.sums],
        "masked": _told(study.masked),
        "noisy": [_told(one) for one in study.noisy],
        "neighbours": [_told(one) for one in study.neighbours],
        "delta": study.delta,
        "seconds": time.perf_counter() - started,
    }


def _told(seen: Sighting) -> dict[str, Any]:
    found = {
        "seen": seen.seen, "records": seen.records, **seen.found.values(), "guessing": seen.guessing.values(),
        "control": seen.control.values(), "whole_records": seen.whole.values(),
    }  # fmt: skip
    return found if seen.epsilon is None else found | {"epsilon": seen.epsilon, "at_most": seen.bound}


def _positive(text: str, flag: str, *, whole: bool = False) -> float:
    try:
        number = float(int(text)) if whole else float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1e6:
        raise BadInput(f"--{flag} takes {'whole ' if whole else ''}numbers above 0 with commas, not {text!r}.")
    return number
