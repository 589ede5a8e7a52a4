"""A model on encrypted columns, one row a slot: sums of products with plain weights, squares, noise that hides them.

In: `columns` as they arrive, each a ciphertext of one feature of up to `slots` rows. Out: one ciphertext per logit.

The key holder could solve an answer for the weights: its random half is a known combination of those that he sent, and
so is its noise. So an encryption of 0 under the public key is added, and Gaussian noise that floods what the weights
left behind (see `noise`), for the answers of one conversation; only the logits are told, and of d + 1 of them a linear
model follows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ppml_core.encrypted.ckks import Ring
from ppml_core.encrypted.models import WEIGHT_BITS, Array, Model
from ppml_core.encrypted.noise import complex_noise, flooding_deviation


class Block:
    """The model on one block of rows, column by column, so that sending and computing overlap."""

    def __init__(self, ring: Ring, model: Model, public: Any, relinearization: Any = None) -> None:
        self.ring, self.model, self.relinearization = ring, model, relinearization
        self.encryptor = ring.seal.Encryptor(ring.context, public)
        self.inner, self.inner_bias = model.inner
        self.sums: list[Any] = [None] * self.inner.shape[1]
        self.inner_scale = float(ring.primes[-1]) if model.multiplies else 2.0**WEIGHT_BITS

    def add(self, column: int, ciphertext: Any) -> None:
        """Adds the column's share to every sum."""
        for unit, weight in enumerate(self.inner[column]):
            self.sums[unit] = self._plus(self.sums[unit], self.ring.times(ciphertext, weight, self.inner_scale))

    def answers(self, total: int, rng: np.random.Generator | None) -> list[Any]:
        """One ciphertext per logit; `total` is how many the key holder gets altogether."""
        scale = self.ring.scale * self.inner_scale
        units = [self._shifted(s, b, scale) for s, b in zip(self.sums, self.inner_bias, strict=True)]
        found = units if self.model.outer is None else self._sums_of_squares(units, *self.model.outer)
        deviation = flooding_deviation(self.error(), self.ring.parameters.slots, total)
        for answer in found:
            noise = complex_noise(deviation, self.ring.parameters.slots, rng)
            self.ring.evaluator.add_plain_inplace(answer, self.ring.encoded(noise, answer.scale, answer))
            self.ring.evaluator.add_inplace(answer, self._zero(answer.scale, answer))
        return found

    def error(self) -> float:
        """A bound on a slot's error that tells of the weights."""
        return self.model.error(self.ring.parameters.ring_degree, self.ring.scale)

    def _sums_of_squares(self, units: list[Any], weights: Array, bias: Array) -> list[Any]:
        """Squares the units in place and adds them up, one sum for each output."""
        evaluator = self.ring.evaluator
        for unit in units:
            evaluator.rescale_to_next_inplace(unit)
            evaluator.square_inplace(unit)
            evaluator.relinearize_inplace(unit, self.relinearization)
            evaluator.rescale_to_next_inplace(unit)
        found = []
        for column, shift in zip(weights.T, bias, strict=True):
            total = None
            for square, weight in zip(units, column, strict=True):
                total = self._plus(total, self.ring.times(square, weight, self.ring.scale))
            found.append(self._shifted(total, shift, units[0].scale * self.ring.scale, units[0]))
        return found

    def _plus(self, total: Any, share: Any) -> Any:
        if total is None or share is None:
            return share if total is None else total
        self.ring.evaluator.add_inplace(total, share)
        return total

    def _shifted(self, total: Any, bias: float, scale: float, like: Any = None) -> Any:
        """The sum plus the bias; where no weight is above 0, an encryption of 0 plus the bias."""
        found = self._zero(scale, like) if total is None else total
        self.ring.evaluator.add_plain_inplace(found, self.ring.encoded(float(bias), found.scale, found))
        return found

    def _zero(self, scale: float, like: Any = None) -> Any:
        zero = self.ring.seal.Ciphertext()
        level = () if like is None else (like.parms_id(),)
        self.encryptor.encrypt_zero(*level, zero)
        zero.scale = scale
        return zero


def columns_of(X: Array, slots: int) -> list[Array]:
    """Blocks of at most `slots` rows, each with its columns along the first axis."""
    return [np.ascontiguousarray(X[first : first + slots].T) for first in range(0, len(X), slots)]
