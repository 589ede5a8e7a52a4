"""Several privacy models bound to one table: which classes of a generalization may stay.

In: models and a Dataset. Out: `Requirement`, with the columns that all of them count (people, sensitive histograms,
population) in one table that rolls up the lattice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from ppml_core.anonymize import kernels
from ppml_core.anonymize.classes import Bools, Classes, Floats, Ground, Ints, Layout, base_table
from ppml_core.anonymize.losses.base import BoundLoss
from ppml_core.anonymize.models.base import ClassCheck, ClassModel, PrivacyModel, ReleaseCheck, ReleaseModel
from ppml_core.anonymize.models.k_anonymity import KAnonymity
from ppml_core.anonymize.tuples import Tuples
from ppml_core.data.dataset import Dataset
from ppml_core.data.hierarchy import Codes
from ppml_core.errors import BadInput, NotApplicable


@dataclass(frozen=True, eq=False)
class Requirement:
    """What a release must satisfy, bound to a table.

    `table` (distinct tuples, columns) is the finest level of what is counted; `pairs` are the distinct (tuple, person)
    pairs where persons are counted.
    """

    models: tuple[PrivacyModel, ...]
    ground: Ground
    table: Ints
    layout: Layout
    class_checks: tuple[ClassCheck, ...]
    release_checks: tuple[ReleaseCheck, ...]
    closed_checks: tuple[ClassCheck, ...] = ()
    pairs: tuple[Ints, Ints] | None = None

    @classmethod
    def of(
        cls,
        models: Sequence[PrivacyModel],
        data: Dataset,
        tuples: Tuples | None = None,
        population: Dataset | None = None,
    ) -> Requirement:
        """Raises BadInput or NotApplicable where a model does not fit the table."""
        if not models:
            raise BadInput("no privacy model is asked for: give at least one, such as --k 5.")
        ground = Ground(data, tuples or Tuples.of(data, population), population)
        names = dict.fromkeys(name for model in models for name in model.sensitive_of(ground))
        table, layout = base_table(ground, list(names), any(model.needs_population for model in models))
        bound = [(model, model.bind(ground)) for model in models if isinstance(model, ClassModel)]
        return cls(
            tuple(models), ground, table, layout,
            class_checks=tuple(check for _, check in bound),
            release_checks=tuple(model.bind(ground) for model in models if isinstance(model, ReleaseModel)),
            closed_checks=tuple(check for model, check in bound if model.upward_closed),
            pairs=_person_pairs(models, ground),
        )  # fmt: skip

    @property
    def tuples(self) -> Tuples:
        return self.ground.tuples

    @cached_property
    def k(self) -> int:
        """The smallest class that can stay, whatever else is asked."""
        return max((model.class_size for model in self.models if model.class_size is not None), default=1)

    @cached_property
    def least(self) -> int:
        """The fewest people that a class may hold by any of the models."""
        return max(model.least_people() for model in self.models)

    @cached_property
    def is_size_alone(self) -> bool:
        """Whether a class is judged by its number of rows and nothing else."""
        return all(model.class_size is not None for model in self.models) and self.pairs is None

    @cached_property
    def upward_closed(self) -> bool:
        """Whether "at most so many suppressed" holds above every node where it holds."""
        return all(model.upward_closed for model in self.models)

    @cached_property
    def is_per_class(self) -> bool:
        """Whether each class is judged by itself."""
        return not self.release_checks

    def check_overlap(self) -> None:
        """Raises NotApplicable where a model cannot be asked of classes that one person may fit several of."""
        for model in self.models:
            if model.needs_disjoint_classes:
                raise NotApplicable(
                    f"{model.name()} needs classes that do not overlap, which this method does not make; "
                    f"full_domain does."
                )

    def at_least(self, people: int) -> Requirement:
        """The same, and no class below that many people."""
        return Requirement.of(
            [*self.models, KAnonymity(k=people)], self.ground.data, self.tuples, self.ground.population
        )

    def classes(self, keys: Ints, table: Ints, persons: Ints | None = None) -> Classes:
        return Classes(table, self.layout, keys, persons, self.tuples)

    def classes_without_keys(self, table: Ints, persons: Ints | None = None) -> Classes:
        """Classes that do not stand at one node of the lattice."""
        return Classes(table, self.layout, None, persons, self.tuples)

    def classes_of(self, rows: Codes, class_of: Codes, classes: int) -> Classes:
        """Classes over some of the distinct tuples: `class_of` (rows,) numbers them."""
        whole = np.full(len(self.tuples.keys), -1, dtype=np.int32)
        whole[rows] = class_of
        return self.classes_without_keys(kernels.add_rows(self.table, whole, classes), self._persons_in(whole, classes))

    def at(self, levels: Mapping[str, int]) -> Classes:
        """The classes of one node, counted from the finest level."""
        packed = self.tuples.raised(levels)
        keys, table = kernels.merge(packed, self.table)
        if self.pairs is None:
            return self.classes(keys, table)
        return self.classes(keys, table, self.persons(packed, keys))

    def stays(self, levels: Mapping[str, int], loss: BoundLoss) -> Bools:
        """Which distinct tuples are published at a node, shape (distinct,)."""
        classes = self.at(levels)
        assert classes.keys is not None
        return self._of_tuples(
            levels, classes, self.keep(classes, loss.per_person(tuple(levels.values()), classes.keys))
        )

    def stays_by_class(self, levels: Mapping[str, int]) -> Bools:
        """Which distinct tuples the per-class models let stay at a node, shape (distinct,)."""
        classes = self.at(levels)
        return self._of_tuples(levels, classes, self.passing(classes))

    def _of_tuples(self, levels: Mapping[str, int], classes: Classes, kept: Bools) -> Bools:
        assert classes.keys is not None
        order = np.argsort(classes.keys)
        place = np.searchsorted(classes.keys[order], self.tuples.raised(levels))
        return np.asarray(kept[order[place]])

    def persons(self, packed: Ints, keys: Ints) -> Ints:
        """Different persons in each class, from the packed key of every distinct tuple."""
        order = np.argsort(keys)
        persons = self._persons_in(order[np.searchsorted(keys[order], packed)], len(keys))
        assert persons is not None
        return persons

    def _persons_in(self, class_of: Ints | Codes, classes: int) -> Ints | None:
        """Different persons in each class, from the class of every distinct tuple (-1: in none)."""
        if self.pairs is None:
            return None
        tuple_of, person = self.pairs
        inside = class_of[tuple_of] >= 0
        people = int(person.max(initial=0)) + 1
        different = np.unique(class_of[tuple_of[inside]].astype(np.int64) * people + person[inside])
        return np.bincount(different // people, minlength=classes).astype(np.int64)

    def passing(self, classes: Classes) -> Bools:
        """Which classes every per-class model lets stay."""
        kept = np.ones(len(classes), dtype=bool)
        for check in self.class_checks:
            kept &= check(classes)
        return kept & (classes.sizes > 0)

    def passing_closed(self, classes: Classes) -> Bools:
        """Which classes the upward-closed models let stay: a class that contains one of them stays as well."""
        kept = classes.sizes > 0
        for check in self.closed_checks:
            kept &= check(classes)
        return kept

    def keep(self, classes: Classes, losses: Floats | None = None) -> Bools:
        """Which classes stay: those that pass by themselves, less what the release as a whole must leave out."""
        losses = np.zeros(len(classes)) if losses is None else losses
        kept, left = self.passing(classes), -1
        while left != (left := int(kept.sum())):  # what one of them leaves out may break another
            for check in self.release_checks:
                kept = check(classes, kept, losses)
            if len(self.release_checks) < 2:
                break
        return kept

    def words(self) -> str:
        return " and ".join(model.text() for model in self.models)


def _person_pairs(models: Sequence[PrivacyModel], ground: Ground) -> tuple[Ints, Ints] | None:
    columns = {model.person() for model in models} - {""}
    if not columns:
        return None
    if len(columns) > 1:
        raise BadInput(f"persons are told apart by one column, not by {', '.join(sorted(columns))}.")
    (name,) = columns
    if name not in ground.data.table.columns:
        raise BadInput(f"there is no column {name!r} that names the person.")
    codes, _ = pd.factorize(ground.data.table[name], use_na_sentinel=False)
    pairs = np.unique(np.stack([ground.tuples.row_of.astype(np.int64), codes.astype(np.int64)]), axis=1)
    return pairs[0], pairs[1]
