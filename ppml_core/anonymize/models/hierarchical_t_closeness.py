"""t-closeness with hierarchical distances: values are as far apart as their nearest common parent is high."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.anonymize import histograms
from ppml_core.anonymize.classes import Bools, Floats, Ints, Sensitive
from ppml_core.anonymize.models.per_attribute import ROUNDING, HistogramCheck, SensitiveModel
from ppml_core.errors import NotApplicable
from ppml_core.settings import setting


@dataclass(frozen=True)
class HierarchicalTCloseness(SensitiveModel):
    """The earth mover's distance of each class from the whole table is at most t, by the hierarchy of the values.

    Two values are (height of their lowest common parent) / (height of the tree) apart. Protects against learning
    from the class what kind of value a person has; it stands and falls with the hierarchy. Raises NotApplicable
    where a sensitive attribute declares none. Li, Li & Venkatasubramanian 2007, section 4.2.
    """

    title: ClassVar[str] = "t-closeness, hierarchical distances"
    closed_under_merging: ClassVar[bool] = True

    t: float = setting(0.2, 0, 1, help="largest distance of a class from the whole table")
    sensitive: tuple[str, ...] = setting((), help="sensitive attributes; none named means all of them")

    def of_attribute(self, attribute: Sensitive) -> HistogramCheck:
        nodes, shares = _edges(attribute)
        height = len(nodes)

        def check(table: Ints, start: int) -> Bools:
            work = histograms.tree_work(table, start, nodes, shares)
            kept: Bools = work <= (2 * self.t + ROUNDING) * height * table[:, 0]
            return kept

        return check


def _edges(attribute: Sensitive) -> tuple[Ints, Floats]:
    """(node above each value at every level below the root, share of the table under each node).

    Moving a person between two values crosses as many of these edges, of length 1 / (2 height) each, as their
    distance says; so the distance of a class is the people that cross each edge, added up.
    """
    if attribute.tree is None or attribute.leaf_of is None:
        raise NotApplicable(
            f"{attribute.name!r} has no hierarchy, so its values have no hierarchical distance: declare one, or use "
            f"equal or ordered distances."
        )
    tree = attribute.tree
    levels = tree.codes if len(tree.labels[-1]) > 1 else tree.codes[:-1] or tree.codes
    found, shares, numbered = [], [], 0
    for codes in levels:
        present, node = np.unique(codes[attribute.leaf_of], return_inverse=True)
        found.append(node + numbered)
        shares.append(np.bincount(node, weights=attribute.shares, minlength=len(present)))
        numbered += len(present)
    return np.stack(found).astype(np.int64), np.concatenate(shares)
