"""One column as the detectors look at it: its header's words, its counts, and at most 1,000 of its distinct values.

The values looked at are spread evenly over the distinct ones in the order in which they first occur, so that the same
table gives the same findings.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from ppml_core.data.hierarchy import MISSING_MARKS, plain
from ppml_core.data.words import tokens

SAMPLE = 1000
FIRST_LOOK = 40
HOPELESS = 0.1
LONGEST_RUN = 4
LONG_WORD = 5
LONGEST_TEXT = 2000


@dataclass(frozen=True, eq=False)
class Look:
    """What is known of a column. `sample` holds distinct texts, trimmed; `distinct` and `present` count the whole."""

    header: str
    sample: tuple[str, ...]
    distinct: int
    present: int
    rows: int
    numbers: np.ndarray | None = None
    is_time: bool = False

    @property
    def distinct_share(self) -> float:
        return self.distinct / self.present if self.present else 0.0

    @cached_property
    def words(self) -> list[str]:
        """The words of the header without the digits at their ends: address1 speaks of an address."""
        return [word.rstrip("0123456789") or word for word in tokens(self.header)]

    @cached_property
    def runs(self) -> frozenset[str]:
        """The words of the header, alone and joined with their neighbours."""
        words = self.words[:40]
        reach = range(1, LONGEST_RUN + 1)
        return frozenset("".join(words[at : at + length]) for length in reach for at in range(len(words)))

    def says(self, words: Set[str]) -> bool:
        """Whether the header uses one of these words; long ones also count at the end of a compound."""
        if self.runs & words:
            return True
        return any(run.endswith(word) for word in words if len(word) >= LONG_WORD for run in self.words)

    def share(self, test: Callable[[str], object], least: int = 1) -> float:
        """Part of the values looked at (0..1) that pass; a first look at a few spares the rest where hardly any do."""
        if len(self.sample) < least:
            return 0.0
        if len(self.sample) > 2 * FIRST_LOOK:
            first = self.sample[:: len(self.sample) // FIRST_LOOK]
            found = sum(1 for text in first if test(text)) / len(first)
            if found <= HOPELESS:
                return found
        return sum(1 for text in self.sample if test(text)) / len(self.sample) if self.sample else 0.0

    @cached_property
    def is_whole(self) -> bool:
        return self.numbers is not None and bool((self.numbers == np.round(self.numbers)).all())

    @cached_property
    def is_digits(self) -> bool:
        """Whether nearly all values are nothing but digits."""
        return self.share(str.isdigit) >= 0.95


def look_at(values: pd.Series, header: str) -> Look:
    """The look at one column. Absent cells, empty texts and marks of missing values are left out.

    >>> look_at(pd.Series(["a", " b ", "a", None]), "letter").sample
    ('a', 'b')
    """
    codes, unique = pd.factorize(values)
    counts = np.bincount(codes[codes >= 0], minlength=len(unique))
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if numeric:
        numbers = np.asarray(unique, dtype=float)
        few = [plain(float(number)) if number % 1 else str(int(number)) for number in _spread(unique, np.isfinite(numbers))]
        return Look(header, tuple(few), len(unique), int(counts.sum()), len(values), numbers[np.isfinite(numbers)])
    is_time = pd.api.types.is_datetime64_any_dtype(values)
    kept = np.fromiter((_is_there(item) for item in unique), dtype=bool, count=len(unique))
    texts = dict.fromkeys(" ".join(str(item)[:LONGEST_TEXT].split()) for item in _spread(unique, kept))
    return Look(header, tuple(texts), int(kept.sum()), int(counts[kept].sum()), len(values), None, is_time)


def _is_there(item: object) -> bool:
    return not isinstance(item, str) or item.strip() not in MISSING_MARKS


def _spread(unique: pd.Index | np.ndarray, kept: np.ndarray) -> list[object]:
    """At most SAMPLE of the kept values, evenly spread."""
    places = np.flatnonzero(kept)
    if len(places) > SAMPLE:
        places = places[np.linspace(0, len(places) - 1, SAMPLE).astype(int)]
    return [unique[place] for place in places]
