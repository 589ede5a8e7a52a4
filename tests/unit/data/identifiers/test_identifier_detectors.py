"""Each detector both ways: what it must recognise, and what only looks alike."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppml_core.catalog import methods
from ppml_core.data import bundled
from ppml_core.data.identifiers import Finding, checksums, detect, detect_column, title_of
from ppml_core.data.identifiers.base import Detector
from ppml_core.data.identifiers.look import SAMPLE, look_at

GIVEN = "Anna Paul Sophie Claire Peter Hans Marta Luc Jean Diego Ben Emma Max Nora Karl Otto Rosa Juan Eva Tom Lea Kim"


def kind(values: object, header: str = "column") -> str | None:
    finding = detect_column(pd.Series(values), header)
    return finding.type if finding else None


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        (checksums.is_card, "4111 1111 1111 1111", "4111 1111 1111 1112"),
        (checksums.is_card, "378282246310005", "9982822463100050"),  # no issuer begins with 99
        (checksums.is_iban, "GB82 WEST 1234 5698 7654 32", "GB82 WEST 1234 5698 7654 33"),
        (checksums.is_iban, "FR1420041010050500013M02606", "FR1420041010050500013M0260"),  # one sign short
        (checksums.is_ssn, "078-05-1120", "078-00-1120"),
        (checksums.is_nino, "AB 12 34 56 C", "BG 12 34 56 C"),
        (checksums.is_steuer_id, "86 095 742 719", "86 095 742 710"),
        (checksums.is_steuer_id, "47036892816", "12345678901"),  # no digit of the first ten occurs twice
        (checksums.is_nir, "2 55 08 14 168 025 38", "2 55 08 14 168 025 37"),
        (checksums.is_dni, "12345678Z", "12345678T"),
        (checksums.is_dni, "X1234567L", "X1234567M"),
        (checksums.is_codice_fiscale, "RSSMRA85T10A562S", "RSSMRA85T10A562A"),
        (checksums.is_pesel, "44051401359", "44051401358"),
        (checksums.is_ahv, "756.9217.0769.85", "756.9217.0769.84"),
        (checksums.is_cpf, "529.982.247-25", "529.982.247-52"),
    ],
)
def test_a_check_digit_tells_right_from_wrong(check: object, right: str, wrong: str) -> None:
    assert callable(check)
    assert check(right)
    assert not check(wrong)


@given(st.text(alphabet="0123456789", min_size=15, max_size=15))
def test_of_ten_last_digits_luhn_accepts_exactly_one(digits: str) -> None:
    assert sum(checksums.luhn(digits + last) for last in "0123456789") == 1


@given(st.text(max_size=40))
def test_no_check_stumbles_over_any_text(text: str) -> None:
    checks = [getattr(checksums, name) for name in dir(checksums) if name.startswith("is_")]
    assert len(checks) >= 10
    assert {check(text) for check in checks} <= {True, False}
    assert detect(pd.DataFrame({"x": [text, text + "1"]})).keys() == {"x"}


def test_e_mail_addresses_with_and_without_a_header() -> None:
    assert kind(["ann@example.org", "b.c+d@mail.example.co.uk", "müller@example.de"]) == "email"
    assert kind(["@ann", "bob at example", "a@b"]) is None
    assert kind(["yes", "no", "yes"], "email opt in") is None


def test_web_and_network_addresses() -> None:
    assert kind(["https://example.org/~ann", "http://example.com/p?id=7"]) == "url"
    assert kind(["192.0.2.7", "198.51.100.23", "2001:db8::1"]) == "ip_address"
    assert kind(["999.0.2.7", "198.51.100.299"]) is None
    assert kind(["1.2.3.4", "1.2.4.0", "1.3.0.0"]) is None, "versions of software"


def test_card_numbers_need_their_check_digit() -> None:
    right = ["4111111111111111", "5555555555554444", "378282246310005", "6011111111111117"]
    wrong = [number[:-1] + str((int(number[-1]) + 1) % 10) for number in right]
    assert kind(right) == "credit_card"
    assert kind(pd.Series([int(number) for number in right])) == "credit_card"
    assert kind(wrong) != "credit_card"
    assert kind(wrong, "card number") != "credit_card"


def test_account_numbers_need_their_remainder() -> None:
    right = ["DE89370400440532013000", "GB82WEST12345698765432", "FR1420041010050500013M02606"]
    assert kind(right, "Konto") == "iban"
    assert kind([number[:-1] + "9" for number in right], "Konto") != "iban"


def test_national_numbers_by_check_digit_form_or_header() -> None:
    assert kind(["12345678Z", "X1234567L", "87654321X"]) == "national_id"
    assert kind(["12345678A", "X1234567A", "87654321A"]) is None
    assert kind(["123-45-6789", "078-05-1120"]) == "national_id"
    assert kind(["000-45-6789", "666-05-1120"]) is None
    assert kind(["AB 123 98", "CD 456 17", "EF 777 10"], "passport no") == "national_id"


def test_nine_digits_are_no_social_security_numbers_without_header_or_hyphens() -> None:
    numbers = np.arange(100_000_000, 800_000_000, 7_000_001)
    assert kind(numbers, "measured") != "national_id"
    assert kind([f"{number:09d}" for number in numbers], "SSN") == "national_id"


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("phone", ["(808) 555-0193", "(212) 555-0142"]),
        ("column", ["+49 30 901820", "+44 20 7946 0018", "+33 1 42 68 53 00"]),
        ("Telefonnummer", ["089 1234567", "030/901820", "0221-2210"]),
        ("tél.", ["01 42 68 53 00", "04 91 13 89 00"]),
        ("móvil", [612345678, 698765432, 655443322]),
        ("Home Phone", ["202.555.0173", "1-202-555-0119"]),
    ],
)
def test_telephone_numbers_of_several_countries(header: str, values: list[object]) -> None:
    assert kind(values, header) == "phone"


def test_dates_are_tried_before_telephone_numbers() -> None:
    for style in ("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d %B %Y", "%Y-%m-%d %H:%M:%S"):
        days = pd.date_range("1931-01-05", periods=60, freq="417D").strftime(style)
        assert kind(days, "geboren") == "date_of_birth"
        assert kind(days, "phone") != "phone"
    recent = pd.date_range("2024-01-05", periods=60).strftime("%Y-%m-%d")
    assert kind(recent, "visit") is None, "days of events are no dates of birth"


@pytest.mark.parametrize("header", ["birth_date", "Geburtsdatum", "date de naissance", "Fecha de nacimiento", "DOB"])
def test_dates_of_birth_by_header_in_four_languages(header: str) -> None:
    assert kind(["1980-12-31", "1975-06-01", "1990-02-28"], header) == "date_of_birth"
    assert kind(pd.to_datetime(["1980-12-31", "1975-06-01"]), header) == "date_of_birth"
    assert kind([19801231, 19750601, 19900228], header) == "date_of_birth"
    assert kind([19801331, 19750632, 19900230], header) != "date_of_birth", "no days of a calendar"


@pytest.mark.parametrize("header", ["first name", "Vorname", "prénom", "Nombre"])
def test_names_need_twenty_distinct_values(header: str) -> None:
    names = GIVEN.split()
    assert kind(names[:19] * 3, header) is None
    assert kind(names[:20], header) == "name"


def test_names_without_a_header_need_the_list_and_places_are_none() -> None:
    full = [f"{given} {family}" for given in GIVEN.split() for family in ("Müller", "Smith", "Dupont", "García")]
    assert kind(full) == "name"
    assert kind([f"{name.split()[1]}, {name.split()[0]}" for name in full]) == "name"
    cities = [
        "Paris", "Lyon", "London", "Berlin", "Madrid", "Houston", "Boston", "Munich", "Vienna", "Rome", "Turin",
        "Porto", "Oslo", "Bergen", "Lima", "Quito", "Cairo", "Delhi", "Osaka", "Kyoto", "Seoul", "Hanoi", "Perth",
    ]  # fmt: skip
    assert kind(cities, "city") is None
    assert kind(cities) is None
    starts, ends = ("Zor", "Bel", "Quim", "Tav", "Wex"), ("ak", "el", "in", "um", "os")
    unknown = [start + end for start in starts for end in ends]
    assert kind(unknown, "surname") == "name", "names that no list has are found by header and shape"
    assert kind(unknown, "product name") is None


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("column", ["12 Oak Street", "7 Mill Lane", "90 High Road", "3 Park Avenue"]),
        ("Anschrift", ["Gartenweg 3", "Hauptstraße 12a", "Am Ufer 9"]),
        ("adresse", ["12 rue Haute", "3 bis avenue Foch", "8 place du Marché"]),
        ("dirección", ["Calle Mayor, 5", "C/ Luna 12", "Avda. del Mar 3"]),
    ],
)
def test_addresses_in_four_languages(header: str, values: list[str]) -> None:
    assert kind(values, header) == "address"


def test_an_amount_with_a_word_is_no_address_and_an_email_header_is_none() -> None:
    assert kind(["20 mg daily", "40 mg weekly", "5 mg daily"]) is None
    assert kind(["valid", "unknown", "valid"], "address status") is None


def test_postal_codes_need_a_header_unless_they_have_letters() -> None:
    digits = ["80331", "10115", "20095", "50667", "60311"]
    assert kind(digits, "PLZ") == "postal_code"
    assert kind([int(text) for text in digits], "code postal") == "postal_code"
    assert kind(digits) is None
    assert kind(["SW1A 1AA", "EC1A 1BB", "M1 1AE", "B33 8TH", "CR2 6XH"]) == "postal_code"


def test_coordinates_by_header_or_as_pairs() -> None:
    assert kind([48.8566, 52.52, 40.4168], "Latitude") == "coordinates"
    assert kind([48.8566, 52.52, 40.4168], "weight") is None
    assert kind([480.8, 520.5], "lat") is None
    assert kind(["48.8566, 2.3522", "52.5200, 13.4050"]) == "coordinates"


def test_record_numbers_are_all_distinct() -> None:
    assert kind(np.arange(1, 41), "row") == "record_number"
    assert kind(np.arange(1, 41) % 20, "row") is None
    assert kind([f"MRN-{number}" for number in range(1000, 1040)]) == "record_number"
    assert kind(np.arange(30) * 1000.5, "patient_id") is None, "numbers with fractions"
    assert kind(np.arange(20_000, 99_000, 1_001), "salary") is None


def test_free_text_is_named_as_such() -> None:
    notes = [f"Seen on day {day}, sleeps well and asks for a second opinion" for day in range(30)]
    assert kind(notes, "Bemerkung") == "free_text"
    assert kind(["never", "former", "current"] * 10, "smoker") is None


def test_tables_of_measurements_and_categories_have_no_identifiers() -> None:
    for name in ("adult", "german_credit", "wage"):
        assert not any(detect(bundled.load(name).table).values()), name


def test_the_same_table_gives_the_same_findings_and_stays_as_it_is() -> None:
    table = bundled.load("clinic").table
    before = table.copy()
    assert detect(table) == detect(table)
    pd.testing.assert_frame_equal(table, before)


def test_evidence_never_holds_a_cell() -> None:
    table = bundled.load("clinic").table
    for name, finding in detect(table).items():
        if finding is not None:
            said = " ".join(finding.evidence)
            assert not any(text in said for text in table[name].dropna().astype(str).unique() if len(text) > 3), name


def test_at_most_a_thousand_spread_values_are_looked_at() -> None:
    look = look_at(pd.Series([f"v{number}" for number in range(50_000)]), "x")
    assert len(look.sample) == SAMPLE == 1000
    assert (look.sample[0], look.sample[-1]) == ("v0", "v49999")
    assert (look.distinct, look.present) == (50_000, 50_000)


@pytest.mark.parametrize(
    "values",
    [
        [], [None, None], [True, False], [True, None], [[1], [2]], [1, "a", None], [2**70, 3], [np.inf, -np.inf],
        [1j, 2], ["a@" * 50_000], ["²", "³.³.³.³"], [b"x", b"y"], [2**63, 1], ["", " "],
    ],
)  # fmt: skip
def test_odd_columns_have_no_finding_and_no_fault(values: list[object]) -> None:
    for header in ("x", "phone", "birth date", "ip", "zip", "name", "address", "iban", "ssn", "lat", "id", "note"):
        finding = detect_column(pd.Series(values, dtype=None if len(values) else object), header)
        assert finding is None or (isinstance(finding, Finding) and 0 <= finding.confidence <= 1)


def test_half_of_a_pair_of_utf_16_is_no_fault() -> None:
    assert detect_column(pd.Series(["\ud800", "x"], dtype=object), "name") is None


def test_every_detector_has_a_title_of_its_own() -> None:
    titles = [title_of(name) for name in methods(Detector)]
    assert len(titles) == len(set(titles)) >= 14
