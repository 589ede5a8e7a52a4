"""A hierarchy file held against the values of its column: every fault in one sentence, and rows without them.

In: the file's text. Out: `Checked`; its `repaired` rows are a tree that covers the values. A repair keeps what the file
says wherever that can stand, and never takes a value out of it but for a second line of the same value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ppml_core.data.encodings import decode
from ppml_core.data.hierarchies.arx import DELIMITERS, MARK, Cut, Rows, cut_at
from ppml_core.data.hierarchies.mending import (
    NUMBER,
    as_edges,
    with_root,
    with_values,
    without_circles,
    without_doubles,
    without_gaps,
    without_second_parents,
)
from ppml_core.data.hierarchy import ROOT, hierarchy_from_rows, plain
from ppml_core.errors import BadInput


@dataclass(frozen=True)
class Fault:
    """What is wrong, in one sentence that names the column, and in words what `repaired` does about it."""

    sentence: str
    repair: str


@dataclass(frozen=True)
class Checked:
    """The file as rows, its faults, and the rows without them; None where nothing is wrong or no repair can be made."""

    rows: Rows
    faults: tuple[Fault, ...]
    repaired: Rows | None


def check_file(data: bytes, column: str, values: Sequence[str]) -> Checked:
    """`check_text` on the bytes of a file; an encoding other than UTF-8 is a fault of its own."""
    try:
        return check_text(data.decode("utf-8"), column, values)
    except UnicodeDecodeError:
        pass
    try:
        text = decode(data, f"the hierarchy of {column!r}")
    except BadInput as refusal:
        return Checked([], (Fault(str(refusal), "None can be made, for the file is no text."),), None)
    return _with_fault(
        check_text(text, column, values),
        Fault(f"The hierarchy of {column!r} is not UTF-8 text.", "It is read in its own encoding and kept as UTF-8."),
    )


def check_text(text: str, column: str, values: Sequence[str]) -> Checked:
    """The file's faults as a hierarchy of the column with these values (an empty text is an absent one).

    Repairs are made one after the other, each on what the one before left, so that one look finds all faults.

    >>> checked = check_text("a;vowel\\nb;consonant", "letter", ["a", "b", "c"])
    >>> for fault in checked.faults:
    ...     print(fault.sentence)
    The hierarchy of 'letter' ends in 2 groups, not one.
    The hierarchy of 'letter' lacks 1 value of the table: 'c'.
    >>> checked.repaired
    [['a', 'vowel', '*'], ['b', 'consonant', '*'], ['c', 'other', '*']]
    """
    whose = f"The hierarchy of {column!r}"
    values = list(dict.fromkeys(values))
    if "\0" in text:
        fault = Fault(f"{whose} has zero bytes, so it is no text file.", "None can be made: save it as CSV in UTF-8.")
        return Checked([], (fault,), None)
    if not text.strip(MARK + " \t\r\n;,|"):
        return _of_nothing(whose, values)
    faults: list[Fault] = []
    if text.startswith(MARK):
        faults.append(Fault(f"{whose} begins with a byte order mark.", "The mark is left out."))
    rows, found = _cut(text, whose)
    faults += found
    written = [list(row) for row in rows]
    for mend in MENDS:
        rows, said = mend(rows, values)
        faults += [Fault(f"{whose} {sentence}", repair) for sentence, repair in said]
    if not faults:
        return Checked(written, (), None)
    return Checked(written, tuple(faults), rows if _stands(rows, column, values) else None)


def _of_nothing(whose: str, values: Sequence[str]) -> Checked:
    if not values:
        return Checked(
            [], (Fault(f"{whose} is empty.", "None can be made, for the column has no values either."),), None
        )
    rows = [[value, ROOT] for value in values]
    return Checked(
        [], (Fault(f"{whose} is empty.", "Each value gets a line, with nothing above it but the root."),), rows
    )


def _with_fault(checked: Checked, fault: Fault) -> Checked:
    """The same with one more fault in front."""
    repaired = checked.repaired if checked.faults else checked.rows
    return Checked(checked.rows, (fault, *checked.faults), repaired)


def _cut(text: str, whose: str) -> tuple[Rows, list[Fault]]:
    """The lines as fields, with what is wrong with delimiters, quotes and blank lines."""
    faults = []
    delimiter, cut = _best_cut(text, quotes=True)
    if cut.open_line is not None:
        delimiter, cut = _best_cut(text, quotes=False)
        cut = Cut(
            [[cell.replace('"', "") for cell in row] for row in cut.rows], cut.numbers, cut.quoted, None, cut.blank
        )
        sentence = f"{whose} has a quote that is never closed."
        faults.append(Fault(sentence, "Quotes are taken out, and every line end ends a line."))
    if delimiter not in (";", ","):
        name = "tabs" if delimiter == "\t" else f"{delimiter!r}"
        faults.append(Fault(f"{whose} is cut at {name} instead of ; or a comma.", "It is cut there, and kept with ;."))
    rows, others = _cut_elsewhere(cut, delimiter)
    if others:
        sentence = f"{whose} has {others} {_lines(others)} with another delimiter than the rest."
        faults.append(Fault(sentence, "Each line is cut at the delimiter it has."))
    inner = cut.blank
    if inner:
        faults.append(Fault(f"{whose} has {inner} blank {_lines(inner)}.", "Blank lines are left out."))
    ended = sum(len(row) > 1 and not row[-1].strip() for row in rows)
    if ended:
        rows = [_without_end(row) for row in rows]
        sentence = f"{whose} has {ended} {_lines(ended)} that {'ends' if ended == 1 else 'end'} in a delimiter."
        faults.append(Fault(sentence, "Empty fields at the end of a line are left out."))
    return rows, faults


def _best_cut(text: str, quotes: bool) -> tuple[str, Cut]:
    """The delimiter that cuts most lines into the most frequent number of fields, two at least."""
    cuts = {delimiter: cut_at(text, delimiter, quotes) for delimiter in DELIMITERS}

    def fitness(delimiter: str) -> tuple[bool, int]:
        sizes = Counter(len(row) for row in cuts[delimiter].rows if len(row) > 1)
        return cuts[delimiter].is_even, max(sizes.values(), default=0)

    best = max(DELIMITERS, key=fitness)
    return best, cuts[best]


def _cut_elsewhere(cut: Cut, delimiter: str) -> tuple[Rows, int]:
    """Lines that this delimiter does not cut are cut at another one that they have; how many those are."""
    if all(len(row) == 1 for row in cut.rows):
        return cut.rows, 0
    rows, others = [], 0
    for row in cut.rows:
        found = next((other for other in DELIMITERS if len(row) == 1 and other in row[0]), None)
        rows.append(row[0].split(found) if found else row)
        others += found is not None
    return rows, others


def _without_end(row: list[str]) -> list[str]:
    end = len(row)
    while end > 1 and not row[end - 1].strip():
        end -= 1
    return row[:end]


def _spelled_alike(rows: Rows, values: Sequence[str]) -> tuple[Rows, list[tuple[str, str]]]:
    """Values that differ from the table's by blanks, quotes, capitals, leading or trailing zeros, or a wrong encoding
    get the table's spelling."""
    present = set(values)
    wanted = present - {row[0] for row in rows}
    alike = {_plain(value): value for value in wanted if value}
    mended, said = [], []
    for row in rows:
        value = row[0]
        spelled = alike.get(_plain(value)) or alike.get(_plain(_decoded(value)))
        if value in present or spelled is None:
            mended.append(row)
            continue
        said.append((value, spelled))
        mended.append([spelled, *(_decoded(cell) if _decoded(value) != value else cell.strip() for cell in row[1:])])
    if not said:
        return rows, []
    more = f" and {len(said) - 1} more" if len(said) > 1 else ""
    sentence = f"writes {said[0][0]!r}{more} where the table has {said[0][1]!r}."
    return mended, [(sentence, "The table's spelling is taken.")]


def _plain(text: str) -> str:
    bare = " ".join(text.strip().strip("'\"").split()).casefold()
    return plain(float(bare)) if NUMBER.fullmatch(bare) else bare


def _decoded(text: str) -> str:
    """The text as it was before UTF-8 was read as Windows-1252: "MÃ¼ller" was "Müller"."""
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text


def _without_header(rows: Rows, values: Sequence[str]) -> tuple[Rows, list[tuple[str, str]]]:
    """A first line of titles is left out: no value of the table, no root at its end where all others have one."""
    if len(rows) < 3 or rows[0][0] in values or len({row[-1] for row in rows[1:]}) != 1:
        return rows, []
    if rows[0][-1] == rows[1][-1] or len(rows[0]) < 2:
        return rows, []
    return rows[1:], [(f"begins with a line of titles ({', '.join(rows[0][:3])}).", "The line of titles is left out.")]


MENDS = (
    _spelled_alike, _without_header, as_edges, without_gaps, without_circles, without_doubles, with_root, with_values,
    without_second_parents,
)  # fmt: skip


def _stands(rows: Rows, column: str, values: Sequence[str]) -> bool:
    """Whether the rows are a tree that has every value."""
    try:
        tree = hierarchy_from_rows(rows, column)
    except BadInput:
        return False
    return all(tree.leaf_of(value) >= 0 for value in values) and len(tree.labels[-1]) == 1


def _lines(count: int) -> str:
    return "line" if count == 1 else "lines"
