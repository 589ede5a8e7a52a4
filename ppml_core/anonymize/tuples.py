"""The distinct combinations of quasi-identifier values in a table, with how many people share each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ppml_core.anonymize import kernels
from ppml_core.data.dataset import Dataset
from ppml_core.data.hierarchy import Codes, Hierarchy
from ppml_core.errors import BadInput, NotApplicable

Ints = npt.NDArray[np.int64]

MOST_BITS = 62


@dataclass(frozen=True, eq=False)
class Tuples:
    """Packed quasi-identifier tuples: `keys` (distinct,), `counts` (distinct,), `row_of` each person's tuple (rows,).

    Each attribute's code takes `fields[a]` (a mask of ones) at bit `shifts[a]` of a key.
    """

    names: tuple[str, ...]
    trees: tuple[Hierarchy, ...]
    keys: Ints
    counts: Ints
    row_of: Codes
    shifts: Ints
    fields: Ints

    @classmethod
    def of(cls, data: Dataset, population: Dataset | None = None) -> Tuples:
        """Raises BadInput without quasi-identifiers, NotApplicable where a tuple does not fit 62 bits.

        With a population, tuples that only its people have are there as well, with a count of 0.
        """
        if not data.quasi_identifiers:
            raise BadInput("no column is a quasi-identifier: give at least one that role, or name them with --qi.")
        if not len(data):
            raise BadInput(f"{data.name!r} has no rows.")
        trees = tuple(data.hierarchies.values())
        bits = [max(1, (len(tree.leaves) - 1).bit_length()) for tree in trees]
        if sum(bits) > MOST_BITS:
            raise NotApplicable(
                f"{len(trees)} quasi-identifiers with {' x '.join(str(len(tree.leaves)) for tree in trees)} values "
                f"need {sum(bits)} bits and {MOST_BITS} are there: leave out one, or give coarser values."
            )
        shifts = np.array([sum(bits[:position]) for position in range(len(bits))], dtype=np.int64)
        fields = np.array([(1 << width) - 1 for width in bits], dtype=np.int64)
        packed = _packed(data.leaves.values(), shifts, len(data))
        names = tuple(data.quasi_identifiers)
        ones = np.ones(len(data), dtype=np.int64)
        if population is not None:
            codes = (population.leaf_codes(name, tree) for name, tree in zip(names, trees, strict=True))
            others = _packed(codes, shifts, len(population))
            packed, ones = np.append(packed, others), np.append(ones, np.zeros(len(others), dtype=np.int64))
        keys, counts, row_of = kernels.group(packed, ones)
        return cls(names, trees, keys, counts, row_of[: len(data)], shifts, fields)

    def pack(self, data: Dataset) -> Ints:
        """The packed tuple of each person of another table with these quasi-identifiers, shape (rows,)."""
        codes = (data.leaf_codes(name, tree) for name, tree in zip(self.names, self.trees, strict=True))
        return _packed(codes, self.shifts, len(data))

    def raised(self, levels: Mapping[str, int]) -> Ints:
        """The packed key of every distinct tuple at these levels."""
        packed = np.zeros(len(self.keys), dtype=np.int64)
        for name, tree, codes, shift in zip(self.names, self.trees, self.codes, self.shifts, strict=True):
            packed |= tree.codes[levels[name]][codes].astype(np.int64) << shift
        return packed

    @cached_property
    def codes(self) -> tuple[Codes, ...]:
        """Leaf code of every distinct tuple, per attribute."""
        return tuple(
            ((self.keys >> shift) & field).astype(np.int32)
            for shift, field in zip(self.shifts, self.fields, strict=True)
        )

    def classes(self, levels: Mapping[str, int]) -> tuple[Ints, Codes]:
        """(people in each equivalence class at these levels, the class of each distinct tuple)."""
        _, sizes, class_of = kernels.group(self.raised(levels), self.counts)
        return sizes, class_of


def _packed(columns: Iterable[Codes], shifts: Ints, rows: int) -> Ints:
    packed = np.zeros(rows, dtype=np.int64)
    for codes, shift in zip(columns, shifts, strict=True):
        packed |= codes.astype(np.int64) << shift
    return packed
