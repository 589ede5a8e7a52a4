"""Secret sharing in the small: a number is cut into shares that tell nothing alone, and shares can be computed with.

Everything happens modulo the prime `P`, so that a uniform share exists. Additive sharing needs every share back,
Shamir's any `threshold` + 1 of them. Sums cost nothing; a product costs one message from each party to each other.

Three colleagues learn the sum of their salaries and no more. Each cuts its salary into three shares, keeps one and
gives one to each other; each adds what it holds; the sum of the three sums is the sum of the salaries:

>>> rng = np.random.default_rng(1)
>>> salaries = [4100, 5300, 3900]
>>> shares = [additive_shares(salary, 3, rng) for salary in salaries]
>>> held = [[shares[owner][party] for owner in range(3)] for party in range(3)]
>>> additive_secret([sum(column) % P for column in held])
13300
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ppml_core.errors import BadInput

P = 2**31 - 1

Shares = Mapping[int, int]
"""Party (1, 2, ...) -> its share."""


def additive_shares(secret: int, parties: int, rng: np.random.Generator) -> list[int]:
    """Shares that add up to the secret modulo P; any parties - 1 of them are uniform and independent of it.

    >>> cut = additive_shares(42, 3, np.random.default_rng(1))
    >>> sum(cut) % P
    42
    """
    drawn = [int(share) for share in rng.integers(P, size=parties - 1)]
    return [*drawn, (secret - sum(drawn)) % P]


def additive_secret(shares: Sequence[int]) -> int:
    """The secret, from all shares; with one missing every secret is as likely as before.

    >>> additive_secret([7, P - 3])
    4
    """
    return sum(shares) % P


def shamir_shares(secret: int, parties: int, threshold: int, rng: np.random.Generator) -> dict[int, int]:
    """Party -> value at the party's number of a random polynomial of degree `threshold` that is `secret` at 0.

    Any `threshold` shares are uniform and independent of the secret; `threshold` + 1 give it. Shamir 1979.

    >>> cut = shamir_shares(42, 5, 2, np.random.default_rng(1))
    >>> [shamir_secret({party: cut[party] for party in who}, 2) for who in ((1, 2, 3), (2, 4, 5))]
    [42, 42]
    """
    if not 0 <= threshold < parties < P:
        raise BadInput(f"threshold must be at least 0 and less than the {parties} parties, not {threshold}.")
    coefficients = [secret % P, *(int(drawn) for drawn in rng.integers(P, size=threshold))]
    return {party: _value(coefficients, party) for party in range(1, parties + 1)}


def shamir_secret(shares: Shares, threshold: int) -> int:
    """The secret, by Lagrange interpolation at 0. Raises BadInput where the shares are too few to say anything.

    >>> shamir_secret({1: 8, 2: 10}, 1)
    6
    >>> shamir_secret({1: 8}, 1)
    Traceback (most recent call last):
    ...
    ppml_core.errors.BadInput: 1 share of a polynomial of degree 1 fits every secret: it takes 2.
    """
    if len(shares) <= threshold:
        count = f"{len(shares)} share" + ("" if len(shares) == 1 else "s")
        raise BadInput(f"{count} of a polynomial of degree {threshold} fits every secret: it takes {threshold + 1}.")
    used = dict(list(shares.items())[: threshold + 1])
    return sum(share * lagrange_at_zero(party, tuple(used)) for party, share in used.items()) % P


def shamir_secrets_that_fit(shares: Shares, threshold: int, candidates: Sequence[int]) -> list[int]:
    """Which candidates a curious party could not rule out from the shares it has seen.

    >>> shamir_secrets_that_fit({1: 8}, 1, [0, 6, 99])
    [0, 6, 99]
    >>> shamir_secrets_that_fit({1: 8, 2: 10}, 1, [0, 6, 99])
    [6]
    """
    if len(shares) <= threshold:
        return list(candidates)
    secret = shamir_secret(shares, threshold)
    return [candidate for candidate in candidates if candidate % P == secret]


def lagrange_at_zero(party: int, parties: Sequence[int]) -> int:
    """What a party's share counts for in the value at 0 of the polynomial through all `parties`.

    >>> [lagrange_at_zero(party, (1, 2, 3)) for party in (1, 2, 3)] == [3, P - 3, 1]
    True
    """
    top, bottom = 1, 1
    for other in parties:
        if other != party:
            top, bottom = top * -other % P, bottom * (party - other) % P
    return top * pow(bottom, -1, P) % P


def bgw_product(a: Shares, b: Shares, threshold: int, rng: np.random.Generator) -> dict[int, int]:
    """Shares of a·b of the same threshold: each party multiplies its two and shares the product anew.

    The products lie on a polynomial of degree 2·threshold, so 2·threshold + 1 parties are needed: an honest majority.
    Ben-Or, Goldwasser, Wigderson 1988, in the form of Gennaro, Rabin, Rabin 1998.

    >>> rng = np.random.default_rng(1)
    >>> product = bgw_product(shamir_shares(6, 3, 1, rng), shamir_shares(7, 3, 1, rng), 1, rng)
    >>> shamir_secret({1: product[1], 3: product[3]}, 1)
    42
    """
    parties = tuple(sorted(a))
    if len(parties) <= 2 * threshold:
        raise BadInput(f"a product at threshold {threshold} takes {2 * threshold + 1} parties, not {len(parties)}.")
    sent = {party: shamir_shares(a[party] * b[party] % P, len(parties), threshold, rng) for party in parties}
    weights = {party: lagrange_at_zero(party, parties) for party in parties}
    return {receiver: sum(weights[sender] * sent[sender][receiver] for sender in parties) % P for receiver in parties}


def beaver_product(
    a: Sequence[int], b: Sequence[int], triple: tuple[Sequence[int], Sequence[int], Sequence[int]]
) -> list[int]:
    """Additive shares of a·b from those of a random triple x·y = z that nobody knows; a - x and b - y are opened.

    What is opened is uniform, for x and y are. Whoever deals the triple must not be a party: it could undo the
    masks. Beaver 1991.

    >>> rng = np.random.default_rng(1)
    >>> triple = tuple(additive_shares(number, 3, rng) for number in (5, 9, 45))
    >>> additive_secret(beaver_product(additive_shares(6, 3, rng), additive_shares(7, 3, rng), triple))
    42
    """
    x, y, z = triple
    d = additive_secret([mine - mask for mine, mask in zip(a, x, strict=True)])
    e = additive_secret([mine - mask for mine, mask in zip(b, y, strict=True)])
    shares = [(own + d * right + e * left) % P for left, right, own in zip(x, y, z, strict=True)]
    return [(shares[0] + d * e) % P, *shares[1:]]


def _value(coefficients: Sequence[int], at: int) -> int:
    value = 0
    for coefficient in reversed(coefficients):
        value = (value * at + coefficient) % P
    return value
