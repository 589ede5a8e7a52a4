"""Answer limit: so many people may be asked about, and no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ppml_core.learn.base import Array
from ppml_core.queries.restrictions.base import Restriction
from ppml_core.settings import setting


@dataclass(frozen=True)
class AnswerLimit(Restriction):
    """Answers about `answers` people for each analyst, each in full.

    It stands against extraction, which needs about as many answers as the model has parameters (Tramèr et al. 2016,
    section 4); membership of one person takes a single answer.
    """

    title: ClassVar[str] = "Answer limit"
    answers: int = setting(100, 1, None, slider=(10, 10_000), help="answers that one analyst gets in all", log=True)

    def restricted(self, said: Array) -> Array:
        return said

    def most(self) -> int | None:
        return self.answers
