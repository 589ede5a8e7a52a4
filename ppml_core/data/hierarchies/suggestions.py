"""Hierarchies to choose from for one column, best first: each covers every value, nests, and ends in a root."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from ppml_core.data.dataset import MOST_LEAVES, Dataset
from ppml_core.data.hierarchies.for_numbers import for_ages, for_dates, for_numbers, for_years
from ppml_core.data.hierarchies.for_values import (
    for_codes,
    for_few,
    for_many,
    for_orders,
    for_parts,
    for_postal_codes,
    for_vocabularies,
)
from ppml_core.data.hierarchies.look import FEW, Look, Suggestion, look_at
from ppml_core.data.hierarchy import MISSING, Hierarchy
from ppml_core.errors import BadInput

Way = Callable[[Look], Iterator[Suggestion]]

BY_SIZE: Sequence[Way] = (for_ages, for_years, for_dates, for_numbers)
BY_TEXT: Sequence[Way] = (
    for_postal_codes, for_vocabularies, for_few, for_orders, for_parts, for_codes, for_many,
)  # fmt: skip


def suggest(data: Dataset, name: str) -> tuple[Suggestion, ...]:
    """Hierarchies for the column, best first; none where it has no values, or too many for a list.

    Each covers every value of the table, has fewer groups at every level, ends in one root, and has a level between
    where there are more than six values. A suggestion is no judgement of what protects: see the risk with it.
    Raises BadInput where there is no such column.
    """
    if name not in data.schema.columns:
        raise BadInput(f"there is no column {name!r}; the table has {', '.join(data.schema.columns)}.")
    look = look_at(data, name)
    if len(look.people) > MOST_LEAVES and not look.has_numbers:
        return ()
    ways = BY_TEXT if look.meant == "zip" else BY_SIZE
    return _first_usable(data, look, ways) or _first_usable(data, look, BY_TEXT)


def _first_usable(data: Dataset, look: Look, ways: Sequence[Way]) -> tuple[Suggestion, ...]:
    """What these ways suggest, in their order; what cannot be used, or groups as one before it, is left out."""
    found: list[Suggestion] = []
    trees: list[Hierarchy] = []
    for suggestion in (suggestion for way in ways for suggestion in way(look)):
        tree = _tree(data, look.name, suggestion)
        if tree is not None and is_usable(tree, look) and not any(_groups_alike(tree, other) for other in trees):
            found.append(suggestion)
            trees.append(tree)
    return tuple(found)


def is_usable(tree: Hierarchy, look: Look) -> bool:
    """Whether a hierarchy covers the values of a column, shrinks at each level, and ends in one root."""
    counts = [len(labels) for labels in tree.labels]
    needed = [*look.people, *([MISSING] if look.lacks_some else [])]
    return (
        counts[-1] == 1
        and (all(finer > coarser for finer, coarser in pairwise(counts)) or counts == [1, 1])
        and (len(counts) > 2 or len(look.values) <= FEW)
        and all(tree.leaf_of(text) >= 0 for text in needed)
    )


def _tree(data: Dataset, name: str, suggestion: Suggestion) -> Hierarchy | None:
    """The hierarchy as the table would have it; None where there is none."""
    try:
        return data.with_schema(data.schema.replace_columns({name: suggestion.column})).hierarchy(name)
    except BadInput:
        return None


def _groups_alike(one: Hierarchy, other: Hierarchy) -> bool:
    """Whether two hierarchies put the same values together under the same labels, level by level."""
    return one.labels == other.labels and all(map(np.array_equal, one.codes, other.codes))
