"""Postal codes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from ppml_core.data.identifiers.base import Detector, Finding, share_text
from ppml_core.data.identifiers.look import Look, header_words

WORDS = header_words(
    "zip zipcode zips postcode postalcode postal plz postleitzahl codepostal codigopostal cp cpostal pincode "
    "postnummer postnr cap eircode"
)
LETTERED = re.compile(
    r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|[1-9]\d{3} ?[A-Z]{2}|\d{5}-\d{4}|"
    r"(?:D|A|CH|F|E|S|DK)-\d{4,5}"
)
CODE = re.compile(rf"\d{{3,6}}|\d{{3,5}}[ -]\d{{2,4}}|{LETTERED.pattern}|[A-Z]{{1,2}}\d{{1,2}}[A-Z]?")


@dataclass(frozen=True)
class PostalCode(Detector):
    """Codes of a post under a header that says so; without one, the forms of the UK, Canada, the Netherlands, ZIP+4."""

    title: ClassVar[str] = "postal code"
    order: ClassVar[int] = 46

    def column(self, look: Look) -> Finding | None:
        named = look.says(WORDS)
        if not named:
            lettered = look.share(LETTERED.fullmatch, least=5)
            if lettered < 0.8:
                return None
            return self.finding(0.3 + 0.4 * lettered, share_text(lettered, "have the form of a postal code"))
        share = look.share(CODE.fullmatch)
        if share < 0.6 or (look.numbers is not None and not look.is_whole):
            return None
        return self.finding(
            0.69 + 0.3 * share, "The header speaks of a postal code.", share_text(share, "have the form of one")
        )
