"""Mondrian: the table is cut at medians into boxes of look-alikes, and each box publishes what it spans."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from ppml_core.anonymize.base import Anonymizer, Recoding
from ppml_core.anonymize.classes import Bools, Ints
from ppml_core.anonymize.models.base import PrivacyModel, read_models
from ppml_core.anonymize.models.k_anonymity import KAnonymity
from ppml_core.anonymize.partition import Units, leaf_order, leaf_values, partition, satisfies
from ppml_core.anonymize.quality import ambiguity, average_class_size, discernibility, granularity
from ppml_core.anonymize.requirement import Requirement
from ppml_core.anonymize.spans import Spanned, span_classes
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Column, Schema
from ppml_core.errors import Unreachable
from ppml_core.settings import setting


@dataclass(frozen=True)
class Mondrian(Anonymizer):
    """Boxes of look-alikes, each as small as cuts at medians make it while both sides keep the asked privacy models.

    Each part is cut at the median of the attribute that is widest in it against its domain; leaves stand in the order
    of their values or, without one, of their hierarchy. Strict cuts keep equal values together; where none is left,
    relaxed ones part people who share the median, so that classes are smaller and may overlap. LeFevre, DeWitt &
    Ramakrishnan 2006, sections 3 and 4 (there relaxed cuts replace the strict; coming after them they lose less).

    Protects as the models do: k-anonymity against singling out by quasi-identifiers, not against a sensitive value that
    all look-alikes share, and not against someone who knows other columns. Ranges end where somebody's value lies, and
    cuts were chosen by reading every row: no differential-privacy guarantee survives. Models of a release as a whole
    (average risk, uniqueness) are asked of each side of a cut as if it were the release. Raises Unreachable where not
    even one class of all people will do.
    """

    title: ClassVar[str] = "Mondrian (multidimensional local recoding)"
    protocol: ClassVar[str] = "local recoding: raw test people in the shared hierarchy-node encoding"

    k: int = setting(
        5, 1, None, slider=(2, 100), help="smallest class of look-alikes that may stay; 1 asks for none", unit="people"
    )
    models: str = setting("", help="further privacy models, like distinct_l_diversity(l=3) + equal_t_closeness(t=0.2)")
    relaxed: bool = setting(False, help="people who share the median may be parted, which makes smaller classes")

    def __post_init__(self) -> None:
        super().__post_init__()
        read_models(self.models)

    def asked(self) -> tuple[PrivacyModel, ...]:
        """All privacy models, k-anonymity first."""
        first = () if self.k == 1 and self.models.strip() else (KAnonymity(k=self.k),)
        return (*first, *read_models(self.models))

    def fit(self, data: Dataset, rng: np.random.Generator) -> Boxes:
        started = time.perf_counter()
        requirement = Requirement.of(self.asked(), data, population=data.population)
        requirement.check_overlap()
        tuples = requirement.tuples
        kinds = [data.schema[name].kind for name in tuples.names]
        values = [leaf_values(tree, kind) for tree, kind in zip(tuples.trees, kinds, strict=True)]
        orders = [leaf_order(tree, numbers) for tree, numbers in zip(tuples.trees, values, strict=True)]
        units = Units.of(requirement, orders, self.relaxed)
        whole = units.classes(np.arange(len(units)), np.zeros(len(units), dtype=np.int64), 1)
        if not satisfies(requirement, whole).all():
            raise Unreachable(
                f"not even one class of all {len(data):,} people satisfies {requirement.words()}; "
                f"fewer or milder models, or more people, are needed.",
                best={"classes": 1, "people": len(data)},
            )
        part_of = partition(units, np.array([len(tree.leaves) - 1 for tree in tuples.trees], dtype=np.int64))
        spanned = {
            name: span_classes(tree, numbers, order, part_of, codes[units.tuple_of])
            for name, tree, numbers, order, codes in zip(
                tuples.names, tuples.trees, values, orders, tuples.codes, strict=True
            )
        }
        class_of, first = _merged(spanned, part_of)
        kept = requirement.keep(units.classes(np.arange(len(units)), class_of, len(first)))
        if not kept.any():
            raise Unreachable(
                f"classes cut to satisfy {requirement.words()} fail it together; ask for a larger k.",
                best={"classes": len(first), "people": 0},
            )
        return Boxes(data, units, spanned, class_of, first, kept, started)


class Boxes(Recoding):
    """The release of classes that each publish one span per attribute.

    `class_of` (units,) is the class of each, `part` (classes,) a part that publishes what the class does, `kept`
    (classes,) whether it stays.
    """

    def __init__(
        self, data: Dataset, units: Units, spanned: Mapping[str, Spanned], class_of: Ints, part: Ints, kept: Bools,
        started: float,
    ) -> None:  # fmt: skip
        rows = class_of if units.by_person else class_of[units.requirement.tuples.row_of]
        self.kept = np.flatnonzero(kept[rows])
        self.published = {name: cells.published for name, cells in spanned.items()}
        self.schema = _schema(data.schema, tuple(spanned))
        self._leaves = {name: data.leaves[name][self.kept] for name in spanned}
        self._texts = {name: cells.texts for name, cells in spanned.items()}
        self._codes = {name: cells.code_of[part][rows[self.kept]] for name, cells in spanned.items()}
        table = data.table.iloc[self.kept].reset_index(drop=True)
        for name, codes in self._codes.items():
            table[name] = pd.Categorical.from_codes(codes, categories=pd.Index(self._texts[name], dtype=object))
        self.release = self._under_schema(data, table)
        self.statistics = {**_statistics(units, spanned, class_of, part, kept), "seconds": 0.0}
        self.statistics["seconds"] = time.perf_counter() - started

    def transform(self, data: Dataset) -> Dataset:
        """Unseen people as they are, in the texts of the hierarchies."""
        table = data.table.copy(deep=False)
        for name in self.published:
            table[name] = pd.Series(data.texts(name), index=table.index, dtype=object)
        return self._under_schema(data, table)

    def mapping(self) -> dict[str, pd.DataFrame]:
        """Per column each value and text it was published under, with the number of people: one value has several."""
        frames = {}
        for name, codes in self._codes.items():
            pairs, people = np.unique(np.stack([self._leaves[name], codes]), axis=1, return_counts=True)
            values = np.array(self.published[name].tree.leaves, dtype=object)[pairs[0]]
            texts = np.array(self._texts[name], dtype=object)[pairs[1]]
            frames[name] = pd.DataFrame({"value": values, "published": texts, "people": people})
        return frames

    def _under_schema(self, data: Dataset, table: pd.DataFrame) -> Dataset:
        return dataclasses.replace(data, table=table, schema=self.schema, published=self.published)


def _schema(schema: Schema, names: tuple[str, ...]) -> Schema:
    """Published columns hold texts that stand for several values: no bounds, categories or hierarchy of their own."""
    changed = {
        name: Column(
            role=schema[name].role, kind="categorical", description=schema[name].description,
            source=schema[name].source, missing=schema[name].missing,
        )
        for name in names
    }  # fmt: skip
    return schema.replace_columns(changed)


def _merged(spanned: Mapping[str, Spanned], part_of: Ints) -> tuple[Ints, Ints]:
    """(class of every unit, a part of each class): parts that publish the same are one class."""
    codes = np.stack([cells.code_of for cells in spanned.values()], axis=1)
    _, first, class_of_part = np.unique(codes, axis=0, return_index=True, return_inverse=True)
    return class_of_part.ravel()[part_of].astype(np.int64), first.astype(np.int64)


def _statistics(
    units: Units, spanned: Mapping[str, Spanned], class_of: Ints, part: Ints, kept: Bools
) -> dict[str, Any]:
    counts = units.requirement.tuples.counts
    people = np.bincount(class_of, units.weights, minlength=len(part)).astype(np.int64)
    shares = np.array([np.where(kept, cells.shares[part], 1.0) for cells in spanned.values()])
    domains = np.array([len(cells.tree.leaves) for cells in spanned.values()], dtype=np.int64)
    sizes, raw = people[kept], counts[counts > 0]
    return {
        "classes": len(sizes),
        "min_class": int(sizes.min()),
        "mean_class": float(sizes.mean()),
        "suppressed": int(people[~kept].sum()),
        "granularity": granularity(shares, domains, people),
        "discernibility": discernibility(raw, sizes),
        "aecs": average_class_size(raw, sizes),
        "ambiguity": ambiguity(shares, domains, people),
    }
