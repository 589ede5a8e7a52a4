"""The CKKS scheme as two roles: `Ring` computes on ciphertexts with public keys, `KeyHolder` encrypts and decrypts.

In: parameters, numbers, and keys as bytes. Out: ciphertexts as bytes or objects of TenSEAL's binding of SEAL. There is
no way from a `Ring` to a secret key. A `KeyHolder` hands its own on only where several clients share it.
"""

from __future__ import annotations

import importlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ppml_core.encrypted.parameters import Parameters
from ppml_core.errors import BadInput, NotApplicable

Array = npt.NDArray[np.float64]
IN_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK | os.X_OK) else None
SMALL_OR_SECRET = ("Ciphertext", "SecretKey")
EXTRA = "computing on ciphertexts needs TenSEAL, which is not installed: pip install 'ppml-explorer[encrypted]'."


def library() -> Any:
    """TenSEAL's binding of SEAL. Raises NotApplicable where the extra is not installed."""
    try:
        return importlib.import_module("tenseal.sealapi")
    except ImportError as fault:
        raise NotApplicable(EXTRA) from fault


class Ring:
    """What anybody may have: the ring, its encoder and evaluator, and public keys once they were received."""

    def __init__(self, parameters: Parameters) -> None:
        seal = library()
        plain = seal.EncryptionParameters(seal.SCHEME_TYPE.CKKS)
        plain.set_poly_modulus_degree(parameters.ring_degree)
        plain.set_coeff_modulus(seal.CoeffModulus.Create(parameters.ring_degree, list(parameters.prime_bits)))
        level = getattr(seal.SEC_LEVEL_TYPE, f"TC{parameters.security_bits}")
        self.seal, self.parameters = seal, parameters
        self.context = seal.SEALContext(plain, True, level)
        if not self.context.parameters_set():
            raise BadInput(f"SEAL refuses the parameters: {self.context.parameters_error_message()}.")
        self.encoder = seal.CKKSEncoder(self.context)
        self.evaluator = seal.Evaluator(self.context)
        self.primes = [prime.value() for prime in plain.coeff_modulus()][:-1]

    @property
    def scale(self) -> float:
        return float(2.0**self.parameters.scale_bits)

    def encoded(self, values: Any, scale: float, like: Any = None) -> Any:
        """A plaintext of one number for all slots, or of one number a slot; on the level of the ciphertext `like`."""
        plain = self.seal.Plaintext()
        given = values.tolist() if isinstance(values, np.ndarray) else values
        level = () if like is None else (like.parms_id(),)
        self.encoder.encode(given, *level, scale, plain)
        return plain

    def decoded(self, plain: Any) -> Array:
        return np.array(self.encoder.decode_double(plain))

    def read(self, kind: str, blob: bytes) -> Any:
        """An object of that class of SEAL from bytes. Raises BadInput where they are none, or of another ring."""
        thing = getattr(self.seal, kind)()
        with _Scratch(IN_MEMORY if kind in SMALL_OR_SECRET else None) as path:
            path.write_bytes(blob)
            try:
                thing.load(self.context, str(path))
            except (RuntimeError, ValueError) as fault:
                raise BadInput(f"what arrived is no {kind} of this ring: {fault}.") from fault
        return thing

    def times(self, ciphertext: Any, constant: float, scale: float) -> Any:
        """The ciphertext times one number, not rescaled; None where the number is 0 in units of the scale."""
        if abs(constant * scale) < 1:
            return None
        product = self.seal.Ciphertext()
        self.evaluator.multiply_plain(ciphertext, self.encoded(float(constant), scale, ciphertext), product)
        return product


class KeyHolder:
    """The one party that can read, or one of several that share a key: `secret_key` is then what another made.

    Keys and the randomness of encryption come from the operating system.
    """

    def __init__(self, parameters: Parameters, secret_key: bytes | None = None) -> None:
        self.ring = Ring(parameters)
        seal, context = self.ring.seal, self.ring.context
        known = () if secret_key is None else (self.ring.read("SecretKey", secret_key),)
        self._generator = seal.KeyGenerator(context, *known)
        secret = self._generator.secret_key()
        self._encryptor = seal.Encryptor(context, secret)
        self._decryptor = seal.Decryptor(context, secret)

    def secret_key(self) -> bytes:
        """For another holder of the same key; it is in a file for a moment, in memory where there is such a folder."""
        return written(self._generator.secret_key())

    def public_key(self) -> bytes:
        key = self.ring.seal.PublicKey()
        self._generator.create_public_key(key)
        return written(key, folder=None)

    def relinearization_keys(self) -> bytes:
        keys = self.ring.seal.RelinKeys()
        self._generator.create_relin_keys(keys)
        return written(keys, folder=None)

    def rotation_keys(self, steps: Sequence[int]) -> bytes:
        keys = self.ring.seal.GaloisKeys()
        self._generator.create_galois_keys(list(steps), keys)
        return written(keys, folder=None)

    def encrypt(self, values: Array, scale: float | None = None) -> bytes:
        """A fresh ciphertext, half of it as the seed that it grows from. At most as many numbers as there are slots."""
        plain = self.ring.encoded(np.asarray(values, dtype=np.float64), self.ring.scale if scale is None else scale)
        return written(self._encryptor.encrypt_symmetric(plain))

    def decrypt(self, ciphertext: Any) -> Array:
        plain = self.ring.seal.Plaintext()
        self._decryptor.decrypt(ciphertext, plain)
        return self.ring.decoded(plain)


def written(thing: Any, folder: str | None = IN_MEMORY) -> bytes:
    """A ciphertext or public key as bytes; keys are too large for the memory that a container may give to files."""
    with _Scratch(folder) as path:
        thing.save(str(path))
        return path.read_bytes()


class _Scratch:
    """A file for a moment: the binding reads and writes files only."""

    def __init__(self, folder: str | None) -> None:
        self.folder = folder

    def __enter__(self) -> Path:
        handle, name = tempfile.mkstemp(prefix="ppml.", dir=self.folder)
        os.close(handle)
        self.path = Path(name)
        return self.path

    def __exit__(self, *_: object) -> None:
        self.path.unlink(missing_ok=True)
