"""CKKS parameters from a security level, the depth of the computation and the precision that is wanted.

In: how often a product is rescaled and how many bits values and the last result need. Out: `Parameters`, the smallest
ring in which that many bits of modulus reach the level.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ppml_core.errors import BadInput, NotApplicable

MOST_MODULUS_BITS = {
    128: {1024: 27, 2048: 54, 4096: 109, 8192: 218, 16384: 438, 32768: 881},
    192: {1024: 19, 2048: 37, 4096: 75, 8192: 152, 16384: 305, 32768: 611},
    256: {1024: 14, 2048: 29, 4096: 58, 8192: 118, 16384: 237, 32768: 476},
}
MOST_PRIME_BITS = 60
UNUSED_PRIME_BITS = 20


@dataclass(frozen=True)
class Parameters:
    """A ring and its modulus. `prime_bits` ends with the keys' prime; `scale_bits` is that of fresh values.

    The modulus counts whole, with the keys' prime, against the table of the Homomorphic Encryption Standard (Albrecht
    et al. 2018, Table 1: ternary secret, classical attacks). Raises BadInput where it is beyond that.

    >>> Parameters(8192, (49, 49, 49), scale_bits=58).limit_bits
    218
    """

    ring_degree: int
    prime_bits: tuple[int, ...]
    scale_bits: int
    security_bits: int = 128

    def __post_init__(self) -> None:
        if self.security_bits not in MOST_MODULUS_BITS:
            offered = ", ".join(map(str, MOST_MODULUS_BITS))
            raise BadInput(f"security_bits must be one of {offered}, not {self.security_bits}.")
        if self.ring_degree not in MOST_MODULUS_BITS[self.security_bits]:
            raise BadInput(f"ring_degree must be a power of two from 1024 to 32768, not {self.ring_degree}.")
        if self.modulus_bits > self.limit_bits:
            raise BadInput(
                f"a modulus of {self.modulus_bits} bits does not reach {self.security_bits} bits of security in a "
                f"ring of degree {self.ring_degree:,}: at most {self.limit_bits}."
            )

    @property
    def slots(self) -> int:
        """Numbers that one ciphertext holds."""
        return self.ring_degree // 2

    @property
    def modulus_bits(self) -> int:
        return sum(self.prime_bits)

    @property
    def limit_bits(self) -> int:
        """Most bits of modulus for this ring and level."""
        return MOST_MODULUS_BITS[self.security_bits][self.ring_degree]

    def values(self) -> dict[str, Any]:
        """The parameters as plain values, for the wire and for a person."""
        return {
            "scheme": "CKKS", "ring_degree": self.ring_degree, "slots": self.slots, "prime_bits": list(self.prime_bits),
            "modulus_bits": self.modulus_bits, "limit_bits": self.limit_bits, "scale_bits": self.scale_bits,
            "security_bits": self.security_bits,
        }  # fmt: skip

    @classmethod
    def from_values(cls, values: dict[str, Any]) -> Parameters:
        bits = tuple(values["prime_bits"])
        return cls(values["ring_degree"], bits, values["scale_bits"], values["security_bits"])


def chosen(
    rescalings: int, scale_bits: int, last_bits: int, security_bits: int = 128, *, switches_keys: bool = True
) -> Parameters:
    """The smallest ring for that many rescalings by `scale_bits` and a result that needs `last_bits` of modulus.

    The keys' prime is as large as the largest other where ciphertexts are rotated or multiplied; sums alone switch no
    key, and need it only as a part of the modulus. Raises NotApplicable where even the largest ring of the table has
    too few bits.

    >>> chosen(rescalings=0, scale_bits=58, last_bits=83, switches_keys=False).ring_degree
    4096
    >>> chosen(rescalings=4, scale_bits=50, last_bits=60).ring_degree
    16384
    """
    last = _split(last_bits)
    levels = [scale_bits] * rescalings
    bits = (*last, *levels, max([*last, *levels]) if switches_keys else UNUSED_PRIME_BITS)
    for degree, limit in MOST_MODULUS_BITS.get(security_bits, {}).items():
        if sum(bits) <= limit:
            return Parameters(degree, bits, scale_bits, security_bits)
    if security_bits not in MOST_MODULUS_BITS:
        return Parameters(8192, bits, scale_bits, security_bits)
    raise NotApplicable(
        f"{sum(bits)} bits of modulus do not reach {security_bits} bits of security in any ring up to 32,768: "
        f"ask for less depth or precision."
    )


def training_parameters(security_bits: int = 128) -> Parameters:
    """For one step of gradient descent: four levels, of 50 bits each, and weights below 2^8 at the end."""
    return chosen(rescalings=4, scale_bits=50, last_bits=60, security_bits=security_bits)


def _split(bits: int) -> list[int]:
    """Primes of about equal size that have so many bits together."""
    parts = -(-bits // MOST_PRIME_BITS)
    return [bits // parts + (i < bits % parts) for i in range(parts)]
