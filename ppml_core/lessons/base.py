"""What every lesson owes: a claim, numbers worked out from a table, a chart of them, two questions, its sources.

In: a bundled table and a Generator. Out: `Found`. The settings of a lesson are the things to move.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pandas as pd

from ppml_core.catalog import methods
from ppml_core.charts.template import Chart, Mode
from ppml_core.data.dataset import Dataset
from ppml_core.settings import Method

INTERNAL = "Internal: measured on the rows of a table, under no guarantee."

Fact = tuple[str, str, str]


@dataclass(frozen=True)
class Question:
    """Something to decide, its possible answers, which one holds, and why."""

    text: str
    answers: tuple[str, ...]
    right: int
    why: str


@dataclass(frozen=True)
class Source:
    """A publication: who and when, what, and the address where it can be read."""

    who: str
    what: str
    address: str = ""


@dataclass(frozen=True)
class Door:
    """Where to use it: a page of the dashboard, the scenario's values there that differ from the defaults, and
    settings of its methods as "method.setting"."""

    page: str
    text: str
    values: Mapping[str, object] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Found:
    """What happened: `numbers` by name, `facts` as (value, what it is, a line beneath), and the tidy table drawn."""

    numbers: Mapping[str, float]
    facts: tuple[Fact, ...]
    table: pd.DataFrame


class Lesson(Method, ABC):
    """One screen. `claim` is what is to be seen, `do` what to move; neither carries a number that was not worked out.

    `needs` are rows of the table that are enough: a lesson must answer while somebody watches.
    """

    number: ClassVar[int]
    dataset: ClassVar[str]
    needs: ClassVar[int | None] = None
    claim: ClassVar[str]
    do: ClassVar[str]
    why: ClassVar[str]
    questions: ClassVar[tuple[Question, Question]]
    sources: ClassVar[tuple[Source, ...]]
    terms: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def work_out(self, data: Dataset, rng: np.random.Generator) -> Found:
        """The lesson's numbers for these settings; the same Generator gives the same ones."""

    @abstractmethod
    def chart(self, found: Found, mode: Mode = "light") -> Chart:
        """The one picture of it."""

    @abstractmethod
    def door(self) -> Door:
        """Where these settings are used."""

    def run(self, data: Dataset, seed: int) -> Found:
        """`work_out` on as many rows as it needs, drawn and worked out from the one seed."""
        rng = np.random.default_rng([seed, self.number])
        if self.needs is not None and self.needs < len(data):
            data = data.take(np.sort(rng.permutation(len(data))[: self.needs]))
        return self.work_out(data, rng)


def lessons() -> dict[str, type[Lesson]]:
    """All lessons by name, in the order in which they are taught."""
    return dict(sorted(methods(Lesson).items(), key=lambda entry: entry[1].number))
