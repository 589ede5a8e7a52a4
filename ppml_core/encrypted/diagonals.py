"""Products of an encrypted table with an encrypted vector, both ways, from one set of ciphertexts.

In: a table of up to `slots` rows and `width` columns, a power of two. Out: its generalized diagonals, each a
ciphertext, and the two products `forward` (a number a row) and `backward` (a number a column, repeated over the slots).

Diagonal i holds at slot s the entry (s, s + i mod width). It is kept turned back by whole giant steps, so that either
product needs about two square roots of `width` rotations, each by one of the same few amounts. Halevi, Shoup 2014
(Algorithms in HElib), with encrypted diagonals and Horner's rule over the steps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ppml_core.encrypted.ckks import Ring

Array = npt.NDArray[np.float64]


def padded_width(columns: int) -> int:
    """The next power of two.

    >>> padded_width(107)
    128
    """
    return int(2 ** math.ceil(math.log2(max(columns, 2))))


def baby_steps(width: int) -> int:
    """How many rotations by one; `width` over it is the number of giant steps."""
    return int(2 ** math.ceil(math.log2(width) / 2))


def rotation_steps(width: int, slots: int) -> list[int]:
    """Every rotation that the two products need a key for."""
    baby = baby_steps(width)
    doublings = [width << k for k in range(int(math.log2(slots // width)))]
    return sorted({1, baby, -1, -baby, *doublings})


def diagonals(table: Array, width: int, slots: int) -> list[Array]:
    """`width` vectors of `slots` numbers; rows and columns beyond the table are 0."""
    filled = np.zeros((slots, width))
    filled[: table.shape[0], : table.shape[1]] = table
    baby, s = baby_steps(width), np.arange(slots)
    found = []
    for i in range(width):
        turned = i - i % baby
        found.append(filled[(s - turned) % slots, (s + i % baby) % width])
    return found


class Table:
    """The encrypted diagonals of one batch of rows, on each level on which they are multiplied."""

    def __init__(self, ring: Ring, ciphertexts: Sequence[Any], relinearization: Any, rotation: Any) -> None:
        self.ring, self.keys, self.turns = ring, relinearization, rotation
        self.width, self.baby = len(ciphertexts), baby_steps(len(ciphertexts))
        self.levels = {ciphertexts[0].coeff_modulus_size(): ciphertexts}

    def forward(self, vector: Any) -> Any:
        """The product with a vector that is repeated over the slots; not rescaled."""
        cells, vectors = self._cells(vector), self._turned(vector, 1, self.baby)
        giants = range(0, self.width, self.baby)
        return self._horner([self._dot(cells[g : g + self.baby], vectors) for g in giants], self.baby)

    def backward(self, residual: Any) -> Any:
        """The product of the turned-over table with a number a row; not rescaled."""
        ring, cells = self.ring, self._cells(residual)
        residuals = self._turned(residual, -self.baby, self.width // self.baby)
        total = self._horner([self._dot(cells[b :: self.baby], residuals) for b in range(self.baby)], -1)
        step = self.width
        while step < ring.parameters.slots:
            turned = ring.seal.Ciphertext()
            ring.evaluator.rotate_vector(total, step, self.turns, turned)
            ring.evaluator.add_inplace(total, turned)
            step *= 2
        return total

    def _turned(self, vector: Any, step: int, how_many: int) -> list[Any]:
        found = [vector]
        for _ in range(how_many - 1):
            turned = self.ring.seal.Ciphertext()
            self.ring.evaluator.rotate_vector(found[-1], step, self.turns, turned)
            found.append(turned)
        return found

    def _dot(self, lefts: Sequence[Any], rights: Sequence[Any]) -> Any:
        """Sum of products, brought back to two halves once."""
        evaluator, total = self.ring.evaluator, None
        for left, right in zip(lefts, rights, strict=True):
            product = self.ring.seal.Ciphertext()
            evaluator.multiply(left, right, product)
            if total is None:
                total = product
            else:
                evaluator.add_inplace(total, product)
        evaluator.relinearize_inplace(total, self.keys)
        return total

    def _horner(self, sums: Sequence[Any], step: int) -> Any:
        total = sums[-1]
        for share in reversed(sums[:-1]):
            self.ring.evaluator.rotate_vector_inplace(total, step, self.turns)
            self.ring.evaluator.add_inplace(total, share)
        return total

    def _cells(self, like: Any) -> Sequence[Any]:
        """The diagonals on the level of another ciphertext, kept for the next time."""
        level = like.coeff_modulus_size()
        if level not in self.levels:
            lowered = [self.ring.seal.Ciphertext() for _ in range(self.width)]
            for diagonal, target in zip(self.levels[max(self.levels)], lowered, strict=True):
                self.ring.evaluator.mod_switch_to(diagonal, like.parms_id(), target)
            self.levels[level] = lowered
        return self.levels[level]
