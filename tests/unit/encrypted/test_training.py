"""Training to the end by a process without a key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ppml_core.encrypted.ckks import Ring
from ppml_core.encrypted.descent import Plan, clear_run
from ppml_core.encrypted.messages import arrays_from_bytes, arrays_to_bytes
from ppml_core.encrypted.parameters import Parameters
from ppml_core.encrypted.parties import Party, new_token
from ppml_core.encrypted.training import CLIENT, SERVER, encrypted_training
from ppml_core.errors import BadInput

ROWS, COLUMNS, CLASSES = 60, 4, 3
PLAN = Plan(rounds=3, learning_rate=1.0, momentum=0.5, interval=8.0, ridge=0.0, batch=40)

pytestmark = pytest.mark.slow


def people() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    X = np.column_stack([rng.random((ROWS, COLUMNS - 1)), np.ones(ROWS)])
    return X, np.eye(CLASSES)[X[:, : COLUMNS - 1].argmax(axis=1)]


def test_every_iteration_is_on_ciphertexts_and_the_server_has_no_key(relay: Callable[[int], Any]) -> None:
    (X, y), token = people(), new_token()
    with Party(SERVER) as server, Party(CLIENT) as client:
        server.tell("start", token=token)
        line = relay(server.hear("listening").facts["port"])
        client.tell(
            "rows", [arrays_to_bytes(X=X, y=y)], port=line.port, token=token, plan=PLAN.values(), security_bits=128
        )
        rounds = [arrays_from_bytes(client.hear("weights").blobs[0])["weights"] for _ in range(PLAN.rounds)]
    weights = rounds[-1]
    assert np.abs(weights - clear_run(X, y, PLAN)).max() < 1e-4, "two batches in turn, three classes"
    up, down = line.heard(line.upward), line.heard(line.downward)
    batch = [*["diagonal"] * COLUMNS, "labels"]
    assert [message.kind for message in up] == ["hello", "task", *batch, *batch, *["weights"] * PLAN.rounds]
    assert [message.kind for message in down] == ["step"] * PLAN.rounds
    task = next(message for message in up if message.kind == "task")
    assert set(task.facts) == {"parameters", "plan", "sizes", "width"}
    ring = Ring(Parameters.from_values(task.facts["parameters"]))
    for message in up:
        for blob in message.blobs:
            with pytest.raises(BadInput, match="no SecretKey"):
                ring.read("SecretKey", blob)
        if message.kind not in ("hello", "task"):
            assert all(ring.read("Ciphertext", blob).size() == 2 for blob in message.blobs)
    heard = line.upward.getvalue()
    for value in [*X[0, : COLUMNS - 1], *weights[:, 0]]:
        assert np.float64(value).tobytes() not in heard


def test_what_diverges_is_refused_with_what_to_do() -> None:
    X, y = people()
    with pytest.raises(BadInput, match="lower learning_rate"):
        list(encrypted_training(X, y, Plan(3, learning_rate=500.0, momentum=0.0, interval=4.0, ridge=0.0, batch=100)))
