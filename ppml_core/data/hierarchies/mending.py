"""One fault of a hierarchy's rows each: whether it is there, in words, and the rows without it.

Every function takes rows and the values of the table, and gives rows and pairs (what the hierarchy does wrong, repair).
"""

from __future__ import annotations

import operator
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from ppml_core.data.hierarchies.arx import Rows
from ppml_core.data.hierarchies.builders import free_label
from ppml_core.data.hierarchy import MISSING, MISSING_MARKS, ROOT, UNKNOWN

Said = list[tuple[str, str]]

MOST_NAMED = 5
OTHER = "other"
INTERVAL = re.compile(r"[\[(]?\s*(-?\d+(?:\.\d+)?)\s*(?:-|–|,|\.\.|to)\s*(-?\d+(?:\.\d+)?)\s*([\])\[]?)")
NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?")
ONE_SIDED = re.compile(r"(<=|>=|<|>|≤|≥)\s*(-?\d+(?:\.\d+)?)")


def named(values: Sequence[str]) -> str:
    """Up to five values in quotes, and how many more there are.

    >>> named(["a", "b", "c", "d", "e", "f", ""])
    "'a', 'b', 'c', 'd', 'e' and 2 more"
    """
    shown = [repr(value) if value else "an empty cell" for value in values[:MOST_NAMED]]
    more = f" and {len(values) - MOST_NAMED} more" if len(values) > MOST_NAMED else ""
    return ", ".join(shown) + more


def as_edges(rows: Rows, values: Sequence[str]) -> tuple[Rows, Said]:
    """Lines of two fields, child and parent, become rows from each value to the root; a circle is cut at its end."""
    pairs: dict[str, str] = {}
    for row in rows:
        pairs.setdefault(row[0], row[-1])
    above = {parent for parent in pairs.values() if pairs.get(parent, parent) != parent and parent != ROOT}
    known = set(values)
    if len(pairs) < len(rows) or any(len(row) != 2 for row in rows) or not above:
        return rows, []
    chains, circles = {}, []
    for child in pairs:
        chain = [child]
        while (parent := pairs.get(chain[-1])) is not None and parent not in chain:
            chain.append(parent)
        if parent is not None and parent != ROOT:
            circles.append(child)
        chains[child] = [label for label in chain if label != ROOT]
    if not circles and known.issuperset(pairs):
        return rows, []
    leaves = [child for child in pairs if child not in above or child in known]
    depth = max(len(chains[leaf]) for leaf in leaves) if leaves else 1
    padded = [_filled([*chains[leaf], ROOT], depth + 1) for leaf in leaves]
    said = [("lists pairs of child and parent, not one line per value.", "Each value's parents are put in its line.")]
    if circles:
        said.append((
            f"goes in a circle at {named(circles[:1])}: following its parents leads back to it.",
            "The circle is cut where it closes, and the root is put there.",
        ))  # fmt: skip
    return padded, said


def without_gaps(rows: Rows, values: Sequence[str]) -> tuple[Rows, Said]:
    """Empty labels take the one below, and short lines are filled up below their last label."""
    said = []
    empty = [row[0] for row in rows if any(not cell.strip() for cell in row[1:])]
    if empty:
        said.append(
            (f"has no label at a level of {named(empty[:1])}{_and_more(empty)}.", "It gets the label one level below.")
        )
        rows = [_labelled(row) for row in rows]
    sizes = Counter(map(len, rows))
    depth = max(*sizes, 2)
    if len(sizes) > 1:
        usual = sizes.most_common(1)[0][0]
        odd = next(row for row in rows if len(row) != usual)
        said.append((
            f"has lines of different length: {odd[0]!r} has {len(odd)} fields, most have {usual}.",
            "Short lines are filled up by repeating their last label below the root.",
        ))  # fmt: skip
    elif depth > max(sizes):
        said.append(("has values but no levels.", "The root is put above every value."))
    has_root = len({row[-1] for row in rows if len(row) == max(sizes)}) == 1
    root = next(row[-1] for row in rows if len(row) == max(sizes)) if has_root and max(sizes) > 1 else ROOT
    return [row if len(row) == depth else _filled(row, depth, root) for row in rows], said


def without_circles(rows: Rows, values: Sequence[str]) -> tuple[Rows, Said]:
    """A label that comes back above another one takes, from there on, the label of the level below."""
    mended, circles = [], []
    for row in rows:
        kept = row[:1]
        for cell in row[1:]:
            comes_back = cell in kept and cell != kept[-1]
            kept.append(kept[-1] if comes_back else cell)
        if kept != row:
            circles.append(row[0])
        mended.append(kept)
    if not circles:
        return rows, []
    sentence = f"goes in a circle in the line of {named(circles[:1])}{_and_more(circles)}: a label stands above itself."
    return mended, [(sentence, "The label that comes back is replaced by the one below it.")]


def without_doubles(rows: Rows, values: Sequence[str]) -> tuple[Rows, Said]:
    """The first line of every value."""
    first: dict[str, list[str]] = {}
    doubles = []
    for row in rows:
        if row[0] in first:
            doubles.append(row[0])
        first.setdefault(row[0], row)
    if not doubles:
        return rows, []
    doubles = list(dict.fromkeys(doubles))
    noun = "value" if len(doubles) == 1 else "values"
    return list(first.values()), [
        (f"lists {len(doubles)} {noun} more than once: {named(doubles)}.", "The first line of each is kept.")
    ]


def with_values(rows: Rows, values: Sequence[str]) -> tuple[Rows, Said]:
    """A line for every value of the table that has none, in the group that its label says, else in one called other."""
    listed = {row[0] for row in rows}
    lacking = [value for value in values if value not in listed]
    if MISSING in lacking and listed & set(MISSING_MARKS):
        lacking.remove(MISSING)
    if not lacking:
        return rows, []
    rest = _unused(OTHER, rows)
    unknown = _unused(UNKNOWN, rows)
    ends = {row[-1] for row in rows}
    root = ends.pop() if len(ends) == 1 else None
    groups = [_Labels({row[level]: row for row in rows}) for level in range(1, len(rows[0]) - 1)]
    lines = {value: _placed(value, groups) for value in lacking}
    added = [
        line or _apart(value, unknown if value == MISSING else rest, len(rows[0]), root)
        for value, line in lines.items()
    ]
    noun = "value" if len(lacking) == 1 else "values"
    placed = sum(line is not None for line in lines.values())
    where = "the group whose label fits it" if placed == len(lacking) else f"a group called {rest!r}"
    if 0 < placed < len(lacking):
        where = f"the group whose label fits it, else one called {rest!r}"
    sentence = f"lacks {len(lacking)} {noun} of the table: {named(lacking)}."
    return [*rows, *added], [(sentence, f"Each gets a line, in {where}.")]


def without_second_parents(rows: Rows, values: Sequence[str]) -> tuple[Rows, Said]:
    """A label with two parents becomes two labels, the rarer one named after its parent."""
    mended = [list(row) for row in rows]
    split: list[str] = []
    for level in range(len(rows[0]) - 2, 0, -1):
        tails: dict[str, Counter[str]] = {}
        for row in mended:
            tails.setdefault(row[level], Counter())[row[level + 1]] += 1
        taken = set(tails)
        renamed = {}
        for label, parents in tails.items():
            for parent, _ in parents.most_common()[1:]:
                renamed[label, parent] = free_label(f"{label} ({parent})", taken)
                split.append(label)
        for row in mended:
            row[level] = renamed.get((row[level], row[level + 1]), row[level])
    if not split:
        return rows, []
    label = split[-1]
    return mended, [(
        f"is no tree: {label!r}{_and_more(list(dict.fromkeys(split)))} has two parents.",
        "The label is parted into one per parent, named after it.",
    )]  # fmt: skip


def with_root(rows: Rows, values: Sequence[str]) -> tuple[Rows, Said]:
    """One group above all."""
    ends = {row[-1] for row in rows}
    if len(ends) == 1:
        return rows, []
    return [[*row, ROOT] for row in rows], [(f"ends in {len(ends)} groups, not one.", "A root is put above them.")]


def _filled(row: Sequence[str], depth: int, root: str = ROOT) -> list[str]:
    """The row with its last label below the root repeated."""
    if len(row) == 1 or row[-1] not in (root, ROOT):
        return [*row, *[row[-1]] * (depth - len(row) - 1), root][:depth] if len(row) < depth else list(row)
    return [*row[:-1], *[row[-2]] * (depth - len(row)), root]


def _labelled(row: Sequence[str]) -> list[str]:
    kept = [row[0]]
    for cell in row[1:]:
        kept.append(cell if cell.strip() else kept[-1])
    return kept


class _Labels:
    """The labels of one level that say what they hold: intervals, and texts with * in them; each with a line of it."""

    def __init__(self, lines: Mapping[str, list[str]]) -> None:
        self.lines = lines
        self.ranges = [(found, label) for label in lines if (found := _range_of(label)) is not None]
        starred = [label for label in lines if ROOT in label and label.strip(ROOT)]
        self.shapes = {tuple(sign == ROOT for sign in label) for label in starred}

    def line_for(self, value: str) -> list[str] | None:
        """The line of a label that holds the value; None where none does."""
        for shape in self.shapes:
            if len(shape) == len(value):
                label = "".join(ROOT if hidden else sign for hidden, sign in zip(shape, value, strict=True))
                if label in self.lines:
                    return self.lines[label]
        if not self.ranges or not NUMBER.fullmatch(value):
            return None
        number = float(value)
        return next((self.lines[label] for holds, label in self.ranges if holds(number)), None)


def _placed(value: str, groups: Sequence[_Labels]) -> list[str] | None:
    """The value's line where a label of a level, the lowest is level 1, says that it holds the value."""
    for level, labels in enumerate(groups, start=1):
        line = labels.line_for(value) if value else None
        if line is not None:
            return [value, *[value] * (level - 1), *line[level:]]
    return None


def _apart(value: str, label: str, depth: int, root: str | None) -> list[str]:
    """The value's line in a group of its own, below the root where there is one."""
    return [value, *[label] * (depth - 2), root] if root is not None else [value, *[label] * (depth - 1)]


def _range_of(label: str) -> Callable[[float], bool] | None:
    """Whether a number lies in the interval that the label writes; None where it writes none."""
    if found := INTERVAL.fullmatch(label.strip()):
        low, high = float(found[1]), float(found[2])
        if found[3] in (")", "["):
            return lambda number: low <= number < high
        return lambda number: low <= number <= high
    if found := ONE_SIDED.fullmatch(label.strip()):
        bound = float(found[2])
        compare = {"<": operator.lt, ">": operator.gt, "<=": operator.le, "≤": operator.le}.get(found[1], operator.ge)
        return lambda number: bool(compare(number, bound))
    return None


def _unused(label: str, rows: Rows) -> str:
    taken = {cell for row in rows for cell in row[1:]}
    return free_label(label, taken)


def _and_more(values: Sequence[str]) -> str:
    return f" and {len(values) - 1} more" if len(values) > 1 else ""
