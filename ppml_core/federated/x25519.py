"""Key agreement on Curve25519 in plain integers: two who exchange public keys share a secret. RFC 7748, section 5.

Not in constant time: it shows the protocol in one process, where nobody measures. Deployments use a library's.
"""

from __future__ import annotations

PRIME = 2**255 - 19
BASE = (9).to_bytes(32, "little")


def agree(private: bytes, public: bytes = BASE) -> bytes:
    """The shared secret of a private key (32 bytes) and another's public key; with the base point, a public key.

    >>> alice, bob = bytes(range(32)), bytes(range(1, 33))
    >>> agree(alice, agree(bob)) == agree(bob, agree(alice))
    True
    """
    k = (int.from_bytes(private, "little") & ~7 & (2**255 - 1)) | 2**254
    u = int.from_bytes(public, "little") & (2**255 - 1)
    x2, z2, x3, z3, swapped = 1, 0, u, 1, 0
    for t in range(254, -1, -1):
        bit = (k >> t) & 1
        if bit != swapped:
            x2, x3, z2, z3, swapped = x3, x2, z3, z2, bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a % PRIME, b * b % PRIME, d * a % PRIME, c * b % PRIME
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % PRIME, u * (da - cb) ** 2 % PRIME
        x2, z2 = aa * bb % PRIME, e * (aa + 121665 * e) % PRIME
    if swapped:
        x2, z2 = x3, z3
    return (x2 * pow(z2, PRIME - 2, PRIME) % PRIME).to_bytes(32, "little")
