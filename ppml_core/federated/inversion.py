"""Records read out of an update: what somebody who sees a client's message learns of the people behind it.

In: an update (the change that a step makes to the weights of a linear model, or to a network's first layer, with its
constant) and public knowledge: the features, and how frequent each category is among other people. Out: categories.

A record's gradient is its residual times its row of features, so the entry of the constant is the residual itself, and
everything else divided by it is the row (Zhu, Liu, Han 2019; Geiping et al. 2020, Proposition 3.1). Of a linear model
that holds over many local steps, at any learning rate: only one factor is unknown. In a sum of n records the entry
of a category is the sum of the residuals of those who have it. Residuals are numbers with many digits, so equal sums in
two columns are the same people: `unmix` follows that from column to column, and guesses what the sum leaves open. Vero
et al. 2023 (TabLeak) match gradients of tables by descent instead, which needs no exact sums.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.learn.encoding import Encoder, Part, categories_of

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Places = tuple[int, ...]

MOST_COMPARED = 200_000
MOST_IN_A_BLOCK = 6
LEAST = 1e-9


@dataclass(frozen=True)
class Group:
    """People whom the columns read so far do not tell apart: the sum of their residuals, and what they share."""

    residual: float
    known: Mapping[int, int]


@dataclass(frozen=True, eq=False)
class Onlooker:
    """Somebody who sees updates and knows the features. `frequencies` are those of each categorical column's categories
    among other people, in the order of `columns`."""

    encoder: Encoder
    frequencies: tuple[Floats, ...]

    @classmethod
    def of(cls, encoder: Encoder, others: Dataset) -> Onlooker:
        """Raises NotApplicable where no column is categories."""
        parts = [part for part in encoder.parts if part.categories is not None]
        if not parts:
            raise NotApplicable("the table has no column of categories to recover.")
        counts = [np.bincount(_codes(others, part), minlength=len(part.names)) for part in parts]
        return cls(encoder, tuple((found + 1) / (found.sum() + len(found)) for found in counts))

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(part.column for part in self._parts)

    @cached_property
    def _parts(self) -> tuple[Part, ...]:
        return tuple(part for part in self.encoder.parts if part.categories is not None)

    @cached_property
    def _spans(self) -> tuple[slice, ...]:
        begins = dict(zip((part.column for part in self.encoder.parts), self.encoder.offsets, strict=False))
        return tuple(slice(begins[part.column], begins[part.column] + len(part.names)) for part in self._parts)

    def codes(self, people: Dataset) -> Codes:
        """Each person's true categories as places, shape (people, columns)."""
        return np.column_stack([_codes(people, part) for part in self._parts])

    def guess(self, people: int) -> Codes:
        """What is said without any update: the most frequent category of each column, shape (people, columns)."""
        return np.tile([int(found.argmax()) for found in self.frequencies], (people, 1))

    def row(self, update: Floats) -> Floats:
        """The features of the one record behind an update, exactly; shape (features,).

        `update` has the constant last, and may have a column per class or hidden unit. Raises BadInput where the
        constant did not move: the record fits perfectly and leaves no trace.
        """
        seen = _one_column(update)
        if abs(seen[-1]) < LEAST * max(float(np.abs(seen).max()), LEAST):
            raise BadInput("the update's constant is 0: its record leaves no trace.")
        return np.asarray(seen[:-1] / seen[-1])

    def codes_of(self, row: Floats) -> Codes:
        """The category with the largest feature in each column, shape (1, columns)."""
        return np.array([[int(row[span].argmax()) for span in self._spans]])

    def record(self, update: Floats) -> dict[str, str]:
        """The one record behind an update, in words: a category or a number per column."""
        row, offsets = self.row(update), self.encoder.offsets
        parts = enumerate(self.encoder.parts)
        return {part.column: _said(part, row[offsets[n] : offsets[n + 1]]) for n, part in parts}

    def unmix(self, update: Floats, people: int, precision: float = 0.0) -> Codes:
        """Categories of the `people` whose residuals the update sums, shape (people, columns), in no order.

        `precision` is how far a sum may be off, for updates that were rounded. A column that tells nobody apart gives
        the most frequent of the categories that occur in the sum.
        """
        seen = _one_column(update)
        off = max(precision, LEAST * max(float(np.abs(seen).max()), LEAST))
        columns = []
        for span in self._spans:
            places = np.flatnonzero(np.abs(seen[span]) > off)
            columns.append((places, seen[span][places]))
        found = np.tile([self._likely(n, places) for n, (places, _) in enumerate(columns)], (people, 1))
        for person, group in enumerate(_told_apart(columns, float(seen[-1]), people, off)):
            for column, place in group.known.items():
                found[person, column] = place
        return found

    def _likely(self, column: int, places: npt.NDArray[np.intp]) -> int:
        frequent = self.frequencies[column]
        return int(places[frequent[places].argmax()]) if len(places) else int(frequent.argmax())


def _told_apart(columns: list[tuple[Codes, Floats]], total: float, people: int, off: float) -> list[Group]:
    """At most `people` groups, as fine as equal sums allow; read over again until no column adds anything."""
    groups = [Group(total, {})]
    order = sorted(range(len(columns)), key=lambda n: -len(columns[n][0]))
    adding = True
    while adding:
        adding = False
        for n in order:
            finer = list(_refined(groups, n, *columns[n], people, off))
            adding |= sum(len(group.known) for group in finer) > sum(len(group.known) for group in groups)
            groups = finer
    return groups


def _refined(groups: list[Group], column: int, places: Codes, sums: Floats, people: int, off: float) -> Iterator[Group]:
    """The groups after one more column: whoever matches one category gets it, a group that matches several is split."""
    room = people - len(groups)
    for mine, theirs in _blocks(np.array([group.residual for group in groups]), sums, off):
        if len(theirs) == 1:
            for group in mine:
                yield Group(groups[group].residual, {**groups[group].known, column: int(places[theirs[0]])})
        elif len(mine) == 1 and 0 < len(theirs) - 1 <= room:
            room -= len(theirs) - 1
            for one in theirs:
                yield Group(float(sums[one]), {**groups[mine[0]].known, column: int(places[one])})
        else:
            yield from (groups[group] for group in mine)


def _blocks(groups: Floats, sums: Floats, off: float) -> Iterator[tuple[Places, Places]]:
    """Smallest sets of groups and of categories with the same sum, each used once; what is left over comes last."""
    mine, theirs = list(range(len(groups))), list(range(len(sums)))
    for size in range(2, len(mine) + len(theirs) + 1):
        while (found := _equal(groups, sums, mine, theirs, size, off)) is not None:
            yield found
            mine = [group for group in mine if group not in found[0]]
            theirs = [one for one in theirs if one not in found[1]]
    if mine:
        yield tuple(mine), tuple(theirs)


def _equal(
    groups: Floats, sums: Floats, mine: list[int], theirs: list[int], size: int, off: float
) -> tuple[Places, Places] | None:
    """`size` groups and categories together whose sums agree, None where there are none or too many to compare."""
    for count in range(max(1, size - len(theirs)), min(len(mine), size - 1) + 1):
        if min(count, size - count) > 1 and size > MOST_IN_A_BLOCK:
            continue
        if _ways(len(mine), count) > MOST_COMPARED or _ways(len(theirs), size - count) > MOST_COMPARED:
            continue
        left, right = _subsets(mine, count), _subsets(theirs, size - count)
        wanted, offered = groups[left].sum(axis=1), sums[right].sum(axis=1)
        order = offered.argsort()
        place = np.minimum(np.searchsorted(offered[order], wanted - off), len(order) - 1)
        hits = np.flatnonzero(np.abs(offered[order[place]] - wanted) <= off)
        if len(hits):
            return tuple(left[hits[0]].tolist()), tuple(right[order[place[hits[0]]]].tolist())
    return None


def _ways(of: int, count: int) -> float:
    return float(np.prod([(of - k) / (k + 1) for k in range(count)]))


def _subsets(of: list[int], count: int) -> npt.NDArray[np.intp]:
    return np.array(list(itertools.combinations(of, count)), dtype=np.intp).reshape(-1, count)


def _one_column(update: Floats) -> Floats:
    """The update of one output; several are weighed together by numbers that cancel no difference between them."""
    if update.ndim == 1:
        return np.asarray(update, dtype=np.float64)
    return np.asarray(update @ np.cos(1.0 + np.arange(update.shape[1])), dtype=np.float64)


def _codes(people: Dataset, part: Part) -> Codes:
    return np.maximum(categories_of(people, part), 0).astype(np.int64)


def _said(part: Part, features: Floats) -> str:
    if not part.is_numeric:
        return part.names[int(features.argmax())].removeprefix(f"{part.column}=")
    if part.missing and features[-1] > 0.5:
        return "missing"
    heights = float(features[: part.knots] @ np.arange(1, part.knots + 1)) / part.knots
    share = heights if part.knots == 1 else heights**2
    return f"{part.low + (part.high - part.low) * share:.6g}"
