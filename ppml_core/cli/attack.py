"""`ppml attack NAME …`: someone who sees what was handed out tries, and how far they get. A parser each."""

from __future__ import annotations

from functools import partial
from typing import Any

from ppml_core.cli.attack_model import model_attack_arguments
from ppml_core.cli.attack_releases import release_attack_arguments
from ppml_core.cli.attack_table import table_attack_arguments
from ppml_core.cli.attack_update import update_attack_arguments
from ppml_core.cli.output import Command, OneLineParser


def attack_arguments(commands: Any, command: Command) -> None:
    """`ppml attack` with a command for each attack; `command` makes one of those."""
    words = "attack a model or a table, and see what is found out"
    attack = commands.add_parser("attack", help=words, description=words)
    attack.later = partial(_kinds, command)


def _kinds(command: Command, attack: OneLineParser) -> None:
    kinds = attack.add_subparsers(dest="kind", required=True, parser_class=OneLineParser)
    model_attack_arguments(kinds, command)
    table_attack_arguments(kinds, command)
    release_attack_arguments(kinds, command)
    update_attack_arguments(kinds, command)
