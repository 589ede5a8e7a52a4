"""What can go wrong, in words a person can act on: every message is one sentence for the screen."""

from __future__ import annotations

from typing import Any


class PPMLError(Exception):
    """Anything this package refuses; its text is ready to be shown."""


class BadInput(PPMLError):
    """A table, schema or setting that cannot be used: names the column or setting, the value, and what to do."""


class NotApplicable(PPMLError):
    """A method that is sound but not for this data (a classifier on a numeric target, say)."""


class Unreachable(PPMLError):
    """No setting satisfies the request; `best` holds the nearest that was found, or None."""

    def __init__(self, message: str, best: Any = None) -> None:
        super().__init__(message)
        self.best = best


def in_a_sentence(fault: BaseException) -> str:
    """A refusal in its own words; of any other fault its kind alone, for its text may quote a cell of the table.

    >>> in_a_sentence(BadInput("column 'age' is empty.")), in_a_sentence(ValueError("could not convert 'Jane Doe'"))
    ("column 'age' is empty.", 'something broke that should not have (ValueError).')
    """
    return str(fault) if isinstance(fault, PPMLError) else f"something broke that should not have ({_kind(fault)})."


def _kind(fault: BaseException) -> str:
    """Its class; the operating system's own word (disk full) where it was that which refused."""
    return (isinstance(fault, OSError) and fault.strerror) or type(fault).__name__
