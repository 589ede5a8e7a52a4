"""Identifiers inside free text: found where they stand, sorted, never overlapping."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppml_core.data.identifiers import scan_text


def found(text: str) -> list[tuple[str, str]]:
    return [(span.type, text[span.start : span.end]) for span in scan_text(text)]


@pytest.mark.parametrize(
    ("text", "type", "part"),
    [
        ("Letter sent to ann.b@example.org.", "email", "ann.b@example.org"),
        ("See https://example.org/p/7, please.", "url", "https://example.org/p/7"),
        ("Call (808) 555-0193 in the afternoon.", "phone", "(808) 555-0193"),
        ("Erreichbar unter +49 30 901820 ab acht.", "phone", "+49 30 901820"),
        ("Joindre au 01 42 68 53 00 le soir.", "phone", "01 42 68 53 00"),
        ("From 192.168.1.30 at night.", "ip_address", "192.168.1.30"),
        ("Paid with 4111 1111 1111 1111 today.", "credit_card", "4111 1111 1111 1111"),
        ("Auf DE89 3704 0044 0532 0130 00 bitte.", "iban", "DE89 3704 0044 0532 0130 00"),
        ("SSN 123-45-6789 on file.", "national_id", "123-45-6789"),
        ("Con DNI 12345678Z en la ficha.", "national_id", "12345678Z"),
        ("Born 1980-12-31 here.", "date", "1980-12-31"),
        ("Geboren am 3. Mai 1980 hier.", "date", "3. Mai 1980"),
        ("Seen by Dr. Lindqvist again.", "name", "Lindqvist"),
        ("Gespräch mit Frau Anna Müller heute.", "name", "Anna Müller"),
        ("Her sister Mary Jones is to be told.", "name", "Mary Jones"),
        ("Visite de Mme Lefèvre hier.", "name", "Lefèvre"),
    ],
)
def test_an_identifier_is_found_where_it_stands(text: str, type: str, part: str) -> None:
    assert found(text) == [(type, part)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Blood pressure 139/85 at rest, 72 beats a minute.",
        "Version 1.2.3.4 of the programme.",
        "Card 4111 1111 1111 1112 has a wrong check digit.",
        "Ward 3, bed 12, ten tablets of 500 mg.",
        "Grace period and a rose garden.",
        "The year 2019 was better than 2020-2021.",
    ],
)
def test_what_only_looks_alike_is_left(text: str) -> None:
    assert found(text) == []


def test_a_date_is_not_taken_for_a_telephone_number() -> None:
    assert found("On 03 05 1980 or 1980-05-03.")[-1] == ("date", "1980-05-03")
    assert all(type != "phone" for type, _ in found("On 1980-05-03 and 03.05.1980 and 05/03/1980."))


@given(st.text(max_size=200) | st.text(alphabet="0123456789 .-+()@:/ADEabe", max_size=200))
def test_spans_are_sorted_inside_the_text_and_do_not_overlap(text: str) -> None:
    end = 0
    for span in scan_text(text):
        assert end <= span.start < span.end <= len(text)
        end = span.end


@pytest.mark.parametrize("part", ["1 ", "a@", "Dr. ", "1.1.", "::", "Anna ", "DE89", "A", "0 1-", "www.", "Mr A. "])
def test_twice_the_text_takes_about_twice_the_time(part: str) -> None:
    def seconds(copies: int) -> float:
        best = float("inf")
        for _ in range(3):
            started = time.thread_time()
            scan_text(part * copies)
            best = min(best, time.thread_time() - started)
        return best

    assert seconds(4_000) < 8 * seconds(1_000) + 0.02
