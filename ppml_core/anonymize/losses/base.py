"""What a loss owes: a number for every node of the lattice, and a lower bound of it that a search may prune by.

0 is nothing lost, 1 everything. A loss is bound to a table's tuples and weights once, then asked of node after node.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ppml_core.anonymize import kernels
from ppml_core.anonymize.classes import Bools, Floats, Ints
from ppml_core.anonymize.tuples import Tuples
from ppml_core.data.hierarchy import Hierarchy
from ppml_core.errors import BadInput
from ppml_core.settings import Method

Levels = tuple[int, ...]


class BoundLoss(ABC):
    """A loss over one table."""

    tuples: Tuples

    @abstractmethod
    def of(self, levels: Levels, keys: Ints, sizes: Ints, kept: Bools) -> float:
        """The loss of publishing the kept classes of a node, everybody else suppressed."""

    @abstractmethod
    def bound(self, levels: Levels) -> float:
        """At most the loss of that node, found without grouping."""

    @abstractmethod
    def bounds(self) -> Floats:
        """`bound` of every node in odometer order."""

    def of_ranks(self, levels: Levels, keys: Ints, sizes: Ints, ranks: Ints, count: int) -> tuple[Ints, Floats]:
        """(people suppressed, loss) for each of `count` requests: the j-th keeps the classes with a rank above j."""
        people = int(sizes.sum())
        kept = [ranks > place for place in range(count)]
        gone = np.array([people - int(sizes[mask].sum()) for mask in kept])
        return gone, np.array([self.of(levels, keys, sizes, mask) for mask in kept])

    def per_person(self, levels: Levels, keys: Ints) -> Floats:
        """What one person of each class loses; 0 where the loss does not speak of persons."""
        return np.zeros(len(keys))

    def floor(self, levels: Levels, keys: Ints, sizes: Ints) -> float:
        """At most the loss of this node and of every node above it, from its classes; 0 says nothing."""
        return 0.0


class Loss(Method, ABC):
    """A measure of what generalization and suppression take away."""

    @abstractmethod
    def bind(self, tuples: Tuples, weights: Mapping[str, float]) -> BoundLoss:
        """The loss over this table; attributes without a weight weigh 1."""


class CellLoss(Loss, ABC):
    """A loss that adds up over cells: each published label costs something, a suppressed cell as much as the root."""

    @abstractmethod
    def costs(self, tree: Hierarchy, leaf_counts: Ints) -> tuple[list[Floats], float, float]:
        """(per level the cost of each label, mean cost where nothing is generalized, cost of a suppressed cell)."""

    @abstractmethod
    def combine(self, losses: Sequence[Any], weights: Sequence[float]) -> Any:
        """One loss from one per attribute, each between 0 and 1: numbers, or arrays that broadcast."""

    def bind(self, tuples: Tuples, weights: Mapping[str, float]) -> BoundLoss:
        return _BoundCells(self, tuples, weights_of(tuples, weights))


class SizeLoss(Loss, ABC):
    """A loss that depends on the sizes of classes and on how much of the domain each covers."""

    @abstractmethod
    def value(self, sizes: Ints, log_volumes: Floats, gone: int, tuples: Tuples) -> float:
        """The loss of classes with these sizes and domain shares (natural logarithm), and `gone` people suppressed.

        Merging classes, or suppressing one, never lowers it.
        """

    def bind(self, tuples: Tuples, weights: Mapping[str, float]) -> BoundLoss:
        if weights:
            raise BadInput(f"{self.title} has no weights per attribute: choose another loss, or leave out --weight.")
        return _BoundSizes(self, tuples)


def geometric(losses: Sequence[Any], weights: Sequence[float]) -> Any:
    """Weighted geometric mean of 1 + loss, less 1.

    >>> geometric([0.0, 0.44], [1.0, 1.0])
    0.19999999999999996
    """
    product: Any = 1.0
    if all(weight == 1 for weight in weights):
        for loss in losses:
            product = product * (1.0 + loss)
        return product ** (1.0 / len(losses)) - 1.0
    for loss, weight in zip(losses, weights, strict=True):
        product = product * (1.0 + loss) ** (weight / sum(weights))
    return product - 1.0


def arithmetic(losses: Sequence[Any], weights: Sequence[float]) -> Any:
    """Weighted mean."""
    summed: Any = 0.0
    for loss, weight in zip(losses, weights, strict=True):
        summed = summed + weight * loss
    return summed / sum(weights)


def weights_of(tuples: Tuples, weights: Mapping[str, float]) -> list[float]:
    """One weight per attribute; raises BadInput for an unknown name or a weight that is none."""
    for name, weight in weights.items():
        if name not in tuples.names:
            raise BadInput(f"weight of {name!r}: it is no quasi-identifier; those are {', '.join(tuples.names)}.")
        if not math.isfinite(weight) or weight < 0:
            raise BadInput(f"weight of {name!r} must be a number of at least 0, not {weight!r}.")
    found = [float(weights.get(name, 1.0)) for name in tuples.names]
    if not sum(found):
        raise BadInput("every weight is 0: at least one attribute must count.")
    return found


class _BoundCells(BoundLoss):
    """Costs of all labels as arrays; the bound is the loss with nobody suppressed, from how often each leaf occurs."""

    def __init__(self, loss: CellLoss, tuples: Tuples, weights: list[float]) -> None:
        self.loss, self.tuples, self.weights = loss, tuples, weights
        self.people = int(tuples.counts.sum())
        trees = tuples.trees
        found = []
        for tree, codes in zip(trees, tuples.codes, strict=True):
            counts = np.bincount(codes, weights=tuples.counts, minlength=len(tree.leaves)).astype(np.int64)
            found.append((counts, *loss.costs(tree, counts)))
        self.low, self.high = (np.array([entry[place] for entry in found]) for place in (2, 3))
        widest = max(len(tree.kept) for tree in tuples.packed)
        self.costs = np.zeros((max(tree.depth for tree in trees), len(trees), widest))
        self.sums = np.zeros(self.costs.shape[:2])
        for attribute, (counts, per_level, _, _) in enumerate(found):
            for level, costs in enumerate(per_level):
                labels = tuples.packed[attribute].labels[level]
                self.costs[level, attribute, : len(labels)] = costs[labels]
                self.sums[level, attribute] = (costs[trees[attribute].codes[level]] * counts).sum()
        self.rows = np.arange(len(trees))
        self.marginals = [losses.tolist() for losses in self._shares(self.sums, 0).T]

    def of(self, levels: Levels, keys: Ints, sizes: Ints, kept: Bools) -> float:
        tuples = self.tuples
        sums = kernels.cell_sums(keys, sizes, kept, tuples.shifts, tuples.fields, self.costs[levels, self.rows])
        gone = self.people - int(sizes[kept].sum())
        return float(self.loss.combine(self._shares(sums, gone).tolist(), self.weights))

    def of_ranks(self, levels: Levels, keys: Ints, sizes: Ints, ranks: Ints, count: int) -> tuple[Ints, Floats]:
        tuples = self.tuples
        people, sums = kernels.rank_sums(
            keys, sizes, ranks, count, tuples.shifts, tuples.fields, self.costs[levels, self.rows]
        )
        kept = people[::-1].cumsum()[::-1][1:]
        gone = self.people - kept
        sums = sums[::-1].cumsum(axis=0)[::-1][1:]
        shares = self._shares(sums, gone[:, None])
        return gone, np.asarray(self.loss.combine(list(shares.T), self.weights), dtype=float)

    def bound(self, levels: Levels) -> float:
        chosen = [self.marginals[attribute][level] for attribute, level in enumerate(levels)]
        return float(self.loss.combine(chosen, self.weights))

    def bounds(self) -> Floats:
        spread = []
        for attribute, tree in enumerate(self.tuples.trees):
            shape = [1] * len(self.marginals)
            shape[attribute] = tree.depth
            spread.append(np.array(self.marginals[attribute][: tree.depth]).reshape(shape))
        return np.asarray(self.loss.combine(spread, self.weights)).ravel()

    def per_person(self, levels: Levels, keys: Ints) -> Floats:
        tuples = self.tuples
        costs = kernels.cell_costs(keys, tuples.shifts, tuples.fields, self.costs[levels, self.rows])
        spans = np.where(self.high > self.low, self.high - self.low, 1.0)
        return np.asarray(((costs - self.low) / spans) @ np.array(self.weights))

    def _shares(self, sums: Floats, gone: int | Ints) -> Floats:
        """Loss of each attribute from its summed costs; 0 where nothing can be lost."""
        least = self.people * self.low / self.high
        room = self.people - least
        lost = np.maximum(0.0, (sums / self.high + gone - least) / np.where(room > 0, room, 1.0))
        return np.where(room > 0, lost, 0.0)


class _BoundSizes(BoundLoss):
    """A loss from class sizes: nothing is known of a node before it is grouped, then of all above it."""

    def __init__(self, loss: SizeLoss, tuples: Tuples) -> None:
        self.loss, self.tuples = loss, tuples
        self.people = int(tuples.counts.sum())

    def of(self, levels: Levels, keys: Ints, sizes: Ints, kept: Bools) -> float:
        gone = self.people - int(sizes[kept].sum())
        return self.loss.value(sizes[kept], self._volumes(levels, keys[kept]), gone, self.tuples)

    def bound(self, levels: Levels) -> float:
        return 0.0

    def bounds(self) -> Floats:
        return np.zeros(math.prod(tree.depth for tree in self.tuples.trees))

    def floor(self, levels: Levels, keys: Ints, sizes: Ints) -> float:
        there = sizes > 0
        return self.loss.value(sizes[there], self._volumes(levels, keys[there]), 0, self.tuples)

    def _volumes(self, levels: Levels, keys: Ints) -> Floats:
        tuples = self.tuples
        costs = self._log_shares[levels, np.arange(len(levels))]
        return np.asarray(kernels.cell_costs(keys, tuples.shifts, tuples.fields, costs).sum(axis=1))

    @cached_property
    def _log_shares(self) -> Floats:
        trees, packed = self.tuples.trees, self.tuples.packed
        widest = max(len(tree.kept) for tree in packed)
        shares = np.zeros((max(tree.depth for tree in trees), len(trees), widest))
        for attribute, tree in enumerate(trees):
            for level, sizes in enumerate(packed[attribute].sizes):
                shares[level, attribute, : len(sizes)] = np.log(sizes / len(tree.leaves))
        return shares
