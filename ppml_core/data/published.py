"""What a recoded cell may stand for: any value under a node of its column's hierarchy, or any set of values.

In: a hierarchy, and for each published text the leaves it covers. Out: `Published`, in which a raw value and a
generalized one are points of the same space, so that a model trained on a release can be tested on raw people.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ppml_core.data.hierarchy import Codes, Hierarchy, names_of
from ppml_core.errors import BadInput

Bools = npt.NDArray[np.bool_]

MOST_NODES = 2_000
NO_NODE = -1


@dataclass(frozen=True, eq=False)
class Published:
    """The texts of a recoded column and what they may stand for: `spans` maps a text to the leaves under it.

    Every leaf's own text stands for itself, without an entry. A column holding both may say less about one person
    than about another (local recoding); which texts are used says something about the people, so no
    differential-privacy guarantee stands on it. Raises BadInput where a text stands for nothing, for a leaf that the
    hierarchy lacks, or for a value and for a group at once.

    >>> from ppml_core.data.hierarchy import hierarchy_from_rows
    >>> tree = hierarchy_from_rows([["a", "vowel", "*"], ["b", "consonant", "*"], ["c", "consonant", "*"]], "letter")
    >>> letters = Published.of_tree(tree)
    >>> letters.node_names
    ('a', 'b', 'c', 'consonant')
    >>> letters.membership(["b", "consonant"]).tolist()
    [[0.0, 1.0, 0.0, 1.0], [0.0, 0.5, 0.5, 1.0]]
    """

    tree: Hierarchy
    spans: Mapping[str, Codes]

    def __post_init__(self) -> None:
        spans = {text: np.unique(np.asarray(leaves, dtype=np.int32)) for text, leaves in self.spans.items()}
        for text, leaves in spans.items():
            if not len(leaves) or leaves[0] < 0 or leaves[-1] >= len(self.tree.leaves):
                raise BadInput(f"the published text {text!r} stands for no value of its hierarchy.")
            if text in self.tree.index and leaves.tolist() != [self.tree.index[text]]:
                raise BadInput(f"the published text {text!r} is a value of its hierarchy and a group of values too.")
        object.__setattr__(self, "spans", spans)

    @classmethod
    def of_tree(cls, tree: Hierarchy) -> Published:
        """Every node of the tree may be published, under the names that `names_of` gives."""
        spans = {}
        for names, codes in zip(names_of(tree)[1:], tree.codes[1:], strict=True):
            order = np.argsort(codes, kind="stable").astype(np.int32)
            groups = np.split(order, np.cumsum(np.bincount(codes, minlength=len(names)))[:-1])
            spans.update({name: under for name, under in zip(names, groups, strict=True) if name not in tree.index})
        return cls(tree, spans)

    def leaves_under(self, text: str) -> Codes:
        """Codes of the leaves that the text may stand for, rising; none where it is unknown."""
        if text in self.spans:
            return self.spans[text]
        code = self.tree.leaf_of(text)
        return np.array([] if code < 0 else [code], dtype=np.int32)

    @cached_property
    def node_names(self) -> tuple[str, ...]:
        """One name for each distinct set of leaves in the tree but the whole, finest level first."""
        names = names_of(self.tree)
        return tuple(names[level][code] for level, code in self._nodes)

    @property
    def first_level(self) -> int:
        """The finest level whose nodes are told apart: 0, or the first that leaves MOST_NODES at most.

        The tree's depth where no level does.
        """
        return self._shape[0]

    @cached_property
    def norm(self) -> float:
        """No row of `membership` is longer than this (Euclidean).

        A leaf is a member of each node above it, and of the leaf itself; a set of leaves is their mean, so no longer.
        """
        paths = sum((ids != NO_NODE).astype(np.int64)[codes] for ids, codes in self._levels)
        return math.sqrt(int(np.max(paths, initial=0)))

    def membership(self, texts: Sequence[str] | npt.NDArray[np.object_]) -> npt.NDArray[np.float64]:
        """Chance that a value drawn evenly from what each text may stand for lies under each node.

        Shape (texts, nodes): |leaves under the node and the text| / |leaves under the text|. 1 for a published node and
        what lies above it, 0 everywhere for an unknown text.
        """
        return np.asarray(self.sparse_membership(texts).toarray(), dtype=np.float64)

    def sparse_membership(self, texts: Sequence[str] | npt.NDArray[np.object_]) -> Any:
        """The same as a CSR matrix without zeros."""
        from scipy.sparse import csr_matrix

        spans = [self.leaves_under(text) for text in texts]
        sizes = np.array([len(span) for span in spans], dtype=np.int64)
        starts = np.concatenate([[0], np.cumsum(sizes)])
        under = np.concatenate([*spans, np.zeros(0, dtype=np.int32)])
        shape = (len(spans), len(self.tree.leaves))
        counts = csr_matrix((np.ones(len(under)), under, starts), shape=shape) @ self._leaf_in_node
        counts.sort_indices()
        counts.data /= np.repeat(sizes, np.diff(counts.indptr))
        return counts

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 over the tree and the spans."""
        texts = sorted(self.spans)
        sizes = [len(self.spans[text]) for text in texts]
        digest = hashlib.sha256(repr((self.tree.labels, texts, sizes)).encode())
        for codes in (*self.tree.codes, *(self.spans[text] for text in texts)):
            digest.update(np.ascontiguousarray(codes, dtype=np.int32).tobytes())
        return digest.digest()

    @cached_property
    def _shape(self) -> tuple[int, tuple[Bools, ...]]:
        """(first level told apart, per level which codes are a set of leaves that no finer level from there on has)."""
        parts = [(sizes > 0) & (sizes < len(self.tree.leaves)) for sizes in self.tree.sizes]
        new = [part & ~same for part, same in zip(parts, _as_one_below(self.tree), strict=True)]
        none = [np.zeros_like(part) for part in parts]
        for level, part in enumerate(parts):
            kept = (*none[:level], part, *new[level + 1 :])
            if sum(int(codes.sum()) for codes in kept) <= MOST_NODES:
                return level, kept
        return self.tree.depth, tuple(none)

    @cached_property
    def _nodes(self) -> tuple[tuple[int, int], ...]:
        """Level and code of every node."""
        return tuple((level, int(code)) for level, kept in enumerate(self._shape[1]) for code in np.flatnonzero(kept))

    @property
    def _levels(self) -> list[tuple[Codes, Codes]]:
        """Per level (the node of each code or NO_NODE, the code of each leaf)."""
        found, count = [], 0
        for kept, codes in zip(self._shape[1], self.tree.codes, strict=True):
            ids = np.full(len(kept), NO_NODE, dtype=np.int32)
            ids[kept] = np.arange(count, count + int(kept.sum()), dtype=np.int32)
            count += int(kept.sum())
            found.append((ids, codes))
        return found

    @cached_property
    def _leaf_in_node(self) -> Any:
        """Which leaf lies under which node, shape (leaves, nodes), CSR of ones."""
        from scipy.sparse import csr_matrix

        nodes = np.concatenate([ids[codes] for ids, codes in self._levels])
        leaves = np.tile(np.arange(len(self.tree.leaves)), self.tree.depth)
        inside = nodes != NO_NODE
        shape = (len(self.tree.leaves), len(self._nodes))
        return csr_matrix((np.ones(int(inside.sum())), (leaves[inside], nodes[inside])), shape=shape)


def _as_one_below(tree: Hierarchy) -> list[Bools]:
    """Per level and code: whether one code of the level below has the very same leaves."""
    found = [np.zeros(len(tree.leaves), dtype=bool)]
    for lower, parents, sizes in zip(tree.sizes, tree.parents, tree.sizes[1:], strict=False):
        same = np.zeros(len(sizes), dtype=bool)
        same[parents[lower == sizes[parents]]] = True
        found.append(same)
    return found
