"""Which points a sweep computes, and for how long: the flags of `ppml sweep` and `ppml map`."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ppml_core.errors import BadInput

DESIGNS = ("grid", "list", "sobol", "latin_hypercube")


def design_arguments(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add(
        "--design", choices=DESIGNS, default="grid",
        help="every combination (grid), first with first and so on (list), or evenly over the settings' ranges",
    )  # fmt: skip
    add(
        "--points",
        type=int,
        help="how many scenarios fill the space; the most that another design may have",
    )
    add(
        "--minutes",
        type=float,
        help="stop after so many minutes; what is computed by then is kept, and nothing is exit code 2",
    )


def designed(arguments: argparse.Namespace, base: Any, axes: Mapping[str, Sequence[Any]]) -> list[Any]:
    """The scenarios of the design. BadInput where lists differ in length, or points are missing."""
    from ppml_core.experiment.designs import family_of, listed, space_filling, thinned
    from ppml_core.experiment.scenario import expand

    if arguments.design in ("sobol", "latin_hypercube"):
        if arguments.points is None:
            raise BadInput(f"--design {arguments.design} needs --points.")
        return space_filling(family_of(base, axes), arguments.points, arguments.design, base.seed)
    if arguments.design == "grid":
        return thinned(expand(base, axes), arguments.points)
    lengths = {name: len(values) for name, values in axes.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise BadInput(f"--design list takes as many values of each setting, not {told}.")
    rows = [dict(zip(axes, row, strict=True)) for row in zip(*axes.values(), strict=True)] or [{}]
    return thinned(listed(base, rows), arguments.points)


def time_limit(minutes: float | None) -> Callable[[], bool] | None:
    """Tells when so many minutes from now are over; None without a limit."""
    if minutes is None:
        return None
    if not minutes > 0:
        raise BadInput(f"--minutes must be above 0, not {minutes:g}.")
    end = time.perf_counter() + 60 * minutes
    return lambda: time.perf_counter() > end
