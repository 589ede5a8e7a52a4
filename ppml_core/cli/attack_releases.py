"""`ppml attack intersection TABLE`: what several releases of one table reveal together that none reveals alone."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

from ppml_core.cli.attack_table import told
from ppml_core.cli.output import say
from ppml_core.cli.tables import read_table_of, table_arguments
from ppml_core.cli.whole_numbers import seed_argument
from ppml_core.errors import BadInput

Command = Callable[[Any, str, Callable[..., Any], str], argparse.ArgumentParser]

RELEASES = ("full_domain(k=5)", "local(k=5)")


def release_attack_arguments(kinds: Any, command: Command) -> None:
    """The parser; `command` makes one."""
    parser = command(kinds, "intersection", run_intersection, "what two releases of one table reveal together")
    table_arguments(parser)
    parser.add_argument(
        "--release", action="append", metavar="NAME(…)",
        help=f"an anonymizer with its settings, twice or more ({' and '.join(RELEASES)})",
    )  # fmt: skip
    seed_argument(parser)


def run_intersection(arguments: argparse.Namespace) -> dict[str, Any]:
    """Shares of people with an interval, beside what the most telling release reveals by itself."""
    import numpy as np

    from ppml_core.anonymize.base import Anonymizer
    from ppml_core.attacks.intersection import Taken, intersect
    from ppml_core.calls import read_calls

    texts = arguments.release or RELEASES
    made = [one for text in texts for one in read_calls(Anonymizer, text, RELEASES[0])]
    if len(made) < 2:
        raise BadInput("an intersection needs two releases or more: give --release twice.")
    for one in made:
        if one.synthesizes or one.perturbs:
            raise BadInput(f"{one.name()} publishes what may be false of a person, so that nobody's class is known.")
    data, started = read_table_of(arguments, arguments.table), time.perf_counter()
    if not data.quasi_identifiers:
        raise BadInput("an intersection is of classes of look-alikes: name the quasi-identifiers with --qi.")
    rngs = [np.random.default_rng([arguments.seed, place]) for place in range(len(made))]
    releases = [Taken.of(one.text(), data, one.fit(data, rng)) for one, rng in zip(made, rngs, strict=True)]
    found = intersect(data, releases)
    say("internal: measured on private people, by whoever knows who is in all of the releases")
    return {
        "intersection": told(found.findings(), "intersection"),
        "people": found.people,
        "smallest": found.smallest,
        "smallest_alone": list(found.smallest_alone),
        "releases": [{"release": taken.name, "people": taken.people} for taken in releases],
        "said": found.sentence(),
        "seconds": time.perf_counter() - started,
    }
