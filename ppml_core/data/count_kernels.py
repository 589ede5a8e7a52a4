"""Compiled loops behind class counts: codes packed into words of 64 bits, rows dealt out by hash, groups counted.

A table of ten million rows with millions of different combinations does not fit any cache, so rows are first dealt
into parts by a hash of what they are grouped by; each part is then small enough to be counted close to the processor
(Manegold, Boncz and Kersten 2002, "Optimizing main-memory join on modern hardware": radix partitioning). Only the
packed words are kept per row, nothing else.
"""

from __future__ import annotations

import numpy as np
from numba import njit

MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
FEWEST_SLOTS = 1 << 10


@njit(cache=True, nogil=True, inline="always")
def _hash(words, row, known):  # type: ignore[no-untyped-def]
    """A hash of the bits of one row by which it is grouped: those of `known`, a mask for each word."""
    mixed = np.uint64(0)
    for word in range(len(known)):
        mixed = (mixed ^ (words[row, word] & known[word])) * MULTIPLIER
        mixed ^= mixed >> np.uint64(29)
    mixed *= MULTIPLIER
    return mixed ^ (mixed >> np.uint64(32))


@njit(cache=True, nogil=True, inline="always")
def _equal(words, one, other, known):  # type: ignore[no-untyped-def]
    for word in range(len(known)):  # noqa: SIM110 (compiled code knows no generators)
        if (words[one, word] ^ words[other, word]) & known[word] != np.uint64(0):
            return False
    return True


@njit(cache=True, nogil=True)
def add_field(words, word, codes, low, absent, shift):  # type: ignore[no-untyped-def]
    """Writes `code - low` at bit `shift` of that word of every row; `absent` stands for a code below `low`."""
    place = np.uint64(shift)
    for row in range(len(codes)):
        code = np.int64(codes[row])
        field = code - low if code >= low else absent
        words[row, word] |= np.uint64(field) << place


@njit(cache=True, nogil=True)
def part_sizes(words, known, drop, sizes):  # type: ignore[no-untyped-def]
    """Adds to `sizes` how many of these rows go into each part: the hash above its lowest `drop` bits."""
    for row in range(len(words)):
        sizes[_hash(words, row, known) >> np.uint64(drop)] += 1


@njit(cache=True, nogil=True)
def deal(words, known, drop, ends, dealt):  # type: ignore[no-untyped-def]
    """Copies these rows into their parts of `dealt`; `ends` says where each part goes on."""
    for row in range(len(words)):
        part = _hash(words, row, known) >> np.uint64(drop)
        place = ends[part]
        ends[part] = place + 1
        for word in range(words.shape[1]):
            dealt[place, word] = words[row, word]


@njit(cache=True, nogil=True)
def _wider(words, found, first, known, slots):  # type: ignore[no-untyped-def]
    """A hash table of twice the size with the groups first .. first + found in it."""
    size = 2 * len(slots)
    wider = np.full(size, -1, dtype=np.int32)
    mask = np.uint64(size - 1)
    for group in range(found):
        place = _hash(words, first + group, known) & mask
        while wider[place] >= 0:
            place = (place + np.uint64(1)) & mask
        wider[place] = group
    return wider


@njit(cache=True, nogil=True)
def count_parts(words, ends, known, sizes, differs):  # type: ignore[no-untyped-def]
    """Groups the rows of each part (they end at `ends`); returns how many groups there are.

    The groups' words move to the front of `words`. Per group: people in `sizes`, and in `differs` the bits in which
    some of its rows differ from the first (where it has rows; give it no rows to leave that out).
    """
    slots = np.full(FEWEST_SLOTS, -1, dtype=np.int32)
    with_differences = len(differs) > 0
    total = 0
    begin = 0
    for part in range(len(ends)):
        slots[:] = -1
        mask = np.uint64(len(slots) - 1)
        found = 0
        for row in range(begin, ends[part]):
            place = _hash(words, row, known) & mask
            while slots[place] >= 0 and not _equal(words, row, total + slots[place], known):
                place = (place + np.uint64(1)) & mask
            group = slots[place]
            if group >= 0:
                sizes[total + group] += 1
                if with_differences:
                    for word in range(words.shape[1]):
                        differs[total + group, word] |= words[row, word] ^ words[total + group, word]
                continue
            slots[place] = found
            for word in range(words.shape[1]):
                words[total + found, word] = words[row, word]
            sizes[total + found] = 1
            if with_differences:
                differs[total + found, :] = 0
            found += 1
            if 2 * found > len(slots):
                slots = _wider(words, found, total, known, slots)
                mask = np.uint64(len(slots) - 1)
        total += found
        begin = ends[part]
    return total


@njit(cache=True, nogil=True)
def _larger(words, first, found, known, slots):  # type: ignore[no-untyped-def]
    """A hash table of twice the size with the groups whose first rows are in `first`."""
    larger = np.full(2 * len(slots), -1, dtype=np.int32)
    mask = np.uint64(len(larger) - 1)
    for group in range(found):
        place = _hash(words, first[group], known) & mask
        while larger[place] >= 0:
            place = (place + np.uint64(1)) & mask
        larger[place] = group
    return larger


@njit(cache=True, nogil=True)
def group_rows(words, known, groups):  # type: ignore[no-untyped-def]
    """Fills `groups` with the group of each row, numbered in order of first sight; returns the first row of each."""
    slots = np.full(FEWEST_SLOTS, -1, dtype=np.int32)
    mask = np.uint64(len(slots) - 1)
    first = np.empty(len(words), dtype=np.int64)
    found = 0
    for row in range(len(words)):
        place = _hash(words, row, known) & mask
        while slots[place] >= 0 and not _equal(words, row, first[slots[place]], known):
            place = (place + np.uint64(1)) & mask
        if slots[place] < 0:
            slots[place] = found
            first[found] = row
            found += 1
        groups[row] = slots[place]
        if 2 * found > len(slots):
            slots = _larger(words, first, found, known, slots)
            mask = np.uint64(len(slots) - 1)
    return first[:found].copy()


@njit(cache=True, nogil=True, inline="always")
def _mixed(value):  # type: ignore[no-untyped-def]
    mixed = value * MULTIPLIER
    mixed = (mixed ^ (mixed >> np.uint64(32))) * MULTIPLIER
    return mixed ^ (mixed >> np.uint64(32))


@njit(cache=True, nogil=True)
def _slots_of(values, found, size):  # type: ignore[no-untyped-def]
    slots = np.full(size, -1, dtype=np.int32)
    mask = np.uint64(size - 1)
    for code in range(found):
        place = _mixed(values[code]) & mask
        while slots[place] >= 0:
            place = (place + np.uint64(1)) & mask
        slots[place] = code
    return slots


@njit(cache=True, nogil=True)
def number_values(values, codes):  # type: ignore[no-untyped-def]
    """Fills `codes` with the number of each 64-bit value in order of first sight; returns the values."""
    slots = np.full(FEWEST_SLOTS, -1, dtype=np.int32)
    mask = np.uint64(len(slots) - 1)
    known = np.empty(len(values), dtype=np.uint64)
    found = 0
    for row in range(len(values)):
        value = values[row]
        place = _mixed(value) & mask
        while slots[place] >= 0 and known[slots[place]] != value:
            place = (place + np.uint64(1)) & mask
        if slots[place] < 0:
            slots[place] = found
            known[found] = value
            found += 1
        codes[row] = slots[place]
        if 2 * found > len(slots):
            slots = _slots_of(known, found, 2 * len(slots))
            mask = np.uint64(len(slots) - 1)
    return known[:found].copy()


@njit(cache=True, nogil=True)
def bits_of(numbers):  # type: ignore[no-untyped-def]
    """The bits of floats, one pattern for every NaN and one for both zeros."""
    plain = np.empty(len(numbers), dtype=np.float64)
    for row in range(len(numbers)):
        number = numbers[row]
        plain[row] = np.nan if np.isnan(number) else number + 0.0
    return plain.view(np.uint64)
