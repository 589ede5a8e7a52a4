"""Common given and family names of English, German, French and Spanish, from the file `names.txt` beside this one."""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.resources import files


def plain_name(name: str) -> str:
    """Small letters without accents and points.

    >>> plain_name("José"), plain_name("Müller")
    ('jose', 'muller')
    """
    small = name.strip(" .,;:'\"()").lower().replace("ß", "ss")
    return "".join(mark for mark in unicodedata.normalize("NFKD", small) if not unicodedata.combining(mark))


@cache
def given_names() -> frozenset[str]:
    return _section("given")


@cache
def family_names() -> frozenset[str]:
    return _section("family")


def _section(title: str) -> frozenset[str]:
    text = files("ppml_core.data.identifiers").joinpath("names.txt").read_text(encoding="utf-8")
    sections = dict(part.partition("]")[::2] for part in text.split("[")[1:])
    lines = (line for line in sections[title].splitlines() if not line.startswith("#"))
    return frozenset(plain_name(word) for line in lines for word in line.split())
