"""A secret split so that any `threshold` of the shares give it back and fewer say nothing. Shamir 1979.

In: a secret of at most 64 bytes, random bytes. Out: points of a random polynomial over the field of 2^521 - 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

FIELD = 2**521 - 1


def split(secret: bytes, holders: Sequence[int], threshold: int, random: Callable[[int], bytes]) -> dict[int, int]:
    """Each holder's share; holders are numbered from 0. `random(n)` gives n random bytes.

    >>> shares = split(b"key", [0, 1, 2, 3], 3, lambda n: bytes(range(n)))
    >>> join({0: shares[0], 2: shares[2], 3: shares[3]}, 3)
    b'key'
    """
    coefficients = [
        int.from_bytes(secret, "big"),
        *(int.from_bytes(random(72), "big") % FIELD for _ in range(threshold - 1)),
    ]
    return {holder: _at(coefficients, holder + 1) for holder in holders}


def join(shares: Mapping[int, int], length: int) -> bytes:
    """The secret of that many bytes, from as many shares as the threshold was."""
    total = 0
    for holder, share in shares.items():
        above, below = 1, 1
        for other in shares:
            if other != holder:
                above = above * (other + 1) % FIELD
                below = below * (other - holder) % FIELD
        total = (total + share * above * pow(below, FIELD - 2, FIELD)) % FIELD
    return total.to_bytes(length, "big")


def _at(coefficients: Sequence[int], x: int) -> int:
    value = 0
    for coefficient in reversed(coefficients):
        value = (value * x + coefficient) % FIELD
    return value
