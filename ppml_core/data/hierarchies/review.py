"""How many values each level of a hierarchy leaves, and how many people have each of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ppml_core.data.dataset import Dataset
from ppml_core.data.hierarchy import Codes, Hierarchy


@dataclass(frozen=True)
class LevelValue:
    """One published value: its text, how many people have it, how many values of the table it stands for."""

    text: str
    people: int
    values: int


def level_counts(data: Dataset, name: str) -> list[int]:
    """Different published values of the column per level, from the values themselves to the root.

    Counted over the people of the table, not over leaves that nobody has. Raises BadInput where the hierarchy lacks a
    value of the table.
    """
    tree, leaves = _tree_and_leaves(data, name)
    present = np.unique(leaves)
    return [len(np.unique(codes[present])) for codes in tree.codes]


def values_at(data: Dataset, name: str, level: int, most: int | None = None) -> list[LevelValue]:
    """The published values of one level, most people first; `most` of them at the most.

    The counts are those of the private table: for the person whose table it is, not for a release.
    """
    tree, leaves = _tree_and_leaves(data, name)
    level = min(max(level, 0), tree.depth - 1)
    codes, labels = tree.codes[level], tree.labels[level]
    people = np.bincount(codes[leaves], minlength=len(labels))
    values = np.bincount(codes[np.unique(leaves)], minlength=len(labels))
    order = [int(code) for code in np.argsort(-people, kind="stable") if people[code]]
    return [LevelValue(labels[code], int(people[code]), int(values[code])) for code in order[:most]]


def _tree_and_leaves(data: Dataset, name: str) -> tuple[Hierarchy, Codes]:
    tree = data.hierarchy(name)
    return tree, data.leaf_codes(name, tree)
