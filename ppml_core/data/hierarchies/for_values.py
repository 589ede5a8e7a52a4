"""Suggestions for columns of texts: postal codes, known vocabularies, orders, parts, codes, and the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ppml_core.data.hierarchies.builders import flat, from_order, from_prefix, from_redaction, rows_of_entries
from ppml_core.data.hierarchies.look import FEW, Look, Suggestion, entries_of
from ppml_core.data.hierarchies.places import OTHER
from ppml_core.data.hierarchies.vocabularies import VOCABULARIES, rows_by
from ppml_core.data.hierarchy import ROOT

KNOWN_SHARE = 0.8
BRITISH = re.compile(r"([A-Z]{1,2})(\d[A-Z\d]?) ?\d[A-Z]{2}")
SEPARATORS = (" > ", "::", "/", "|", ": ", " - ", "\\", ".", ":", "_", "-", ", ")
BY_HEADER = {"country": ("country",), "place": ("country",), "marital": ("marital",), "education": ("education",),
             "occupation": ("employer", "occupation")}  # fmt: skip
LEADING_NUMBER = re.compile(r"[<>=≤≥~\[(\s]*(-?\d+(?:\.\d+)?)")
CODE = re.compile(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9.\-/]{1,15}")
MOST_ORDERED = 200
LONGEST_CODE = 12


def for_postal_codes(look: Look) -> Iterator[Suggestion]:
    """Codes of one length lose digits from the right; British ones their inner half first."""
    if look.meant != "zip" or len(look.values) < 2 or max(map(len, look.values)) > LONGEST_CODE:
        return
    outward = {value: BRITISH.fullmatch(value.strip().upper()) for value in look.values}
    if sum(found is not None for found in outward.values()) >= KNOWN_SHARE * len(look.values):
        rows = [
            [value, found[1] + found[2], found[1], ROOT] if found else [value, OTHER, OTHER, ROOT]
            for value, found in outward.items()
        ]
        yield look.suggestion(
            "District, then area", "The first half of a British postcode names the district, its letters the area.",
            entries_of(rows, look.name), look.declared,
        )  # fmt: skip
    longest = max(map(len, look.values))
    yield look.suggestion(
        "One digit less at each step", "Postal codes that begin alike lie near one another.",
        entries_of(rows_of_entries(from_prefix(look.values, name=look.name), look.name), look.name), look.declared,
    )  # fmt: skip
    if longest >= 4:
        rows = rows_of_entries(from_prefix(look.values, [longest - 2, 1], look.name), look.name)
        yield look.suggestion(
            "Two digits less, then the first alone", "Fewer steps: neighbours first, then the large region.",
            entries_of(rows, look.name), look.declared,
        )  # fmt: skip


def for_vocabularies(look: Look) -> Iterator[Suggestion]:
    """Groups that are public knowledge, where at least four in five values are known; those the header names first."""
    if len(look.values) < 3:
        return
    named = BY_HEADER.get(look.meant or "", ())
    shares = {}
    for key, vocabulary in VOCABULARIES.items():
        rows, known = rows_by(vocabulary, look.values)
        if known >= KNOWN_SHARE * len(look.values):
            shares[key] = (key in named, known, rows)
    for key, (_, known, rows) in sorted(shares.items(), key=lambda item: item[1][:2], reverse=True):
        rest = len(look.values) - known
        why = VOCABULARIES[key].why
        if rest:
            why = f'{why[:-1]}; {rest} of {len(look.values)} values are not known and go to "{OTHER}".'
        entries = entries_of(rows, look.name)
        if len(entries["levels"] or ()) > 1:
            yield look.suggestion(VOCABULARIES[key].title, why, entries, look.declared)


def for_orders(look: Look) -> Iterator[Suggestion]:
    """Neighbours in an order are put together: the declared one, or that of the numbers the values begin with."""
    ordered = _ordered(look)
    if not FEW // 2 < len(ordered) <= MOST_ORDERED:
        return
    runs = [2] * max(1, (len(ordered) - 1).bit_length() - 1)
    is_declared = look.column.kind == "ordinal"
    yield look.suggestion(
        "Neighbours in pairs",
        "The values have an order, so neighbours resemble each other more than others."
        if is_declared
        else "The values begin with numbers, so those with neighbouring numbers are put together.",
        entries_of(rows_of_entries(from_order(ordered, runs, look.name), look.name), look.name),
        look.declared,
    )


def for_parts(look: Look) -> Iterator[Suggestion]:
    """Values such as Sales/Europe/Spain lose their last part at each step."""
    for separator in SEPARATORS:
        parted = {value: value.split(separator) for value in look.values}
        if len(look.values) <= FEW or sum(len(parts) > 1 for parts in parted.values()) < KNOWN_SHARE * len(parted):
            continue
        depth = max(map(len, parted.values()))
        rows = [
            [value, *(separator.join(parts[:kept]) for kept in range(min(depth, 8) - 1, 0, -1)), ROOT]
            for value, parts in parted.items()
        ]
        entries = entries_of(rows, look.name)
        levels = entries["levels"] or ()
        if len(levels) > 1 and len(levels[1]) <= 0.7 * len(look.values):
            yield look.suggestion(
                "What stands before the separator",
                f"Most values have parts between {separator.strip()!r}, and the first part is shared by several.",
                entries, look.declared,
            )  # fmt: skip
            return


def for_codes(look: Look) -> Iterator[Suggestion]:
    """Codes with digits, such as E11.9, lose signs from the right."""
    codes = sum(CODE.fullmatch(value) is not None for value in look.values)
    if len(look.values) <= FEW or codes < KNOWN_SHARE * len(look.values):
        return
    rows = rows_of_entries(from_redaction(look.values, name=look.name), look.name)
    entries = entries_of(rows, look.name)
    if len(entries["levels"] or ()) > 1:
        yield look.suggestion(
            "One sign less at each step", "Codes often name the large group first and the detail last.",
            entries, look.declared,
        )  # fmt: skip


def for_few(look: Look) -> Iterator[Suggestion]:
    """To show a value or not."""
    if not 0 < len(look.values) <= FEW:
        return
    two = len(look.values) <= 2
    why = "Two values leave one step: to show them or not." if two else "So few values need no groups between."
    yield look.suggestion("Shown or not", why, flat(look.values, look.name), look.declared)


def for_many(look: Look) -> Iterator[Suggestion]:
    """Frequent values stay longer than rare ones."""
    if len(look.values) < 4:
        return
    frequent = sorted(look.values, key=lambda value: (-look.people.get(value, 0), value))
    steps: list[int] = []
    kept = len(frequent) // 2
    while kept >= 1 and len(steps) < 5:
        steps.append(kept)
        kept //= 2 if len(frequent) <= 50 else 4
    names = [_unused(OTHER, frequent)] * len(steps)
    place = {value: at for at, value in enumerate(frequent)}
    rows = [
        [value, *(value if place[value] < step else name for step, name in zip(steps, names, strict=True)), ROOT]
        for value in look.values
    ]
    yield look.suggestion(
        "Frequent values stay, rare ones are joined",
        "Rare values point at people; which ones are rare was read off this table.",
        entries_of(rows, look.name), public=False,
    )  # fmt: skip


def _ordered(look: Look) -> Sequence[str]:
    """The values in their order; none where nothing says what it is."""
    if look.meant == "zip":
        return ()
    if look.column.kind == "ordinal" and look.column.categories:
        return look.values if set(look.people) <= set(look.column.categories) else ()
    numbers = {}
    for value in look.values:
        found = LEADING_NUMBER.match(value)
        if found is None:
            return ()
        numbers[value] = float(found[1])
    if len(set(numbers.values())) < len(numbers) - 1:
        return ()
    return sorted(numbers, key=lambda value: (numbers[value], not value.lstrip().startswith("<"), value))


def _unused(label: str, values: Sequence[str]) -> str:
    """The label, or a longer one where a value is called so."""
    while label in values:
        label += " values"
    return label
