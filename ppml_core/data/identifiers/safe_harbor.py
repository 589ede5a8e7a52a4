"""HIPAA's Safe Harbor list beside a table: which of the 18 classes of identifiers a column may hold.

In: a table. Out: a `Checklist`, for a person to go through. It is information and no verdict: what is not found may be
there, the rule also asks that nobody knows of a way to identify people, and columns that are harmless one by one may
single people out together.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ppml_core.data.identifiers.date_of_birth import are_dates
from ppml_core.data.identifiers.detecting import detect_column
from ppml_core.data.identifiers.look import Look, look_at

RULE = "45 CFR 164.514(b)(2)(i)"
OLDEST = 89


@dataclass(frozen=True)
class Item:
    """One class of the rule: `types` of detectors that speak for it, `words` of a header that do."""

    letter: str
    title: str
    types: tuple[str, ...] = ()
    words: frozenset[str] = frozenset()


ITEMS: tuple[Item, ...] = (
    Item("A", "names", ("name",)),
    Item(
        "B", "places smaller than a state", ("address", "postal_code", "coordinates"),
        frozenset({"street", "city", "county", "parish", "town", "district", "municipality", "precinct", "geocode"}),
    ),
    Item("C", "dates finer than a year, and ages over 89", ("date_of_birth",)),
    Item("D", "telephone numbers", ("phone",)),
    Item("E", "fax numbers", (), frozenset({"fax", "telefax"})),
    Item("F", "e-mail addresses", ("email",)),
    Item("G", "social security numbers", ("national_id",), frozenset({"ssn", "socialsecurity"})),
    Item(
        "H", "medical record numbers", (),
        frozenset({"mrn", "medicalrecord", "recordnumber", "patientid", "patientnumber", "chartnumber"}),
    ),
    Item(
        "I", "health plan beneficiary numbers", (),
        frozenset({"beneficiary", "memberid", "membernumber", "policynumber", "planid", "subscriberid", "insuranceid"}),
    ),
    Item("J", "account numbers", ("iban", "credit_card"), frozenset({"account", "iban", "accountnumber"})),
    Item(
        "K", "certificate and license numbers", (),
        frozenset({"license", "licence", "certificate", "passport", "driverslicense"}),
    ),
    Item("L", "vehicle identifiers and plates", (), frozenset({"vin", "licenseplate", "numberplate", "plate"})),
    Item(
        "M", "device identifiers and serial numbers", (),
        frozenset({"serial", "serialnumber", "imei", "deviceid", "macaddress", "udi"}),
    ),
    Item("N", "web addresses", ("url",)),
    Item("O", "internet (IP) addresses", ("ip_address",)),
    Item(
        "P", "biometric identifiers", (),
        frozenset({"fingerprint", "voiceprint", "biometric", "iris", "retina", "genome", "dna"}),
    ),
    Item("Q", "full-face photographs", (), frozenset({"photo", "photograph", "portrait", "faceimage"})),
    Item("R", "any other unique number, characteristic or code", ("record_number", "free_text")),
)  # fmt: skip


@dataclass(frozen=True)
class Checked:
    """One class: the columns that may hold it, each with the reasons. None found is no proof that there is none."""

    letter: str
    title: str
    columns: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Checklist:
    """The 18 classes in the order of the rule."""

    items: tuple[Checked, ...]
    rule: str = RULE
    note: str = "Information for a person to go through, no verdict: what is not found may be there."

    def values(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return dataclasses.asdict(self)


def checklist(table: pd.DataFrame) -> Checklist:
    """The columns that may hold each class, by the detectors of identifiers, their headers, and dates and ages.

    >>> found = checklist(pd.DataFrame({"mail": ["a@example.org", "b@example.org"], "age": [40, 93]}))
    >>> {item.letter: list(item.columns) for item in found.items if item.columns}
    {'C': ['age'], 'F': ['mail']}
    """
    found: dict[str, dict[str, tuple[str, ...]]] = {item.letter: {} for item in ITEMS}
    for at, name in enumerate(table.columns):
        values = table.iloc[:, at]
        for letter, reasons in _reasons(values, str(name)).items():
            found[letter][str(name)] = tuple(reasons)
    return Checklist(tuple(Checked(item.letter, item.title, found[item.letter]) for item in ITEMS))


def _reasons(values: pd.Series, header: str) -> dict[str, list[str]]:
    """Letter -> why this column may hold that class."""
    look = look_at(values, header)
    detected = detect_column(values, header)
    reasons: dict[str, list[str]] = {}
    types = set() if detected is None else {detected.type, *(kind for kind, _ in detected.others)}
    for item in ITEMS:
        if types & set(item.types):
            own = detected is not None and detected.type in item.types
            reasons[item.letter] = list(detected.evidence) if own and detected else ["A weaker finding of its values."]
        if item.words and look.says(item.words):
            reasons.setdefault(item.letter, []).append("The header speaks of it.")
    if "C" not in reasons and (why := _date_or_age(look)):
        reasons["C"] = [why]
    return reasons


def _date_or_age(look: Look) -> str:
    if are_dates(look):
        return "Its values are dates."
    numbers = look.numbers
    if numbers is not None and look.says(frozenset({"age", "ages"})) and np.nanmax(numbers, initial=0) > OLDEST:
        return f"Some ages are above {OLDEST}."
    return ""
