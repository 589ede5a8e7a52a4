"""Every set of columns that someone may know: how far it tells people apart, and whom it singles out.

In: the counts of a table over its quasi-identifiers. Out: `ColumnSet`s, the one that tells most people apart first, and
the minimal sample uniques of each record with their score. The combinations are rolled up set by set, so that the work
is one pass over them for each set; sets are as large as can be afforded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ppml_core.data.coded import Coded
from ppml_core.data.counts import Counts
from ppml_core.data.packing import Ints, number_groups

MOST_VISITS = 30_000_000
MOST_SETS = 4_096

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ColumnSet:
    """Columns known together: `distinction` and `separation` as in `distinction_separation`, `unique` people."""

    columns: tuple[str, ...]
    distinction: float
    separation: float
    unique: int


@dataclass(frozen=True, eq=False)
class SpecialUniques:
    """Minimal sample uniques of at most `largest` columns: sets that single a person out, none of whose parts does.

    Per combination `number` of them, the `smallest` (0: none) and the `score`. `contribution` is the share of the whole
    score in whose uniques a column takes part.
    """

    number: Ints
    smallest: Ints
    score: Floats
    largest: int
    contribution: dict[str, float]


def largest_affordable(combinations: int, columns: int, visits: int = MOST_VISITS) -> int:
    """The most columns in a set so that all sets up to it can be afforded; 1 at least where there is a column.

    >>> largest_affordable(30_000, 9), largest_affordable(1_000_000, 20)
    (9, 1)
    """
    sets, most = 0, min(columns, 1)
    for size in range(1, columns + 1):
        sets += math.comb(columns, size)
        if sets > MOST_SETS or sets * combinations > visits:
            break
        most = size
    return most


def column_sets(counts: Counts, names: Sequence[str], largest: int | None = None) -> tuple[ColumnSet, ...]:
    """Every set of up to `largest` columns (default: as many as can be afforded), by separation, then distinction.

    Motwani & Xu 2007; figures as ARX reports them. A set of the same separation with fewer columns comes first.

    >>> import pandas as pd
    >>> from ppml_core.data.counts import count_table
    >>> people = pd.DataFrame({"sex": ["F", "M", "F"], "age": [30, 40, 50]})
    >>> [(found.columns, found.unique) for found in column_sets(count_table(people, ["sex", "age"]), ["sex", "age"])]
    [(('age',), 3), (('sex', 'age'), 3), (('sex',), 1)]
    """
    people, found = counts.rows, []
    pairs = people * (people - 1)
    for places, groups, size in _sets(counts, names, largest):
        sizes = np.bincount(groups, weights=counts.people, minlength=size)
        alike = float(sizes @ (sizes - 1))
        separation = 1 - alike / pairs if pairs else 0.0
        columns = tuple(names[place] for place in places)
        found.append(ColumnSet(columns, size / people, separation, int((sizes == 1).sum())))
    return tuple(sorted(found, key=lambda one: (-one.separation, -one.distinction, len(one.columns), one.columns)))


def special_uniques(counts: Counts, names: Sequence[str], largest: int | None = None) -> SpecialUniques:
    """The minimal sample uniques of each combination, and SUDA's score: the larger, the more special.

    A minimal unique of k of d columns adds the product of (d - i) over i = k .. M to the score, M the largest size
    that is looked for: at most d - 1 (Elliot, Manning & Ford 2002; Manning, Haglin & Keane 2008). A record with many
    small ones is likely to be unique in the population too.
    """
    width = len(names)
    most = min(largest or width, largest_affordable(len(counts), width), max(width - 1, 1))
    alone = counts.people == 1
    number, smallest, score = (np.zeros(len(counts), dtype=np.int64) for _ in range(3))
    shares = np.zeros(width)
    unique: dict[tuple[int, ...], Bools] = {}
    by_size = sorted(_sets(counts, names, most), key=lambda one: len(one[0])) if alone.any() else []
    for places, groups, size in by_size:
        sizes = np.bincount(groups, weights=counts.people, minlength=size)
        here = (sizes == 1)[groups[alone]]
        unique[places] = here
        minimal = here.copy()
        for left_out in range(len(places)) if len(places) > 1 else ():
            minimal &= ~unique[places[:left_out] + places[left_out + 1 :]]
        rows = np.flatnonzero(alone)[minimal]
        worth = math.prod(width - i for i in range(len(places), most + 1)) or 1
        smallest[rows] = np.where(number[rows] == 0, len(places), smallest[rows])
        number[rows] += 1
        score[rows] += worth
        shares[list(places)] += worth * len(rows)
    total = float(score.sum())
    contribution = {name: float(share / total) if total else 0.0 for name, share in zip(names, shares, strict=True)}
    return SpecialUniques(number, smallest, score.astype(np.float64), most, contribution)


def _sets(
    counts: Counts, names: Sequence[str], largest: int | None
) -> Iterator[tuple[tuple[int, ...], npt.NDArray[np.int32], int]]:
    """(columns by their place, group of each combination, groups), each set from the one without its last column."""
    columns = [counts.as_coded(name) for name in names]
    most = largest or largest_affordable(len(counts), len(names))
    waiting: list[tuple[tuple[int, ...], list[Coded]]] = [((place,), [columns[place]]) for place in range(len(columns))]
    while waiting:
        places, told = waiting.pop()
        groups, first = number_groups(told, len(counts))
        yield places, groups, len(first)
        if len(places) < most:
            known = _groups_as_column(groups, len(first))
            further = range(places[-1] + 1, len(columns))
            waiting += [((*places, place), [known, columns[place]]) for place in further]


def _groups_as_column(groups: npt.NDArray[np.int32], size: int) -> Coded:
    def unnamed() -> None:
        raise TypeError("groups have no names")

    return Coded(groups, 0, size, unnamed)  # type: ignore[arg-type]
