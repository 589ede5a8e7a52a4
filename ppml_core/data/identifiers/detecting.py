"""All detectors together: the strongest finding per column, and the identifiers inside a text."""

from __future__ import annotations

from functools import cache

import pandas as pd

from ppml_core.catalog import methods
from ppml_core.data.identifiers.base import LEAST_CONFIDENCE, Detector, Finding, Span
from ppml_core.data.identifiers.look import look_at


def detect(table: pd.DataFrame) -> dict[str, Finding | None]:
    """Per column the strongest finding, None where nothing speaks for an identifier. The table stays as it is.

    A suggestion to be confirmed: at most 1,000 distinct values of a column are looked at, and a rare kind of
    identifier, or one among other values, may be missed. Columns of the same name are looked at as one finding each,
    the last one kept.

    >>> found = detect(pd.DataFrame({"contact": ["ann@example.org", "bob@example.com"], "age": [30, 41]}))
    >>> found["contact"].title, found["age"]
    ('e-mail address', None)
    """
    return {str(name): detect_column(table.iloc[:, at], str(name)) for at, name in enumerate(table.columns)}


def detect_column(values: pd.Series, header: str) -> Finding | None:
    """The strongest finding for one column under this header, with the weaker ones beside it."""
    look = look_at(values, header)
    if not look.sample or pd.api.types.is_bool_dtype(values):
        return None
    found = [finding for detector in _detectors() if (finding := detector.column(look)) is not None]
    ranked = sorted(found, key=lambda finding: -finding.confidence)
    if not ranked or ranked[0].confidence < LEAST_CONFIDENCE:
        return None
    best, *rest = ranked
    return Finding(best.type, best.confidence, best.evidence, tuple((other.type, other.confidence) for other in rest))


def scan_text(text: str) -> tuple[Span, ...]:
    """Identifiers inside a free text, sorted, not overlapping. Best effort: a text without spans may name people still.

    Names count where a title stands before them or two known names stand in a row; addresses are not looked for.

    >>> [(span.type, span.start, span.end) for span in scan_text("Write to ann@example.org today.")]
    [('email', 9, 24)]
    """
    spans: list[Span] = []
    taken = bytearray(len(text))
    for detector in _detectors():
        for span in detector.spans(text):
            if not any(taken[span.start : span.end]):
                spans.append(span)
                taken[span.start : span.end] = b"\x01" * (span.end - span.start)
    return tuple(sorted(spans))


@cache
def _detectors() -> tuple[Detector, ...]:
    return tuple(sorted((cls() for cls in methods(Detector).values()), key=lambda each: (each.order, each.name())))
