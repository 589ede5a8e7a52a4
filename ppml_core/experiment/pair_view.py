"""Two quasi-identifiers together, before and after: what a reader of the release can still know of their relation.

In: the raw table, a Recoding of it, two names. Out: `PairView`, counts over a grid of at most `MOST` by `MOST` groups
of values.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ppml_core.anonymize.base import Recoding
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput

Numbers = npt.NDArray[np.float64]
MOST = 30


@dataclass(frozen=True, eq=False)
class PairView:
    """People per cell, shape (groups of the first column, groups of the second).

    `after` spreads each released person evenly over all values that are published as theirs are.
    """

    names: tuple[str, str]
    labels: tuple[tuple[str, ...], tuple[str, ...]]
    before: Numbers
    after: Numbers

    @property
    def displaced(self) -> float:
        """Share of people who stand in another cell: the total variation distance of the two pictures, 0..1."""
        if not self.after.sum():
            return 1.0
        return float(np.abs(self.before / self.before.sum() - self.after / self.after.sum()).sum() / 2)

    @property
    def associated(self) -> tuple[float, float]:
        """Cramér's V of the two columns, before and after: 0 is unrelated, 1 one tells the other."""
        return cramers_v(self.before), cramers_v(self.after)


def pair_view(raw: Dataset, recoding: Recoding, first: str, second: str) -> PairView:
    """The pair in the table and in the release. Raises BadInput for a column that is not in both, or twice the same."""
    for name in (first, second):
        if name not in raw.quasi_identifiers or name not in recoding.release.table:
            raise BadInput(f"{name!r} is no quasi-identifier of the release.")
    if first == second:
        raise BadInput(f"a pair needs two columns, not {first!r} twice.")
    if len(recoding.kept) != len(recoding.release):
        raise BadInput("this release has no record per person, so what became of a pair cannot be told.")
    axes = [_Axis.of(raw, name) for name in (first, second)]
    spread, published = [], []
    for axis in axes:
        codes, labels = pd.factorize(recoding.release.texts(axis.name))
        published.append((codes, len(labels)))
        spread.append(axis.spread(recoding.kept, codes, len(labels)))
    joint = _counted(published[0][0], published[1][0], published[0][1], published[1][1])
    return PairView(
        names=(first, second),
        labels=(axes[0].labels, axes[1].labels),
        before=_counted(axes[0].groups, axes[1].groups, len(axes[0].labels), len(axes[1].labels)),
        after=np.asarray(spread[0].T @ joint @ spread[1]),
    )


def cramers_v(counts: Numbers) -> float:
    """Cramér 1946, of a table of counts; 0 where a side has one value.

    >>> cramers_v(np.array([[5.0, 0.0], [0.0, 5.0]])), cramers_v(np.array([[2.0, 2.0], [3.0, 3.0]]))
    (1.0, 0.0)
    """
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    least = min(counts.shape) - 1
    if least < 1:
        return 0.0
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    return float(np.sqrt(((counts - expected) ** 2 / expected).sum() / counts.sum() / least))


@dataclass(frozen=True, eq=False)
class _Axis:
    """A column's values (`values`: a code per row) and the at most `MOST` groups in which they are drawn."""

    name: str
    values: npt.NDArray[np.intp]
    group_of: npt.NDArray[np.int64]
    labels: tuple[str, ...]

    @property
    def groups(self) -> npt.NDArray[np.int64]:
        return self.group_of[self.values]

    @classmethod
    def of(cls, raw: Dataset, name: str) -> _Axis:
        codes, texts = pd.factorize(raw.texts(name))
        people = np.bincount(codes, minlength=len(texts))
        place = {leaf: at for at, leaf in enumerate(raw.hierarchy(name).leaves)}
        ordered = raw.schema[name].kind in ("numeric", "ordinal", "date")
        rank = [place.get(str(text), len(place)) for text in texts] if ordered else -people
        order = np.argsort(np.asarray(rank), kind="stable")
        if ordered:
            of_place = np.arange(len(texts)) * min(MOST, len(texts)) // len(texts)
        else:
            of_place = np.minimum(np.arange(len(texts)), MOST - 1)
        group_of = np.empty(len(texts), dtype=np.int64)
        group_of[order] = of_place
        named = np.array([str(text) or "(missing)" for text in texts], dtype=object)
        members = [list(named[order[of_place == group]]) for group in range(int(of_place[-1]) + 1)]
        return cls(name, codes, group_of, tuple(_label(names, ordered) for names in members))

    def spread(self, kept: npt.NDArray[np.int64], published: npt.NDArray[np.intp], labels: int) -> Numbers:
        """For each published value, over which groups its people may be spread; rows sum to 1."""
        pairs = np.unique(np.column_stack([published, self.values[kept]]), axis=0)
        found = np.zeros((labels, len(self.labels)))
        np.add.at(found, (pairs[:, 0], self.group_of[pairs[:, 1]]), 1.0)
        return np.asarray(found / np.maximum(found.sum(axis=1, keepdims=True), 1.0))


def _label(names: list[str], ordered: bool) -> str:
    if len(names) == 1:
        return names[0]
    return f"{names[0]} to {names[-1]}" if ordered else f"{len(names)} others"


def _counted(one: npt.NDArray[np.int64], other: npt.NDArray[np.int64], rows: int, columns: int) -> Numbers:
    return np.bincount(one * columns + other, minlength=rows * columns).reshape(rows, columns).astype(np.float64)
