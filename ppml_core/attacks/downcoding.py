"""Downcoding: a locally recoded table undone in part, by what finer classes beside a coarse one give away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from ppml_core.attacks.against_control import paired
from ppml_core.attacks.base import Finding, Thing
from ppml_core.attacks.cell_distances import is_recoded, meaning
from ppml_core.attacks.downcoding_kernels import best_parts, finest, parts_of
from ppml_core.attacks.table_attack import TableAttack
from ppml_core.data.dataset import Dataset
from ppml_core.data.groups import group_of
from ppml_core.data.hierarchy import Codes, Hierarchy
from ppml_core.errors import NotApplicable
from ppml_core.learn.encoding import texts_of

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Downcoding(TableAttack):
    """Cells brought one level down the hierarchy, in all columns at once, by who knows how minimal classes are made.

    A method that generalizes no further than it must publishes people in the finest class that is large enough. So
    whoever is in a coarse class lies in none of the finer ones, which takes regions away from it; of what is left the
    part with most people of the same population (`others`) is guessed. `downcoding_success` is the share of released
    people in generalized classes whose part is guessed, its baseline the same guess without that knowledge;
    `downcoding_advantage` is the difference, person by person, with an interval over classes, for people of one class
    share a guess. k-anonymity holds all the while: it does not promise that generalization cannot be undone. After
    Cohen 2022 (USENIX Security), whose theorems are of chosen distributions; on a real table this is what is left of
    it. Where all classes stand at one node (full domain) no class is finer, and the difference is 0.
    """

    title: ClassVar[str] = "Downcoding"
    against: ClassVar[tuple[Thing, ...]] = ("table",)

    def measures(self) -> tuple[str, ...]:
        return ("downcoding_success", "downcoding_advantage")

    def on(
        self, members: Dataset, others: Dataset, release: Dataset, kept: Rows, rng: np.random.Generator
    ) -> tuple[Finding, ...]:
        """The attack on a release of members, without a model; nothing of it is drawn at random."""
        if not len(others):
            raise NotApplicable("downcoding needs people of the same population to know which values are common.")
        names = [
            name
            for name in members.quasi_identifiers
            if name in release.table
            and (name in release.published or is_recoded(members.schema[name], release.schema[name]))
        ]
        if not names or not len(release) or len(kept) != len(release):
            raise NotApplicable("nothing in the release is generalized, so there is nothing to bring down.")
        classes = group_of(release.table, names)
        _, first = np.unique(classes, return_index=True)
        columns = [_Cells.of(members, release, name, first) for name in names]
        cells = np.column_stack([column.cells for column in columns])
        losses = np.sum([column.losses[column.cells] for column in columns], axis=0)
        leaves = np.column_stack([column.leaves_of(others, name) for column, name in zip(columns, names, strict=True)])
        known, people = np.unique(leaves, axis=0, return_counts=True)
        tables = _side_by_side(columns)
        least = finest(cells, known, tables.inside, tables.starts, tables.widths, losses)
        plain, told = best_parts(
            cells, known, people, tables.inside, tables.children, tables.starts, tables.widths, losses, least
        )
        there = members.take(kept)
        true = np.column_stack([column.leaves_of(there, name) for column, name in zip(columns, names, strict=True)])
        generalized = (losses > 0)[classes]
        part = parts_of(cells[classes[generalized]], true[generalized], tables.children, tables.starts, tables.widths)
        return _findings(part, classes[generalized], plain, told)


@dataclass(frozen=True, eq=False)
class _Cells:
    """One column: the text of each class in `cells`; per text and leaf whether it lies under it, and which child."""

    tree: Hierarchy
    cells: Rows
    inside: npt.NDArray[np.bool_]
    children: Rows
    losses: Floats

    @classmethod
    def of(cls, members: Dataset, release: Dataset, name: str, first: Rows) -> _Cells:
        codes, texts = texts_of(release.take(first), name)
        tree, spans = meaning(members, release, name, texts)
        inside = np.zeros((len(spans), len(tree.leaves)), dtype=bool)
        children = np.zeros(inside.shape, dtype=np.int64)
        for place, span in enumerate(spans):
            inside[place, span] = True
            children[place, span] = _child_of(tree, span)
        losses = np.maximum(inside.sum(axis=1) - 1, 0) / len(tree.leaves)
        return cls(tree, codes.astype(np.int64), inside, children, losses)

    def leaves_of(self, data: Dataset, name: str) -> Rows:
        codes, texts = texts_of(data, name)
        return np.array([self.tree.leaf_of(text) for text in texts], dtype=np.int64)[codes]


@dataclass(frozen=True, eq=False)
class _Tables:
    inside: npt.NDArray[np.bool_]
    children: Rows
    starts: Rows
    widths: Rows


def _side_by_side(columns: list[_Cells]) -> _Tables:
    sizes = [column.inside.size for column in columns]
    return _Tables(
        np.concatenate([column.inside.ravel() for column in columns]),
        np.concatenate([column.children.ravel() for column in columns]),
        np.cumsum([0, *sizes])[:-1].astype(np.int64),
        np.array([column.inside.shape[1] for column in columns], dtype=np.int64),
    )


def _child_of(tree: Hierarchy, span: Codes) -> Rows:
    """Which of the children of a node each of its leaves lies under, numbered from 0; 0 for a leaf alone.

    The children are at the highest level that tells leaves of the node apart.

    >>> from ppml_core.data.hierarchy import hierarchy_from_rows
    >>> rows = [["a", "vowel", "*"], ["b", "consonant", "*"], ["c", "consonant", "*"]]
    >>> _child_of(hierarchy_from_rows(rows, "letter"), np.array([0, 1, 2])).tolist()
    [0, 1, 1]
    """
    for codes in reversed(tree.codes):
        _, child = np.unique(codes[span], return_inverse=True)
        if child.max(initial=0) > 0:
            return np.asarray(child.ravel(), dtype=np.int64)
    return np.zeros(len(span), dtype=np.int64)


def _findings(part: Rows, classes: Rows, plain: Rows, told: Rows) -> tuple[Finding, Finding]:
    if not len(part):
        raise NotApplicable("nothing in the release is generalized, so there is nothing to bring down.")
    right, usual = (np.asarray(part == guess[classes], dtype=np.float64) for guess in (told, plain))
    return paired("downcoding", right, usual, classes, "people in generalized classes")
