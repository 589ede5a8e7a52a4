"""International bank account numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from ppml_core.data.identifiers.base import Detector, Finding, Span, share_text
from ppml_core.data.identifiers.checksums import IBAN_LENGTHS, is_iban
from ppml_core.data.identifiers.look import Look, header_words

WORDS = header_words("iban bankaccount account accountnumber konto kontonummer comptebancaire cuenta cuentabancaria")
START = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}")


@dataclass(frozen=True)
class Iban(Detector):
    """An account number of the length of its country, with remainder 1 by 97."""

    title: ClassVar[str] = "bank account number (IBAN)"
    order: ClassVar[int] = 12

    def column(self, look: Look) -> Finding | None:
        named = look.says(WORDS)
        share = look.share(is_iban)
        if share < 0.3:
            return None
        return self.finding(
            0.65 + 0.3 * share + 0.04 * named,
            share_text(share, "are valid account numbers (length of the country, remainder by 97)"),
            "The header speaks of an account." if named else "",
        )

    def spans(self, text: str) -> Iterable[Span]:
        for found in START.finditer(text):
            end = _end(text, found.start(), IBAN_LENGTHS.get(found.group()[:2], 0))
            if is_iban(text[found.start() : end]):
                yield Span(found.start(), end, self.name())


def _end(text: str, start: int, signs: int) -> int:
    """Where the number ends that has so many signs, blanks not counted."""
    at = start
    while signs and at < len(text):
        signs -= text[at] != " "
        at += 1
    return at
