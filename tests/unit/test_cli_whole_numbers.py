"""Every command that takes a seed, or a number of processes, refuses what is none in the same sentence."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import pytest
from command_line import refusal

from ppml_core.cli import command_line
from ppml_core.cli.output import OneLineParser
from ppml_core.errors import BadInput


def commands(parser: OneLineParser) -> Iterator[OneLineParser]:
    """The parser and every one within it."""
    yield parser
    parser.complete()
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from commands(inner)


@pytest.mark.parametrize(
    ("flag", "values"), [("--seed", ("-1", "half", str(2**63))), ("--processes", ("0", "-2", "1.5"))]
)
def test_no_command_takes_a_number_that_is_none(flag: str, values: tuple[str, ...]) -> None:
    taking = [command for command in commands(command_line()) if flag in command.format_help()]
    assert taking
    for command in taking:
        for value in values:
            with pytest.raises(BadInput, match=f"{flag} must be a whole number .*, not {value}."):
                command.parse_args([flag, value])


def test_the_sentence_reaches_the_person(capsys: pytest.CaptureFixture[str]) -> None:
    said = refusal(capsys, "federate", "--dataset", "clinic", "--seed", "-1")
    assert said == "ppml: --seed must be a whole number of at least 0 and below 2^63, not -1.\n"
