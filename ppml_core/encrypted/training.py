"""Encrypted training of logistic regression to the end: every iteration on ciphertexts, in a process without a key.

In: rows, classes, a plan. Out: `Trained` after every round, the weights that the client holds, and costs. Gradient
descent with a least squares cubic as in Kim, Song, Wang, Xia, Jiang 2018 (Secure logistic regression based on
homomorphic encryption), on another packing (see `diagonals`) and with plain momentum.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ppml_core.encrypted.ckks import library
from ppml_core.encrypted.descent import Plan
from ppml_core.encrypted.messages import arrays_from_bytes, arrays_to_bytes
from ppml_core.encrypted.models import Array
from ppml_core.encrypted.parties import Party, new_token

SERVER, CLIENT = "ppml_core.encrypted.training_server", "ppml_core.encrypted.training_client"


@dataclass(frozen=True, eq=False)
class Trained:
    """Weights (features, outputs) after a round, with the costs so far. `seconds` counts keys, encryption and rounds.

    `largest_logit` is the furthest that a logit of the client's rows came from 0, to be held against the interval.
    """

    weights: Array
    parameters: dict[str, Any]
    seconds: float
    setup_seconds: float
    evaluation_seconds: float
    total_seconds: float
    bytes_up: int
    bytes_down: int
    setup_bytes: int
    largest_logit: float
    width: int
    rounds: int

    @property
    def costs(self) -> tuple[tuple[str, float], ...]:
        """What a venue reports: bytes on the socket and rounds of messages, the same in every run."""
        return ("bytes", float(self.bytes_up + self.bytes_down)), ("rounds", float(self.rounds))


def encrypted_training(X: Array, y: Array, plan: Plan, security_bits: int = 128) -> Iterator[Trained]:
    """The weights of every round, from a client process with rows and key and a server process with ciphertexts.

    X (rows, features) with a constant for the bias, y (rows, outputs) of 0 and 1. The numbers are those of `clear_run`
    but for encryption's error, and rounded to 2^-16 in every round, so that runs agree but for a rounding on the edge.
    Both processes end with the iteration, wherever it is left.
    """
    library()
    start, token = time.perf_counter(), new_token()
    with Party(SERVER) as server, Party(CLIENT) as client:
        server.tell("start", token=token)
        port = server.hear("listening").facts["port"]
        rows = arrays_to_bytes(X=X, y=y)
        client.tell("rows", [rows], port=port, token=token, plan=plan.values(), security_bits=security_bits)
        for number in range(1, plan.rounds + 1):
            said = client.hear("weights")
            weights = arrays_from_bytes(said.blobs[0])["weights"]
            yield Trained(weights, total_seconds=time.perf_counter() - start, rounds=number, **said.facts)
