"""Clients and the adding server as processes: what the server hears, what it adds, what is left."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ppml_core.encrypted import summing
from ppml_core.encrypted.aggregation import EncryptedSums
from ppml_core.encrypted.ckks import Ring
from ppml_core.encrypted.messages import Channel, Message
from ppml_core.encrypted.parties import Party, accept
from ppml_core.encrypted.summing import SERVER, Summing
from ppml_core.errors import BadInput

MOST = 8.0


def updates(clients: int, size: int = 5) -> list[np.ndarray]:
    return [np.random.default_rng(seed).uniform(-MOST, MOST, size) for seed in range(clients)]


def test_the_server_hears_ciphertexts_and_no_key(monkeypatch: pytest.MonkeyPatch, relay: Callable[[int], Any]) -> None:
    lines: list[Any] = []

    class Tapped(Party):
        def hear(self, *kinds: str) -> Message:
            said = super().hear(*kinds)
            if self.module == SERVER and said.kind == "listening":
                lines.append(relay(said.facts["port"]))
                said.facts["port"] = lines[-1].port
            return said

    monkeypatch.setattr(summing, "Party", Tapped)
    given = updates(3)
    with Summing(3, MOST, rounds=1) as sums:
        opened = sums.add([*given])
        numbers = [party.process_id for party in (sums.server, *sums.clients)]
    assert opened.total == pytest.approx(sum(given), abs=1e-7)
    ring = Ring(EncryptedSums(3, MOST).parameters)
    heard = [line.heard(line.upward) for line in lines]
    answers = [line.heard(line.downward) for line in lines]
    assert len(lines) == 3
    assert opened.bytes == sum(len(line.upward.getvalue()) + len(line.downward.getvalue()) for line in lines)
    for line, up, down, update in zip(lines, heard, answers, given, strict=True):
        assert [message.kind for message in up] == ["hello", "update"]
        assert [message.kind for message in down] == ["sum"]
        for blob in [blob for message in up for blob in message.blobs]:
            assert ring.read("Ciphertext", blob).size() == 2
            with pytest.raises(BadInput, match="no SecretKey"):
                ring.read("SecretKey", blob)
        for value in [*update, *opened.total]:
            assert np.float64(value).tobytes() not in line.upward.getvalue() + line.downward.getvalue()
    assert len(set(numbers)) == 4
    for number in numbers:
        assert subprocess.run(["ps", "-p", str(number)], capture_output=True).returncode == 1


@pytest.mark.slow
def test_many_clients_share_processes_and_drop_outs_are_left_out() -> None:
    given = updates(10)
    with Summing(10, MOST, rounds=2) as sums:
        assert len(sums.clients) == summing.MOST_PROCESSES
        assert sums.add([*given]).total == pytest.approx(sum(given), abs=1e-7)
        few = [update if place < 4 else None for place, update in enumerate(given)]
        assert sums.add(few).total == pytest.approx(sum(given[:4]), abs=1e-7)


@pytest.mark.slow
def test_what_may_not_be_added_is_refused_in_a_sentence() -> None:
    with Summing(3, MOST, rounds=1) as sums, pytest.raises(BadInput, match="at least 3"):
        sums.add([np.ones(2), np.ones(2), None])
    with Summing(3, MOST, rounds=1) as sums, pytest.raises(BadInput, match=r"raise most"):
        sums.add([np.ones(2), np.ones(2), np.full(2, 9.0)])


def test_a_party_that_never_comes_is_waited_for_so_long() -> None:
    with pytest.raises(BadInput, match="no other party connected"):
        accept(Channel(io.BytesIO(), io.BytesIO()), "token", seconds=0.05)
