"""The field's words, each with its meaning and source, and which settings' help leads to which of them.

In: `glossary.toml` beside this file. Out: `Term`s, in alphabetical order.
"""

from __future__ import annotations

import functools
import re
import tomllib
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True)
class Term:
    """A word, what it means, who says so, and the number of the lesson that shows it, 0 for none.

    `settings` lead here wherever they stand, or as "method.setting" of that method alone; `methods` lead here with
    all settings whose own names lead nowhere.
    """

    name: str
    meaning: str
    source: str
    address: str
    settings: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    lesson: int = 0


@functools.cache
def terms() -> tuple[Term, ...]:
    """All of them, by name."""
    text = resources.files("ppml_core.lessons").joinpath("glossary.toml").read_text(encoding="utf-8")
    none: list[str] = []
    found = [
        Term(**entry | {kind: tuple(entry.get(kind, none)) for kind in ("settings", "methods")})
        for entry in tomllib.loads(text)["term"]
    ]
    return tuple(sorted(found, key=lambda term: term.name.lower()))


@functools.cache
def term_of(setting: str, method: str = "") -> Term | None:
    """The word that explains a setting of that name: this method's own, any method's, else the method itself.

    >>> term_of("neighbours").name
    'neighbouring tables'
    >>> [term_of("delta", method).name for method in ("dp_gd", "delta_disclosure")]
    ['delta', 'δ-disclosure privacy']
    >>> term_of("window", "rank_swapping").name
    'data swapping'
    """
    settings = {name: term for term in terms() for name in term.settings}
    methods = {name: term for term in terms() for name in term.methods}
    return settings.get(f"{method}.{setting}") or settings.get(setting) or methods.get(method)


@functools.cache
def named(slug_of_name: str) -> Term | None:
    """The term with that slug."""
    return next((term for term in terms() if slug(term.name) == slug_of_name), None)


def search(text: str) -> tuple[Term, ...]:
    """Terms whose name or meaning holds the text; those whose name does come first.

    >>> search("neighbouring")[0].name
    'neighbouring tables'
    """
    wanted = text.strip().lower()
    found = [term for term in terms() if wanted in f"{term.name} {term.meaning}".lower()]
    return tuple(sorted(found, key=lambda term: wanted not in term.name.lower()))


def slug(name: str) -> str:
    """A term's name as part of an address.

    >>> slug("Gaussian differential privacy")
    'gaussian-differential-privacy'
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
