"""How an attribute's labels are numbered inside packed tuples: few bits, whatever the size of its hierarchy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ppml_core.data.hierarchy import Codes, Hierarchy


@dataclass(frozen=True, eq=False)
class PackedTree:
    """A hierarchy over the leaves that a table can have, numbered without gaps at every level.

    `kept` (leaves,) are those leaves; `place` (all leaves,) is the number of each, 0 for one that is not kept.
    `codes[level]` (leaves,) is the number of each leaf's label, `labels[level]` the hierarchy's own code of each
    number, `parents[level]` the number one level up, `sizes[level]` the leaves of the whole hierarchy under each.
    """

    kept: Codes
    place: Codes
    codes: tuple[Codes, ...]
    labels: tuple[Codes, ...]
    parents: tuple[Codes, ...]
    sizes: tuple[Codes, ...]

    @classmethod
    def of(cls, tree: Hierarchy, kept: Codes | None = None) -> PackedTree:
        """All leaves where `kept` is None: then every number is the hierarchy's own code."""
        if kept is None:
            everything = np.arange(len(tree.leaves), dtype=np.int32)
            labels = tuple(np.arange(len(texts), dtype=np.int32) for texts in tree.labels)
            return cls(everything, everything, tree.codes, labels, tree.parents, tree.sizes)
        found = [np.unique(codes[kept], return_inverse=True) for codes in tree.codes]
        labels = tuple(label.astype(np.int32) for label, _ in found)
        codes = tuple(code.astype(np.int32) for _, code in found)
        parents = tuple(
            np.searchsorted(above, parent[label]).astype(np.int32)
            for label, above, parent in zip(labels, labels[1:], tree.parents, strict=False)
        )
        place = np.zeros(len(tree.leaves), dtype=np.int32)
        place[kept] = codes[0]
        sizes = tuple(size[label] for size, label in zip(tree.sizes, labels, strict=True))
        return cls(kept, place, codes, labels, parents, sizes)

    @property
    def bits(self) -> int:
        return max(1, (len(self.kept) - 1).bit_length())
