"""Numbers as people read them: thousands set apart, shares in percent, no digit that the interval does not carry."""

from __future__ import annotations

import math

SPACE = "\u00a0"
MOST_DECIMALS = 4


def count(number: int) -> str:
    """
    >>> count(48842)
    '48,842'
    """
    return f"{number:,}"


def repeats(number: float) -> str:
    """
    >>> repeats(1), repeats(5)
    ('1 repeat', '5 repeats')
    """
    return f"{number:.0f} {'repeat' if number == 1 else 'repeats'}"


def percent(share: float) -> str:
    """A share in percent: two significant digits below 10, "under 0.1 %" for what is there but tiny.

    >>> percent(0.0284).replace(SPACE, " "), percent(0.5).replace(SPACE, " "), percent(0.0004).replace(SPACE, " ")
    ('2.8 %', '50 %', 'under 0.1 %')
    """
    value = 100 * float(share)
    if 0 < value < 0.1:
        return f"under 0.1{SPACE}%"
    if 99.5 <= value < 100:
        return f"{min(math.floor(value * 10) / 10, 99.9):.1f}{SPACE}%"
    return f"{value:.1f}{SPACE}%" if 0 < value < 9.95 else f"{value:.0f}{SPACE}%"


def signed(share: float) -> str:
    """A share that can be below 0, as a gap between two shares can.

    >>> signed(-0.01).replace(SPACE, " "), signed(0.02).replace(SPACE, " ")
    ('−1.0 %', '2.0 %')
    """
    return f"−{percent(-share)}" if share < 0 else percent(share)


def at_most(bound: float) -> str:
    """A bound near one half, which must not round down to it.

    >>> at_most(0.5534).replace(SPACE, " "), at_most(0.5021).replace(SPACE, " ")
    ('55 %', '50.3 %')
    """
    return f"{math.ceil(bound * 1000 - 1e-9) / 10:.1f}{SPACE}%" if 0.5 < bound < 0.515 else percent(bound)


def decimals(low: float, high: float) -> int:
    """How many decimals an interval supports: to the first digit in which its half-width shows.

    >>> decimals(0.839, 0.851), decimals(0.70, 0.78)
    (3, 2)
    """
    half = (high - low) / 2
    if not math.isfinite(half) or half <= 0:
        return 3
    return int(min(max(math.ceil(-math.log10(half)), 0), MOST_DECIMALS))


def measured(value: float, low: float, high: float) -> str:
    """The value with the digits that its interval supports.

    >>> measured(0.84512, 0.839, 0.851)
    '0.845'
    """
    return f"{value:.{decimals(low, high)}f}"


def interval(value: float, low: float, high: float) -> str:
    """
    >>> interval(0.84512, 0.839, 0.851)
    '0.845 (0.839 to 0.851)'
    """
    places = decimals(low, high)
    return f"{value:.{places}f} ({low:.{places}f} to {high:.{places}f})"


def budget(epsilon: float) -> str:
    """Epsilon as it is written: no trailing zeros.

    >>> budget(1.0), budget(0.05), budget(100.0)
    ('1', '0.05', '100')
    """
    return f"{epsilon:g}"


def power(number: float) -> str:
    """A small number as a power of ten.

    >>> power(1e-5), power(2e-6)
    ('10⁻⁵', '2·10⁻⁶')
    """
    if number <= 0:
        return "0"
    exponent = math.floor(math.log10(number) + 1e-9)
    factor = round(number / 10.0**exponent, 2)
    raised = str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"10{raised}" if factor == 1 else f"{factor:g}·10{raised}"


def people_per_thousand(share: float) -> int:
    return round(1000 * share)


def size(number: float) -> str:
    """So many bytes, as a person reads them.

    >>> size(216000), size(29e6), size(10)
    ('216 kB', '29 MB', '10 B')
    """
    if number < 1e3:
        return f"{number:.0f} B"
    if number < 1e6:
        return f"{number / 1e3:.0f} kB"
    return f"{number / 1e6:.0f} MB" if number >= 1e7 else f"{number / 1e6:.1f} MB"
