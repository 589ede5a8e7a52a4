"""The lattice of all full-domain generalizations of a table, computed once: then every k and every limit is a query.

In: a Dataset, and further privacy models that hold at every k. Out: for each node (one level per quasi-identifier) and
each k, how many people must be suppressed and what is lost; the optimum for a request is a scan of those two tables.
Sensitive histograms roll up as the number of people does. Samarati 2001; LeFevre et al. 2005 (Incognito);
loss as ARX defines it (Prasser et al. 2020, "Flexible data anonymization using ARX", Iyengar's general loss metric).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ppml_core.anonymize import kernels
from ppml_core.anonymize.losses.arx_geometric import ArxGeometric
from ppml_core.anonymize.losses.base import BoundLoss, Loss
from ppml_core.anonymize.models.base import PrivacyModel
from ppml_core.anonymize.models.k_anonymity import KAnonymity
from ppml_core.anonymize.nodes import Node, Trees, buckets, granularity
from ppml_core.anonymize.requirement import Requirement
from ppml_core.anonymize.tuples import Ints, Tuples
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput, NotApplicable, Unreachable

Bools = npt.NDArray[np.bool_]

EVERY_K = tuple(range(1, 101))
MOST_CELLS = 60_000_000


@dataclass(frozen=True, eq=False)
class Lattice:
    """Every node of a table's generalization lattice against every k of `ks`.

    `suppressed` (nodes, ks) counts people, `losses` (nodes, ks) is the loss; nodes are in odometer order, the last
    quasi-identifier fastest. `requirement` holds the models beside k, None where there are none.
    """

    tuples: Tuples
    ks: tuple[int, ...]
    suppressed: npt.NDArray[np.int32] = field(repr=False)
    losses: npt.NDArray[np.float64] = field(repr=False)
    requirement: Requirement | None = field(default=None, repr=False)

    @classmethod
    def of(
        cls,
        data: Dataset,
        ks: Sequence[int] = EVERY_K,
        models: Sequence[PrivacyModel] = (),
        loss: Loss | None = None,
        weights: Mapping[str, float] | None = None,
    ) -> Lattice:
        """Sweeps the whole lattice.

        Raises BadInput for a k below 1, NotApplicable for a lattice too large to hold or a model that judges a release
        as a whole, which no sweep over k can answer.
        """
        grid = tuple(sorted({int(k) for k in ks}))
        if not grid or grid[0] < 1:
            raise BadInput(f"k must be a whole number of at least 1, not {min(ks, default=None)}.")
        tuples = Tuples.of(data)
        nodes = math.prod(tree.depth for tree in tuples.trees)
        if nodes * len(grid) > MOST_CELLS:
            raise NotApplicable(
                f"{len(tuples.trees)} quasi-identifiers make {nodes:,} generalizations, more than a full search holds "
                f"({MOST_CELLS // len(grid):,}): make one a feature, or shorten a hierarchy."
            )
        suppressed = np.empty((nodes, len(grid)), dtype=np.int32)
        losses = np.empty((nodes, len(grid)))
        if models or weights or loss is not None:
            requirement = Requirement.of(models or [KAnonymity(k=1)], data, tuples, data.population)
            bound = (loss or ArxGeometric()).bind(tuples, weights or {})
            _sweep(requirement, bound, grid, suppressed, losses)
            return cls(tuples, grid, suppressed, losses, requirement)
        trees = Trees.of(tuples)
        kernels.sweep(
            tuples.keys, tuples.counts, tuples.shifts, tuples.fields, trees.depths, trees.parents, trees.sizes,
            trees.spans, trees.domains, buckets(grid), len(grid), suppressed, losses,
        )  # fmt: skip
        return cls(tuples, grid, suppressed, losses)

    @property
    def people(self) -> int:
        return int(self.tuples.counts.sum())

    def __len__(self) -> int:
        return len(self.losses)

    def _column(self, k: int) -> int:
        if k not in self.ks:
            raise BadInput(f"k={k} was not computed: the lattice holds {self.ks[0]} to {self.ks[-1]}.")
        return self.ks.index(k)

    def optimum(self, k: int, suppression_limit: float) -> Node:
        """The node of least loss among those that suppress at most `suppression_limit` (0..1) of the people.

        Equal losses go to the node that comes first. Raises BadInput for a k that was not swept, Unreachable (with
        the node that suppresses fewest as `best`) where no node stays within the limit.
        """
        column = self._column(k)
        gone = self.suppressed[:, column]
        allowed = gone <= int(suppression_limit * self.people)
        if not allowed.any():
            best = self.node(int(np.argmin(gone)), k)
            raise Unreachable(
                f"no generalization reaches {self._words(k)} with at most {suppression_limit:.1%} of "
                f"{self.people:,} people suppressed; the nearest suppresses {best.suppressed / self.people:.1%}.",
                best=best,
            )
        losses = np.where(allowed, self.losses[:, column], np.inf)
        return self.node(int(np.argmin(losses)), k)

    def node(self, index: int, k: int) -> Node:
        """The node at that place in odometer order, judged at that k."""
        column = self._column(k)
        named = self.levels(index)
        if self.requirement is None:
            sizes = self.class_sizes(named)
            kept = sizes[sizes >= k]
        else:
            classes = self.requirement.at(named)
            kept = classes.sizes[self.requirement.passing(classes) & (classes.sizes >= k)]
        smallest = int(kept.min()) if len(kept) else 0
        loss, gone = float(self.losses[index, column]), int(self.suppressed[index, column])
        return Node(named, k, loss, gone, len(kept), smallest)

    def stays(self, node: Node) -> Bools:
        """Which distinct tuples are published at that node, shape (distinct,)."""
        sizes, class_of = self.tuples.classes(node.levels)
        large = np.asarray((sizes >= node.k)[class_of])
        if self.requirement is None:
            return large
        return large & self.requirement.stays_by_class(node.levels)

    def index_of(self, levels: Mapping[str, int]) -> int:
        """The place of a node in odometer order. Raises BadInput for levels that no hierarchy has."""
        depths = {name: tree.depth for name, tree in zip(self.tuples.names, self.tuples.trees, strict=True)}
        if set(levels) != set(depths) or not all(0 <= levels[name] < depth for name, depth in depths.items()):
            raise BadInput(f"a node has a level for each of {', '.join(depths)}, within its hierarchy.")
        return int(np.ravel_multi_index([levels[name] for name in depths], list(depths.values())))

    def _words(self, k: int) -> str:
        further = [] if self.requirement is None else [model.text() for model in self.requirement.models]
        return " and ".join([f"k={k}", *(text for text in further if not text.startswith("k_anonymity(k=1"))])

    def levels(self, index: int) -> dict[str, int]:
        depths = [tree.depth for tree in self.tuples.trees]
        return dict(zip(self.tuples.names, (int(level) for level in np.unravel_index(index, depths)), strict=True))

    def class_sizes(self, levels: dict[str, int]) -> Ints:
        """People in each equivalence class at these levels."""
        return self.tuples.classes(levels)[0]

    def granularity(self, node: Node) -> float:
        """1 is no loss, 0 is everything generalized to the root or suppressed."""
        return granularity(self.tuples, node.levels, node.k)


def _sweep(
    requirement: Requirement, loss: BoundLoss, ks: Sequence[int], suppressed: np.ndarray, losses: np.ndarray
) -> None:
    """Fills (nodes, ks) in odometer order; each node's classes come from those of a node one step below it."""
    if not requirement.is_per_class:
        raise NotApplicable(f"{requirement.words()} judges a release as a whole: ask for one k at a time.")
    tuples = requirement.tuples
    shape = [tree.depth for tree in tuples.trees]
    rank_of = buckets(ks)
    base = (tuples.keys, requirement.table)
    rolled: list[tuple[Ints, Ints] | None] = [None] * len(shape)
    for index, levels in enumerate(itertools.product(*map(range, shape))):
        rising = max((place for place, level in enumerate(levels) if level), default=-1)
        here = base
        if rising >= 0:
            below = [known for known in rolled[: rising + 1] if known is not None]
            here = rolled[rising] = _risen(tuples, below[-1] if below else base, rising, levels[rising])
            rolled[rising + 1 :] = [None] * (len(shape) - rising - 1)
        keys, table = here
        if requirement.pairs is None:
            classes = requirement.classes(keys, table)
        else:
            classes = requirement.at(dict(zip(tuples.names, levels, strict=True)))
            keys = tuples.keys if classes.keys is None else classes.keys
        ranks = np.where(requirement.passing(classes), rank_of[np.minimum(classes.sizes, ks[-1])], 0)
        suppressed[index], losses[index] = loss.of_ranks(levels, keys, classes.sizes, ranks, len(ks))


def _risen(tuples: Tuples, classes: tuple[Ints, Ints], attribute: int, level: int) -> tuple[Ints, Ints]:
    """The classes with one attribute raised to that level from the one below."""
    keys = classes[0].copy()
    parents = tuples.packed[attribute].parents[level - 1].astype(np.int64)
    kernels.rewrite(keys, parents, tuples.shifts[attribute], tuples.fields[attribute])
    merged: tuple[Ints, Ints] = kernels.merge(keys, classes[1])
    return merged
