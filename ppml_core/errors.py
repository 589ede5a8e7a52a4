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
