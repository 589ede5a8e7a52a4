"""Sums on ciphertexts among real processes: clients that share a key, a server that has none, sockets between them.

In: round after round an array from each client, None from one that does not answer. Out: the sum, opened by the
clients. This process only starts them and hands each client its update; in earnest each would be started by its owner.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ppml_core.encrypted.aggregation import EncryptedSums, require_enough, require_within
from ppml_core.encrypted.messages import arrays_from_bytes, arrays_to_bytes
from ppml_core.encrypted.parties import Party, new_token

Array = npt.NDArray[np.float64]

SERVER, CLIENT = "ppml_core.encrypted.summing_server", "ppml_core.encrypted.summing_client"
MOST_PROCESSES = 8
INTRODUCED_WITHIN = 60.0  # seconds for a process to start and connect


@dataclass(frozen=True, eq=False)
class Opened:
    """The sum of a round, and the bytes of all rounds so far on the sockets between clients and server, both ways."""

    total: Array
    bytes: int


class Summing:
    """The processes of `clients` clients and of the server. Use as a context: leaving it ends them all.

    Above MOST_PROCESSES clients several live in one process, each with its own messages. Numbers and refusals are those
    of `EncryptedSums`. The key passes among clients without TLS, for all of it stays on loopback.
    """

    def __init__(self, clients: int, most: float, rounds: int, security_bits: int = 128) -> None:
        sums = EncryptedSums(clients, most, security_bits)
        self._hosted = [len(part) for part in np.array_split(np.arange(clients), min(clients, MOST_PROCESSES))]
        self._most = most
        self._facts: dict[str, Any] = {
            "clients": clients,
            "most": most,
            "security_bits": security_bits,
            "rounds": rounds,
        }
        self._parameters, self._stack = sums.parameters, ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.server = stack.enter_context(Party(SERVER))
            self.clients = [stack.enter_context(Party(CLIENT)) for _ in self._hosted]
            self._introduce()
            self._stack = stack.pop_all()
        return self

    def _introduce(self) -> None:
        token, key_token = new_token(), new_token()
        first, others = self.clients[0], self.clients[1:]
        self.server.tell(
            "start", token=token, parameters=self._parameters.values(), hosted=self._hosted,
            rounds=self._facts["rounds"], seconds=INTRODUCED_WITHIN,
        )  # fmt: skip
        known = {**self._facts, "token": token, "key_token": key_token, "seconds": INTRODUCED_WITHIN}
        first.tell("start", port=self._port(self.server), hands_on=len(others), **known)
        for other in others:
            port = self._port(self.server)
            other.tell("start", hands_on=0, port=port, key_port=self._port(first), **known)

    def _port(self, party: Party) -> int:
        return int(party.hear("listening").facts["port"])

    def add(self, updates: Sequence[Array | None]) -> Opened:
        """The sum of those updates that there are, one entry for each client."""
        given = [update for update in updates if update is not None]
        require_enough(len(given))
        for update in given:
            require_within(update, self._most)
        blobs = iter([b"" if update is None else arrays_to_bytes(update=update) for update in updates])
        for client, hosted in zip(self.clients, self._hosted, strict=True):
            client.tell("round", [next(blobs) for _ in range(hosted)], size=given[0].size)
        said = [client.hear("sum") for client in self.clients]
        total = arrays_from_bytes(said[0].blobs[0])["total"]
        return Opened(total, sum(int(each.facts["bytes"]) for each in said))

    def __exit__(self, *_: object) -> None:
        self._stack.close()
