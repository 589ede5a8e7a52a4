"""Sums of federated updates that the server cannot read: clients encrypt under one key pair, the server adds.

In: an array from each client. Out: their sum, decrypted by the clients. Only bytes pass between the two roles, and the
server's has no secret key; but all clients hold the same one, so whoever joins them and the server opens every update
(see `threats`). `EncryptedSums` has both roles in one process; in `summing` each is a process of its own.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ppml_core.encrypted.ckks import KeyHolder, Ring, written
from ppml_core.encrypted.messages import filled
from ppml_core.encrypted.noise import flooding_deviation, fresh_error, standard_normal
from ppml_core.encrypted.parameters import Parameters, chosen
from ppml_core.errors import BadInput

Array = npt.NDArray[np.float64]

SCALE_BITS = 58
FEWEST = 3
GRID_BITS = 32


@dataclass(frozen=True, eq=False)
class Total:
    """The sum, and what it took: seconds of one client and of the server, bytes up (all clients) and down (one copy).

    Bytes are filled up to whole units, as messages are. `deviation` is that of the noise which floods a sum that goes
    back, 0 where it stays with the clients.
    """

    value: Array
    bytes_up: int
    bytes_down: int
    client_seconds: float
    server_seconds: float
    deviation: float


@dataclass
class EncryptedSums:
    """Round after round of sums over up to `clients` arrays whose numbers are within ±`most`.

    `secret` is the key that another client made. Raises BadInput for a number beyond that, for what is no number, for
    arrays of unlike shapes, and for fewer than three clients, since a sum of two tells each the other's.

    >>> sums = EncryptedSums(clients=3, most=4.0)
    >>> sums.add([np.float64(0.25), np.float64(-1.0), np.float64(2.0)]).value.item()
    1.25
    """

    clients: int
    most: float
    security_bits: int = 128
    secret: bytes | None = field(default=None, repr=False)
    parameters: Parameters = field(init=False)

    def __post_init__(self) -> None:
        require_enough(self.clients)
        if not (self.most > 0 and math.isfinite(self.most)):
            raise BadInput(f"most must be a number above 0, not {self.most}.")
        magnitude = max(0, math.ceil(math.log2(self.clients * self.most))) + 2
        self.parameters = chosen(
            0, SCALE_BITS, SCALE_BITS + magnitude, self.security_bits, switches_keys=False
        )  # fmt: skip
        self._holder = KeyHolder(self.parameters, self.secret)
        self._adder = Ring(self.parameters)

    def add(
        self, updates: Sequence[npt.ArrayLike], *, returned: bool = False, rounds: int = 1,
        rng: np.random.Generator | None = None,
    ) -> Total:  # fmt: skip
        """The sum of one round. With `returned` it is meant to go back to the server and is flooded with noise first.

        `rounds` is how many such sums the server gets altogether. `rng` draws that noise again, for experiments;
        without one it comes from the operating system. Sums are rounded to 2^-32 of the largest there may be, so that
        runs agree but for a number on the edge.
        """
        arrays = self._checked(updates)
        start = time.perf_counter()
        sent = [self.encrypted(array) for array in arrays]
        client_seconds = (time.perf_counter() - start) / len(arrays)
        start = time.perf_counter()
        summed = summed_blobs(self._adder, sent)
        server_seconds = time.perf_counter() - start
        value = self._decrypted(summed, arrays[0].size).reshape(arrays[0].shape)
        deviation = self._deviation(len(arrays), rounds * len(summed)) if returned else 0.0
        if returned:
            value = value + deviation * standard_normal(value.shape, rng)
        up = sum(filled(len(blob)) for blobs in sent for blob in blobs)
        down = sum(filled(len(blob)) for blob in summed)
        return Total(self._rounded(value), up, down, client_seconds, server_seconds, deviation)

    def _checked(self, updates: Sequence[npt.ArrayLike]) -> list[Array]:
        arrays = [np.asarray(update, dtype=np.float64) for update in updates]
        if not FEWEST <= len(arrays) <= self.clients:
            raise BadInput(f"a sum is over {FEWEST} to {self.clients} updates, not {len(arrays)}.")
        for place, array in enumerate(arrays):
            if array.shape != arrays[0].shape or not array.size:
                raise BadInput(f"update {place} has the shape {array.shape}, the first {arrays[0].shape}.")
        return arrays

    def secret_key(self) -> bytes:
        """What the clients share, for another client and nobody else."""
        return self._holder.secret_key()

    def encrypted(self, update: Array) -> list[bytes]:
        """One client's ciphertexts."""
        require_within(update, self.most)
        values, slots = update.ravel(), self.parameters.slots
        return [self._holder.encrypt(values[first : first + slots]) for first in range(0, len(values), slots)]

    def opened(self, summed: Sequence[bytes], size: int) -> Array:
        """The sum behind the server's ciphertexts, `size` numbers of it, for the clients alone."""
        return self._rounded(self._decrypted(summed, size))

    def _decrypted(self, summed: Sequence[bytes], size: int) -> Array:
        found = [self._holder.decrypt(self._holder.ring.read("Ciphertext", blob)) for blob in summed]
        return np.concatenate(found)[:size]

    def _rounded(self, value: Array) -> Array:
        step = 2.0 ** (math.ceil(math.log2(self.clients * self.most)) - GRID_BITS)
        return np.round(value / step) * step

    def _deviation(self, clients: int, answers: int) -> float:
        largest = max(1.0, self.most)
        error = clients * largest * fresh_error(self.parameters.ring_degree, self._holder.ring.scale)
        return flooding_deviation(error, self.parameters.slots, answers)


def require_within(update: Array, most: float) -> None:
    """Raises BadInput for a number that ciphertexts are not made for, and for what is no number."""
    largest = float(np.abs(update).max())
    if not largest <= most:
        raise BadInput(f"an update holds {largest:.6g}; ciphertexts are made for up to {most:g}: raise most.")


def require_enough(updates: int) -> None:
    if updates < FEWEST:
        raise BadInput(f"a sum of {updates} updates tells too much: at least {FEWEST} clients.")


def summed_blobs(ring: Ring, sent: Sequence[Iterable[bytes]]) -> list[bytes]:
    """The server's whole part: ciphertexts of all clients added, chunk by chunk, with public parameters alone."""
    return [written(_sum_of(ring, chunk)) for chunk in zip(*sent, strict=True)]


def _sum_of(ring: Ring, blobs: Iterable[bytes]) -> Any:
    total = None
    for blob in blobs:
        ciphertext = ring.read("Ciphertext", blob)
        if total is None:
            total = ciphertext
        else:
            ring.evaluator.add_inplace(total, ciphertext)
    return total
