"""Local recoding: each class of look-alikes is generalized only as far as its own members need."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from ppml_core.anonymize.asked import read_weights
from ppml_core.anonymize.base import Anonymizer, Recoding
from ppml_core.anonymize.classes import Bools
from ppml_core.anonymize.local.bottom_up import bottom_up
from ppml_core.anonymize.local.cover import Cover
from ppml_core.anonymize.local.leftovers import place_leftovers
from ppml_core.anonymize.local.peel import MOST_NODES, peel
from ppml_core.anonymize.local.top_down import top_down
from ppml_core.anonymize.models.base import PrivacyModel, read_models
from ppml_core.anonymize.models.k_anonymity import KAnonymity
from ppml_core.anonymize.quality import Recoded, quality
from ppml_core.anonymize.requirement import Requirement
from ppml_core.data.dataset import Dataset
from ppml_core.data.hierarchy import ROOT, names_of
from ppml_core.data.published import Published
from ppml_core.data.schema import Column
from ppml_core.errors import Unreachable
from ppml_core.settings import setting

STRATEGIES: dict[str, Callable[[Requirement, Mapping[str, float]], Cover]] = {
    "peel": peel,
    "top_down": top_down,
    "bottom_up": bottom_up,
}


@dataclass(frozen=True)
class Local(Anonymizer):
    """A release in which every class keeps the asked privacy models and is published at its lowest common ancestors.

    The models protect as in full-domain generalization, with far less lost and nobody, or few, suppressed; but one
    value is published differently for different people, and because a class is generalized no further than it must be,
    who knows the algorithm can sometimes undo a step (downcoding: Cohen 2022). `peel` visits the whole lattice,
    cheapest generalization first; `bottom_up` merges classes where the lattice is too large for that; `top_down` splits
    and is the quickest. Meyerson & Williams 2004 and Xu et al. 2006 (cell-level and utility-based local recoding); loss
    as ARX counts it, arithmetic mean. Raises Unreachable where not even one class of everybody keeps the models.
    """

    title: ClassVar[str] = "Local recoding"
    protocol: ClassVar[str] = "local recoding: raw test people in the shared hierarchy-node encoding"

    k: int = setting(
        5, 1, None, slider=(2, 100), help="smallest class of look-alikes that may stay; 1 asks for none", unit="people"
    )
    models: str = setting("", help="further privacy models, like distinct_l_diversity(l=3) + equal_t_closeness(t=0.2)")
    suppression_limit: float = setting(
        0.0, 0.0, 1.0, slider=(0.0, 0.2), help="largest share of people that may be left out", unit="share of people"
    )
    weights: str = setting("", help="how much attributes count, like age=2; sex=1")
    strategy: str = setting("auto", choices=("auto", *STRATEGIES), help="how classes are found")

    def __post_init__(self) -> None:
        super().__post_init__()
        read_models(self.models), read_weights(self.weights)

    def asked(self) -> tuple[PrivacyModel, ...]:
        """All privacy models, k-anonymity first."""
        first = () if self.k == 1 and self.models.strip() else (KAnonymity(k=self.k),)
        return (*first, *read_models(self.models))

    def fit(self, data: Dataset, rng: np.random.Generator) -> LocallyRecoded:
        started = time.perf_counter()
        requirement = Requirement.of(self.asked(), data, population=data.population)
        requirement.check_overlap()
        cover, kept = self._cover(requirement)
        gone = requirement.ground.people - int(cover.sizes[kept].sum())
        if gone > int(self.suppression_limit * len(data)):
            raise Unreachable(
                f"no local recoding reaches {requirement.words()} with at most {self.suppression_limit:.1%} of "
                f"{len(data):,} people suppressed; the nearest suppresses {gone / len(data):.1%}.",
                best=gone,
            )
        return LocallyRecoded(data, requirement, cover, kept, time.perf_counter() - started)

    def _cover(self, requirement: Requirement) -> tuple[Cover, Bools]:
        """(classes, which of them stay): where the release as a whole must be coarser, the least k that is enough."""
        cover, kept = self._attempt(requirement)
        people = requirement.ground.people
        allowed = int(self.suppression_limit * people)
        if people - int(cover.sizes[kept].sum()) <= allowed or requirement.is_per_class:
            return cover, kept
        low, high = requirement.least, people + 1
        while high - low > max(1, low // 20):
            middle = min(max(round(math.sqrt(low * high)), low + 1), high - 1)
            trial, trial_kept = self._attempt(requirement.at_least(middle))
            if people - int(trial.sizes[trial_kept].sum()) <= allowed:
                cover, kept, high = trial, trial_kept, middle
            else:
                low = middle
        return cover, kept

    def _attempt(self, requirement: Requirement) -> tuple[Cover, Bools]:
        weights = read_weights(self.weights)
        cover = place_leftovers(self._strategy(requirement)(requirement, weights), requirement)
        return cover, requirement.keep(cover.classes(requirement), cover.losses)

    def _strategy(self, requirement: Requirement) -> Callable[[Requirement, Mapping[str, float]], Cover]:
        if self.strategy != "auto":
            return STRATEGIES[self.strategy]
        nodes = math.prod(tree.depth for tree in requirement.tuples.trees)
        return STRATEGIES["peel" if nodes <= MOST_NODES else "bottom_up"]


class LocallyRecoded(Recoding):
    """The release of a cover. People in classes that break a model are left out of `release`."""

    def __init__(
        self, data: Dataset, requirement: Requirement, cover: Cover, kept: Bools, seconds: float = 0.0
    ) -> None:
        tuples = requirement.tuples
        self.data, self.cover = data, cover
        self.tuples = tuples
        staying = np.append(kept, False)[cover.class_of]
        self.stays = staying[tuples.row_of]
        self.kept = np.flatnonzero(self.stays)
        self.levels = cover.levels[cover.class_of]
        self.names = {name: names_of(tree) for name, tree in zip(tuples.names, tuples.trees, strict=True)}
        self.recoded = [
            name for place, name in enumerate(tuples.names) if (self.levels[staying & (tuples.counts > 0), place]).any()
        ]
        self.published = {
            name: data.published.get(name) or Published.of_tree(tree)
            for name, tree in zip(tuples.names, tuples.trees, strict=True)
            if name in self.recoded
        }
        columns = {name: _recoded_column(data.schema[name]) for name in self.recoded}
        self.schema = data.schema.replace_columns(columns)
        self.release = self._everyone().take(self.kept)
        self.statistics = self._statistics(requirement, kept, staying, seconds)

    def transform(self, data: Dataset) -> Dataset:
        """Raw people, in the meaning of the release: a model is tested on them in the encoding of hierarchy nodes."""
        table = data.table.copy(deep=False)
        for name in self.recoded:
            table[name] = data.texts(name)
        return dataclasses.replace(data, table=table, schema=self.schema, published=self.published)

    def with_suppressed(self) -> Dataset:
        """Everybody in the input's order; who is suppressed carries `*` in every quasi-identifier."""
        everyone = self._everyone()
        table = everyone.table.copy(deep=False)
        for name in self.tuples.names:
            table[name] = np.where(self.stays, everyone.texts(name), ROOT)
        return dataclasses.replace(everyone, table=table)

    def mapping(self) -> dict[str, pd.DataFrame]:
        return {name: self._mapping_of(self.tuples.names.index(name)) for name in self.recoded}

    def _mapping_of(self, place: int) -> pd.DataFrame:
        there = np.unique(self.tuples.row_of[self.kept])
        leaves, published = self.tuples.codes[place][there], self._labels(place)[there]
        pairs = pd.DataFrame(
            {"value": np.array(self.tuples.trees[place].leaves, dtype=object)[leaves], "published": published}
        )
        return pairs.drop_duplicates().sort_values(["value", "published"], ignore_index=True)

    def _labels(self, place: int) -> np.ndarray:
        """The published text of each distinct tuple, shape (distinct,)."""
        tree, names = self.tuples.trees[place], self.names[self.tuples.names[place]]
        texts = np.empty(len(self.tuples.keys), dtype=object)
        levels = np.minimum(self.levels[:, place], tree.depth - 1)
        for level in np.unique(levels):
            here = levels == level
            codes = tree.codes[level][self.tuples.codes[place][here]]
            texts[here] = np.array(names[level], dtype=object)[codes]
        return texts

    def _everyone(self) -> Dataset:
        table = self.data.table.copy(deep=False)
        for name in self.recoded:
            labels = self._labels(self.tuples.names.index(name))
            codes, texts = pd.factorize(labels, sort=True)
            table[name] = pd.Categorical.from_codes(codes[self.tuples.row_of], categories=pd.Index(texts))
        return dataclasses.replace(self.data, table=table, schema=self.schema, published=self.published)

    def _statistics(self, requirement: Requirement, kept: Bools, staying: Bools, seconds: float) -> dict[str, object]:
        sizes = self.cover.sizes[kept]
        levels = [self.levels[:, place] for place in range(len(self.tuples.names))]
        measured = quality(Recoded.of(self.tuples, self.cover.class_of, staying, levels))
        return {
            "loss": measured.loss,
            "suppressed": int(len(self.data) - len(self.kept)),
            "classes": len(sizes),
            "min_class": int(sizes.min()) if len(sizes) else 0,
            "models": {model.name(): model.values() for model in requirement.models},
            "granularity": measured.granularity,
            "discernibility": measured.discernibility,
            "aecs": measured.aecs,
            "nonuniform_entropy": measured.nonuniform_entropy,
            "precision": measured.precision,
            "seconds": seconds,
        }


def _recoded_column(column: Column) -> Column:
    """What a locally recoded column means: texts from several levels of its hierarchy."""
    return Column(role=column.role, kind="categorical", source=column.source, description=column.description)
