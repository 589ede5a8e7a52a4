"""Costs of labels by the leaves beneath them."""

from __future__ import annotations

from ppml_core.anonymize.classes import Floats
from ppml_core.data.hierarchy import Hierarchy


def leaf_costs(tree: Hierarchy) -> tuple[list[Floats], float, float]:
    """(leaves under each label per level, 1, all leaves).

    >>> from ppml_core.data.hierarchy import hierarchy_from_widths
    >>> [costs.tolist() for costs in leaf_costs(hierarchy_from_widths(range(4), [2], "age"))[0]]
    [[1.0, 1.0, 1.0, 1.0], [2.0, 2.0], [4.0]]
    """
    return [sizes.astype(float) for sizes in tree.sizes], 1.0, float(len(tree.leaves))
