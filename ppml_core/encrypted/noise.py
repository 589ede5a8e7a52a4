"""Errors that CKKS brings, and the noise that hides them where a decrypted value is seen by someone else.

In: ring, scale, and what is computed. Out: standard deviations in units of the values in the slots. A ciphertext's
error tells of the key and of what was multiplied in; whoever publishes a decrypted value, or answers the key holder
from weights that he should not see, adds Gaussian noise that is wider by 2^(bits/2).
"""

from __future__ import annotations

import math
import os

import numpy as np
import numpy.typing as npt

ERROR_DEVIATION = 3.2
DOUBLE_ERROR = 2.0**-48
STATISTICAL_BITS = 30


def fresh_error(ring_degree: int, scale: float) -> float:
    """Error of an encrypted number: of the lattice noise under the symmetric key, and of arithmetic in doubles.

    Coefficients of the noise are independent; a slot is a sum of all of them (Cheon et al. 2017, section 3).
    """
    return ERROR_DEVIATION * math.sqrt(ring_degree) / scale + DOUBLE_ERROR


def rescaling_error(ring_degree: int, scale: float) -> float:
    """Error of rounding both halves of a ciphertext when it is divided by a prime (Cheon et al. 2017, Lemma 2)."""
    return math.sqrt(ring_degree * (ring_degree / 18 + 1 / 12)) / scale


def flooding_deviation(error: float, slots: int, answers: int, bits: int = STATISTICAL_BITS) -> float:
    """Deviation of the noise on every slot that hides an error of that size: 8·sqrt(answers)·2^(bits/2)·‖error‖₂.

    `error` bounds one slot; the norm is that over all slots of a ciphertext. Gives `bits` bits of security against
    IND-CPA-D (Li, Micciancio 2021) over so many answers: a divergence of 2^-(bits + 7) shared among them, by the
    Gaussian mechanism (Li, Micciancio, Schultz, Sorrell 2022).

    >>> flooding_deviation(1.0, slots=1, answers=1, bits=30) == 8 * 2**15
    True
    """
    return 8.0 * math.sqrt(answers * 2.0**bits * slots) * error


def standard_normal(shape: tuple[int, ...], rng: np.random.Generator | None) -> npt.NDArray[np.float64]:
    """Standard Gaussian noise; without a generator from the operating system's random bytes (Box, Muller 1958)."""
    if rng is not None:
        return rng.standard_normal(shape)
    count = math.prod(shape)
    words = np.frombuffer(os.urandom(16 * count), dtype=np.uint64).reshape(2, count) >> np.uint64(11)
    radius, angle = (words.astype(np.float64) + 1) * 2.0**-53
    return np.asarray(np.sqrt(-2 * np.log(radius)) * np.cos(2 * math.pi * angle)).reshape(shape)


def complex_noise(deviation: float, slots: int, rng: np.random.Generator | None) -> npt.NDArray[np.complex128]:
    """Independent Gaussian noise in the real and imaginary part of each slot: the same as in every coefficient."""
    parts = standard_normal((slots, 2), rng)
    return np.asarray(deviation * (parts[:, 0] + 1j * parts[:, 1]), dtype=np.complex128)
