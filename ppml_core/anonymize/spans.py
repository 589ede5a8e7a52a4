"""What a class of people publishes of one attribute: the range or the set of values that it holds, as a readable text.

In: the class and the leaf of every unit. Out: `Spanned`, a text per class, and the leaves each text may stand for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ppml_core.anonymize.classes import Ints
from ppml_core.data.hierarchy import MISSING, ROOT, UNKNOWN, Codes, Hierarchy, names_of
from ppml_core.data.published import Published


@dataclass(frozen=True, eq=False)
class Spanned:
    """`texts` and the `leaves` each stands for; `code_of` (classes,) says which one a class publishes."""

    tree: Hierarchy
    texts: tuple[str, ...]
    leaves: tuple[Codes, ...]
    code_of: Ints

    @property
    def shares(self) -> npt.NDArray[np.float64]:
        """Part of the domain that each class's cell may mean, shape (classes,)."""
        sizes = np.array([len(span) for span in self.leaves], dtype=np.float64)
        return sizes[self.code_of] / len(self.tree.leaves)

    @property
    def published(self) -> Published:
        groups = zip(self.texts, self.leaves, strict=True)
        return Published(self.tree, {text: span for text, span in groups if text not in self.tree.index})


def span_classes(
    tree: Hierarchy, values: npt.NDArray[np.float64], rank: Ints, class_of: Ints, leaf_of: Codes
) -> Spanned:
    """The spans of classes numbered from 0, from the class and the leaf of every unit.

    Leaves with a value (numbers, days) are spanned as a range from the smallest to the largest that the class holds,
    the others as the set that occurs in it. Different spans have different texts.
    """
    writer = _Writer(tree, values, rank)
    code_of = [writer.code(span) for span in _ranks_by_class(rank, class_of, leaf_of)]
    return Spanned(tree, tuple(writer.texts), tuple(writer.spans), np.array(code_of, dtype=np.int64))


def _ranks_by_class(rank: Ints, class_of: Ints, leaf_of: Codes) -> Iterator[Ints]:
    """The rising ranks that occur in each class."""
    pairs = np.unique(class_of * len(rank) + rank[leaf_of])
    classes, ranks = pairs // len(rank), pairs % len(rank)
    starts = np.flatnonzero(np.diff(classes, prepend=-1)).tolist()
    for start, stop in zip(starts, [*starts[1:], len(ranks)], strict=True):
        yield ranks[start:stop]


class _Writer:
    """Gives every span a text of its own."""

    def __init__(self, tree: Hierarchy, values: npt.NDArray[np.float64], rank: Ints) -> None:
        self.tree = tree
        self.names = names_of(tree)
        self.leaf_at = np.argsort(rank).astype(np.int32)
        self.valued = int((~np.isnan(values)).sum())
        self.joint = " to " if any("-" in tree.leaves[leaf] for leaf in self.leaf_at[: self.valued]) else "-"
        self.texts: list[str] = []
        self.spans: list[Codes] = []
        self._code: dict[bytes, int] = {}
        self._taken: set[str] = set()

    def code(self, ranks: Ints) -> int:
        """The place of the text for a class that holds these ranks."""
        ranks = self._filled(ranks)
        key = ranks.tobytes()
        if key not in self._code:
            self._code[key] = len(self.texts)
            self.texts.append(self._free(self._text(ranks), alone=len(ranks) == 1))
            self.spans.append(np.sort(self.leaf_at[ranks]))
        return self._code[key]

    def _filled(self, ranks: Ints) -> Ints:
        """With every value between the smallest and the largest."""
        inside = int(np.searchsorted(ranks, self.valued))
        if inside == 0 or ranks[inside - 1] - ranks[0] == inside - 1:
            return ranks
        return np.concatenate([np.arange(ranks[0], ranks[inside - 1] + 1), ranks[inside:]])

    def _text(self, ranks: Ints) -> str:
        leaves = self.leaf_at[ranks]
        if len(leaves) == 1:
            return self.tree.leaves[int(leaves[0])]
        if len(leaves) == len(self.tree.leaves):
            return self.names[-1][0] if len(self.names[-1]) == 1 else ROOT
        inside = int(np.searchsorted(ranks, self.valued))
        if inside == 0:
            return self._set(leaves)
        first, last = (self.tree.leaves[leaf] for leaf in (leaves[0], leaves[inside - 1]))
        held = first if inside == 1 else f"{first}{self.joint}{last}"
        return " or ".join([held, *map(self._shown, leaves[inside:])])

    def _set(self, leaves: Codes) -> str:
        """The node that is this set, or the nodes it consists of, or the node it would be with some others."""
        parts = self._nodes(leaves)
        if len(parts) == 1:
            return parts[0]
        if len(parts) == 2:
            return f"{{{', '.join(parts)}}}"
        above = self._above(leaves)
        lacking = self._nodes(np.setdiff1d(above, leaves))
        if len(lacking) < len(parts):
            (whole,) = self._nodes(above)
            return f"{whole} but {{{', '.join(lacking)}}}"
        return f"{{{', '.join(parts)}}}"

    def _above(self, leaves: Codes) -> Codes:
        """The leaves under the lowest node that has all of these; all leaves where none has."""
        for codes in self.tree.codes:
            if (codes[leaves] == codes[leaves[0]]).all():
                return np.flatnonzero(codes == codes[leaves[0]]).astype(np.int32)
        return np.arange(len(self.tree.leaves), dtype=np.int32)

    def _nodes(self, leaves: Codes) -> list[str]:
        """Names of the fewest nodes that have these leaves and no others, in the order of the leaves."""
        if len(leaves) == len(self.tree.leaves) and len(self.names[-1]) > 1:
            return [ROOT]
        found: dict[int, str] = {}
        left = np.zeros(len(self.tree.leaves), dtype=bool)
        left[leaves] = True
        for level in reversed(range(self.tree.depth)):
            codes, sizes = self.tree.codes[level], self.tree.sizes[level]
            whole = (np.bincount(codes[left], minlength=len(sizes)) == sizes) & (sizes > 0)
            for code in np.flatnonzero(whole):
                under = np.flatnonzero(codes == code)
                found[int(under[0])] = self.names[level][code] if len(under) > 1 else self._shown(int(under[0]))
            left &= ~whole[codes]
        return [found[leaf] for leaf in sorted(found)]

    def _shown(self, leaf: int) -> str:
        return self.tree.leaves[leaf] if self.tree.leaves[leaf] != MISSING else UNKNOWN

    def _free(self, text: str, alone: bool) -> str:
        """The text, numbered where another span has it."""
        free, number = text, 1
        while not alone and (free in self._taken or free in self.tree.index):
            number += 1
            free = f"{text} ({number})"
        self._taken.add(free)
        return free
