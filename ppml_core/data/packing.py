"""Rows packed into words and grouped: what all class counts in memory are made with.

In: coded columns. Out: the groups of rows that share their values in some of them, as sizes or as a number per row.
Time grows with rows; memory beside the columns is one word of 64 bits per row where their values fit one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ppml_core.data import count_kernels as kernels
from ppml_core.data.coded import Coded

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

WORD_BITS = 64
BLOCK_ROWS = 1 << 16
ROWS_PER_PART = 1 << 13
MOST_PARTS = 1 << 10


@dataclass(frozen=True)
class Field:
    """Where a column's code lies: in which word, at which bit, how wide."""

    word: int
    shift: int
    bits: int

    @property
    def mask(self) -> np.uint64:
        return np.uint64(((1 << self.bits) - 1) << self.shift)


@dataclass(frozen=True, eq=False)
class Groups:
    """`words` (groups, words) of the first row of each, people in `sizes`, and `differs`: bits in which rows differ."""

    words: Words
    sizes: npt.NDArray[np.int32]
    differs: Words
    fields: tuple[Field, ...]

    def codes(self, column: int) -> Ints:
        """The code of each group in one of the packed columns, counted from 0, shape (groups,)."""
        field = self.fields[column]
        found = (self.words[:, field.word] & field.mask) >> np.uint64(field.shift)
        return found.astype(np.int64)

    def is_mixed(self, column: int) -> npt.NDArray[np.bool_]:
        """Whether rows of a group differ in that column, shape (groups,)."""
        field = self.fields[column]
        mixed: npt.NDArray[np.bool_] = (self.differs[:, field.word] & field.mask) != 0
        return mixed


def count_groups(columns: Sequence[Coded], rows: int, told: Sequence[Coded] = ()) -> Groups:
    """Groups of rows equal in `columns`, in no order that means anything; for `told`, whether a group's rows differ."""
    packed = [*columns, *told]
    fields, width = layout(packed)
    known = _known(fields[: len(columns)], width)
    parts = _parts(rows)
    drop = WORD_BITS - (parts - 1).bit_length()
    sizes = np.zeros(parts, dtype=np.int64)
    block = np.empty((min(rows, BLOCK_ROWS), width), dtype=np.uint64)
    for start, end in _blocks(rows):
        kernels.part_sizes(_packed(packed, fields, start, end, block), known, drop, sizes)
    ends = np.cumsum(sizes) - sizes
    words = np.empty((rows, width), dtype=np.uint64)
    for start, end in _blocks(rows):
        kernels.deal(_packed(packed, fields, start, end, block), known, drop, ends, words)
    people = np.empty(rows, dtype=np.int32)  # untouched pages of these two cost no memory
    differs = np.empty((rows if told else 0, width), dtype=np.uint64)
    found = kernels.count_parts(words, ends, known, people, differs)
    return Groups(words[:found], people[:found], differs[:found], fields)


def number_groups(columns: Sequence[Coded], rows: int) -> tuple[npt.NDArray[np.int32], Ints]:
    """(the group of each row, numbered in order of first sight; the first row of each group)."""
    fields, width = layout(columns)
    words = np.empty((rows, width), dtype=np.uint64)
    for start, end in _blocks(rows):
        _packed(columns, fields, start, end, words[start:end])
    groups = np.empty(rows, dtype=np.int32)
    first = kernels.group_rows(words, _known(fields, width), groups)
    return groups, first


def layout(columns: Sequence[Coded]) -> tuple[tuple[Field, ...], int]:
    """A field for each column, and how many words they fill: widest first, each where it fits first."""
    filled: list[int] = [0]
    fields: dict[int, Field] = {}
    for at in sorted(range(len(columns)), key=lambda column: -columns[column].bits):
        bits = columns[at].bits
        word = next((word for word, used in enumerate(filled) if used + bits <= WORD_BITS), len(filled))
        filled += [0] * (word + 1 - len(filled))
        fields[at] = Field(word, filled[word], bits)
        filled[word] += bits
    return tuple(fields[at] for at in range(len(columns))), len(filled)


def _packed(columns: Sequence[Coded], fields: Sequence[Field], start: int, end: int, block: Words) -> Words:
    words = block[: end - start]
    words[:] = 0
    codes = np.empty(end - start, dtype=np.int64)
    for column, field in zip(columns, fields, strict=True):
        codes[:] = column.codes[start:end]
        kernels.add_field(words, field.word, codes, column.low, column.size, field.shift)
    return words


def _known(fields: Sequence[Field], width: int) -> Words:
    known = np.zeros(width, dtype=np.uint64)
    for field in fields:
        known[field.word] |= field.mask
    return known


def _parts(rows: int) -> int:
    wanted = rows // ROWS_PER_PART
    return max(2, min(MOST_PARTS, 1 << max(0, wanted - 1).bit_length()))


def _blocks(rows: int) -> list[tuple[int, int]]:
    return list(pairwise([*range(0, rows, BLOCK_ROWS), rows]))
