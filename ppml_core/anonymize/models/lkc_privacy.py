"""LKC-privacy: someone who knows at most L quasi-identifiers finds K look-alikes and no value more certain than C."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

import numpy as np

from ppml_core.anonymize import histograms, kernels
from ppml_core.anonymize.classes import Bools, Classes, Floats, Ground, Ints
from ppml_core.anonymize.models.base import ReleaseCheck, ReleaseModel
from ppml_core.anonymize.models.per_attribute import ROUNDING, check_values
from ppml_core.settings import setting


@dataclass(frozen=True)
class LkcPrivacy(ReleaseModel):
    """Every group that shares at most L published quasi-identifiers has K people, none of whose values exceeds C.

    Protects against singling out and near-certain inference by someone who knows no more than L of the attributes;
    someone who knows more is not held off. Groups of exactly L attributes decide, for those of fewer are made of
    them. Suppression shrinks groups, so classes go until nothing more need go: all of a group below K, and of a
    group above C those classes in which the value is most frequent, until its share is C. Where classes do not stand
    at one node every class itself has K people and shares up to C, which suffices. Mohammed et al. 2009.
    """

    title: ClassVar[str] = "LKC-privacy"
    closed_under_merging: ClassVar[bool] = True

    l: int = setting(2, 1, None, slider=(1, 10), help="quasi-identifiers that an intruder knows", unit="attributes")  # noqa: E741
    k: int = setting(5, 1, None, slider=(2, 100), help="smallest group that an intruder may find", unit="people")
    c: float = setting(0.8, 0, 1, help="largest share of one sensitive value in a group", unit="share of people")
    sensitive_values: tuple[str, ...] = setting(
        (), help="sensitive values that are bounded; none named means all of them"
    )
    sensitive: tuple[str, ...] = setting((), help="sensitive attributes; none named means all of them")

    def sensitive_of(self, ground: Ground) -> tuple[str, ...]:
        return ground.sensitive_names(self.sensitive)

    def bind(self, ground: Ground) -> ReleaseCheck:
        names = self.sensitive_of(ground)
        check_values(ground, names, self.sensitive_values)
        bounded = [
            (name, place)
            for name in names
            for place, label in enumerate(ground.sensitive(name).labels)
            if not self.sensitive_values or label in self.sensitive_values
        ]

        def check(classes: Classes, kept: Bools, losses: Floats) -> Bools:
            columns = np.array([classes.layout.blocks[name].start + place for name, place in bounded], dtype=np.int64)
            if classes.keys is None or classes.tuples is None:
                return kept & self._alone(classes, columns)
            return self._together(classes, kept, losses, columns)

        return check

    def _alone(self, classes: Classes, columns: Ints) -> Bools:
        largest = classes.table[:, columns].max(axis=1, initial=0)
        verdict: Bools = (classes.sizes >= self.k) & (largest <= self.c * (1 + ROUNDING) * classes.sizes)
        return verdict

    def _together(self, classes: Classes, kept: Bools, losses: Floats, columns: Ints) -> Bools:
        kept = kept.copy()
        groups = _groups(classes, self.l)

        @functools.cache
        def order_of(column: int) -> Ints:
            shares = classes.table[:, column] / np.maximum(classes.sizes, 1)
            order: Ints = np.lexsort((-losses, classes.sizes, -shares))
            return order

        left = -1
        while left != (left := int(kept.sum())):
            for group_of, number in groups:
                people = np.bincount(group_of, weights=classes.sizes * kept, minlength=number)
                kept &= people[group_of] >= self.k
                self._drop_certain(classes.table, kept, group_of, number, columns, order_of)
        return kept

    def _drop_certain(
        self, table: Ints, kept: Bools, group_of: Ints, number: int, columns: Ints, order_of: Callable[[int], Ints]
    ) -> None:
        """Changes `kept` so that every group's share of every bounded value is at most C."""
        most = self.c * (1 + ROUNDING)
        excess = histograms.excesses(table, columns, most, group_of, number, kept)
        for place in np.flatnonzero((excess > 1e-9).any(axis=0)):
            column = int(columns[place])
            now = histograms.excesses(table, columns[place : place + 1], most, group_of, number, kept)[:, 0].copy()
            histograms.lower_confidence(table, column, most, group_of, now, order_of(column), kept)


def _groups(classes: Classes, known: int) -> list[tuple[Ints, int]]:
    """For every choice of `known` attributes: (the group of each class, how many groups)."""
    assert classes.keys is not None
    assert classes.tuples is not None
    shifts, fields = classes.tuples.shifts, classes.tuples.fields
    found = []
    for chosen in combinations(range(len(shifts)), min(known, len(shifts))):
        mask = int(sum(int(fields[a]) << int(shifts[a]) for a in chosen))
        keys, _, group_of = kernels.group(classes.keys & mask, classes.sizes)
        found.append((group_of, len(keys)))
    return found
