"""Trying values out: how many hashes of a column fall to someone who lists what its values may be.

In: a column's meaning, its values with their hashes, and a number of guesses. Out: `Enumeration`, what was recovered
in how many seconds, and how long the whole list would take.
"""

from __future__ import annotations

import dataclasses
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ppml_core.anonymize.rules import Rule
from ppml_core.data.dates import FORMATS, date_format
from ppml_core.data.hierarchy import plain
from ppml_core.data.schema import Column

YEARS = (1900, 2030)
MOST_DIGITS = 12
MOST_SHAPES = 12
DIGITS = re.compile(r"[0-9]")
STEP = 10_000


@dataclass(frozen=True)
class Enumeration:
    """What came of trying values out.

    `distinct` values were hashed. The attacker's list has `domain_size` values of the sort that `domain` names;
    `domain_share` of the distinct values are on it. `tried` guesses took `seconds` and recovered `recovered_share` of
    the distinct values; the whole list would take `seconds_for_all` on one core of this computer.
    """

    distinct: int
    domain: str
    domain_size: int
    domain_share: float
    tried: int
    recovered_share: float
    seconds: float
    seconds_for_all: float

    def values(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


@dataclass(frozen=True)
class Part:
    """Values that an attacker can write down by their place, 0 to `size` - 1."""

    size: int
    at: Callable[[int], str]
    has: Callable[[str], bool]


def enumerate_hashes(
    column: Column, pairs: pd.DataFrame, rule: Rule, guesses: int, rng: np.random.Generator
) -> Enumeration:
    """The attack on a column whose `value` became `published` by a rule that anyone can apply.

    The attacker knows the schema and how such values are written (one telephone number, one record number), not the
    values. Where the list is longer than `guesses`, that many of it are tried, drawn without repetition.
    """
    values, published = pairs["value"].tolist(), set(pairs["published"])
    sort, parts = domain_of(column, values)
    size = sum(part.size for part in parts)
    started = time.perf_counter()
    found: set[str] = set()
    tried = 0
    for texts in _guesses(parts, min(size, guesses), rng):
        found |= published.intersection(rule(texts))
        tried += len(texts)
    seconds = time.perf_counter() - started
    on_it = sum(any(part.has(value) for part in parts) for value in values)
    recovered = int(pairs["published"].isin(found).sum())
    return Enumeration(
        distinct=len(values), domain=sort, domain_size=size, domain_share=on_it / len(values) if values else 0.0,
        tried=tried, recovered_share=recovered / len(values) if values else 0.0, seconds=seconds,
        seconds_for_all=seconds * size / tried if tried else 0.0,
    )  # fmt: skip


def domain_of(column: Column, values: Sequence[str]) -> tuple[str, list[Part]]:
    """What an attacker would list: declared categories, whole numbers in bounds, days, or texts with other digits."""
    if column.categories is not None:
        return "declared categories", [_listed(list(column.categories))]
    style = "ISO8601" if column.kind == "date" else date_format(values)
    if style is not None:
        years = column.bounds if column.kind == "date" and column.bounds else YEARS
        return "days", [_listed(_days(years, style))]
    if column.kind == "numeric" and column.bounds is not None:
        low, high = int(np.ceil(column.bounds[0])), int(np.floor(column.bounds[1]))
        return "whole numbers within the bounds", [_numbers(low, high)]
    shapes = Counter(DIGITS.sub("#", value) for value in values)
    common = [shape for shape, _ in shapes.most_common(MOST_SHAPES) if 0 < shape.count("#") <= MOST_DIGITS]
    if not common:
        return "none known", []
    return "digit strings", [_digits(shape) for shape in sorted(common, key=lambda shape: shape.count("#"))]


def _listed(texts: list[str]) -> Part:
    known = set(texts)
    return Part(len(texts), texts.__getitem__, known.__contains__)


def _numbers(low: int, high: int) -> Part:
    every = range(low, high + 1)
    return Part(len(every), lambda place: plain(float(every[place])), lambda text: _is_in(text, every))


def _is_in(text: str, every: range) -> bool:
    return bool(re.fullmatch(r"-?\d{1,18}", text)) and int(text) in every


def _days(years: tuple[float, float], style: str) -> list[str]:
    days = pd.date_range(f"{int(years[0]):04d}-01-01", f"{int(years[1]):04d}-12-31", unit="s")
    written = "%Y-%m-%d" if style == FORMATS[0][0] else style
    return list(days.strftime(written))


def _digits(shape: str) -> Part:
    """Every text of a shape, in which # stands for a digit.

    >>> part = _digits("K-##")
    >>> part.size, part.at(7), part.has("K-42"), part.has("M-42")
    (100, 'K-07', True, False)
    """
    pieces = shape.split("#")
    digits = len(pieces) - 1

    def at(place: int) -> str:
        number = f"{place:0{digits}d}"
        return pieces[0] + "".join(digit + piece for digit, piece in zip(number, pieces[1:], strict=True))

    return Part(10**digits, at, lambda text: DIGITS.sub("#", text) == shape)


def _guesses(parts: Sequence[Part], number: int, rng: np.random.Generator) -> Iterator[list[str]]:
    """That many values of the list, in batches; shorter parts come whole first, as an attacker would begin."""
    for part in sorted(parts, key=lambda part: part.size):
        if number <= 0:
            return
        here = min(number, part.size)
        places = range(here) if here == part.size else _drawn(part.size, here, rng)
        for start in range(0, here, STEP):
            yield [part.at(int(place)) for place in places[start : start + STEP]]
        number -= here


def _drawn(size: int, number: int, rng: np.random.Generator) -> Sequence[int]:
    """Different places below `size`; of a huge list the few that were drawn twice are given up."""
    if size <= 2_000_000:
        return [int(place) for place in rng.permutation(size)[:number]]
    return [int(place) for place in np.unique(rng.integers(0, size, number))]
