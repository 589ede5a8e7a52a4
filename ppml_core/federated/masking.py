"""Secure aggregation: the sum of vectors that nobody sees, of those clients who are still there at the end.

Bonawitz, Ivanov, Kreuter et al. 2017 (Figure 4), against a server that follows the protocol and looks at everything:
keys are exchanged (round 0), the secrets behind the masks are split into shares among the clients (1), masked vectors
are sent (2), and the survivors give the server shares (4): of a survivor's own mask, of a drop-out's private key, never
both of one client. Only then, and with at least `threshold` survivors, is there a sum; else nothing is learned.

What is simulated: all parties run in one process, their secrets grow from a seed, and the channels between clients,
which carry the shares past the server, are taken to be private. Key agreement is X25519, masks are SHAKE-256 streams.
With many clients each masks with some `NEIGHBOURS` others only (Bell et al. 2020), drawn anew every time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ppml_core.errors import NotApplicable
from ppml_core.federated.ring import Ring
from ppml_core.federated.shamir import join, split
from ppml_core.federated.x25519 import agree

NEIGHBOURS = 16
KEY_BYTES, SHARE_BYTES, NUMBER_BYTES = 32, 66, 8


@dataclass
class Masker:
    """One client's side: secrets, and the shares that it holds of its neighbours' secrets."""

    client: int
    private: bytes
    own_seed: bytes
    random: np.random.Generator
    keys: dict[int, bytes] = field(default_factory=dict)
    held: dict[int, tuple[int, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, client: int, rng: np.random.Generator) -> Masker:
        return cls(client, rng.bytes(KEY_BYTES), rng.bytes(KEY_BYTES), rng)

    def public(self) -> bytes:
        return agree(self.private)

    def secret(self, public: bytes) -> bytes:
        """What this client and the owner of that public key share."""
        return agree(self.private, public)

    def shares(self, threshold: int) -> dict[int, tuple[int, int]]:
        """For each neighbour a share of the private key and one of the seed of the own mask."""
        both = [
            split(secret, list(self.keys), threshold, self.random.bytes) for secret in (self.private, self.own_seed)
        ]
        return {other: (both[0][other], both[1][other]) for other in self.keys}

    def masked(self, vector: Ring) -> Ring:
        """The vector plus its own mask, and for each neighbour one that one of the two adds and the other takes off."""
        total = vector + stream(self.own_seed, len(vector))
        for other, key in self.keys.items():
            mask = stream(key, len(vector))
            total = total + mask if self.client < other else total - mask
        return total

    def reveal(self, survivors: set[int]) -> dict[int, int]:
        """Of each neighbour one share: of its own mask's seed where it survived, else of its private key."""
        return {other: self.held[other][1 if other in survivors else 0] for other in self.held}


@dataclass(frozen=True, eq=False)
class Opened:
    """The sum over `survivors`, what each of them sent, and the bytes of everything that was sent."""

    total: Ring
    survivors: tuple[int, ...]
    messages: dict[int, Ring]
    bytes: int


def neighbours(clients: Sequence[int], rng: np.random.Generator) -> dict[int, list[int]]:
    """Who masks with whom: everybody with everybody, or among many the nearest on a circle drawn by lot."""
    if len(clients) <= NEIGHBOURS + 1:
        return {one: [other for other in clients if other != one] for one in clients}
    circle = [clients[place] for place in rng.permutation(len(clients))]
    reach = [step for step in range(-NEIGHBOURS // 2, NEIGHBOURS // 2 + 1) if step]
    return {one: [circle[(at + step) % len(circle)] for step in reach] for at, one in enumerate(circle)}


def secure_sum(
    vectors: Mapping[int, Ring], answering: Sequence[int], threshold: int, rng: np.random.Generator
) -> Opened:
    """The sum of the vectors of those who answer; the others drop out after the shares were dealt.

    Raises NotApplicable with fewer than `threshold` survivors, or where too few neighbours of somebody survive: the
    server then has masked vectors only.
    """
    clients, survivors = sorted(vectors), sorted(answering)
    if len(survivors) < threshold:
        raise NotApplicable(
            f"{len(survivors)} of {len(clients)} clients answered, and a sum is opened of {threshold} at least: "
            f"nothing was learned."
        )
    near = neighbours(clients, rng)
    maskers = {client: Masker.of(client, rng) for client in clients}
    publics = {client: masker.public() for client, masker in maskers.items()}
    degree = len(near[clients[0]])
    needed = degree // 3 if degree + 1 < len(clients) else threshold - 1
    for client in clients:
        for other in near[client]:
            if client < other:  # both ends reach the same secret, so it is worked out once
                maskers[client].keys[other] = maskers[other].keys[client] = maskers[client].secret(publics[other])
    for client, masker in maskers.items():
        for other, share in masker.shares(needed).items():
            maskers[other].held[client] = share
    messages = {client: maskers[client].masked(vectors[client]) for client in survivors}
    revealed: dict[int, dict[int, int]] = {client: {} for client in clients}
    for client in survivors:
        for other, one in maskers[client].reveal(set(survivors)).items():
            revealed[other][client] = one
    total = _opened(clients, survivors, near, publics, messages, revealed, needed)
    sent = len(clients) * (KEY_BYTES + degree * (KEY_BYTES + 2 * SHARE_BYTES))
    sent += len(survivors) * (NUMBER_BYTES * len(total) + degree * SHARE_BYTES)
    return Opened(total, tuple(survivors), messages, sent)


def _opened(
    clients: Sequence[int], survivors: Sequence[int], near: Mapping[int, Sequence[int]], publics: Mapping[int, bytes],
    messages: Mapping[int, Ring], revealed: Mapping[int, Mapping[int, int]], needed: int,
) -> Ring:  # fmt: skip
    """The server's side: takes off the survivors' own masks, and those that the drop-outs left behind."""
    total: Ring = np.array(list(messages.values()), dtype=np.uint64).sum(axis=0, dtype=np.uint64)
    alive = set(survivors)
    for client in clients:
        left_behind = [other for other in near[client] if other in alive]
        if client not in alive and not left_behind:
            continue
        shares = dict(list(revealed[client].items())[:needed])
        if len(shares) < needed:
            raise NotApplicable(
                f"too few neighbours of client {client} survived to take its mask off: nothing was learned."
            )
        secret = join(shares, KEY_BYTES)
        if client in alive:
            total = total - stream(secret, len(total))
            continue
        for other in left_behind:
            mask = stream(agree(secret, publics[other]), len(total))
            total = total - mask if other < client else total + mask
    return total


def stream(key: bytes, numbers: int) -> Ring:
    """So many numbers of 64 bits that look random to who does not have the key (SHAKE-256)."""
    return np.frombuffer(hashlib.shake_256(key).digest(8 * numbers), dtype="<u8").astype(np.uint64)
