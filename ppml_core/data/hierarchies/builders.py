"""Hierarchies by rule: intervals, orders, maps, dates, postal prefixes, redaction, or nothing but a root.

In: the values of a column and how to group them. Out: `Entries`, the part of a schema's Column that says so.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Literal, TypedDict

from ppml_core.data.hierarchies.arx import Rows
from ppml_core.data.hierarchy import ROOT, hierarchy_from_levels, hierarchy_from_widths, plain
from ppml_core.data.schema import Column
from ppml_core.errors import BadInput

Side = Literal["left", "right"]


class Entries(TypedDict):
    """What a Column says about its hierarchy: `dataclasses.replace(column, **entries)` gives it to one."""

    hierarchy_file: str | None
    widths: tuple[float, ...] | None
    levels: tuple[Mapping[str, str], ...] | None


NO_ENTRIES = Entries(hierarchy_file=None, widths=None, levels=None)

DATE_STEPS: Mapping[str, Callable[[str], str]] = {
    "month": lambda day: day[:7],
    "quarter": lambda day: f"{day[:4]}-Q{(int(day[5:7]) + 2) // 3}",
    "year": lambda day: day[:4],
    "decade": lambda day: f"{day[:3]}0s",
}


def with_entries(column: Column, entries: Entries) -> Column:
    """The column under that hierarchy instead of its own."""
    return dataclasses.replace(column, **entries)


def from_rows(rows: Sequence[Sequence[str]], name: str = "column") -> Entries:
    """The hierarchy of rows (value, level 1, level 2, …). Raises BadInput where they are no tree.

    >>> from_rows([["a", "vowel", "*"], ["b", "consonant", "*"]])["levels"]
    ({'a': 'vowel', 'b': 'consonant'}, {'vowel': '*', 'consonant': '*'})
    """
    from ppml_core.data.hierarchy import hierarchy_from_rows

    hierarchy_from_rows(rows, name)
    if len(rows[0]) < 2:
        rows = [[row[0], ROOT] for row in rows]
    return _levels(tuple({row[level]: row[level + 1] for row in rows} for level in range(len(rows[0]) - 1)))


def from_maps(maps: Sequence[Mapping[str, str]], name: str = "column") -> Entries:
    """The hierarchy of maps value -> group, group -> larger group, …; a root is added where they end in several.

    >>> from_maps([{"a": "vowel", "b": "consonant"}])["levels"][-1]
    {'vowel': '*', 'consonant': '*'}
    """
    if not maps or not maps[0]:
        raise BadInput(f"the hierarchy of {name!r} has no groups yet: say for each value what it becomes.")
    tree = hierarchy_from_levels(maps, name)
    return _levels(tuple(
        {lower[code]: tree.labels[level + 1][parent] for code, parent in enumerate(tree.parents[level])}
        for level, lower in enumerate(tree.labels[:-1])
    ))  # fmt: skip


def flat(values: Sequence[str], name: str = "column") -> Entries:
    """Two levels: the value, and the root."""
    return from_rows([[value, ROOT] for value in dict.fromkeys(values)], name)


def from_intervals(
    values: Sequence[float] = (),
    widths: Sequence[float] = (),
    cuts: Sequence[Sequence[float]] = (),
    name: str = "column",
) -> Entries:
    """Intervals of rising widths, aligned to multiples of each width; or between cut points, which may be uneven.

    `cuts` has a list of cut points per level, each level's among those of the level below: an interval runs from a
    cut point to below the next. Only cut points need the values. Raises BadInput where intervals would not nest.

    >>> from_intervals(widths=[5, 10])["widths"]
    (5, 10)
    >>> from_intervals([10, 18, 70], cuts=[[18, 65], [65]])["levels"][0]
    {'10': '<18', '18': '18-64', '70': '>=65'}
    """
    if bool(widths) == bool(cuts):
        raise BadInput(f"intervals of {name!r} need either widths or cut points.")
    if widths:
        if list(widths) != sorted(set(widths)) or widths[0] <= 0:
            raise BadInput(f"widths of {name!r} must be rising numbers above 0, not {list(widths)}.")
        hierarchy_from_widths([0.0], widths, name)
        return Entries(hierarchy_file=None, widths=tuple(widths), levels=None)
    for level, points in enumerate(cuts, start=1):
        if not points or list(points) != sorted(set(points)):
            raise BadInput(f"cut points of {name!r} in level {level} must be rising numbers, not {list(points)}.")
    for finer, coarser in pairwise(cuts):
        alone = sorted(set(coarser) - set(finer))
        if alone:
            raise BadInput(
                f"cut points of {name!r}: {alone[0]:g} is missing one level below, so intervals do not nest."
            )
    whole = all(float(number).is_integer() for number in [*values, *(point for points in cuts for point in points)])
    rows = [[plain(value), *(_between(value, points, whole) for points in cuts), ROOT] for value in values]
    return from_rows(rows, name)


def from_order(values: Sequence[str], runs: Sequence[int | Sequence[int]] = (2, 2, 2), name: str = "column") -> Entries:
    """Runs of neighbours in an ordered list of values; each level groups those of the level below.

    A level is one number, the length of its runs (the last may be shorter), or the length of each run in turn. Raises
    BadInput where the lengths do not add up.

    >>> from_order(["none", "school", "college", "doctorate"], [[1, 2, 1]])["levels"][0]
    {'none': 'none', 'school': 'school to college', 'college': 'school to college', 'doctorate': 'doctorate'}
    """
    groups = [[value] for value in dict.fromkeys(values)]
    columns = [[group[0] for group in groups]]
    for level, wanted in enumerate(runs, start=1):
        groups = _joined(groups, wanted, level, name)
        taken: set[str] = set()
        columns.append([label for group in groups for label in [free_label(_run_label(group), taken)] * len(group)])
    return from_rows([[*row, ROOT] for row in zip(*columns, strict=True)], name)


def from_dates(
    days: Sequence[str], steps: Sequence[str] = ("month", "quarter", "year", "decade"), name: str = "column"
) -> Entries:
    """Days (ISO 8601 text) grouped by calendar: any of month, quarter, year, decade, in that order, then the root.

    >>> list(from_dates(["1980-12-31"], ["quarter", "decade"])["levels"])
    [{'1980-12-31': '1980-Q4'}, {'1980-Q4': '1980s'}, {'1980s': '*'}]
    """
    known = list(DATE_STEPS)
    if not steps or any(step not in known for step in steps) or list(steps) != sorted(set(steps), key=known.index):
        raise BadInput(f"steps of {name!r} must be some of {', '.join(known)}, in that order, not {list(steps)}.")
    for day in days:
        try:
            datetime.date.fromisoformat(day)
        except ValueError as fault:
            raise BadInput(f"dates of {name!r}: {day!r} is no day; write days as 1980-12-31.") from fault
    return from_rows([[day, *(DATE_STEPS[step](day) for step in steps), ROOT] for day in dict.fromkeys(days)], name)


def from_prefix(values: Sequence[str], kept: Sequence[int] = (), name: str = "column") -> Entries:
    """Postal codes that lose signs from the right; `kept` says how many stay at each level (all but one, … one).

    >>> list(from_prefix(["81667", "81925"], [3, 2])["levels"][0].values())
    ['816**', '819**']
    """
    length = max(map(len, values), default=0)
    kept = list(kept) or list(range(length - 1, 0, -1))
    if list(kept) != sorted(set(kept), reverse=True) or any(not 0 < count < max(length, 2) for count in kept):
        raise BadInput(f"signs kept of {name!r} must fall from level to level and be 1 to {length - 1}, not {kept}.")
    return from_rows(
        [[value, *(value[:count].ljust(length, ROOT) for count in kept), ROOT] for value in dict.fromkeys(values)], name
    )


def from_redaction(
    values: Sequence[str], side: Side = "right", step: int = 1, padded: bool = True, name: str = "column"
) -> Entries:
    """Values whose signs become `*` one after the other, from the right or the left, `step` at a time.

    `padded` values count as if all were as long as the longest; else each loses its own last (or first) signs.

    >>> list(from_redaction(["1234", "12"], padded=False)["levels"][0].values())
    ['123*', '1*']
    >>> list(from_redaction(["1234", "12"], side="left", step=2)["levels"][0].values())
    ['**34', '**12']
    """
    if step < 1 or side not in ("left", "right"):
        raise BadInput(f"redaction of {name!r} takes a side (left, right) and at least 1 sign at a time, not {step}.")
    longest = max(map(len, values), default=0)
    counts = range(step, longest, step)
    rows = []
    for value in dict.fromkeys(values):
        length = longest if padded else len(value)
        whole = value.ljust(length, ROOT) if side == "right" else value.rjust(length, ROOT)
        rows.append([value, *(_masked(whole, count, side) for count in counts), ROOT])
    return from_rows(rows, name)


def rows_of_entries(entries: Entries, name: str = "column") -> Rows:
    """The rows (value, level 1, …) that levels write down; none where the entries have no levels."""
    from ppml_core.data.hierarchies.arx import rows_of

    return rows_of(hierarchy_from_levels(entries["levels"], name)) if entries["levels"] else []


def _levels(levels: tuple[Mapping[str, str], ...]) -> Entries:
    return Entries(hierarchy_file=None, widths=None, levels=levels)


def _between(value: float, points: Sequence[float], whole: bool) -> str:
    below = [point for point in points if point <= value]
    above = [point for point in points if point > value]
    if not below:
        return f"<{plain(above[0])}"
    if not above:
        return f">={plain(below[-1])}"
    low, high = below[-1], above[0]
    if not whole:
        return f"[{plain(low)}, {plain(high)})"
    return plain(low) if high - low == 1 else f"{plain(low)}-{plain(high - 1)}"


def _joined(groups: list[list[str]], wanted: int | Sequence[int], level: int, name: str) -> list[list[str]]:
    """Neighbouring groups made one, so many at a time."""
    if isinstance(wanted, int):
        lengths: Sequence[int] = [wanted] * -(-len(groups) // wanted) if wanted > 0 else [wanted]
    else:
        lengths = wanted
        if sum(lengths) != len(groups):
            raise BadInput(
                f"runs of {name!r}: level {level} has runs for {sum(lengths)} groups, but there are {len(groups)}."
            )
    if any(length < 1 for length in lengths):
        raise BadInput(f"runs of {name!r}: a run in level {level} must hold at least 1 group, not {min(lengths)}.")
    joined, at = [], 0
    for length in lengths:
        joined.append([value for group in groups[at : at + length] for value in group])
        at += length
    return joined


def _run_label(group: Sequence[str]) -> str:
    return group[0] if len(group) == 1 else f"{group[0]} to {group[-1]}"


def free_label(label: str, taken: set[str]) -> str:
    """The label, numbered where it is taken; it is taken from then on."""
    name, number = label, 2
    while name in taken:
        name, number = f"{label} ({number})", number + 1
    taken.add(name)
    return name


def _masked(whole: str, count: int, side: Side) -> str:
    count = min(count, len(whole))
    return whole[: len(whole) - count] + ROOT * count if side == "right" else ROOT * count + whole[count:]
