"""What a detector owes: how strongly a column looks like its type and why, and where its type stands in a text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from ppml_core.catalog import methods
from ppml_core.data.identifiers.look import Look
from ppml_core.settings import Method

DATE_IN_TEXT = "date"
LEAST_CONFIDENCE = 0.5


@dataclass(frozen=True)
class Finding:
    """What a column seems to hold: a type, how sure (0..1), and why, in sentences without any cell of the table.

    A suggestion, no proof. The confidence ranks findings and is no probability. `others` are weaker findings.
    """

    type: str
    confidence: float
    evidence: tuple[str, ...]
    others: tuple[tuple[str, float], ...] = ()

    @property
    def title(self) -> str:
        """The type in words: "e-mail address"."""
        return title_of(self.type)


@dataclass(frozen=True, order=True)
class Span:
    """Characters `start` to before `end` of a text hold an identifier of this type."""

    start: int
    end: int
    type: str

    @property
    def title(self) -> str:
        return title_of(self.type)


class Detector(Method, ABC):
    """Recognises one type of personal identifier; the name of its file is the type.

    `order` settles what two detectors claim at once, in a text and at equal confidence: the lower one has it.
    """

    order: ClassVar[int] = 50

    @abstractmethod
    def column(self, look: Look) -> Finding | None:
        """What speaks for a column being of this type, or None."""

    def spans(self, text: str) -> Iterable[Span]:
        """Where the type stands in a text; nothing by default, for some types cannot be told inside a text."""
        return ()

    def finding(self, confidence: float, *evidence: str) -> Finding:
        said = tuple(sentence for sentence in evidence if sentence)
        return Finding(self.name(), round(min(max(confidence, 0.0), 0.99), 2), said)


def title_of(kind: str) -> str:
    """The words for a type.

    >>> title_of("email"), title_of("date")
    ('e-mail address', 'date')
    """
    known = methods(Detector)
    return known[kind].title if kind in known else kind.replace("_", " ")


def share_text(share: float, what: str) -> str:
    """A sentence about part of the values.

    >>> share_text(0.5, "are valid")
    '50 % of the values looked at are valid.'
    """
    percent = f"{share:.0%}".replace("%", " %") if share in (0.0, 1.0) or 0.01 <= share < 0.995 else f"{share:.1%}"
    return f"{percent} of the values looked at {what}."
