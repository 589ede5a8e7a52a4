"""ARX's hierarchy files: one line per value, its levels to the right, no header.

In: the text of a file. Out: its rows, and the style it was written in, so that an export gives the same bytes again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ppml_core.data.hierarchy import Hierarchy

Rows = list[list[str]]

DELIMITERS = (";", ",", "\t", "|")
MARK = "\ufeff"
LINE_ENDS = re.compile("\r\n|\n|\r")
IN_QUOTES = re.compile(r'"(?:[^"]|"")*"')


@dataclass(frozen=True)
class Style:
    """How a file is written. `quoted` holds (line, field) of cells in quotes; None quotes all that might be misread.

    `mark` is a byte order mark at the start, `ends` whether the last line has a line end.
    """

    delimiter: str = ";"
    line_end: str = "\n"
    ends: bool = True
    mark: bool = False
    quoted: frozenset[tuple[int, int]] | None = None


@dataclass(frozen=True)
class Cut:
    """A text cut at one delimiter: its lines as fields, the number of each line in the file, and what was in quotes.

    `open_line` is the line of a quote that is never closed, `blank` counts lines without a sign. A cut is `clean` where
    quotes stand around whole fields only.
    """

    rows: Rows
    numbers: tuple[int, ...]
    quoted: frozenset[tuple[int, int]]
    open_line: int | None
    blank: int
    clean: bool = True

    @property
    def is_even(self) -> bool:
        """Whether all lines have the same number of fields, two at least."""
        return len({len(row) for row in self.rows}) == 1 and len(self.rows[0]) > 1


def import_arx(text: str) -> Rows:
    """The rows (value, level 1, level 2, …) of a hierarchy file, as written; blank lines are left out.

    >>> import_arx("a;vowel;*\\nb;consonant;*")
    [['a', 'vowel', '*'], ['b', 'consonant', '*']]
    """
    return cut_at(text, delimiter_of(text)).rows


def export_arx(tree: Hierarchy | Sequence[Sequence[str]], style: Style | None = None) -> bytes:
    """The file that `import_arx` gives back unchanged, in UTF-8; with `style_of(text)`, the same bytes again.

    >>> export_arx([["a", "vowel", "*"], ["b", "consonant", "*"]], Style(delimiter=","))
    b'a,vowel,*\\nb,consonant,*\\n'
    """
    style = style or Style()
    rows = rows_of(tree) if isinstance(tree, Hierarchy) else tree
    lines = [
        style.delimiter.join(_written(text, (at, field), style, alone=len(row) == 1) for field, text in enumerate(row))
        for at, row in enumerate(rows)
    ]
    whole = style.line_end.join(lines) + (style.line_end if style.ends and lines else "")
    return ((MARK if style.mark else "") + whole).encode()


def rows_of(tree: Hierarchy) -> Rows:
    """The rows that write the tree down, a line per leaf in its order."""
    columns = [[labels[code] for code in codes] for labels, codes in zip(tree.labels, tree.codes, strict=True)]
    return [list(row) for row in zip(*columns, strict=True)]


def style_of(text: str) -> Style:
    """Delimiter, line ends, byte order mark and quotes of a hierarchy file. Of mixed line ends, the most frequent."""
    cut = cut_at(text, delimiter_of(text))
    ends = Counter(LINE_ENDS.findall(IN_QUOTES.sub("", text)) or LINE_ENDS.findall(text)).most_common(1)
    return Style(
        delimiter=delimiter_of(text),
        line_end=ends[0][0] if ends else "\n",
        ends=text.endswith(("\n", "\r")),
        mark=text.startswith(MARK),
        quoted=cut.quoted,
    )


def delimiter_of(text: str) -> str:
    """The first of `;`, `,`, tab and `|` that cuts all lines into the same number of fields, else into the most.

    One that leaves quotes around whole fields goes before one that does not.
    """
    cuts = {delimiter: cut_at(text, delimiter) for delimiter in DELIMITERS}
    even = [delimiter for delimiter, cut in cuts.items() if cut.is_even]
    even.sort(key=lambda delimiter: not cuts[delimiter].clean)
    return even[0] if even else max(DELIMITERS, key=lambda delimiter: sum(map(len, cuts[delimiter].rows)))


def cut_at(text: str, delimiter: str, quotes: bool = True) -> Cut:
    """The text cut into lines and fields; a field in quotes may hold the delimiter, line ends, and quotes as "".

    Without `quotes` they are signs like others. Blank lines are counted and left out.
    """
    rows: Rows = []
    numbers: list[int] = []
    quoted: set[tuple[int, int]] = set()
    blank, clean = 0, True
    at, line, open_line = 1 if text.startswith(MARK) else 0, 1, None
    plain_end = re.compile(f"[{re.escape(delimiter)}\r\n]|$")
    while at < len(text):
        row: list[str] = []
        start = line
        while True:
            field = ""
            in_quotes = quotes and text.startswith('"', at)
            if in_quotes:
                quoted.add((len(rows), len(row)))
                field, after = _in_quotes(text, at)
                open_line = start if after is None and open_line is None else open_line
                line += len(LINE_ENDS.findall(text[at : after or len(text)]))
                at = after or len(text)
            end = plain_end.search(text, at)
            stop = end.start() if end else len(text)
            clean = clean and not (at < stop if in_quotes else '"' in text[at:stop])
            row.append(field + text[at:stop])
            at = stop
            if not text.startswith(delimiter, at):
                break
            at += 1
        at += 2 if text.startswith("\r\n", at) else 1
        line += 1
        if any(cell.strip() for cell in row) or any((len(rows), field) in quoted for field in range(len(row))):
            rows.append(row)
            numbers.append(start)
        else:
            blank += 1
    return Cut(rows, tuple(numbers), frozenset(quoted), open_line, blank, clean and open_line is None)


def _in_quotes(text: str, at: int) -> tuple[str, int | None]:
    """What stands between the quote at that place and its end, and the place after; None where it never ends."""
    parts = []
    at += 1
    while (stop := text.find('"', at)) >= 0:
        parts.append(text[at:stop])
        if not text.startswith('""', stop):
            return "".join(parts), stop + 1
        parts.append('"')
        at = stop + 2
    return "".join([*parts, text[at:]]), None


def _written(text: str, place: tuple[int, int], style: Style, alone: bool) -> str:
    signs = {style.delimiter, "\n", "\r"} | (set(DELIMITERS) if style.quoted is None else set())
    needed = text.startswith(('"', MARK)) or any(sign in text for sign in signs) or (alone and not text.strip())
    chosen = place in style.quoted if style.quoted is not None else '"' in text or _is_blank_start(text, place)
    return '"' + text.replace('"', '""') + '"' if needed or chosen else text


def _is_blank_start(text: str, place: tuple[int, int]) -> bool:
    """An empty value at the start of a line goes in quotes: a line of nothing but blanks would be left out."""
    return place[1] == 0 and not text.strip()
