"""`--seed`, `--processes` and how many people are drawn, the same in every command: whole numbers, checked."""

from __future__ import annotations

import argparse

from ppml_core.errors import BadInput

BEYOND = 2**63


def seed_argument(command: argparse.ArgumentParser, help: str = "what all randomness grows from (1)") -> None:
    """`--seed`, 1 where none is given."""
    command.add_argument("--seed", type=seed_of, default=1, help=help)


def free_seed_argument(command: argparse.ArgumentParser, help: str = "what all randomness grows from (1)") -> None:
    """`--seed`, None where none is given: the command, or a scenario, then has its own."""
    command.add_argument("--seed", type=seed_of, help=help)


def first_seed(arguments: argparse.Namespace) -> int:
    """The seed of a command with `free_seed_argument` that has no other: 1 where none is given.

    Raises BadInput beside --release, whose noise nobody may draw again.
    """
    if getattr(arguments, "release", False) and arguments.seed is not None:
        raise BadInput("a release takes no --seed: its noise comes from the operating system.")
    return 1 if arguments.seed is None else int(arguments.seed)


def processes_argument(command: argparse.ArgumentParser, help: str = "how many to work in (1)") -> None:
    """`--processes`, 1 where none is given."""
    command.add_argument("--processes", type=processes_of, default=1, help=help)


def seed_of(text: str) -> int:
    """The seed, as a scenario takes one.

    >>> seed_of("7")
    7
    >>> seed_of("-1")
    Traceback (most recent call last):
    ppml_core.errors.BadInput: --seed must be a whole number of at least 0 and below 2^63, not -1.
    """
    seed = _whole(text)
    if seed is None or not 0 <= seed < BEYOND:
        raise BadInput(f"--seed must be a whole number of at least 0 and below 2^63, not {text}.")
    return seed


def processes_of(text: str) -> int:
    """How many processes to work in."""
    processes = _whole(text)
    if processes is None or processes < 1:
        raise BadInput(f"--processes must be a whole number of at least 1, not {text}.")
    return processes


def check_people(flag: str, drawn: int | None, least: int, there: int, whom: str) -> None:
    """Raises BadInput where more people are asked for than there are, or fewer than will do; None asks for nothing.

    >>> check_people("--rows", 5000, 6, 700, "training people")
    Traceback (most recent call last):
    ppml_core.errors.BadInput: --rows must be from 6 to the 700 training people, not 5000.
    """
    if drawn is not None and not least <= drawn <= there:
        raise BadInput(f"{flag} must be from {least} to the {there:,} {whom}, not {drawn}.")


def _whole(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None
