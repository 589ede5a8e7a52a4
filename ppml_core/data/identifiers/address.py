"""Postal addresses: street and number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from ppml_core.data.identifiers.base import Detector, Finding, share_text
from ppml_core.data.identifiers.look import Look, header_words

WORDS = header_words(
    "address addresses addressline streetaddress street streetname homeaddress mailingaddress residence addr "
    "adresse anschrift strasse wohnadresse hausanschrift rue voie adressepostale domicile direccion calle domicilio "
    "direccionpostal"
)
OTHER = header_words("email mail ip mac web url type status number city state zip country id valid")
STREETS = header_words(
    "street st road rd avenue ave lane ln drive dr court ct boulevard blvd way place pl square sq terrace tce close "
    "crescent cres circuit cct highway hwy parkway pkwy circle cir trail trl alley row walk grove mews building bldg "
    "rue av bd chemin allee allée impasse quai route cours via viale piazza rua avenida calle avda plaza paseo camino "
    "carretera ronda alameda travessa str"
)
ENDINGS = ("straße", "strasse", "str", "weg", "platz", "allee", "gasse", "ring", "ufer", "damm", "berg")
LETTERS = re.compile(r"[^\W\d_]+")
BOX = re.compile(r"\b(?:p\.? ?o\.? box|postfach|bo[iî]te postale|apartado)\b", re.IGNORECASE)
MOST = 250
NUMBER_FIRST = re.compile(r"\d+[a-zA-Z]?(?:[-/]\d+)?(?: (?:bis|ter))?,? +[^\W\d_]")
NUMBER_LAST = re.compile(r"[^\W\d_][^\d]*[ ,]\d{1,5} ?[a-zA-Z]?(?:[ ,/-].*)?$")


@dataclass(frozen=True)
class Address(Detector):
    """A street word with a number, a post office box; under a header that says so, streets without numbers too."""

    title: ClassVar[str] = "postal address"
    order: ClassVar[int] = 45

    def column(self, look: Look) -> Finding | None:
        if look.numbers is not None:
            return None
        named = look.says(WORDS) and not look.runs & OTHER
        street, numbered = look.share(has_street, most=MOST), look.share(_is_numbered, most=MOST)
        full = look.share(_is_full, most=MOST) if street and numbered else 0.0
        said = "The header speaks of an address." if named else ""
        seen = share_text(full, "hold a street and a number")
        if named and look.distinct >= 2 and max(numbered, street) >= 0.3:
            return self.finding(0.7 + 0.15 * max(numbered, street) + 0.1 * full, said, seen)
        if named and look.distinct_share >= 0.3 and look.share(_is_wordy) >= 0.5 and look.distinct >= 20:
            return self.finding(0.6, said, "Its values are words, many different ones.")
        if full >= 0.4 and numbered >= 0.5 and look.distinct >= 3:
            return self.finding(0.55 + 0.35 * full, seen)
        return None


def has_street(text: str) -> bool:
    """Whether a word for a street stands in the text, in English, German, French, Spanish or the like.

    >>> has_street("Gartenweg 3"), has_street("12 rue Haute"), has_street("3 apples")
    (True, True, False)
    """
    small = text[:200].lower()
    words = LETTERS.findall(small)
    return any(word in STREETS or word.endswith(ENDINGS) for word in words) or "c/" in small or bool(BOX.search(small))


def _is_numbered(text: str) -> bool:
    return len(text) <= 200 and bool(NUMBER_FIRST.match(text) or NUMBER_LAST.match(text) or BOX.search(text))


def _is_full(text: str) -> bool:
    return has_street(text) and _is_numbered(text)


def _is_wordy(text: str) -> bool:
    return any(sign.isalpha() for sign in text) and len(text) >= 4
