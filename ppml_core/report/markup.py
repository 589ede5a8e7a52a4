"""Pieces of HTML: everything that comes in is text and is escaped; every number says whether it may be published."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Literal

Standing = Literal["publishable", "internal"]

STRONG = re.compile(r"\*\*(.+?)\*\*")
SHORT = 8  # rows that are printed on one page
EMPHASIS = re.compile(r"\*(.+?)\*")


class Html(str):
    """Markup that has been made here, and is not escaped again."""

    __slots__ = ()


def text(said: str) -> Html:
    """The text, escaped."""
    return Html(escape(str(said)))


def joined(parts: Sequence[Html]) -> Html:
    return Html("\n".join(parts))


def prose(said: str, standing: Standing | None = None) -> Html:
    """A paragraph; **bold** and *emphasis* as in Markdown, the standing of its numbers after it."""
    marked = EMPHASIS.sub(r"<em>\1</em>", STRONG.sub(r"<strong>\1</strong>", escape(said)))
    return Html(f"<p>{marked}{f' {tag(standing)}' if standing else ''}</p>")


def aside(said: str) -> Html:
    return Html(f'<p class="aside">{escape(said)}</p>')


def heading(said: str) -> Html:
    return Html(f"<h3>{escape(said)}</h3>")


def items(entries: Sequence[str | Html]) -> Html:
    """A plain list."""
    return Html(f"<ul>{''.join(f'<li>{cell(entry)}</li>' for entry in entries)}</ul>")


def tag(standing: Standing) -> Html:
    """What may be done with a number: a small word beside it."""
    return Html(f'<span class="tag {standing}">{standing}</span>')


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str | Html]], *, quiet: bool = False) -> Html:
    """A table; its caption is only read aloud where it is `quiet`, for then a heading says the same."""
    columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join(
        "<tr>" + "".join(_cell(entry, "td" if at else 'th scope="row"') for at, entry in enumerate(row)) + "</tr>"
        for row in rows
    )
    kind = "scroll short" if len(rows) <= SHORT else "scroll"
    return Html(
        f'<div class="{kind}" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<caption{' class=quiet' if quiet else ''}>{escape(caption)}</caption>"
        f"<thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(entry: str | Html, element: str) -> str:
    return f"<{element}>{cell(entry)}</{element.partition(' ')[0]}>"


def folded(summary: str, content: Html) -> Html:
    """What stands behind a line that is opened on demand; it is not printed."""
    return Html(f"<details><summary>{escape(summary)}</summary>{content}</details>")


def code(content: str, label: str) -> Html:
    return Html(f'<pre tabindex="0" role="region" aria-label="{escape(label)}"><code>{escape(content)}</code></pre>')


def section(name: str, title: str, *parts: Html) -> Html:
    """A section with its heading, which links can jump to."""
    return Html(f'<section id="{name}"><h2>{escape(title)}</h2>\n{joined(parts)}</section>')


def cell(entry: str | Html) -> Html:
    return entry if isinstance(entry, Html) else text(entry)
