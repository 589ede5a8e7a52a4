"""Suggestions for columns of numbers and of dates: ages, years, other numbers, days."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from ppml_core.data.hierarchies.builders import NO_ENTRIES, Entries, from_intervals, rows_of_entries
from ppml_core.data.hierarchies.look import FEW, Look, Suggestion, entries_of, texts_of
from ppml_core.data.hierarchy import ROOT

OLDEST = 130
YEAR_WORDS = frozenset(["year", "jahr", "annee", "ano", "yob", "birthyear", "geburtsjahr"])
AGE_WIDTHS = (5, 10, 20, 40)
YEAR_WIDTHS = (5, 10, 20, 100)
STAGES = ((6, 12, 18, 25, 35, 45, 55, 65, 75, 85), (18, 45, 65), (18, 65))
MOST_LISTED = 5_000
SHARES = (8, 4, 2)


def for_ages(look: Look) -> Iterator[Suggestion]:
    """Bands of 5, 10, 20 and 40 years, and stages of life."""
    if look.meant != "age" or not look.whole or not _inside(look, 0, OLDEST) or len(look.leaves) <= FEW:
        return
    yield from _by_widths(
        look, AGE_WIDTHS, "Bands of {} years",
        "Ages are usually published in bands of five or ten years, which join without rest into wider ones.",
    )  # fmt: skip
    cuts = _cuts_between(STAGES, look.leaves)
    if cuts:
        entries = from_intervals(look.leaves, cuts=cuts, name=look.name)
        yield look.suggestion(
            "Stages of life", "Statistics of people often part them at 18 and 65, the ages of majority and of pension.",
            entries_of(rows_of_entries(entries, look.name), look.name), look.within,
        )  # fmt: skip


def for_years(look: Look) -> Iterator[Suggestion]:
    """Five years, decades, twenty years, centuries."""
    is_year = look.meant == "birth" or not look.words.isdisjoint(YEAR_WORDS)
    if not is_year or not look.whole or not _inside(look, 1000, 2200) or len(look.leaves) <= FEW:
        return
    yield from _by_widths(
        look, YEAR_WIDTHS, "Periods of {} years", "Years join into periods of five and into decades, as calendars do."
    )
    yield from _by_widths(look, (10, 100), "Periods of {} years", "Fewer steps than with periods of five years.")


def for_numbers(look: Look) -> Iterator[Suggestion]:
    """Intervals of round widths, of powers of ten, and with as many people in each."""
    if not look.has_numbers or look.bounds is None or len(look.numbers) <= FEW:
        return
    low, high = look.bounds
    if high <= low:
        return
    unit = 10.0 ** math.floor(math.log10((high - low) / 20))
    unit = max(unit, 1.0) if look.whole else unit
    yield from _by_widths(
        look, [unit * step for step in (5, 10, 20, 40)], "Intervals of {}",
        "Intervals of round widths are easy to read, and each width is made of whole narrower ones.",
    )  # fmt: skip
    yield from _by_widths(
        look, [unit * step for step in (1, 10, 100)], "Rounded to {}", "Each step drops one digit of the number."
    )
    if len(look.leaves) <= MOST_LISTED:
        yield from _by_people(look)


def for_dates(look: Look) -> Iterator[Suggestion]:
    """Month, quarter, year, decade; or years and decades alone."""
    if look.column.kind != "date" or not look.people:
        return
    yield look.suggestion(
        "Month, quarter, year, decade", "The calendar says into which month, quarter, year and decade a day falls.",
        NO_ENTRIES, public=True,
    )  # fmt: skip
    days = look.values
    rows = [[day, day[:7], f"{day[:4]}-Q{(int(day[5:7]) + 2) // 3}", day[:4], f"{day[:3]}0s", ROOT] for day in days]
    if len(days) <= MOST_LISTED:
        yield look.suggestion(
            "Year, decade", "Two steps instead of four, for months and quarters are often still too fine.",
            entries_of([[row[0], row[3], row[4], ROOT] for row in rows], look.name), public=False,
        )  # fmt: skip
        yield look.suggestion(
            "Steps of the calendar that occur", "Steps that would not group any of these days are left out.",
            entries_of(rows, look.name), public=False,
        )  # fmt: skip


def _by_widths(look: Look, widths: Sequence[float], title: str, why: str) -> Iterator[Suggestion]:
    """Widths of which each leaves fewer intervals than the one before, and more than one."""
    kept: list[float] = []
    last = len(look.leaves)
    for width in widths:
        intervals = len(np.unique(np.floor(np.array(look.leaves) / width)))
        occurring = len(np.unique(np.floor(look.numbers / width)))
        if 1 < intervals < last and occurring > 1:
            kept.append(int(width) if float(width).is_integer() else width)
            last = intervals
    if kept:
        named = ", ".join(f"{width:g}" for width in kept)
        yield look.suggestion(title.format(named), why, from_intervals(widths=kept, name=look.name), look.within)


def _by_people(look: Look) -> Iterator[Suggestion]:
    """Cut points that leave about as many people in every interval."""
    values = np.repeat(look.numbers, [look.people[text] for text in texts_of(list(look.numbers))])
    if not len(values):
        return
    finest = [float(cut) for cut in np.quantile(values, np.arange(1, SHARES[0]) / SHARES[0], method="lower")]
    cuts = _cuts_between([finest[step - 1 :: step] for step in (1, 2, 4)], look.leaves)
    if cuts:
        entries: Entries = from_intervals(look.leaves, cuts=cuts, name=look.name)
        yield look.suggestion(
            "As many people in each interval", "Where most numbers are small and a few large, even widths help little.",
            entries_of(rows_of_entries(entries, look.name), look.name), public=False,
        )  # fmt: skip


def _cuts_between(levels: Sequence[Sequence[float]], leaves: Sequence[float]) -> list[list[float]]:
    """The cut points that have values on both sides, level by level; levels without any are left out."""
    low, high = min(leaves), max(leaves)
    kept = [sorted({point for point in points if low < point <= high}) for points in levels]
    return [points for points in kept if points]


def _inside(look: Look, low: float, high: float) -> bool:
    return look.bounds is not None and low <= look.bounds[0] and look.bounds[1] <= high
