"""Masks from seeds, and how finely a masked sum is told: the arithmetic of SecAgg+ that we do not leave to Flower.

Flower 1.41 folds a seed of 256 bits into the 32 of a Mersenne twister, which can be searched; here the whole seed keys
ChaCha20. Its clipping cuts silently; here an update that it would cut is refused.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ppml_core.errors import BadInput

MODULUS_BITS = 32


def mask(seed: bytes, modulus: int, shapes: Sequence[tuple[int, ...]]) -> list[npt.NDArray[np.int64]]:
    """Uniform numbers below `modulus` (2³²) in those shapes, the same for the same seed of 32 bytes.

    >>> first, second = (mask(bytes(31) + bytes([last]), 2**32, [(3,)])[0] for last in (0, 1))
    >>> bool((first != second).all())
    True
    """
    if modulus != 2**MODULUS_BITS or len(seed) < 32:
        raise BadInput("masks are made modulo 2^32 from seeds of at least 256 bits.")
    sizes = [math.prod(shape) for shape in shapes]
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

    key = hashlib.sha256(seed).digest()
    stream = Cipher(algorithms.ChaCha20(key, bytes(16)), mode=None).encryptor().update(bytes(4 * sum(sizes)))
    numbers = np.frombuffer(stream, dtype="<u4").astype(np.int64)
    parts = np.split(numbers, np.cumsum(sizes)[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


def precision(clients: int) -> int:
    """Steps between the lowest and the highest number that a client may send, so that the sum does not wrap around.

    >>> precision(5) * 5 <= 2**31 < 2 * precision(5) * 8
    True
    """
    return int(2 ** (MODULUS_BITS - 1 - math.ceil(math.log2(clients))))


def check_cut(update: npt.NDArray[np.float64], rows: int, most_rows: float, largest: float) -> None:
    """Raises BadInput where a number, weighed by the rows, lies beyond what the plan allows for.

    >>> check_cut(np.array([0.5, -2.0]), 10, 10, 1.0)
    Traceback (most recent call last):
    ppml_core.errors.BadInput: an update of 2 would be cut to 1 by secure aggregation: lower the learning rate.
    """
    if rows > most_rows:
        raise BadInput(f"this node has {rows:,} rows, more than the {most_rows:,.0f} that the sum was set up for.")
    highest = float(np.abs(update).max(initial=0.0)) * rows / most_rows
    if not highest <= largest:
        raise BadInput(
            f"an update of {highest:.3g} would be cut to {largest:.3g} by secure aggregation: lower the learning rate."
        )
