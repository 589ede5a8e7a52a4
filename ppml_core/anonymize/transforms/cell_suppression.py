"""Cell suppression: single cells are blanked until nobody's look-alikes are too few."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.blanks import blanks
from ppml_core.anonymize.columns import ANY, Perturbed, chosen
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput, Unreachable
from ppml_core.settings import setting


@dataclass(frozen=True)
class CellSuppression(Anonymizer):
    """The table with as few cells blanked as a search finds, so that k people at least share each combination.

    A blank counts as a value of its own, so whoever recounts the release with absent cells as one value finds
    k-anonymity; sdcMicro's localSuppression, whose blanks match every value, needs fewer cells and promises less. The
    fewest cells are NP-hard to find (Meyerson & Williams 2004): columns are blanked in rising number, and each class
    of k or more is published as soon as it appears. With `importance` all cells of later columns are tried before one
    of an earlier column. It protects against singling a person out by these columns, not against a sensitive
    value that all look-alikes share. Raises Unreachable for fewer people than k.
    """

    title: ClassVar[str] = "Cell suppression (local suppression)"
    protocol: ClassVar[str] = "raw test people"

    columns: tuple[str, ...] = setting((), help="columns whose cells may be blanked; none: the quasi-identifiers")
    k: int = setting(5, 1, None, slider=(2, 100), help="smallest class of look-alikes that may stay", unit="records")
    importance: tuple[str, ...] = setting(
        (), help="columns to spare, the most important first; those not named are blanked before any of these"
    )

    def fit(self, data: Dataset, rng: np.random.Generator) -> Perturbed:
        started = time.perf_counter()
        if not self.columns and not data.quasi_identifiers:
            raise BadInput("no column is a quasi-identifier: give at least one that role, or name columns.")
        names = chosen(data, self.columns or data.quasi_identifiers, ANY, self.title)
        if len(data) < self.k:
            raise Unreachable(f"{len(data)} people cannot be {self.k} alike: give a smaller k.", best=len(data))
        blank, smallest = blanks(data.table[list(names)], self.k, self._weights(names))
        changed = {name: data.table[name].mask(blank[:, j]) for j, name in enumerate(names)}
        counts = {name: int(blank[:, j].sum()) for j, name in enumerate(names)}
        statistics = {
            "blanked": counts,
            "blanked_share": float(blank.mean()),
            "people_touched": int(blank.any(axis=1).sum()),
            "min_class": smallest,
            "seconds": time.perf_counter() - started,
        }
        return Perturbed(data, changed, statistics, [name for name in names if counts[name]])

    def _weights(self, names: tuple[str, ...]) -> list[int]:
        """What a blank costs in each column: more than all blanks in less important ones together."""
        for name in self.importance:
            if name not in names:
                raise BadInput(f"importance names {name!r}, which is not among the columns {', '.join(names)}.")
        if len(set(self.importance)) != len(self.importance):
            raise BadInput(f"importance names a column twice: {', '.join(self.importance)}.")
        rest = len(names) - len(self.importance)
        weights = dict.fromkeys(names, 1)
        for rank, name in enumerate(reversed(self.importance)):
            weights[name] = (rest + 1) << rank
        return [weights[name] for name in names]
