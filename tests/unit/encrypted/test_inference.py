"""Two processes, one key: the server answers what it cannot read, and the client reads what it cannot look into."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from process_groups import left_of

from ppml_core.encrypted import parties
from ppml_core.encrypted.ckks import KeyHolder, Ring
from ppml_core.encrypted.evaluation import Block
from ppml_core.encrypted.inference import CLIENT, SERVER, infer
from ppml_core.encrypted.messages import arrays_from_bytes, arrays_to_bytes
from ppml_core.encrypted.models import Linear, Model, Squares, linear_from_logits
from ppml_core.encrypted.parameters import Parameters
from ppml_core.encrypted.parties import Party, new_token
from ppml_core.encrypted.threats import LINEAR
from ppml_core.errors import BadInput

FEATURES = 4


def linear(outputs: int = 1) -> Linear:
    rng = np.random.default_rng(3)
    return Linear(np.round(rng.normal(size=(FEATURES, outputs)), 2), rng.normal(size=outputs), 2.0)


def rows(how_many: int = 6) -> np.ndarray:
    return np.random.default_rng(4).random((how_many, FEATURES))


@pytest.fixture(scope="module")
def told() -> tuple[np.ndarray, np.ndarray]:
    """Logits of a multi-class model on d + 1 rows, from real processes, and those of its clear run."""
    model = linear(3)
    return infer(model, rows(), seed=1).logits, model.logits(rows())


def test_answers_are_those_of_the_clear_model(told: tuple[np.ndarray, np.ndarray]) -> None:
    assert np.abs(told[0] - told[1]).max() < 1e-5


@pytest.mark.slow
def test_whoever_stops_it_ends_both_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []
    spawn = parties.spawn_module
    monkeypatch.setattr(parties, "spawn_module", lambda *a, **k: begun.append((made := spawn(*a, **k)).pid) or made)
    heard = iter([None, None])
    with pytest.raises(StopIteration):
        infer(linear(), rows(), seed=1, waiting=lambda: next(heard))
    assert len(begun) == 2
    assert [left_of(group) for group in begun] == [[], []]


def test_enough_logits_give_the_weights_away(told: tuple[np.ndarray, np.ndarray]) -> None:
    weights, bias = linear_from_logits(rows()[: FEATURES + 1], told[0][: FEATURES + 1])
    assert np.abs(weights - linear(3).weights).max() < 1e-3
    assert np.abs(bias - linear(3).bias).max() < 1e-3
    assert "reveal all weights" in LINEAR.given_away
    few = linear_from_logits(rows()[:FEATURES], told[0][:FEATURES])[0]
    assert np.abs(few - linear(3).weights).max() > 1e-2, "one row fewer leaves a direction open"


def test_the_server_receives_no_secret_key_and_the_client_no_weights(relay: Callable[[int], Any]) -> None:
    model, token = linear(), new_token()
    with Party(SERVER) as server, Party(CLIENT) as client:
        server.tell("model", [model.to_bytes()], token=token, security_bits=128, seed=None)
        line = relay(server.hear("listening").facts["port"])
        client.tell("rows", [arrays_to_bytes(X=rows())], port=line.port, token=token)
        logits = arrays_from_bytes(client.hear("logits").blobs[0])["logits"]
    assert np.abs(logits - model.logits(rows())).max() < 1e-5
    up, down = line.heard(line.upward), line.heard(line.downward)
    assert [message.kind for message in up] == ["hello", "keys", *["column"] * FEATURES]
    assert [message.kind for message in down] == ["parameters", "answer"]
    ring = Ring(Parameters.from_values(down[0].facts["parameters"]))
    for message in up:
        for blob in message.blobs:
            with pytest.raises(BadInput, match="no SecretKey"):
                ring.read("SecretKey", blob)
    for message in up[2:]:
        assert ring.read("Ciphertext", message.blobs[0]).size() == 2
    for value in [*rows().ravel(), *logits.ravel()]:
        assert np.float64(value).tobytes() not in line.upward.getvalue()
    assert set(down[0].facts) == {"parameters", "columns", "outputs", "multiplies", "row_norm"}
    assert set(down[1].facts) == {"evaluation_seconds"}
    for value in [*model.weights.ravel(), *model.bias]:
        assert np.float64(value).tobytes() not in line.downward.getvalue()
    for party in (server, client):
        assert subprocess.run(["ps", "-p", str(party.process_id)], capture_output=True).returncode == 1


@pytest.mark.parametrize("kind", ["linear", "squares"])
def test_what_the_weights_leave_in_an_answer_is_flooded(kind: str) -> None:
    """The noise that is added is wider than the error that tells of the weights, by 2^15 in norm."""
    rng = np.random.default_rng(5)
    model: Model = Linear(np.array([[0.5], [-1.25], [2.0], [0.75]]), np.array([0.5]), 2.0)
    if kind == "squares":
        model = Squares(rng.normal(size=(FEATURES, 2)), rng.normal(size=2), rng.normal(size=(2, 1)), np.ones(1), 2.0)
    holder = KeyHolder(model.parameters())
    ring = Ring(holder.ring.parameters)
    public = ring.read("PublicKey", holder.public_key())
    relinearization = ring.read("RelinKeys", holder.relinearization_keys()) if kind == "squares" else None

    def answer(quiet: bool) -> np.ndarray:
        block = Block(ring, model, public, relinearization)
        for column, values in enumerate(rows().T):
            block.add(column, ring.read("Ciphertext", holder.encrypt(values)))
        if quiet:
            block.error = lambda: 0.0  # type: ignore[method-assign]
        return np.asarray(holder.decrypt(block.answers(1, np.random.default_rng(1))[0]))

    clear = np.zeros((ring.parameters.slots, FEATURES))
    clear[: len(rows())] = rows()
    truth = model.logits(clear)[:, 0]
    left, flooded = answer(quiet=True) - truth, answer(quiet=False) - truth
    assert flooded.std() > 2**15 * np.abs(left).max()
    assert flooded.std() < 1e-3


def test_a_constant_model_and_a_wrong_table() -> None:
    nothing = Linear(np.zeros((FEATURES, 1)), np.array([0.25]), 2.0)
    assert np.abs(infer(nothing, rows(2), seed=1).logits - 0.25).max() < 1e-5
    with pytest.raises(BadInput, match="takes 4"):
        infer(linear(), np.ones((2, 3)))
    with pytest.raises(BadInput, match="a row is"):
        infer(linear(), np.full((1, FEATURES), 5.0))
    with pytest.raises(BadInput, match="no row"):
        infer(linear(), np.ones((0, FEATURES)))
    with pytest.raises(BadInput, match="stronger penalty"):
        Linear(np.full((FEATURES, 1), 1e4), np.zeros(1), 2.0).parameters()


def test_a_stranger_is_not_served() -> None:
    with Party(SERVER) as server, Party(CLIENT) as client:
        server.tell("model", [linear().to_bytes()], token=new_token(), security_bits=128, seed=1)
        port = server.hear("listening").facts["port"]
        client.tell("rows", [arrays_to_bytes(X=rows())], port=port, token=new_token())
        with pytest.raises(BadInput, match="token"):
            server.hear("done")
