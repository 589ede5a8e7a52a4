"""Full-domain generalization: each quasi-identifier is published at one level of its hierarchy, for everybody."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from ppml_core.anonymize import bounded
from ppml_core.anonymize.asked import read_levels, read_weights
from ppml_core.anonymize.base import Anonymizer, Recoding
from ppml_core.anonymize.classes import Bools
from ppml_core.anonymize.lattice import Lattice
from ppml_core.anonymize.losses.base import Loss
from ppml_core.anonymize.models.base import PrivacyModel, read_models
from ppml_core.anonymize.models.k_anonymity import KAnonymity
from ppml_core.anonymize.nodes import Node
from ppml_core.anonymize.quality import Recoded, quality
from ppml_core.anonymize.requirement import Requirement
from ppml_core.anonymize.search import Question, cheapest
from ppml_core.anonymize.tuples import Tuples
from ppml_core.catalog import method, methods
from ppml_core.data.dataset import Dataset
from ppml_core.data.hierarchy import ROOT
from ppml_core.data.schema import Column
from ppml_core.settings import setting


@dataclass(frozen=True)
class FullDomain(Anonymizer):
    """The generalization that loses least among those that keep the asked privacy models, with few people suppressed.

    k-anonymity (Samarati 2001; Sweeney 2002) protects against singling a person out of the release by
    quasi-identifiers; it does not hide a sensitive value that all look-alikes share, which l-diversity, t-closeness and
    the other models limit, each in its own sense. None hides anything from someone who knows other columns. The optimum
    is over the whole lattice and was chosen by reading every row: no differential-privacy guarantee survives it. Where
    the lattice has more nodes than can be searched through, `search_nodes` of them are judged and `gap` says how far
    from the optimum the answer may be. Raises Unreachable where the limit cannot be kept.
    """

    title: ClassVar[str] = "Full-domain generalization"
    protocol: ClassVar[str] = "global recoding: raw test people through transform"
    version: ClassVar[int] = 2

    k: int = setting(
        5, 1, None, slider=(2, 100), help="smallest class of look-alikes that may stay; 1 asks for none", unit="people"
    )
    suppression_limit: float = setting(
        0.05, 0.0, 1.0, slider=(0.0, 0.2), help="largest share of people that may be left out", unit="share of people"
    )
    models: str = setting("", help="further privacy models, like distinct_l_diversity(l=3) + equal_t_closeness(t=0.2)")
    loss: str = setting("arx_geometric", choices=tuple(methods(Loss)), help="what to lose least of")
    weights: str = setting("", help="how much attributes count, like age=2; sex=1")
    levels: str = setting("", help="levels an attribute may take, like age=1..3; sex=0")
    search_nodes: int = setting(
        2_000, 100, None, help="generalizations to try where there are too many for all", unit="nodes"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        read_models(self.models), read_weights(self.weights), read_levels(self.levels)

    def asked(self) -> tuple[PrivacyModel, ...]:
        """All privacy models, k-anonymity first."""
        first = () if self.k == 1 and self.models.strip() else (KAnonymity(k=self.k),)
        return (*first, *read_models(self.models))

    def question(self) -> Question:
        """What is lost least of, and within which limits."""
        return Question(
            self.suppression_limit, method(Loss, self.loss)(), read_weights(self.weights), read_levels(self.levels)
        )

    def fit(self, data: Dataset, rng: np.random.Generator) -> Generalized:
        started = time.perf_counter()
        requirement = Requirement.of(self.asked(), data, population=data.population)
        question = self.question()
        if bounded.is_needed(requirement):
            node, gap = bounded.search(requirement, question, self.search_nodes)
        else:
            node, gap = cheapest(requirement, question), 0.0
        stays = requirement.stays(node.levels, question.loss.bind(requirement.tuples, question.weights))
        return Generalized(data, requirement.tuples, node, stays, time.perf_counter() - started, gap, self.asked())


class Generalized(Recoding):
    """The release at one node of the lattice. People in classes that break a model are left out of `release`.

    `stays` (distinct tuples,) says which tuples are published; without it, those in classes of at least k.
    """

    def __init__(
        self, data: Dataset, tuples: Tuples, node: Node, stays: Bools | None = None,
        seconds: float = 0.0, gap: float = 0.0, models: tuple[PrivacyModel, ...] = (),
    ) -> None:  # fmt: skip
        sizes, class_of = tuples.classes(node.levels)
        published = (sizes >= node.k)[class_of] if stays is None else stays
        self.node = node
        self.trees = dict(zip(tuples.names, tuples.trees, strict=True))
        self.stays = published[tuples.row_of]
        self.kept = np.flatnonzero(self.stays)
        self._everyone = self.transform(data)
        self.release = self._everyone.take(self.kept)
        kept_quality = quality(Recoded.of(tuples, class_of, published, list(node.levels.values())))
        self.statistics = {
            "levels": node.levels,
            "loss": node.loss,
            "suppressed": node.suppressed,
            "classes": node.classes,
            "min_class": node.min_class,
            "models": {model.name(): model.values() for model in models},
            "granularity": kept_quality.granularity,
            "discernibility": kept_quality.discernibility,
            "aecs": kept_quality.aecs,
            "nonuniform_entropy": kept_quality.nonuniform_entropy,
            "precision": kept_quality.precision,
            "gap": gap,
            "seconds": seconds,
        }

    def transform(self, data: Dataset) -> Dataset:
        raised = {name: level for name, level in self.node.levels.items() if level > 0}
        table, columns = data.table.copy(deep=False), dict(data.schema.columns)
        for name, level in raised.items():
            tree = self.trees[name]
            codes = tree.codes[level][data.leaf_codes(name, tree)]
            table[name] = pd.Categorical.from_codes(codes, categories=pd.Index(tree.labels[level]))
            columns[name] = _published(columns[name], tree.labels[level])
        return dataclasses.replace(data, table=table, schema=data.schema.replace_columns(columns))

    def with_suppressed(self) -> Dataset:
        """Everybody in the input's order; who is suppressed carries `*` in every quasi-identifier."""
        table = self._everyone.table.copy(deep=False)
        for name in self.node.levels:
            texts = self._everyone.texts(name)
            table[name] = np.where(self.stays, texts, ROOT)
        columns = {name: _published(self._everyone.schema[name], ()) for name in self.node.levels}
        return dataclasses.replace(self._everyone, table=table, schema=self._everyone.schema.replace_columns(columns))

    def mapping(self) -> dict[str, pd.DataFrame]:
        return {name: self._mapping_of(name, level) for name, level in self.node.levels.items() if level > 0}

    def _mapping_of(self, name: str, level: int) -> pd.DataFrame:
        tree = self.trees[name]
        return pd.DataFrame(
            {"value": tree.leaves, "published": [tree.labels[level][code] for code in tree.codes[level]]}
        )


def _published(column: Column, labels: tuple[str, ...]) -> Column:
    """What a generalized column means: the labels of its level are its public categories."""
    return Column(
        role=column.role,
        kind="categorical",
        categories=labels or None,
        source=column.source,
        description=column.description,
    )


def generalize(data: Dataset, lattice: Lattice, levels: Mapping[str, int], k: int) -> Generalized:
    """The release at a node of one's own choosing, judged at k."""
    index = int(np.ravel_multi_index(list(levels.values()), [tree.depth for tree in lattice.tuples.trees]))
    return Generalized(data, lattice.tuples, lattice.node(index, k))
