"""Names of persons."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from ppml_core.data.identifiers.base import Detector, Finding, Span, share_text
from ppml_core.data.identifiers.look import Look, header_words
from ppml_core.data.identifiers.name_list import family_names, given_names, plain_name

STRONG = header_words(
    "firstname lastname surname forename givenname familyname middlename fullname maidenname patientname personname "
    "employeename studentname contactname customername clientname membername username nickname fname lname gname "
    "sname vorname nachname familienname zuname geburtsname mitarbeitername patientenname prenom nomdefamille "
    "nomcomplet nomprenom nombrecompleto apellido apellidos primerapellido segundoapellido nombreyapellidos first "
    "last"
)
WEAK = header_words(
    "name names person patient passenger employee customer client contact author laureate player candidate student "
    "teacher member owner manager officer doctor physician guest driver artist composer actor director winner "
    "victim defendant senator representative president nom nombre kunde ansprechpartner mitarbeiter persona"
)
THINGS = header_words(
    "company product city town country state street file column school hotel team brand item station airport "
    "organization organisation org business department dept district county region project model species event "
    "course category group bank store shop place site party ship title address firma produkt ville pays entreprise "
    "empresa producto ciudad pais host domain host job type class position role office race sex gender ethnicity "
    "race album track song movie film book restaurant neighborhood suburb"
)
TITLES = (
    r"(?:Mr|Mrs|Ms|Miss|Master|Dr|Prof|Professor|Sir|Herr|Herrn|Frau|Mme|Mlle|Monsieur|Madame|Sr|Sra|Señora?|Doña|Don)"
)
TITLE = re.compile(rf"\b{TITLES}\b\.?")
SHAPE = re.compile(r"[^\W\d_][^\W\d_'’`.-]*(?:[ '’`.,-]+(?:[^\W\d_'’`.,-]+|\([^()]*\)|\"[^\"]*\"))*[.)]?", re.UNICODE)
WORD = r"[^\W\d_a-zß-öø-ÿ](?:[^\W\d_]|['’-](?=[^\W\d_]))+"
AFTER_TITLE = re.compile(rf"\b{TITLES}\b\.? ((?:{WORD}|[A-Z]\.)(?: (?:{WORD}|[A-Z]\.|von|van|de|del|la|der)){{0,3}})")
IN_A_ROW = re.compile(rf"(?<![\w-])(?=({WORD}) ((?:[A-Z]\. )?)({WORD}))")
MOST_WORDS = 6
LEAST_DISTINCT = 20


@dataclass(frozen=True)
class Name(Detector):
    """Words in the shape of names, with a header, titles or a list of common names to speak for them.

    The list knows English, German, French and Spanish names; other names are found by header and shape. Fewer than 20
    different values are never called names.
    """

    title: ClassVar[str] = "name of a person"
    order: ClassVar[int] = 40

    def column(self, look: Look) -> Finding | None:
        if look.distinct < LEAST_DISTINCT or look.numbers is not None:
            return None
        shaped = look.share(_is_shaped)
        if shaped < 0.7:
            return None
        things = bool(look.runs & THINGS)
        strong = look.says(STRONG) and not look.runs & (THINGS - {"title"})
        weak = bool(look.runs & WEAK) and not things
        listed, titled = look.share(_is_listed), look.share(TITLE.search)
        confidence = _confidence(strong, weak, things, max(listed, titled))
        if confidence is None:
            return None
        header = "The header speaks of a person's name." if strong else "The header may speak of a person."
        return self.finding(
            confidence * min(1.0, 0.3 + shaped * 0.75),
            header if strong or weak else "",
            share_text(shaped, "have the shape of a name"),
            share_text(listed, "hold names of a list of common ones"),
            share_text(titled, "hold a title as used before names") if titled >= 0.1 else "",
        )

    def spans(self, text: str) -> Iterable[Span]:
        for found in AFTER_TITLE.finditer(text):
            yield Span(found.start(1), found.end(1), self.name())
        for found in IN_A_ROW.finditer(text):
            given, family = plain_name(found.group(1)), plain_name(found.group(3))
            if given in given_names() and (family in family_names() or family in given_names()):
                yield Span(found.start(1), found.end(3), self.name())


def _confidence(strong: bool, weak: bool, things: bool, known: float) -> float | None:
    """How sure header and list make it together; None where they do not."""
    if strong:
        return 0.75 + 0.24 * known
    if weak:
        return 0.65 + 0.33 * known if known >= 0.2 else None
    return 0.45 + 0.5 * known if known >= (0.9 if things else 0.45) else None


def _is_shaped(text: str) -> bool:
    return len(text) <= 90 and len(text.split()) <= MOST_WORDS + 4 * ("(" in text) and SHAPE.fullmatch(text) is not None


def _is_listed(text: str) -> bool:
    """One word that the list knows; of several words, the first given name and any family name, or either known."""
    words = [plain_name(word) for word in re.split(r"[ ,]+", text) if len(word) > 1]
    if len(words) <= 1:
        return bool(words) and (words[0] in given_names() or words[0] in family_names())
    known_given = any(word in given_names() for word in words)
    return known_given and (len(words) <= 4 or any(word in family_names() for word in words))
