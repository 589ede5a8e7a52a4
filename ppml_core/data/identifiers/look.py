"""One column as the detectors look at it: its header's words, its counts, and at most 1,000 of its distinct values.

The values looked at are spread evenly over the distinct ones in the order in which they first occur, so that the same
table gives the same findings; of a long text only the first 400 characters count.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ppml_core.data.hierarchy import MISSING_MARKS, plain
from ppml_core.data.words import tokens

SAMPLE = 1000
FIRST_LOOK = 40
HOPELESS = 0.1
LONGEST_RUN = 4
LONG_WORD = 5
LONGEST_TEXT = 400
MARKS = pa.array(sorted({*MISSING_MARKS, ""}), type=pa.large_string())


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

    def share(self, test: Callable[[str], object], least: int = 1, most: int = SAMPLE) -> float:
        """Part of the values looked at (0..1) that pass; a first look at a few spares the rest where hardly any do.

        0 where there are fewer than `least`; of more than `most`, so many are looked at, evenly spread.
        """
        if len(self.sample) < least or not self.sample:
            return 0.0
        if len(self.sample) > 2 * FIRST_LOOK:
            first = self.sample[:: len(self.sample) // FIRST_LOOK]
            found = sum(1 for text in first if test(text)) / len(first)
            if found <= HOPELESS:
                return found
        few = self.sample[:: -(-len(self.sample) // most)]
        return sum(1 for text in few if test(text)) / len(few)

    @cached_property
    def is_whole(self) -> bool:
        return self.numbers is not None and bool((self.numbers == np.round(self.numbers)).all())

    @cached_property
    def is_digits(self) -> bool:
        """Whether nearly all values are nothing but digits."""
        return self.share(str.isdigit) >= 0.95


def header_words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


def look_at(values: pd.Series, header: str) -> Look:
    """The look at one column. Absent cells, empty texts and marks of missing values are left out.

    >>> look_at(pd.Series(["a", " b ", "a", None]), "letter").sample
    ('a', 'b')
    """
    if pd.api.types.is_numeric_dtype(values) and values.dtype.kind in "iuf":
        return _look_at_numbers(values, header)
    is_time = pd.api.types.is_datetime64_any_dtype(values)
    counted = pc.value_counts(_cells(values).drop_null())
    texts, counts = pc.utf8_trim_whitespace(counted.field("values")), counted.field("counts").to_numpy()
    kept = ~pc.is_in(texts, value_set=MARKS).to_numpy(zero_copy_only=False)
    few = (" ".join(text[:LONGEST_TEXT].split()) for text in texts.take(pa.array(_spread(kept))).to_pylist())
    return Look(header, tuple(dict.fromkeys(few)), int(kept.sum()), int(counts[kept].sum()), len(values), None, is_time)


def _look_at_numbers(values: pd.Series, header: str) -> Look:
    codes, unique = pd.factorize(values)
    numbers = np.asarray(unique, dtype=float)
    finite = np.isfinite(numbers)
    few = tuple(_number(unique[int(place)]) for place in _spread(finite))
    return Look(header, few, len(unique), int((codes >= 0).sum()), len(values), numbers[finite])


def _cells(values: pd.Series) -> pa.Array:
    """The cells as texts of Arrow, absent ones null."""
    if isinstance(values.dtype, pd.StringDtype):
        texts: Any = values
    else:
        pairs = zip(values.astype("object").to_numpy(), values.isna(), strict=True)
        texts = [None if absent else _encodable(str(item)) for item, absent in pairs]
    cells = pa.array(texts, type=pa.large_string(), from_pandas=True)
    return cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells


def _encodable(text: str) -> str:
    """The text without halves of pairs of UTF-16, which no file can hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _number(item: Any) -> str:
    return plain(float(item)) if item % 1 else str(int(item))


def _spread(kept: np.ndarray) -> np.ndarray:
    """The places of at most SAMPLE of the kept values, evenly spread."""
    places = np.flatnonzero(kept)
    if len(places) > SAMPLE:
        places = places[np.linspace(0, len(places) - 1, SAMPLE).astype(int)]
    return places
