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
from ppml_core.encrypted.models import Array, Linear, Model, Squares
from ppml_core.encrypted.noise import complex_noise, flooding_deviation, fresh_error, rescaling_error
from ppml_core.encrypted.parameters import Parameters, chosen
from ppml_core.errors import BadInput

LINEAR_SCALE_BITS = 58
WEIGHT_BITS = 30
NETWORK_SCALE_BITS = 58
MAGNITUDE_BITS = 10
NETWORK_MAGNITUDE_BITS = 14


def parameters_for(model: Model, security_bits: int = 128) -> Parameters:
    """What the model's depth and the precision ask for: no rescaling for sums, two with a square.

    Raises BadInput where a logit of the model could be beyond what the modulus holds.
    """
    magnitude = MAGNITUDE_BITS if isinstance(model, Linear) else NETWORK_MAGNITUDE_BITS
    if not model.largest_logit < 2 ** (magnitude - 1):
        raise BadInput(
            f"a logit of this model may reach {model.largest_logit:.3g}; ciphertexts hold up to "
            f"{2 ** (magnitude - 1):,}: train it with a stronger penalty."
        )
    if isinstance(model, Linear):
        return chosen(0, LINEAR_SCALE_BITS, LINEAR_SCALE_BITS + WEIGHT_BITS + magnitude, security_bits)
    return chosen(2, NETWORK_SCALE_BITS, 2 * NETWORK_SCALE_BITS + magnitude, security_bits)


class Block:
    """The model on one block of rows, column by column, so that sending and computing overlap."""

    def __init__(self, ring: Ring, model: Model, public: Any, relinearization: Any = None) -> None:
        self.ring, self.model, self.relinearization = ring, model, relinearization
        self.encryptor = ring.seal.Encryptor(ring.context, public)
        self.inner = model.weights if isinstance(model, Linear) else model.first
        self.sums: list[Any] = [None] * self.inner.shape[1]
        self.inner_scale = 2.0**WEIGHT_BITS if isinstance(model, Linear) else float(ring.primes[-1])

    def add(self, column: int, ciphertext: Any) -> None:
        """Adds the column's share to every sum."""
        for unit, weight in enumerate(self.inner[column]):
            self.sums[unit] = self._plus(self.sums[unit], self.ring.times(ciphertext, weight, self.inner_scale))

    def answers(self, total: int, rng: np.random.Generator | None) -> list[Any]:
        """One ciphertext per logit; `total` is how many the key holder gets altogether."""
        scale = self.ring.scale * self.inner_scale
        if isinstance(self.model, Linear):
            found = [self._shifted(s, b, scale) for s, b in zip(self.sums, self.model.bias, strict=True)]
        else:
            found = self._second_layer(self.model, scale)
        deviation = flooding_deviation(self.error(), self.ring.parameters.slots, total)
        for answer in found:
            noise = complex_noise(deviation, self.ring.parameters.slots, rng)
            self.ring.evaluator.add_plain_inplace(answer, self.ring.encoded(noise, answer.scale, answer))
            self.ring.evaluator.add_inplace(answer, self._zero(answer.scale, answer))
        return found

    def error(self) -> float:
        """A bound on a slot's error that tells of the weights."""
        degree, scale = self.ring.parameters.ring_degree, self.ring.scale
        first = fresh_error(degree, scale) * np.abs(self.inner).sum(axis=0)
        if isinstance(self.model, Linear):
            return float(first.max())
        rounding = rescaling_error(degree, scale)
        hidden = 2 * self.model.largest_hidden * (first + rounding) + 2 * rounding
        return float((hidden @ np.abs(self.model.out)).max())

    def _second_layer(self, model: Squares, scale: float) -> list[Any]:
        evaluator, squares = self.ring.evaluator, []
        for total, bias in zip(self.sums, model.first_bias, strict=True):
            unit = self._shifted(total, bias, scale)
            evaluator.rescale_to_next_inplace(unit)
            evaluator.square_inplace(unit)
            evaluator.relinearize_inplace(unit, self.relinearization)
            evaluator.rescale_to_next_inplace(unit)
            squares.append(unit)
        found = []
        for weights, bias in zip(model.out.T, model.bias, strict=True):
            total = None
            for square, weight in zip(squares, weights, strict=True):
                total = self._plus(total, self.ring.times(square, weight, self.ring.scale))
            found.append(self._shifted(total, bias, squares[0].scale * self.ring.scale, squares[0]))
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
