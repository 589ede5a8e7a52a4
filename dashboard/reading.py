"""How a link's text becomes a value of the scenario: each reader gives it, or raises BadInput where it cannot be."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ppml_core.calls import write_calls
from ppml_core.errors import BadInput
from ppml_core.settings import Method, Setting

ANY = "any"


@dataclass(frozen=True)
class Field:
    """One value of the scenario: what it is at first, and how a link's text is read (BadInput where it cannot be).

    `of_table` says whether a value may hold a column or a word of the table, which is nobody's business of an upload.
    """

    default: Any
    read: Callable[[str], Any]
    of_table: Callable[[Any], bool] = lambda value: False


def calls(read: Callable[[str], Sequence[Method]]) -> Field:
    """Methods written as calls, none at first."""

    def of_table(text: str) -> bool:
        return any(made.speaks_of_table() for made in read(text))

    return Field("", lambda text: write_calls(read(text)), of_table)


def within_slider(setting: Setting, text: str) -> Any:
    value = setting.parse(text)
    low, high = setting.slider or (value, value)
    if not low <= value <= high:
        raise BadInput(f"{setting.name} is offered from {low:g} to {high:g}, not {value:g}.")
    return value


def node(text: str) -> str:
    if not re.fullmatch(r"\d+(-\d+)*", text):
        raise BadInput(f"a generalization is levels with - between, not {text!r}.")
    return text


def one_of(offered: Sequence[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in offered:
            raise BadInput(f"{text!r} is not among {', '.join(offered)}.")
        return text

    return read


def between(low: float, high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        number = float(text)
        if not low <= number <= high:
            raise BadInput(f"{text!r} does not lie between {low:g} and {high:g}.")
        return number

    return read


def or_any(read: Callable[[str], float]) -> Callable[[str], Any]:
    """A need may be left open."""
    return lambda text: ANY if text == ANY else read(text)


def number_of(offered: tuple[float, ...]) -> Callable[[str], float]:
    def read(text: str) -> float:
        number = float(text)
        if number not in offered:
            raise BadInput(f"{text!r} is not among {', '.join(f'{value:g}' for value in offered)}.")
        return number

    return read
