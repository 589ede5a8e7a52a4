"""Kept columns that give away what a release generalized: how much better a raw value is guessed with their help."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ppml_core.anonymize.base import Recoding
from ppml_core.data.dataset import Dataset
from ppml_core.data.groups import group_of
from ppml_core.evidence import Estimate

PARTS = 20
SURE_OF = 5

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class GiveAway:
    """How often the raw value of a generalized column is guessed right, with a kept column and without.

    `people` are those whose cell was generalized, `certain` those among them whom five or more others with the same
    published and kept values showed without exception, where the published value alone did not. `control` is the same
    with the kept column shuffled.
    """

    column: str
    quasi_identifier: str
    people: int
    guessed_with: Estimate
    guessed_without: Estimate
    control: Estimate
    certain: int

    def sentence(self) -> str:
        """In words: what share is guessed with it and without, with intervals, and with other people's values of it."""
        return (
            f"{self.column} gives away {self.quasi_identifier}: with it {_told(self.guessed_with)} of "
            f"{self.people:,} people are guessed right, without it {_told(self.guessed_without)}, with somebody else's "
            f"{_told(self.control)}."
        )


def give_aways(raw: Dataset, recoding: Recoding, rng: np.random.Generator) -> tuple[GiveAway, ...]:
    """Pairs of kept and generalized column where the kept one helps beyond chance; the greatest help first.

    The guess is the most frequent raw value among people of the other half with the same published (and kept) value,
    learned on each half and tried on the other; so a column that is different for everybody helps nobody. Kept are
    features and sensitive columns, numbers in at most 20 parts of equal size. Told is a pair whose intervals (Wilson,
    95 %, over people) do not meet. Whoever has no outside table to learn from guesses less well.
    """
    released = raw.take(recoding.kept)
    half = rng.permutation(len(released)) < len(released) // 2
    kept = {name: _parts(released, name) for name in _kept(raw)}
    found = []
    for name in raw.quasi_identifiers:
        if name not in recoding.release.table:
            continue
        truth, shown = pd.factorize(released.texts(name))[0], pd.factorize(recoding.release.texts(name))[0]
        changed = np.asarray(released.texts(name) != recoding.release.texts(name))
        if not changed.any():
            continue
        without, sure_without = _guessed(shown, truth, half)
        for column, values in kept.items():
            together = _joined(shown, values)
            right, sure = _guessed(together, truth, half)
            control, _ = _guessed(_joined(shown, rng.permutation(values)), truth, half)
            one = GiveAway(
                column, name, int(changed.sum()), _share(right[changed]), _share(without[changed]),
                _share(control[changed]), int((sure & right & changed & ~(sure_without & without)).sum()),
            )  # fmt: skip
            if one.guessed_with.low > one.guessed_without.high:
                found.append(one)
    return tuple(sorted(found, key=lambda one: one.guessed_without.value - one.guessed_with.value))


def _kept(raw: Dataset) -> list[str]:
    return [name for name, column in raw.schema.columns.items() if column.role in ("feature", "sensitive")]


def _parts(data: Dataset, name: str) -> Ints:
    """A kept column as codes, numbers with many values by quantiles."""
    values = data.table[name]
    if pd.api.types.is_numeric_dtype(values) and values.nunique() > PARTS:
        codes = pd.qcut(values, PARTS, labels=False, duplicates="drop")
        return np.asarray(codes.fillna(-1).to_numpy(), dtype=np.int64) + 1
    return np.asarray(pd.factorize(data.texts(name))[0], dtype=np.int64)


def _joined(one: Ints, other: Ints) -> Ints:
    """Who shares both."""
    return group_of(pd.DataFrame({"one": one, "other": other}), ["one", "other"])


def _guessed(known: Ints, truth: Ints, half: Bools) -> tuple[Bools, Bools]:
    """(who is guessed right, who is guessed from five or more people that all agree), each half by the other."""
    right, sure = np.zeros(len(truth), dtype=bool), np.zeros(len(truth), dtype=bool)
    values = int(truth.max(initial=0)) + 1
    for test in (half, ~half):
        pairs, counts = np.unique(known[~test].astype(np.int64) * values + truth[~test], return_counts=True)
        groups, guesses = pairs // values, pairs % values
        codes = int(known.max(initial=0)) + 1
        best, total, most = np.full(codes, -1), np.zeros(codes, dtype=np.int64), np.zeros(codes, dtype=np.int64)
        order = np.argsort(counts, kind="stable")
        best[groups[order]], most[groups[order]] = guesses[order], counts[order]
        np.add.at(total, groups, counts)
        right[test] = best[known[test]] == truth[test]
        sure[test] = (most[known[test]] >= SURE_OF) & (most[known[test]] == total[known[test]])
    return right, sure


def _told(share: Estimate) -> str:
    return f"{share.value:.0%} ({share.low:.0%} to {share.high:.0%})".replace("%", " %")


def _share(right: Bools) -> Estimate:
    return Estimate.of_share(float(right.mean()), len(right), covers="released people")
