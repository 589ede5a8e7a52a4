"""What a k and a suppression limit would do to a table, at once: the lattice is there, so this is a query.

In: a Dataset, its Lattice, a request. Out: `Preview`, with class sizes before and after, the risk that is left, what is
lost, and each column's values with what they become.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from ppml_core.anonymize.lattice import Lattice
from ppml_core.anonymize.nodes import Node
from ppml_core.anonymize.quality import Recoded, quality
from ppml_core.anonymize.transforms.drop_identifiers import DropIdentifiers
from ppml_core.anonymize.transforms.full_domain import Generalized
from ppml_core.data.dataset import Dataset
from ppml_core.data.groups import group_of, sizes_of
from ppml_core.errors import BadInput, Unreachable

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

THRESHOLD = 0.2


@dataclass(frozen=True)
class ReleaseRisk:
    """Prosecutor risk over the people in the release: max, mean, and the share strictly above the threshold.

    `certain_share` is the share whose look-alikes all have the same sensitive value, None without a sensitive column.
    Everything is 0 where nobody is left.
    """

    max: float
    mean: float
    share_above: float
    threshold: float
    certain_share: float | None = None


@dataclass(frozen=True, eq=False)
class ColumnValues:
    """A column's values in the hierarchy's order, what each becomes, and the people before and after suppression.

    `numeric` values have a place on a scale, `ordered` ones an order (numbers, ranks, days).
    """

    name: str
    values: tuple[str, ...]
    published: tuple[str, ...]
    before: Ints
    after: Ints
    level: int
    depth: int
    numeric: bool
    ordered: bool


@dataclass(frozen=True, eq=False)
class Preview:
    """One request against one table. `before` and `after` are sizes of classes; `after` holds those of at least k."""

    data: Dataset
    lattice: Lattice
    node: Node

    @property
    def people(self) -> int:
        return self.lattice.people

    @property
    def kept(self) -> int:
        return self.people - self.node.suppressed

    @property
    def k(self) -> int:
        return self.node.k

    @property
    def suppressed(self) -> int:
        return self.node.suppressed

    @property
    def suppressed_share(self) -> float:
        return self.node.suppressed / self.people

    @cached_property
    def before(self) -> Ints:
        return np.asarray(self.lattice.tuples.counts)

    @cached_property
    def _classes(self) -> tuple[Ints, Ints]:
        sizes, class_of = self.lattice.tuples.classes(self.node.levels)
        return sizes, np.asarray(class_of, dtype=np.int64)

    @cached_property
    def stays(self) -> Bools:
        """Which distinct tuples are published."""
        return self.lattice.stays(self.node)

    @cached_property
    def _kept(self) -> Bools:
        """Which classes are published."""
        sizes, class_of = self._classes
        if self.lattice.requirement is None:
            return np.asarray(sizes >= self.node.k)
        kept = np.zeros(len(sizes), dtype=bool)
        kept[class_of] = self.stays
        return kept

    @cached_property
    def after(self) -> Ints:
        return self._classes[0][self._kept]

    @cached_property
    def granularity(self) -> float:
        if self.lattice.requirement is None:
            return self.lattice.granularity(self.node)
        levels = list(self.node.levels.values())
        return quality(Recoded.of(self.lattice.tuples, self._classes[1], self.stays, levels)).granularity

    def recoding(self) -> Generalized:
        """The release with all that a recoding tells."""
        models = () if self.lattice.requirement is None else self.lattice.requirement.models
        return Generalized(self.data, self.lattice.tuples, self.node, self.stays, models=models)

    def risk(self, threshold: float = THRESHOLD) -> ReleaseRisk:
        """The risk of the release; of the whole table as it is, see `attacks.linkage.risk_report`."""
        sizes, class_of = self._classes
        return _risk(self.after, threshold, self._certain_share(sizes, class_of))

    def unique_with_kept(self) -> float:
        """Share of the released people who are alone once every other column but identifiers is known too."""
        groups = self._classes[1][self.lattice.tuples.row_of]
        kept = self._kept[groups]
        if not kept.any():
            return 0.0
        columns = self.data.schema.columns.items()
        others = [name for name, column in columns if column.role not in ("identifier", "quasi_identifier")]
        told = pd.DataFrame({"class": groups[kept], "others": group_of(self.data.table, others)[kept]})
        return float((sizes_of(group_of(told, ["class", "others"])) == 1).sum() / kept.sum())

    def release(self) -> Dataset:
        """The table to publish: generalized, without who is suppressed, without identifiers."""
        return DropIdentifiers().fit(self.recoding().release, np.random.default_rng(0)).release

    def _certain_share(self, sizes: Ints, class_of: Ints) -> float | None:
        sensitive = self.data.schema.with_role("sensitive")
        if not sensitive:
            return None
        groups = class_of[self.lattice.tuples.row_of]
        kept = self._kept[groups]
        if not kept.any():
            return 0.0
        certain = np.zeros(len(groups), dtype=bool)
        for name in sensitive:
            values, known = pd.factorize(self.data.table[name], use_na_sentinel=False)
            seen = np.zeros((len(sizes), len(known)), dtype=bool)
            seen[groups, values] = True
            certain |= (seen.sum(axis=1) == 1)[groups]
        return float(certain[kept].mean())

    def column(self, name: str) -> ColumnValues:
        """One quasi-identifier, value by value. Raises BadInput for a column that is none."""
        tuples = self.lattice.tuples
        if name not in tuples.names:
            raise BadInput(f"{name!r} is no quasi-identifier; there are {', '.join(tuples.names)}.")
        place = tuples.names.index(name)
        tree, codes, level = tuples.trees[place], tuples.codes[place], self.node.levels[name]
        stay = np.where(self.stays, tuples.counts, 0)
        return ColumnValues(
            name=name,
            values=tree.leaves,
            published=tuple(tree.labels[level][code] for code in tree.codes[level]),
            before=_people(codes, tuples.counts, len(tree.leaves)),
            after=_people(codes, stay, len(tree.leaves)),
            level=level,
            depth=tree.depth,
            numeric=self.data.schema[name].kind == "numeric",
            ordered=self.data.schema[name].kind in ("numeric", "ordinal", "date"),
        )


def preview(
    data: Dataset, lattice: Lattice, k: int, suppression_limit: float, levels: Mapping[str, int] | None = None
) -> Preview:
    """The optimal release for this request, or the one at `levels`.

    Raises Unreachable where no release stays within the limit, BadInput for levels that no hierarchy has.
    """
    if levels:
        return Preview(data, lattice, lattice.node(lattice.index_of(levels), k))
    return Preview(data, lattice, lattice.optimum(k, suppression_limit))


def risk_by_k(
    lattice: Lattice, ks: tuple[int, ...], suppression_limit: float, threshold: float = THRESHOLD
) -> pd.DataFrame:
    """Risk and loss of the optimum at each k: columns k, max, mean, share_above, threshold, suppressed_share, loss.

    A k that cannot be reached has no row.
    """
    rows = []
    for k in ks:
        try:
            node = lattice.optimum(k, suppression_limit)
        except Unreachable:
            continue
        sizes, class_of = lattice.tuples.classes(node.levels)
        kept = np.zeros(len(sizes), dtype=bool)
        kept[class_of] = lattice.stays(node)
        risk = _risk(sizes[kept], threshold, None)
        rows.append((k, risk.max, risk.mean, risk.share_above, threshold, node.suppressed / lattice.people, node.loss))
    return pd.DataFrame(rows, columns=["k", "max", "mean", "share_above", "threshold", "suppressed_share", "loss"])


def _risk(sizes: Ints, threshold: float, certain_share: float | None) -> ReleaseRisk:
    people = int(sizes.sum())
    if not people:
        return ReleaseRisk(0.0, 0.0, 0.0, threshold, certain_share)
    exposed = int(sizes[1 / sizes > threshold].sum())
    return ReleaseRisk(float(1 / sizes.min()), len(sizes) / people, exposed / people, threshold, certain_share)


def _people(codes: npt.NDArray[np.int32], counts: Ints, leaves: int) -> Ints:
    return np.bincount(codes, weights=counts, minlength=leaves).astype(np.int64)


def lattice_nodes(lattice: Lattice, k: int, suppression_limit: float) -> pd.DataFrame:
    """One line per generalization: node (its place), levels in words, total, loss, left out (share), keeps.

    `keeps` says whether no more people than the limit are left out.
    """
    column = lattice.ks.index(k)
    names = lattice.tuples.names
    levels = np.array(np.unravel_index(np.arange(len(lattice)), [tree.depth for tree in lattice.tuples.trees])).T
    gone = lattice.suppressed[:, column] / lattice.people
    words = [", ".join(f"{name} {level}" for name, level in zip(names, row, strict=True)) for row in levels.tolist()]
    return pd.DataFrame(
        {
            "node": np.arange(len(lattice)), "levels": words, "total": levels.sum(axis=1),
            "loss": lattice.losses[:, column], "left out": gone,
            "keeps": lattice.suppressed[:, column] <= int(suppression_limit * lattice.people),
        }
    )  # fmt: skip
