"""Generalization hierarchies: each value of a column, and what it becomes at every level.

In: a file in ARX's format, interval widths, maps, or dates. Out: `Hierarchy`, whose levels are integer codes over its
leaves, so that a whole column is generalized by one lookup.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ppml_core.errors import BadInput

Codes = npt.NDArray[np.int32]

ROOT = "*"
MISSING = ""
MISSING_MARKS = ("", "?", "NA", "N/A", "NaN", "nan", "null", "NULL")
UNKNOWN = "unknown"


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """A tree over the values of one column: `labels[level][code]` is a text, `codes[level][leaf]` its code.

    Level 0 holds the values themselves (leaf i has code i). The number of leaves is the attribute's domain size, as
    ARX counts it, whether or not each value occurs. Samarati 2001, section 2.
    """

    labels: tuple[tuple[str, ...], ...]
    codes: tuple[Codes, ...]

    @property
    def depth(self) -> int:
        """Number of levels, the values themselves included."""
        return len(self.labels)

    @property
    def leaves(self) -> tuple[str, ...]:
        return self.labels[0]

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Leaf -> its code."""
        return {leaf: code for code, leaf in enumerate(self.leaves)}

    def leaf_of(self, text: str) -> int:
        """Code of the leaf with that text, -1 where there is none; an empty text is the leaf that marks absence."""
        if text in self.index:
            return self.index[text]
        if text == MISSING:
            return next((self.index[mark] for mark in MISSING_MARKS if mark in self.index), -1)
        return -1

    @cached_property
    def sizes(self) -> tuple[Codes, ...]:
        """Per level and code: how many leaves stand under it."""
        return tuple(
            np.bincount(codes, minlength=len(labels)).astype(np.int32)
            for codes, labels in zip(self.codes, self.labels, strict=True)
        )

    @cached_property
    def parents(self) -> tuple[Codes, ...]:
        """Per level below the top and code: the code one level up."""
        return tuple(
            _parent_codes(lower, upper, len(labels))
            for lower, upper, labels in zip(self.codes, self.codes[1:], self.labels, strict=False)
        )


def names_of(tree: Hierarchy) -> tuple[tuple[str, ...], ...]:
    """Names per level and code, one for each set of leaves: as the labels, but no name means two different sets.

    A set that several levels have goes by its lowest label; a label that a finer level gave to another set says its
    level.

    >>> tree = hierarchy_from_rows([["a", "a", "other", "*"], ["b", "other", "other", "*"],
    ...                             ["c", "other", "other", "*"], ["d", "d", "d", "*"]], "letter")
    >>> names_of(tree)
    (('a', 'b', 'c', 'd'), ('a', 'other', 'd'), ('other (level 2)', 'd'), ('*',))
    """
    names, taken = [tree.leaves], set(tree.leaves)
    for level in range(1, tree.depth):
        lower = np.zeros(len(tree.labels[level]), dtype=np.int32)
        lower[tree.codes[level]] = tree.codes[level - 1]
        same = tree.sizes[level] == tree.sizes[level - 1][lower]
        names.append(tuple(
            names[-1][lower[code]] if same[code] else _free_name(label, level, taken)
            for code, label in enumerate(tree.labels[level])
        ))  # fmt: skip
    return tuple(names)


def hierarchy_from_rows(rows: Sequence[Sequence[str]], column: str) -> Hierarchy:
    """The tree that rows (value, level 1, level 2, …) write down. Raises BadInput in one sentence when it is none.

    >>> tree = hierarchy_from_rows([["a", "vowel", "*"], ["b", "consonant", "*"], ["c", "consonant", "*"]], "letter")
    >>> tree.sizes[1].tolist()
    [1, 2]
    """
    if not rows:
        raise BadInput(f"the hierarchy of {column!r} is empty: write one line per value, its levels to the right.")
    depth = len(rows[0])
    for number, row in enumerate(rows, start=1):
        if len(row) != depth:
            raise BadInput(f"the hierarchy of {column!r} has {len(row)} fields in line {number} but {depth} in line 1.")
    seen: set[str] = set()
    for row in rows:
        if row[0] in seen:
            raise BadInput(f"the hierarchy of {column!r} lists the value {row[0]!r} twice.")
        seen.add(row[0])
    labels, codes = [], []
    for level in range(depth):
        texts = [row[level] for row in rows]
        order = {text: code for code, text in enumerate(dict.fromkeys(texts))}
        labels.append(tuple(order))
        codes.append(np.array([order[text] for text in texts], dtype=np.int32))
    _check_tree(labels, codes, column)
    return Hierarchy(tuple(labels), tuple(codes))


def hierarchy_from_file(path: Path, column: str, missing: bool = False) -> Hierarchy:
    """Reads ARX's format: one line per value, levels to the right, `;` or `,` between, no header.

    `missing` adds a leaf for an absent value where the file lists no mark for one ("?", "NA", …).
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as fault:
        raise BadInput(f"the hierarchy file of {column!r}, {path}, cannot be read: {fault.strerror}.") from fault
    except UnicodeDecodeError as fault:
        raise BadInput(f"the hierarchy file of {column!r}, {path}, is not UTF-8 text.") from fault
    lines = [line for line in text.splitlines() if line.strip()]
    rows = _fields(lines)
    marked = any(row[0] in MISSING_MARKS for row in rows)
    return hierarchy_from_rows(_with_missing(rows) if missing and rows and not marked else rows, column)


def hierarchy_from_levels(maps: Sequence[Mapping[str, str]], column: str, missing: bool = False) -> Hierarchy:
    """The tree of maps value -> level 1, level 1 -> level 2, …; a root `*` is added where the last map lacks one."""
    rows = []
    for leaf in maps[0]:
        row = [leaf]
        for level, mapping in enumerate(maps, start=1):
            if row[-1] not in mapping:
                raise BadInput(f"levels of {column!r}: level {level} does not say what {row[-1]!r} becomes.")
            row.append(str(mapping[row[-1]]))
        rows.append(row)
    return hierarchy_from_rows(_finish(rows, missing), column)


def hierarchy_from_widths(
    values: Sequence[float], widths: Sequence[float], column: str, missing: bool = False
) -> Hierarchy:
    """Intervals of rising widths over the given leaves, aligned to multiples of each width, then `*`.

    Whole numbers give "35-39"; others "[35, 40)". Each width must be a multiple of the one before, or the intervals
    would not nest.

    >>> hierarchy_from_widths(range(0, 20), [5, 10], "age").labels[1]
    ('0-4', '5-9', '10-14', '15-19')
    """
    for narrow, wide in pairwise(widths):
        if not math.isclose(wide / narrow, round(wide / narrow)):
            raise BadInput(
                f"widths of {column!r}: {wide:g} is not a multiple of {narrow:g}, so intervals would not nest."
            )
    whole = all(float(value).is_integer() for value in values) and all(float(width).is_integer() for width in widths)
    rows = [[plain(value), *(_interval(value, width, whole) for width in widths), ROOT] for value in values]
    return hierarchy_from_rows(_finish(rows, missing), column)


def hierarchy_from_dates(days: Sequence[str], column: str, missing: bool = False) -> Hierarchy:
    """Days (ISO 8601 text) -> month -> quarter -> year -> decade -> `*`."""
    rows = [[day, day[:7], f"{day[:4]}-Q{(int(day[5:7]) + 2) // 3}", day[:4], f"{day[:3]}0s", ROOT] for day in days]
    return hierarchy_from_rows(_finish(rows, missing), column)


def flat_hierarchy(values: Sequence[str], column: str, missing: bool = False) -> Hierarchy:
    """Two levels: the value itself, and `*`."""
    return hierarchy_from_rows(_finish([[value, ROOT] for value in values], missing), column)


def plain(value: float) -> str:
    """A number as a table shows it: whole numbers without a point.

    >>> plain(39.0), plain(2.5)
    ('39', '2.5')
    """
    number = float(value)
    return str(int(number)) if number.is_integer() else repr(number)


def _fields(lines: Sequence[str]) -> list[list[str]]:
    """The lines cut at `;` or at `,`, whichever gives all of them the same number of fields, else the more fields."""
    cuts = [list(csv.reader(lines, delimiter=delimiter)) for delimiter in (";", ",")]
    even = [rows for rows in cuts if len({len(row) for row in rows}) == 1 and len(rows[0]) > 1]
    return even[0] if even else max(cuts, key=lambda rows: sum(map(len, rows)))


def _finish(rows: list[list[str]], missing: bool) -> list[list[str]]:
    """Adds the missing value as a leaf of its own, and a root where the rows end in several labels."""
    if missing and all(row[0] != MISSING for row in rows):
        rows = _with_missing(rows)
    return rows if _has_root(rows) else [[*row, ROOT] for row in rows]


def _with_missing(rows: list[list[str]]) -> list[list[str]]:
    """One more leaf, unknown at every level but the root."""
    if not rows:
        return [[MISSING]]
    if _has_root(rows):
        return [*rows, [MISSING] + [UNKNOWN] * (len(rows[0]) - 2) + [rows[0][-1]]]
    return [*rows, [MISSING] + [UNKNOWN] * (len(rows[0]) - 1)]


def _has_root(rows: list[list[str]]) -> bool:
    return bool(rows) and len(rows[0]) > 1 and len({row[-1] for row in rows}) == 1


def _interval(value: float, width: float, whole: bool) -> str:
    step = Decimal(repr(float(width)))
    low = (Decimal(repr(float(value))) / step).to_integral_value(ROUND_FLOOR) * step
    high = low + step
    return f"{int(low)}-{int(high) - 1}" if whole else f"[{_written(low)}, {_written(high)})"


def _written(number: Decimal) -> str:
    """All its digits, without an exponent or trailing zeros."""
    return f"{number.normalize():f}" if number else "0"


def _free_name(label: str, level: int, taken: set[str]) -> str:
    """The label, with its level as often as it takes to be new; it is taken from then on."""
    name = label
    while name in taken:
        name += f" (level {level})"
    taken.add(name)
    return name


def _parent_codes(lower: Codes, upper: Codes, size: int) -> Codes:
    parents = np.zeros(size, dtype=np.int32)
    parents[lower] = upper
    return parents


def _check_tree(labels: Sequence[tuple[str, ...]], codes: Sequence[Codes], column: str) -> None:
    for level in range(len(labels) - 1):
        parents = _parent_codes(codes[level], codes[level + 1], len(labels[level]))
        split = np.flatnonzero(parents[codes[level]] != codes[level + 1])
        if len(split):
            label = labels[level][codes[level][split[0]]]
            raise BadInput(
                f"the hierarchy of {column!r} is no tree: {label!r} of level {level} has two parents above it."
            )
