"""Dates of birth; inside a text, any date."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from ppml_core.data.identifiers.base import DATE_IN_TEXT, Detector, Finding, Span, share_text
from ppml_core.data.identifiers.look import Look, header_words

WORDS = header_words(
    "birth birthdate birthday dateofbirth dob bday born geburtsdatum geburtstag gebdatum gebdat geb geboren "
    "naissance datenaissance datedenaissance naissancedate nele nacimiento fechanacimiento fechadenacimiento fnac "
    "birthdt"
)
MONTHS = (
    "january february march april may june july august september october november december",
    "januar februar marz april mai juni juli august september oktober november dezember",
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
)
MONTH_WORD = r"(?P<month>[A-Za-zäéûôÄ]{3,10})\.?"
YEAR = r"(?P<year>1[89]\d\d|20\d\d)"
TIME = r"(?:[ T]\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?(?: ?[AaPp][Mm])?(?:Z|[+-]\d\d:?\d\d)?)?"
WHOLE = tuple(
    re.compile(shape + TIME)
    for shape in (
        rf"{YEAR}(?P<cut>[-/.])(?P<a>\d{{1,2}})(?P=cut)(?P<b>\d{{1,2}})",
        r"(?P<a>\d{1,2})(?P<cut>[-/.])(?P<b>\d{1,2})(?P=cut)(?P<year>(?:1[89]|20)?\d\d)",
        rf"(?P<a>\d{{1,2}})(?:\.|st|nd|rd|th|er)?[ -](?:de )?{MONTH_WORD},?[ -](?:de )?{YEAR}",
        rf"{MONTH_WORD} (?P<a>\d{{1,2}})(?:st|nd|rd|th)?,? {YEAR}",
    )
)
COMPACT = re.compile(rf"{YEAR}(?P<a>\d\d)(?P<b>\d\d)")
IN_TEXT = tuple(re.compile(rf"(?<![\w/.-]){shape.pattern.removesuffix(TIME)}(?![\w/-]|\.\d)") for shape in WHOLE)
SPAN_OF_LIVES = 30
ADULT = 15


@dataclass(frozen=True)
class DateOfBirth(Detector):
    """Days under a header that speaks of birth, or days spread over many years, of which hardly any is recent."""

    title: ClassVar[str] = "date of birth"
    order: ClassVar[int] = 20

    def column(self, look: Look) -> Finding | None:
        named = look.says(WORDS)
        years = [year for text in look.sample if (year := year_of(text)) is not None]
        share = len(years) / len(look.sample)
        if share < (0.7 if named else 0.9) or (look.numbers is not None and not named and look.distinct < 20):
            return None
        seen = share_text(share, "are days of a calendar")
        if named:
            return self.finding(0.69 + 0.3 * share, "The header speaks of birth.", seen)
        middle = sorted(years)[len(years) // 2]
        wide = max(years) - min(years) >= SPAN_OF_LIVES and datetime.date.today().year - middle >= ADULT
        if not wide or look.distinct < 20 or look.distinct_share < 0.5:
            return None
        return self.finding(0.55, seen, f"They spread over {SPAN_OF_LIVES} years or more, and few are recent.")

    def spans(self, text: str) -> Iterable[Span]:
        for shape in IN_TEXT:
            for found in shape.finditer(text):
                if _year(found) is not None:
                    yield Span(found.start(), found.end(), DATE_IN_TEXT)


def year_of(text: str) -> int | None:
    """The year of a text that is a day of the calendar; None for any other.

    >>> year_of("1980-12-31"), year_of("31. Dezember 1980"), year_of("Dec 31, 1980"), year_of("19801231")
    (1980, 1980, 1980, 1980)
    >>> year_of("1980-31-31")
    """
    if not 6 <= len(text) <= 40:
        return None
    found = COMPACT.fullmatch(text) or next((match for shape in WHOLE if (match := shape.fullmatch(text))), None)
    return None if found is None else _year(found)


def are_dates(look: Look) -> bool:
    """Whether nearly all values are days. Digits without marks between them count where the header says so."""
    return look.is_time or (not look.is_digits and look.share(year_of) >= 0.9)


def _year(found: re.Match[str]) -> int | None:
    parts = found.groupdict()
    year, first = int(parts["year"]), int(parts["a"])
    year += 0 if year > 99 else 1900
    if parts.get("month"):
        month = _month(parts["month"])
        return year if month and _is_day(year, month, first) else None
    second = int(parts["b"])
    return year if _is_day(year, first, second) or _is_day(year, second, first) else None


def _month(word: str) -> int:
    bare = word.lower().translate(str.maketrans("äéûô", "aeuo"))
    places = [at for line in MONTHS for at, name in enumerate(line.split(), 1) if name == bare or name[:3] == bare]
    return places[0] if places else 0


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        datetime.date(year, month, day)
    except ValueError:
        return False
    return True
