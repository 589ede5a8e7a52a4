"""MDAV microaggregation: people are put into small groups of their nearest, and each group publishes its centre."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from ppml_core.anonymize import microaggregation
from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.columns import Floats, Perturbed, Rows, is_whole, moved, numbers, ordered
from ppml_core.anonymize.partition import cut
from ppml_core.data.dataset import Dataset
from ppml_core.data.groups import group_of
from ppml_core.errors import BadInput, Unreachable
from ppml_core.settings import setting

SECONDS_A_DAY = 86_400
LARGEST_SQUARED = 1e150


@dataclass(frozen=True)
class Mdav(Anonymizer):
    """Groups of k to 2k - 1 similar people, who all publish their group's mean, median or most frequent value.

    Numbers and days become the mean of those who have one (whole where the column is), ordinal values the lower median,
    others the most frequent; absent where most are. Distances are squared: numbers and orders in standard deviations,
    categories 0 or 1; an absent value counts as average and as a category of its own. Domingo-Ferrer & Torra 2005,
    MDAV-generic. The work grows with the square of the number of different people, so a table with more people than
    `block` is first cut at medians into blocks of at most about that many, and grouped within each: near the cuts some
    nearest neighbours are lost.

    Every published combination of quasi-identifiers is shared by k people. That protects against singling out by them,
    not against a sensitive value that a group shares, and not against someone who knows other columns; and who knows
    all of a group but one learns the last one's number from the mean. Groups were chosen by reading every row: no
    differential-privacy guarantee survives. Raises Unreachable for fewer than k people.
    """

    title: ClassVar[str] = "MDAV microaggregation"
    protocol: ClassVar[str] = "raw test people"

    k: int = setting(5, 2, None, slider=(2, 100), help="smallest group of people who publish the same", unit="people")
    block: int = setting(
        50_000,
        100,
        None,
        help="people among whom neighbours are looked for; larger tables are cut first",
        unit="people",
    )

    def fit(self, data: Dataset, rng: np.random.Generator) -> Microaggregated:
        started = time.perf_counter()
        if not data.quasi_identifiers:
            raise BadInput("no column is a quasi-identifier: give at least one that role, or name them with --qi.")
        if len(data) < self.k:
            raise Unreachable(
                f"groups of k={self.k} need as many people, and {data.name!r} has {len(data):,}.", best=len(data)
            )
        points = Points.of(data)
        group_of_row = points.groups(self.k, max(self.block, 2 * self.k))
        changed = {name: _published(data, name, group_of_row) for name in data.quasi_identifiers}
        return Microaggregated(data, changed, points, started)


@dataclass(frozen=True, eq=False)
class Points:
    """The different people of a table: `of_row` (rows,), and per attribute what distances are taken of.

    `numbers` (ordered attributes, points) in standard deviations, `kinds` (categorical attributes, points) as codes;
    an ordered attribute with absent values has one of each.
    """

    of_row: Rows
    counts: Rows
    numbers: Floats
    kinds: Rows

    @classmethod
    def of(cls, data: Dataset) -> Points:
        scaled, kinds = [], []
        for name in data.quasi_identifiers:
            values = _order(data, name)
            if values is None or np.isnan(values).any():
                codes = data.texts(name) if values is None else np.isnan(values)
                kinds.append(pd.factorize(codes, sort=True)[0].astype(np.int64))
            if values is not None:
                scaled.append(_standardised(values))
        columns = {str(place): column for place, column in enumerate([*scaled, *kinds])}
        of_row = np.asarray(group_of(pd.DataFrame(columns), list(columns)), dtype=np.int64)
        counts = np.bincount(of_row)
        first = np.full(len(counts), len(data), dtype=np.int64)
        np.minimum.at(first, of_row, np.arange(len(data)))
        return cls(
            of_row,
            counts,
            np.array([column[first] for column in scaled], dtype=np.float64).reshape(len(scaled), len(first)),
            np.array([column[first] for column in kinds], dtype=np.int64).reshape(len(kinds), len(first)),
        )

    def groups(self, k: int, block: int) -> Rows:
        """The group of every row; the rows of a point go to its groups in their order."""
        members, groups = [], 0
        for chosen in self._blocks(k, block):
            kinds = np.empty((len(self.kinds), len(chosen)), dtype=np.int64)
            for place, codes in enumerate(self.kinds):
                kinds[place] = np.unique(codes[chosen], return_inverse=True)[1]
            found = microaggregation.mdav(self.numbers[:, chosen].copy(), kinds, self.counts[chosen], k)
            found[:, 0] = chosen[found[:, 0]]
            found[:, 1] += groups
            groups = int(found[:, 1].max()) + 1
            members.append(found)
        point, group, people = np.concatenate(members).T
        order = np.argsort(point, kind="stable")
        group_of_row = np.empty(len(self.of_row), dtype=np.int64)
        group_of_row[np.argsort(self.of_row, kind="stable")] = np.repeat(group[order], people[order])
        return group_of_row

    def _blocks(self, k: int, block: int) -> list[Rows]:
        everyone = np.arange(len(self.counts))
        if self.counts.sum() <= block:
            return [everyone]
        columns = [*self.numbers, *self.kinds]
        ranks = np.stack([np.unique(column, return_inverse=True)[1] for column in columns], axis=1).astype(np.int64)
        part_of = cut(ranks, self.counts, ranks.max(axis=0), max(k, (block + 1) // 2))
        return np.split(np.argsort(part_of, kind="stable"), np.cumsum(np.bincount(part_of))[:-1])


class Microaggregated(Perturbed):
    """The release in which every group publishes one tuple. Unseen people stay raw."""

    def __init__(self, data: Dataset, changed: Mapping[str, pd.Series], points: Points, started: float) -> None:
        super().__init__(data, changed)
        published = self.release.table
        sizes = np.bincount(group_of(published, list(changed)))
        self._texts = {name: (data.texts(name), self.release.texts(name)) for name in changed}
        self.statistics = {
            **self.statistics,
            "classes": len(sizes),
            "min_class": int(sizes.min()),
            "mean_class": float(sizes.mean()),
            "suppressed": 0,
            "sse_share": _sse_share(data, self.release),
            "seconds": time.perf_counter() - started,
        }

    def mapping(self) -> dict[str, pd.DataFrame]:
        """Per column each value and what it was published as, with the number of people: one value has several."""
        frames = {}
        for name, (value, published) in self._texts.items():
            pairs = pd.DataFrame({"value": value, "published": published})
            frames[name] = pairs.groupby(["value", "published"], sort=True).size().reset_index(name="people")
        return frames


def _order(data: Dataset, name: str) -> Floats | None:
    """The column as numbers in its order, NaN where absent; None for categories without one."""
    kind = data.schema[name].kind
    if kind == "numeric":
        return numbers(data, name)
    return ordered(data, name) if kind in ("ordinal", "date") else None


def _unit(values: Floats) -> float:
    """1, or for numbers whose squares overflow the largest of them."""
    largest = float(np.abs(values).max(initial=0.0))
    return largest if largest > LARGEST_SQUARED else 1.0


def _standardised(values: Floats) -> Floats:
    """In standard deviations from the mean; 0 where absent, and everywhere in a constant column."""
    present = ~np.isnan(values)
    if not present.any():
        return np.zeros(len(values))
    values = values / _unit(values[present])
    mean, deviation = values[present].mean(), values[present].std()
    scale = deviation if deviation > 0 else 1.0
    return np.where(present, (np.where(present, values, mean) - mean) / scale, 0.0)


def _published(data: Dataset, name: str, group: Rows) -> pd.Series:
    """The column with every group's centre in place of its members' values; absent where most of a group are."""
    column, values = data.table[name], _order(data, name)
    if values is None:
        return moved(column, _most_frequent(data.texts(name), group))
    source = _lower_median(values, group)
    if data.schema[name].kind == "ordinal":
        return moved(column, source)
    means = _mean(values, np.isnan(values[source]), group)
    if data.schema[name].kind == "numeric":
        written = pd.Series(np.rint(means) if is_whole(column) else means, index=column.index, name=name)
        return written.astype(column.dtype)
    days = np.floor(np.where(np.isnan(means), 0.0, means) / SECONDS_A_DAY + 0.5).astype("datetime64[D]")
    dates = pd.Series(days.astype("datetime64[s]"), index=column.index).mask(np.isnan(means))
    if pd.api.types.is_datetime64_any_dtype(column):
        return dates.astype(column.dtype).rename(name)
    return dates.dt.strftime("%Y-%m-%d").astype(column.dtype).rename(name)


def _most_frequent(texts: npt.NDArray[np.object_], group: Rows) -> Rows:
    """Per row a row of its group that has the group's most frequent value; ties go to the first in sorted order."""
    codes = pd.factorize(texts, sort=True)[0].astype(np.int64)
    width = int(codes.max(initial=0)) + 1
    pairs, first, people = np.unique(group * width + codes, return_index=True, return_counts=True)
    best = np.lexsort([pairs, -people, pairs // width])
    _, start = np.unique((pairs // width)[best], return_index=True)
    return np.asarray(first[best][start][group], dtype=np.int64)


def _lower_median(values: Floats, group: Rows) -> Rows:
    """Per row a row of its group that has the lower median of those present, or an absent value where most are."""
    absent = np.isnan(values)
    sorting = np.lexsort([np.where(absent, np.inf, values), group])
    sizes = np.bincount(group)
    missing = np.bincount(group, absent).astype(np.int64)
    starts = np.cumsum(sizes) - sizes
    middle = np.where(2 * missing > sizes, sizes - 1, (sizes - missing - 1) // 2)
    return np.asarray(sorting[starts + middle][group], dtype=np.int64)


def _mean(values: Floats, blank: npt.NDArray[np.bool_], group: Rows) -> Floats:
    """Mean of each group's present values, for every member; NaN where `blank`."""
    present = ~np.isnan(values)
    unit = _unit(values[present])
    sums = np.bincount(group, np.where(present, values / unit, 0.0))
    people = np.bincount(group, present)
    means = sums / np.maximum(people, 1) * unit
    return np.where(blank, np.nan, means[group])


def _sse_share(data: Dataset, release: Dataset) -> float:
    """Squared error over the spread around the mean, in standard deviations, over all numbers and days.

    0 is no loss, 1 is one group of all, and rounding to whole numbers or days may add to that. Cells that are absent
    before or after are left out. Solanas et al. 2006.
    """
    errors = spread = 0.0
    for name in data.quasi_identifiers:
        if data.schema[name].kind not in ("numeric", "date"):
            continue
        before, after = _order(data, name), _order(release, name)
        assert before is not None
        assert after is not None
        both = ~np.isnan(before) & ~np.isnan(after)
        unit = _unit(before[both])
        old, new = before[both] / unit, after[both] / unit
        variance = float(old.var()) if both.any() else 0.0
        if variance > 0:
            errors += float(((old - new) ** 2).sum()) / variance
            spread += float(both.sum())
    return errors / spread if spread else 0.0
