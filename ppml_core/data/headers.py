"""The first row of a file: is it a header, and what are the columns called?"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Sequence

from ppml_core.data.dates import date_format
from ppml_core.data.hierarchy import MISSING_MARKS
from ppml_core.data.words import is_known
from ppml_core.errors import BadInput

MAX_COLUMNS = 10_000
ENOUGH_ROWS = 5
LONGEST_SHOWN = 60
NUMBER = re.compile(r"\s*[+-]?(\d+([.,]\d*)*|[.,]\d+)([eE][+-]?\d+)?\s*")


def column_names(cells: Sequence[str], filename: str) -> list[str]:
    """Names without blanks around them; an empty one becomes `column_3` after its place. Raises BadInput on doubles."""
    if len(cells) > MAX_COLUMNS:
        raise BadInput(
            f"{filename} has {len(cells):,} columns; at most {MAX_COLUMNS:,} can be read, so leave some out."
        )
    stripped = [str(cell).strip() for cell in cells]
    seen: set[str] = set()
    for name in filter(None, stripped):
        if name in seen:
            raise BadInput(f"{filename} has two columns called {in_short(name)}: give each column a name of its own.")
        seen.add(name)
    names = []
    for place, name in enumerate(stripped, start=1):
        spare = f"column_{place}"
        while not name and spare in seen:
            spare += "_"
        names.append(name or spare)
        seen.add(names[-1])
    return names


def refuse_headerless(
    first: Sequence[str], rows: Sequence[Sequence[str]], known: Collection[str], filename: str
) -> None:
    """Raises BadInput where the first row looks like one more person.

    It does when some cell repeats what stands below it (a number over numbers, a value of the column) while no cell
    differs from its column in that way and none is a word that headers use. Columns whose values hardly repeat say
    nothing. Numbered columns (0, 1, 2, …) are a header.
    """
    names = [cell.strip() for cell in first]
    if any(name in known for name in names) or _counts_up(names):
        return
    columns = [[row[place] for row in rows if place < len(row)] for place in range(len(names))]
    votes = [_vote(name, [cell.strip() for cell in cells]) for name, cells in zip(names, columns, strict=True)]
    if any(vote != "data" and is_known(name) for name, vote in zip(names, votes, strict=True)):
        return
    all_numbers = all(_is_number(name) for name in names)
    if all_numbers or ("data" in votes and "header" not in votes):
        raise BadInput(
            f"{filename} seems to have no header, for its first row looks like data: add a line of column names."
        )


def _vote(name: str, cells: Sequence[str]) -> str:
    present = [cell for cell in cells if cell not in MISSING_MARKS]
    if name in MISSING_MARKS or not present:
        return "none"
    if all(_is_number(cell) for cell in present):
        return "data" if _is_number(name) else "header"
    if date_format(present[:50]):
        return "data" if date_format([name]) else "header"
    if name in present:
        return "data"
    return "header" if len(present) >= ENOUGH_ROWS and len(set(present)) <= len(present) / 2 else "none"


def _is_number(text: str) -> bool:
    return NUMBER.fullmatch(text) is not None


def _counts_up(names: Sequence[str]) -> bool:
    whole = [int(name) for name in names if re.fullmatch(r"\d{1,9}", name)]
    rising = all(after - before == 1 for before, after in itertools.pairwise(whole))
    return len(names) >= 3 and len(whole) == len(names) and rising


def in_short(text: str) -> str:
    """A text of somebody's as a sentence can hold it: in quotes, on one line, not too long.

    >>> in_short("age")
    "'age'"
    """
    return repr(text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…")
