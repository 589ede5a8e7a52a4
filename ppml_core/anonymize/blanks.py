"""Which cells to blank so that every combination of values is shared by k people: the search of cell suppression.

In: columns of a table. Out: the cells, where a blank and an absent cell are one value of their own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from ppml_core.anonymize import kernels
from ppml_core.errors import NotApplicable

Ints = npt.NDArray[np.int64]

MOST_BITS = 62
MOST_COLUMNS = 16


def blanks(table: pd.DataFrame, k: int, weights: Sequence[int]) -> tuple[npt.NDArray[np.bool_], int]:
    """(cells to blank, shape (rows, columns); people in the smallest class afterwards), for a table of k rows or more.

    `weights` say what a blank costs in each column. A value that fewer than k people have goes first: no class of k
    can show it. Raises NotApplicable where the columns are too many.
    """
    if table.shape[1] > MOST_COLUMNS:
        raise NotApplicable(f"{table.shape[1]} columns have too many subsets to search: name at most {MOST_COLUMNS}.")
    columns = [pd.factorize(table[name])[0].astype(np.int64) + 1 for name in table.columns]
    packed, fields = _packed([_frequent(codes, k) for codes in columns])
    keys, counts, row_of = kernels.group(packed, np.ones(len(packed), dtype=np.int64))
    search = Search(keys, counts, fields, k)
    search.run(weights)
    published = search.rest(row_of, weights)
    blank = np.column_stack(
        [(codes > 0) & (published & field == 0) for codes, field in zip(columns, fields, strict=True)]
    )
    return blank, int(kernels.group(published, np.ones(len(published), dtype=np.int64))[1].min())


def _frequent(codes: Ints, k: int) -> Ints:
    """Codes from 1 for values that k people have, 0 for absent and rarer ones."""
    stays = np.bincount(codes) >= k
    stays[0] = False
    return np.where(stays, np.cumsum(stays), 0)[codes]


def _packed(columns: Sequence[Ints]) -> tuple[Ints, Ints]:
    """(a key per person, a mask of each column's bits in it)."""
    bits = [max(1, int(codes.max()).bit_length()) for codes in columns]
    if sum(bits) > MOST_BITS:
        raise NotApplicable(
            f"the values that k people share need {sum(bits)} bits and {MOST_BITS} are there: leave out a column."
        )
    shifts = np.cumsum([0, *bits[:-1]])
    packed = np.zeros(len(columns[0]), dtype=np.int64)
    for codes, shift in zip(columns, shifts, strict=True):
        packed |= codes << shift
    return packed, np.array([((1 << width) - 1) << shift for width, shift in zip(bits, shifts, strict=True)])


class Search:
    """Publishes combinations in classes of k or more, subset of columns after subset, the cheapest blanks first."""

    def __init__(self, keys: Ints, counts: Ints, fields: Ints, k: int) -> None:
        self.keys, self.counts, self.fields, self.k = keys, counts, fields, k
        self.published = keys.copy()
        self.left = np.arange(len(keys))
        self.classes = np.zeros(0, dtype=np.int64)

    def run(self, weights: Sequence[int]) -> None:
        """All subsets by cost; of those that cost the same, first the one that publishes most people."""
        subsets = np.arange(1 << len(self.fields))
        chosen = (subsets[:, None] >> np.arange(len(self.fields))) & 1
        costs = chosen @ np.array(weights)
        for cost in np.unique(costs):
            if not len(self.left):
                return
            kept = [int(self.fields[row == 0].sum()) for row in chosen[costs == cost]]
            gains = [int(self.counts[self.left[self._reached(fields)]].sum()) for fields in kept]
            for place in np.argsort(-np.array(gains), kind="stable"):
                if gains[place]:
                    self._publish(kept[place])

    def _reached(self, kept: int) -> npt.NDArray[np.bool_]:
        """Which of those left are k or more, with those published alike, when only the kept fields are shown."""
        shown = self.keys[self.left] & kept
        same = self.classes[self.classes & kept == self.classes]
        both = np.concatenate([shown, same])
        weights = np.concatenate([self.counts[self.left], np.full(len(same), self.k)])
        _, totals, class_of = kernels.group(both, weights)
        return np.asarray(totals[class_of[: len(shown)]] >= self.k)

    def _publish(self, kept: int) -> None:
        reached = self._reached(kept)
        ready = self.left[reached]
        self.published[ready] = self.keys[ready] & kept
        self.classes = np.union1d(self.classes, self.published[ready])
        self.left = self.left[~reached]

    def rest(self, row_of: npt.NDArray[np.int32], weights: Sequence[int]) -> Ints:
        """What each person's row shows. Fewer than k may be left: they go blank, and the cheapest others with them."""
        shown = self.published[row_of]
        alone = np.isin(row_of, self.left)
        shown[alone] = 0
        needed = self.k - int(alone.sum())
        if not alone.any() or needed <= 0:
            return shown
        costs = np.zeros(len(shown), dtype=np.int64)
        for field, weight in zip(self.fields, weights, strict=True):
            costs += weight * (shown & field != 0)
        others = np.flatnonzero(~alone)
        shown[_cheapest(others, shown[others], costs[others], needed, self.k)] = 0
        return shown


def _cheapest(rows: Ints, shown: Ints, costs: Ints, needed: int, k: int) -> Ints:
    """At least `needed` of the rows, such that each class keeps k or goes as a whole, for a low sum of costs."""
    _, sizes, class_of = kernels.group(shown, np.ones(len(shown), dtype=np.int64))
    order = np.argsort(class_of, kind="stable")
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    place = np.empty(len(rows), dtype=np.int64)
    place[order] = np.arange(len(rows)) - first[class_of[order]]
    spare = np.flatnonzero(place < sizes[class_of] - k)
    spare = spare[np.argsort(costs[spare], kind="stable")][:needed]
    prices = np.bincount(class_of, weights=costs)
    whole = np.flatnonzero(class_of == np.argmin(prices))
    if len(spare) == needed and costs[spare].sum() <= prices.min():
        return np.asarray(rows[spare])
    return np.asarray(rows[whole])
