"""Payment card numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from ppml_core.data.identifiers.base import Detector, Finding, Span, share_text
from ppml_core.data.identifiers.checksums import is_card
from ppml_core.data.identifiers.look import Look, header_words

WORDS = header_words(
    "creditcard creditcardnumber card cardnumber cardno ccnumber ccnum cc kreditkarte kreditkartennummer "
    "cartebancaire numerodecarte tarjeta tarjetadecredito numerodetarjeta pan"
)
CANDIDATE = re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])")


@dataclass(frozen=True)
class CreditCard(Detector):
    """A number with an issuer's first digits and length and a right check digit (one random number in ten has that)."""

    title: ClassVar[str] = "payment card number"
    order: ClassVar[int] = 13

    def column(self, look: Look) -> Finding | None:
        named = look.says(WORDS)
        share = look.share(is_card)
        if share < (0.3 if named else 0.6):
            return None
        return self.finding(
            0.65 + 0.3 * share + 0.04 * named,
            share_text(share, "have an issuer's first digits and length and a right check digit"),
            "The header speaks of a card." if named else "",
        )

    def spans(self, text: str) -> Iterable[Span]:
        found = (match for match in CANDIDATE.finditer(text) if is_card(match.group()))
        return (Span(match.start(), match.end(), self.name()) for match in found)
