"""Web addresses: of a person's page or profile."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from ppml_core.data.identifiers.base import Detector, Finding, Span, share_text
from ppml_core.data.identifiers.look import Look, header_words

WORDS = header_words("url urls link links website webseite homepage web webpage siteweb sitioweb paginaweb profile")
ADDRESS = re.compile(r"(?:(?:https?|ftp)://|www\.)[^\s<>\"']+[^\s<>\"'.,;:!?)]", re.IGNORECASE)
BARE = re.compile(r"(?:[\w-]+\.)+(?:com|org|net|edu|gov|io|info|biz|de|fr|es|uk|eu|ch|at|it|nl|au|ca|us)(?:/\S*)?")


@dataclass(frozen=True)
class Url(Detector):
    """An address on the web, with its scheme, or beginning with www."""

    title: ClassVar[str] = "web address"
    order: ClassVar[int] = 11

    def column(self, look: Look) -> Finding | None:
        named = look.says(WORDS)
        share = look.share(lambda text: ADDRESS.fullmatch(text) or BARE.fullmatch(text.lower()))
        if share < (0.4 if named else 0.7):
            return None
        return self.finding(
            0.6 + 0.3 * share + 0.05 * named,
            share_text(share, "have the form of a web address"),
            "The header speaks of a web page." if named else "",
        )

    def spans(self, text: str) -> Iterable[Span]:
        return (Span(found.start(), found.end(), self.name()) for found in ADDRESS.finditer(text))
