"""Public numbers a privacy budget starts from: how large delta may be for a table of a publicly known size."""

from __future__ import annotations

from ppml_core.errors import BadInput


def delta_limit(expected_rows: int) -> float:
    """The largest delta worth promising: one in ten that anyone of `expected_rows` people is given away entirely.

    A mechanism that publishes one random record whole is (0, 1/rows)-DP, so delta must stay well below 1/rows.

    >>> delta_limit(1000)
    0.0001
    """
    if expected_rows < 1:
        raise BadInput(f"expected_rows must be at least 1, not {expected_rows}.")
    return 1 / (10 * expected_rows)


def delta_fault(delta: float, expected_rows: int) -> str:
    """Why nothing leaves with that delta, "" where it is within the limit.

    >>> delta_fault(1e-6, 48_842)
    ''
    >>> delta_fault(1e-5, 48_842)
    'delta 1e-05 is above 1/(10 × 48,842 expected rows) = 2e-06: choose a smaller one'
    """
    limit = delta_limit(expected_rows)
    if delta <= limit:
        return ""
    shown = f"1/(10 × {expected_rows:,} expected rows) = {limit:.1g}"
    return f"delta {delta:g} is above {shown}: choose a smaller one"


def default_delta(expected_rows: int) -> float:
    """The largest power of ten within the limit.

    >>> default_delta(48_842), default_delta(299_285)
    (1e-06, 1e-07)
    """
    delta_limit(expected_rows)
    return float(f"1e-{len(str(10 * expected_rows - 1))}")
