"""Encrypted inference: a client process with rows and key, a server process with the model, a socket between them.

In: a model and rows of features, each for one of the two. Out: `Answer`, the logits that the client decrypted and the
costs of the road. This process only starts the two; in earnest each would be started by its owner.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from ppml_core.encrypted.ckks import library
from ppml_core.encrypted.messages import arrays_from_bytes, arrays_to_bytes
from ppml_core.encrypted.models import Array, Model, probabilities
from ppml_core.encrypted.parties import Party, new_token
from ppml_core.errors import BadInput
from ppml_core.workers import Waiting, patient

SERVER, CLIENT = "ppml_core.encrypted.server", "ppml_core.encrypted.client"


@dataclass(frozen=True, eq=False)
class Answer:
    """Logits (rows, outputs) and their costs. `seconds` is from encoding the first row to the last decryption.

    `key_seconds` is for making and sending the public keys, `total_seconds` also for starting the processes.
    """

    logits: Array
    parameters: dict[str, Any]
    seconds: float
    key_seconds: float
    evaluation_seconds: float
    total_seconds: float
    bytes_up: int
    bytes_down: int
    key_bytes: int
    blocks: int

    @property
    def probabilities(self) -> Array:
        return probabilities(self.logits)

    @property
    def costs(self) -> tuple[tuple[str, float], ...]:
        """What a venue reports: bytes on the socket and rounds of messages, the same in every run."""
        return ("bytes", float(self.bytes_up + self.bytes_down)), ("rounds", float(self.blocks))


def infer(
    model: Model, X: Any, *, security_bits: int = 128, seed: int | None = None, waiting: Waiting = patient
) -> Answer:
    """The model's logits for rows that only the client sees, from weights that only the server sees.

    X has shape (rows, features), dense or CSR. `seed` draws the noise that hides the weights again, for experiments;
    without one it comes from the operating system. Keys always do. Logits are rounded to 2^-20, so that the same seed
    gives the same numbers but for a slot that falls within 2^-40 of the edge. `waiting()` is called while the two work,
    and may raise to end them.
    """
    library()
    rows = np.asarray(X.toarray() if hasattr(X, "toarray") else X, dtype=np.float64)
    if not len(rows):
        raise BadInput("there is no row to ask about.")
    if rows.shape[1] != model.shape[0]:
        raise BadInput(f"the rows have {rows.shape[1]} features and the model takes {model.shape[0]}.")
    start, token = time.perf_counter(), new_token()
    with Party(SERVER) as server, Party(CLIENT) as client:
        server.tell("model", [model.to_bytes()], token=token, security_bits=security_bits, seed=seed)
        port = server.hear("listening").facts["port"]
        client.tell("rows", [arrays_to_bytes(X=rows)], port=port, token=token, tells=True)
        while (said := client.hear("column", "logits")).kind == "column":
            waiting()
    return Answer(
        logits=arrays_from_bytes(said.blobs[0])["logits"], total_seconds=time.perf_counter() - start, **said.facts
    )
