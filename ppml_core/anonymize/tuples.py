"""The distinct combinations of quasi-identifier values in a table, with how many people share each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ppml_core.anonymize import kernels
from ppml_core.anonymize.packing import PackedTree
from ppml_core.data.dataset import Dataset
from ppml_core.data.hierarchy import Codes, Hierarchy
from ppml_core.errors import BadInput, NotApplicable

Ints = npt.NDArray[np.int64]

MOST_BITS = 62


@dataclass(frozen=True, eq=False)
class Tuples:
    """Packed quasi-identifier tuples: `keys` (distinct,), `counts` (distinct,), `row_of` each person's tuple (rows,).

    Each attribute's number (see `PackedTree`) takes `fields[a]` (a mask of ones) at bit `shifts[a]` of a key.
    """

    names: tuple[str, ...]
    trees: tuple[Hierarchy, ...]
    keys: Ints
    counts: Ints
    row_of: Codes
    shifts: Ints
    fields: Ints
    packed: tuple[PackedTree, ...]

    @classmethod
    def of(cls, data: Dataset, population: Dataset | None = None) -> Tuples:
        """Raises BadInput without quasi-identifiers, NotApplicable where a tuple does not fit 62 bits.

        With a population, tuples that only its people have are there as well, with a count of 0.
        """
        if not data.quasi_identifiers:
            raise BadInput("no column is a quasi-identifier: give at least one that role, or name them with --qi.")
        if not len(data):
            raise BadInput(f"{data.name!r} has no rows.")
        names, trees = tuple(data.quasi_identifiers), tuple(data.hierarchies.values())
        leaves, ones = list(data.leaves.values()), np.ones(len(data), dtype=np.int64)
        if population is not None:
            others = (population.leaf_codes(name, tree) for name, tree in zip(names, trees, strict=True))
            leaves = [np.append(own, other) for own, other in zip(leaves, others, strict=True)]
            ones = np.append(ones, np.zeros(len(population), dtype=np.int64))
        packed = _packed_trees(trees, leaves)
        bits = [tree.bits for tree in packed]
        shifts = np.array([sum(bits[:position]) for position in range(len(bits))], dtype=np.int64)
        fields = np.array([(1 << width) - 1 for width in bits], dtype=np.int64)
        keys, counts, row_of = kernels.group(_pack(packed, leaves, shifts), ones)
        return cls(names, trees, keys, counts, row_of[: len(data)], shifts, fields, packed)

    def pack(self, data: Dataset) -> Ints:
        """The packed tuple of each person of another table whose values are all known here, shape (rows,)."""
        return self.pack_leaves(
            [data.leaf_codes(name, tree) for name, tree in zip(self.names, self.trees, strict=True)]
        )

    def pack_leaves(self, leaves: Sequence[Codes]) -> Ints:
        """The packed tuples of leaf codes, one array per attribute."""
        return _pack(self.packed, leaves, self.shifts)

    def raised(self, levels: Mapping[str, int]) -> Ints:
        """The packed key of every distinct tuple at these levels."""
        keys = np.zeros(len(self.keys), dtype=np.int64)
        for name, tree, shift, field in zip(self.names, self.packed, self.shifts, self.fields, strict=True):
            keys |= tree.codes[levels[name]][(self.keys >> shift) & field].astype(np.int64) << shift
        return keys

    @cached_property
    def codes(self) -> tuple[Codes, ...]:
        """Leaf code of every distinct tuple, per attribute."""
        return tuple(
            tree.kept[(self.keys >> shift) & field]
            for tree, shift, field in zip(self.packed, self.shifts, self.fields, strict=True)
        )

    def classes(self, levels: Mapping[str, int]) -> tuple[Ints, Codes]:
        """(people in each equivalence class at these levels, the class of each distinct tuple)."""
        _, sizes, class_of = kernels.group(self.raised(levels), self.counts)
        return sizes, class_of


def _packed_trees(trees: Sequence[Hierarchy], leaves: Sequence[Codes]) -> tuple[PackedTree, ...]:
    """All leaves of every hierarchy where they fit the bits of a key, else only those that somebody has."""
    packed = tuple(PackedTree.of(tree) for tree in trees)
    if sum(tree.bits for tree in packed) > MOST_BITS:
        packed = tuple(PackedTree.of(tree, np.unique(codes)) for tree, codes in zip(trees, leaves, strict=True))
    bits = sum(tree.bits for tree in packed)
    if bits > MOST_BITS:
        sizes = " x ".join(str(len(tree.kept)) for tree in packed[:20]) + " x …" * (len(packed) > 20)
        raise NotApplicable(
            f"{len(trees)} quasi-identifiers with {sizes} values "
            f"need {bits} bits and {MOST_BITS} are there: leave out one, or give coarser values."
        )
    return packed


def _pack(packed: Sequence[PackedTree], leaves: Sequence[Codes], shifts: Ints) -> Ints:
    keys = np.zeros(len(leaves[0]), dtype=np.int64)
    for tree, codes, shift in zip(packed, leaves, shifts, strict=True):
        keys |= tree.place[codes].astype(np.int64) << shift
    return keys
