"""The optimal generalization for one k and one suppression limit, without looking at most of the lattice.

The loss of a node cannot fall below its loss with nobody suppressed, for a suppressed cell costs as much as the root;
that bound needs no grouping, only how often each label occurs. So nodes are visited in the order of their bounds until
the next bound is above the best loss found. "At most so many suppressed" is upward closed: where a node fails, all
below it fail, and a binary search on a path upward finds large failing regions (Samarati 2001; Kohlmayer et al. 2012,
Flash). Classes of a node come from the smallest class list known below it.
"""

from __future__ import annotations

import numpy as np

from ppml_core.anonymize import kernels
from ppml_core.anonymize.nodes import Node, Trees, buckets, judge, node_at
from ppml_core.anonymize.tuples import Ints, Tuples
from ppml_core.errors import BadInput, NotApplicable, Unreachable

MOST_NODES = 20_000_000
MOST_KNOWN = 400
ROUNDING = 1e-12


def cheapest(tuples: Tuples, k: int, suppression_limit: float) -> Node:
    """The same node as `Lattice.optimum`. Raises Unreachable with the node that suppresses fewest, BadInput for k < 1,
    NotApplicable for a lattice of more than 20 million nodes.
    """
    if k < 1:
        raise BadInput(f"k must be a whole number of at least 1, not {k}.")
    search = _Search(tuples, k)
    allowed = int(suppression_limit * search.people)
    top = tuple(search.trees.depths - 1)
    if search.suppressed(top) > allowed:
        gone = search.suppressed(top)
        best = node_at(tuples, top, k, search.loss(top), gone)
        raise Unreachable(
            f"no generalization reaches k={k} with at most {suppression_limit:.1%} of {search.people:,} people "
            f"suppressed; the nearest suppresses {gone / search.people:.1%}.",
            best=best,
        )
    best_loss, best_index = np.inf, -1
    for index in search.order:
        if search.bounds[index] > best_loss + ROUNDING:
            break
        levels = search.levels(index)
        if search.fails[levels]:
            continue
        if search.suppressed(levels) > allowed:
            search.rule_out(levels, allowed)
            continue
        loss = search.loss(levels)
        if (loss, index) < (best_loss, best_index):
            best_loss, best_index = loss, index
    levels = search.levels(best_index)
    return node_at(tuples, levels, k, best_loss, search.suppressed(levels))


Levels = tuple[int, ...]


class _Search:
    """Bounds of all nodes, what is known to fail, and the class lists found so far."""

    def __init__(self, tuples: Tuples, k: int) -> None:
        self.tuples, self.trees = tuples, Trees.of(tuples)
        self.people = int(tuples.counts.sum())
        self.shape = tuple(int(depth) for depth in self.trees.depths)
        if np.prod(self.shape, dtype=float) > MOST_NODES:
            raise NotApplicable(
                f"{len(self.shape)} quasi-identifiers make {np.prod(self.shape, dtype=float):,.0f} generalizations, "
                f"more than are searched ({MOST_NODES:,}): make one a feature, or shorten a hierarchy."
            )
        self.bounds = self._bounds().ravel()
        self.order = np.argsort(self.bounds, kind="stable")
        self.fails = np.zeros(self.shape, dtype=bool)
        self.bucket_of = buckets([min(k, self.people + 1)])
        self.judged: dict[Levels, tuple[int, float]] = {}
        base: Levels = (0,) * len(self.shape)
        self.known: dict[Levels, tuple[Ints, Ints]] = {base: (tuples.keys, tuples.counts)}
        self.known_levels = np.zeros((1, len(self.shape)), dtype=np.int64)
        self.known_sizes = np.array([len(tuples.keys)])
        self.maps = _maps_between(self.trees)

    def levels(self, index: int) -> Levels:
        return tuple(int(level) for level in np.unravel_index(index, self.shape))

    def suppressed(self, levels: Levels) -> int:
        return self._judge(levels)[0]

    def loss(self, levels: Levels) -> float:
        return self._judge(levels)[1]

    def rule_out(self, levels: Levels, allowed: int) -> None:
        """Marks all below the highest failing node on a path upward that takes the cheapest step each time."""
        path = self._path_up(levels)
        low, high = 0, len(path) - 1
        while high - low > 1:
            middle = (low + high) // 2
            if self.suppressed(path[middle]) > allowed:
                low = middle
            else:
                high = middle
        self.fails[tuple(slice(0, level + 1) for level in path[low])] = True

    def _path_up(self, levels: Levels) -> list[Levels]:
        path, bounds = [levels], self.bounds.reshape(self.shape)
        while True:
            here = path[-1]
            above = [
                (*here[:attribute], here[attribute] + 1, *here[attribute + 1 :])
                for attribute in range(len(here))
                if here[attribute] + 1 < self.shape[attribute]
            ]
            if not above:
                return path
            path.append(min(above, key=lambda node: float(bounds[node])))

    def _judge(self, levels: Levels) -> tuple[int, float]:
        if levels not in self.judged:
            keys, counts = self._classes(levels)
            gone, losses = judge(
                self.tuples, self.trees, np.array(levels, dtype=np.int64), keys, counts, self.bucket_of, 1
            )
            self.judged[levels] = int(gone[0]), float(losses[0])
        return self.judged[levels]

    def _classes(self, levels: Levels) -> tuple[Ints, Ints]:
        wanted = np.array(levels, dtype=np.int64)
        below = np.flatnonzero((self.known_levels <= wanted).all(axis=1))
        source = below[np.argmin(self.known_sizes[below])]
        from_levels = self.known_levels[source]
        keys, counts = self.known[tuple(int(level) for level in from_levels)]
        raised = np.flatnonzero(from_levels != wanted)
        maps = (
            np.stack([self.maps[a, from_levels[a], wanted[a]] for a in raised]) if len(raised) else self.maps[0, 0, :0]
        )
        packed = kernels.remap(keys, maps, self.tuples.shifts[raised], self.tuples.fields[raised])
        found, sums, _ = kernels.group(packed, counts)
        if len(self.known) < MOST_KNOWN and len(found) < 0.8 * len(keys):
            self.known[levels] = found, sums
            self.known_levels = np.vstack([self.known_levels, wanted])
            self.known_sizes = np.append(self.known_sizes, len(found))
        return found, sums

    def _bounds(self) -> np.ndarray:
        """Loss of every node with nobody suppressed."""
        product = np.ones(())
        for tree, codes, domain in zip(self.tuples.trees, self.tuples.codes, self.trees.domains, strict=True):
            shares = np.array(
                [
                    float((size[code][codes] * self.tuples.counts).sum()) / domain
                    for size, code in zip(tree.sizes, tree.codes, strict=True)
                ]
            )
            least = self.people / domain
            losses = np.maximum(0.0, (shares - least) / (self.people - least)) if domain > 1 else np.zeros(tree.depth)
            product = np.multiply.outer(product, 1 + losses)
        return np.asarray(product ** (1 / len(self.shape)) - 1)


def _maps_between(trees: Trees) -> Ints:
    """Code at one level -> code at a level above, for every pair: shape (attribute, from, to, code)."""
    attributes, deepest, widest = trees.parents.shape
    maps = np.zeros((attributes, deepest, deepest, widest), dtype=np.int64)
    for attribute in range(attributes):
        for start in range(deepest):
            maps[attribute, start, start] = np.arange(widest)
            for level in range(start, int(trees.depths[attribute]) - 1):
                maps[attribute, start, level + 1] = trees.parents[attribute, level][maps[attribute, start, level]]
    return maps
