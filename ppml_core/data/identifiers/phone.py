"""Telephone numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import phonenumbers

from ppml_core.data.identifiers.base import Detector, Finding, Span, share_text
from ppml_core.data.identifiers.date_of_birth import are_dates
from ppml_core.data.identifiers.look import Look, header_words

WORDS = header_words(
    "phone phones phonenumber phoneno telephone telephonenumber telephoneno tel tele mobile mobil mobilephone cell "
    "cellphone fax faxnumber faxno telefon telefonnummer telefonnr handy handynummer mobilnummer mobiltelefon "
    "rufnummer portable numerodetelephone telefono movil celular telefax homephone workphone"
)
REGIONS = ("US", "GB", "DE", "FR", "ES", "AU", "CH", "AT", "IN")
FORM = re.compile(r"(?=(?:\D*\d){6,15}\D*$)\+?[\d ()./\[\]-]{6,25}(?: ?(?:x|ext\.?|#) ?\d{1,6})?")
TOLD = re.compile(r"\+\d|\(\d|00\d|0\d{1,5}[ /-]|0\d{9,10}$|(?:1[ .-])?\d{3}[ .-]\d{3}[ .-]\d{4}")
IN_TEXT = re.compile(
    r"(?<![\w+/.-])(?:\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?|\(\d{2,5}\)[ .-]?|0\d{1,5}[ ./-]|"
    r"\d{3}[ .-](?=\d{3}[ .-]\d{4}))"
    r"\d(?:[ ./-]?\d){4,12}(?![\w])"
)
CHECKED = 100
REGION_TRIES = 10


@dataclass(frozen=True)
class Phone(Detector):
    """A number that the numbering plan of a country knows, or of the right form under a header that says so.

    Dates are tried first: what is a column of days is no column of telephone numbers.
    """

    title: ClassVar[str] = "telephone number"
    order: ClassVar[int] = 30

    def column(self, look: Look) -> Finding | None:
        named = look.says(WORDS)
        if are_dates(look) or (look.numbers is not None and not (named and look.is_whole)):
            return None
        formed = look.share(FORM.fullmatch)
        told = look.share(lambda text: FORM.fullmatch(text) and TOLD.match(text))
        if formed < 0.6 or not (named or told >= 0.6):
            return None
        valid, region = _valid_share([text for text in look.sample if FORM.fullmatch(text)])
        if not named and valid < 0.6:
            return None
        if named and valid < 0.3 and look.distinct_share < 0.3:
            return None
        return self.finding(
            0.45 + 0.2 * formed + 0.2 * valid + 0.14 * named,
            share_text(formed, "have the form of a telephone number"),
            share_text(valid, f"are numbers that a numbering plan knows ({region})"),
            "The header speaks of a telephone." if named else "",
        )

    def spans(self, text: str) -> Iterable[Span]:
        for found in IN_TEXT.finditer(text):
            if any(_is_valid(found.group(), region) for region in REGIONS):
                yield Span(found.start(), found.end(), self.name())


def _valid_share(texts: Sequence[str]) -> tuple[float, str]:
    """Part of the numbers that are valid in the region that fits the first of them best, and that region."""
    few = texts[:: max(1, len(texts) // CHECKED)][:CHECKED]
    first = few[:REGION_TRIES]
    if not few:
        return 0.0, ""
    region = max(REGIONS, key=lambda each: sum(_is_valid(text, each) for text in first))
    return sum(_is_valid(text, region) for text in few) / len(few), region


def _is_valid(text: str, region: str) -> bool:
    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(text, region)))
    except phonenumbers.NumberParseException:
        return False
