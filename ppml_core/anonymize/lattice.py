"""The lattice of all full-domain generalizations of a table, computed once: then every k and every limit is a query.

In: a Dataset. Out: for each node (one level per quasi-identifier) and each k, how many people must be suppressed and
what is lost; the optimum for a request is a scan of those two tables. Samarati 2001; LeFevre et al. 2005 (Incognito);
loss as ARX defines it (Prasser et al. 2020, "Flexible data anonymization using ARX", Iyengar's general loss metric).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ppml_core.anonymize import kernels
from ppml_core.anonymize.nodes import Node, Trees, buckets, granularity, node_at
from ppml_core.anonymize.tuples import Ints, Tuples
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput, NotApplicable, Unreachable

EVERY_K = tuple(range(1, 101))
MOST_CELLS = 60_000_000


@dataclass(frozen=True, eq=False)
class Lattice:
    """Every node of a table's generalization lattice against every k of `ks`.

    `suppressed` (nodes, ks) counts people, `losses` (nodes, ks) is the geometric loss; nodes are in odometer order, the
    last quasi-identifier fastest.
    """

    tuples: Tuples
    ks: tuple[int, ...]
    suppressed: npt.NDArray[np.int32] = field(repr=False)
    losses: npt.NDArray[np.float64] = field(repr=False)

    @classmethod
    def of(cls, data: Dataset, ks: Sequence[int] = EVERY_K) -> Lattice:
        """Sweeps the whole lattice. Raises BadInput for a k below 1, NotApplicable for a lattice too large to hold."""
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
                f"no generalization reaches k={k} with at most {suppression_limit:.1%} of {self.people:,} people "
                f"suppressed; the nearest suppresses {best.suppressed / self.people:.1%}.",
                best=best,
            )
        losses = np.where(allowed, self.losses[:, column], np.inf)
        return self.node(int(np.argmin(losses)), k)

    def node(self, index: int, k: int) -> Node:
        """The node at that place in odometer order, judged at that k."""
        column = self._column(k)
        levels = list(self.levels(index).values())
        return node_at(self.tuples, levels, k, float(self.losses[index, column]), int(self.suppressed[index, column]))

    def levels(self, index: int) -> dict[str, int]:
        depths = [tree.depth for tree in self.tuples.trees]
        return dict(zip(self.tuples.names, (int(level) for level in np.unravel_index(index, depths)), strict=True))

    def class_sizes(self, levels: dict[str, int]) -> Ints:
        """People in each equivalence class at these levels."""
        return self.tuples.classes(levels)[0]

    def granularity(self, node: Node) -> float:
        """1 is no loss, 0 is everything generalized to the root or suppressed."""
        return granularity(self.tuples, node.levels, node.k)
