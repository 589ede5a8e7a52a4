"""E-mail addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from ppml_core.data.identifiers.base import Detector, Finding, Span, share_text
from ppml_core.data.identifiers.look import Look, header_words

WORDS = header_words(
    "email emails mail mailaddress emailaddress mailadresse courriel mel correo correoelectronico direcciondecorreo "
    "adressemail"
)
ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}")


@dataclass(frozen=True)
class Email(Detector):
    """A mailbox at a domain: one sign @, a domain with a point, an ending of letters."""

    title: ClassVar[str] = "e-mail address"
    order: ClassVar[int] = 10

    def column(self, look: Look) -> Finding | None:
        share = look.share(lambda text: ADDRESS.fullmatch(text.removeprefix("mailto:")))
        named = look.says(WORDS)
        if share < (0.3 if named else 0.5):
            return None
        return self.finding(
            0.6 + 0.3 * share + 0.09 * named,
            share_text(share, "have the form of an e-mail address"),
            "The header speaks of e-mail." if named else "",
        )

    def spans(self, text: str) -> Iterable[Span]:
        return (Span(found.start(), found.end(), self.name()) for found in ADDRESS.finditer(text))
