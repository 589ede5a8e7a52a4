"""Full-domain generalization: each quasi-identifier is published at one level of its hierarchy, for everybody."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from ppml_core.anonymize.base import Anonymizer, Recoding
from ppml_core.anonymize.lattice import Lattice
from ppml_core.anonymize.nodes import Node, granularity
from ppml_core.anonymize.search import cheapest
from ppml_core.anonymize.tuples import Tuples
from ppml_core.data.dataset import Dataset
from ppml_core.data.hierarchy import ROOT
from ppml_core.data.schema import Column
from ppml_core.settings import setting


@dataclass(frozen=True)
class FullDomain(Anonymizer):
    """The k-anonymous generalization that loses least, with few people suppressed.

    k-anonymity (Samarati 2001; Sweeney 2002) protects against singling a person out of the release by
    quasi-identifiers; it does not hide a sensitive value that all look-alikes share, nor anything from someone who
    knows other columns. The optimum is over the whole lattice, in ARX's geometric-mean loss, and was chosen by reading
    every row: no differential-privacy guarantee survives it. Raises Unreachable where the limit cannot be kept.
    """

    title: ClassVar[str] = "Full-domain generalization to k-anonymity"
    protocol: ClassVar[str] = "global recoding: raw test people through transform"

    k: int = setting(5, 1, None, slider=(2, 100), help="smallest class of look-alikes that may stay", unit="records")
    suppression_limit: float = setting(
        0.05, 0.0, 1.0, slider=(0.0, 0.2), help="largest share of people that may be left out", unit="share of people"
    )

    def fit(self, data: Dataset, rng: np.random.Generator) -> Generalized:
        started = time.perf_counter()
        tuples = Tuples.of(data)
        node = cheapest(tuples, self.k, self.suppression_limit)
        return Generalized(data, tuples, node, time.perf_counter() - started)


class Generalized(Recoding):
    """The release at one node of the lattice. People in classes below k are left out of `release`."""

    def __init__(self, data: Dataset, tuples: Tuples, node: Node, seconds: float = 0.0) -> None:
        sizes, class_of = tuples.classes(node.levels)
        self.node = node
        self.trees = dict(zip(tuples.names, tuples.trees, strict=True))
        self.stays = (sizes >= node.k)[class_of][tuples.row_of]
        self.kept = np.flatnonzero(self.stays)
        self._everyone = self.transform(data)
        self.release = self._everyone.take(self.kept)
        self.statistics = {
            "levels": node.levels,
            "loss": node.loss,
            "suppressed": node.suppressed,
            "classes": node.classes,
            "min_class": node.min_class,
            "granularity": granularity(tuples, node.levels, node.k),
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
