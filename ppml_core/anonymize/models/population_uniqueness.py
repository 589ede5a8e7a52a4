"""Population uniqueness: at most a share of the population is estimated to be unique by what is released."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.anonymize.classes import Bools, Classes, Floats, Ground
from ppml_core.anonymize.models.base import ReleaseCheck, ReleaseModel
from ppml_core.anonymize.models.smallest_first import without_smallest
from ppml_core.errors import BadInput
from ppml_core.measures.uniqueness import ESTIMATORS, USA
from ppml_core.settings import setting


@dataclass(frozen=True)
class PopulationUniqueness(ReleaseModel):
    """The estimated share of people who are unique in the population is at most a threshold.

    Protects against singling out by someone who does not know who is in the release. It is an estimate that assumes a
    uniform sample of a population of known size, no bound: the estimators may differ tenfold. Unique people of the
    release are suppressed, those with the larger loss first, until the estimate is low enough. Dankar et al. 2012.
    """

    title: ClassVar[str] = "population uniqueness"

    threshold: float = setting(
        0.01, 0, 1, help="largest share of the population that is unique", unit="share of people"
    )
    population_size: int = setting(USA, 1, None, help="people that the table was drawn from", unit="people")
    estimator: str = setting("dankar", help="how it is estimated; dankar chooses for you", choices=tuple(ESTIMATORS))

    def bind(self, ground: Ground) -> ReleaseCheck:
        if self.population_size < ground.people:
            raise BadInput(
                f"population_size must be at least the {ground.people:,} people of the table, "
                f"not {self.population_size:,}."
            )
        estimate = ESTIMATORS[self.estimator]

        def check(classes: Classes, kept: Bools, losses: Floats) -> Bools:
            others = classes.sizes[kept & (classes.sizes > 1)]
            unique = int((kept & (classes.sizes == 1)).sum())

            def holds(gone: int) -> bool:
                left = np.append(others, np.ones(unique - gone, dtype=np.int64))
                return estimate(left, self.population_size) <= self.threshold

            return without_smallest(kept, classes.sizes, losses, _first(holds, unique))

        return check


def _first(holds: Callable[[int], bool], last: int) -> int:
    """A number from 0 to `last` that holds with one fewer that does not: the least, where more never hurts.

    `last` itself must hold: with no unique person in the release there is none to be found in the population.

    >>> _first(lambda number: number >= 7, 100)
    7
    """
    if holds(0):
        return 0
    low, high = 0, last
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
