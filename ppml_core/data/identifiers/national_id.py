"""Numbers that states give to persons: social security, tax, identity card."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar

from ppml_core.data.identifiers import checksums
from ppml_core.data.identifiers.base import Detector, Finding, Span, share_text
from ppml_core.data.identifiers.look import Look, header_words

WORDS = header_words(
    "ssn socsecid socsec socialsecurity socialsecuritynumber socialsecurityno nationalid nationalinsurance nino "
    "nationalinsurancenumber taxid taxnumber tin passport passportnumber passportno drivinglicence driverslicense "
    "steuerid steuernummer steueridentifikationsnummer idnr sozialversicherungsnummer svnr "
    "rentenversicherungsnummer ausweisnummer personalausweis reisepass nir numerodesecuritesociale securitesociale "
    "numsecu numerofiscal cni dni nie nif dninie documentonacional seguridadsocial codicefiscale pesel cpf ahv "
    "ahvnummer personnummer bsn aadhaar nhs nhsnumber medicare medicareno"
)
CODE = re.compile(r"(?=(?:\D*\d){5})[A-Za-z0-9][A-Za-z0-9 ./-]{4,19}")


@dataclass(frozen=True)
class _Kind:
    """One state's number: what to call it, its check, its form inside a text, and whether a header must say so."""

    title: str
    check: Callable[[str], bool]
    in_text: str
    checked: bool = True


KINDS = (
    _Kind("US social security numbers", checksums.is_ssn, r"\d{3}-\d{2}-\d{4}", checked=False),
    _Kind("UK National Insurance numbers", checksums.is_nino, r"[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]"),
    _Kind("German tax identification numbers", checksums.is_steuer_id, r"\d{2} ?\d{3} ?\d{3} ?\d{3}"),
    _Kind(
        "French social security numbers",
        checksums.is_nir,
        r"[1-478] ?\d{2} ?\d{2} ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}",
    ),
    _Kind("Spanish DNI or NIE numbers", checksums.is_dni, r"(?:\d{8}|[XYZ]-?\d{7})-?[A-Z]"),
    _Kind("Italian tax codes", checksums.is_codice_fiscale, r"[A-Z]{6}\w{2}[A-Z]\w{2}[A-Z]\w{3}[A-Z]"),
    _Kind("Polish PESEL numbers", checksums.is_pesel, r"\d{11}"),
    _Kind("Swiss AHV numbers", checksums.is_ahv, r"756\.?\d{4}\.?\d{4}\.?\d{2}"),
    _Kind("Brazilian CPF numbers", checksums.is_cpf, r"\d{3}\.\d{3}\.\d{3}-\d{2}"),
)
BOUNDED = tuple((kind, re.compile(rf"(?<![\w-])(?:{kind.in_text})(?![\w-])")) for kind in KINDS)


@dataclass(frozen=True)
class NationalId(Detector):
    """A state's number with a right check digit; without one, the form with hyphens or the header must say it."""

    title: ClassVar[str] = "national or tax number"
    order: ClassVar[int] = 15

    def column(self, look: Look) -> Finding | None:
        named = look.says(WORDS)
        shares = [(look.share(kind.check), at) for at, kind in enumerate(KINDS)]
        share, at = max(shares, key=lambda pair: (pair[0], -pair[1]))
        kind = KINDS[at]
        said = "The header speaks of a national or tax number." if named else ""
        if share >= (0.4 if named else 0.75) and (named or kind.checked or look.share(_has_hyphens) >= 0.75):
            what = "are valid" if kind.checked else "have the form of"
            return self.finding(0.65 + 0.25 * share + 0.09 * named, share_text(share, f"{what} {kind.title}"), said)
        coded = look.share(CODE.fullmatch) if named else 0.0
        if named and coded >= 0.7 and look.distinct_share >= 0.5 and look.distinct > 1:
            return self.finding(
                0.6 + 0.2 * coded, said, share_text(coded, "are codes of 5 to 20 signs, of a form not checked here")
            )
        return None

    def spans(self, text: str) -> Iterable[Span]:
        for kind, shape in BOUNDED:
            for found in shape.finditer(text):
                if kind.check(found.group()):
                    yield Span(found.start(), found.end(), self.name())


def _has_hyphens(text: str) -> bool:
    return text.count("-") == 2
