"""Record numbers: what tells the rows, or the persons, of a table apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from ppml_core.data.identifiers.base import Detector, Finding, share_text
from ppml_core.data.identifiers.date_of_birth import are_dates
from ppml_core.data.identifiers.look import Look, header_words
from ppml_core.data.words import MEANINGS

WORDS = MEANINGS["number"].words | header_words(
    "key index rownumber no nr num number nummer numero recid code memberid patid clientid custid accountid account "
    "ticket ticketnumber badge licence license policy policynumber registration mrnumber dossier folio rowname"
)
PEOPLE = header_words(
    "patient person customer client user employee student member subject participant pid case record account "
    "passenger applicant kunde patienten mitarbeiter usager usuario cliente paciente empleado"
)
COUNTS = header_words(
    "amount price income salary population pop total count weight value sales revenue area distance year years cost "
    "age alter edad score rate votes balance betrag preis montant importe"
)
UUID = re.compile(r"[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
CODE = re.compile(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9._/#:-]{0,39}")
ROWS_TO_JUDGE = 20
ALL = 0.995


@dataclass(frozen=True)
class RecordNumber(Detector):
    """Whole numbers or codes, all different: they count up, share one form, or stand under a header for numbers."""

    title: ClassVar[str] = "record number"
    order: ClassVar[int] = 48

    def column(self, look: Look) -> Finding | None:
        if are_dates(look) or look.distinct < 2 or (look.numbers is not None and not look.is_whole):
            return None
        coded = look.share(CODE.fullmatch)
        if coded < 0.9:
            return None
        named = look.says(WORDS)
        differ = "All of its values differ." if look.distinct_share == 1 else "Nearly all of its values differ."
        if look.distinct_share >= ALL and look.present > 1:
            return self._all_differ(look, named, differ)
        of_people = named and bool(look.runs & PEOPLE)
        if of_people and look.distinct >= ROWS_TO_JUDGE and look.distinct_share >= 0.1:
            return self.finding(0.65, "The header speaks of a person's number.", share_text(coded, "are codes"))
        return None

    def _all_differ(self, look: Look, named: bool, differ: str) -> Finding | None:
        header = "The header speaks of a number or key."
        if named:
            return self.finding(0.85, header, differ)
        if look.present < ROWS_TO_JUDGE or look.runs & COUNTS:
            return None
        if look.share(UUID.fullmatch) >= 0.9:
            return self.finding(0.9, differ, "Its values have the form of universal unique identifiers (UUID).")
        if look.numbers is not None:
            span = float(look.numbers.max() - look.numbers.min())
            if span < 1.2 * look.present:
                return self.finding(0.75, differ, "They are whole numbers that count up and leave few out.")
            same = len({len(text) for text in look.sample}) == 1 and len(look.sample[0]) >= 6
            return self.finding(0.55, differ, "They are whole numbers of one length.") if same else None
        if len({_mask(text) for text in look.sample}) <= max(1, len(look.sample) // 50):
            return self.finding(0.75, differ, "Its values are codes of one form.")
        return None


def _mask(text: str) -> str:
    """The form of a code: each digit 9, each letter A.

    >>> _mask("MRN-105471")
    'AAA-999999'
    """
    return re.sub(r"[^\W\d_]", "A", re.sub(r"\d", "9", text))
