"""Updates are added without being read."""

from __future__ import annotations

import numpy as np
import pytest

from ppml_core.encrypted.aggregation import EncryptedSums, summed_blobs
from ppml_core.encrypted.ckks import KeyHolder, Ring
from ppml_core.errors import BadInput

CLIENTS = 5


@pytest.fixture(scope="module")
def sums() -> EncryptedSums:
    return EncryptedSums(clients=CLIENTS, most=8.0)


@pytest.mark.parametrize("shape", [(), (1,), (101,), (3, 4), (2500,)])
def test_the_sum_is_that_of_the_clear_updates(sums: EncryptedSums, shape: tuple[int, ...]) -> None:
    updates = [np.random.default_rng(seed).uniform(-8, 8, shape) for seed in range(CLIENTS)]
    total = sums.add(updates)
    assert total.value.shape == shape
    assert np.abs(total.value - sum(updates)).max() < 1e-7
    assert total.deviation == 0
    assert total.bytes_up > total.bytes_down > 0


def test_drop_outs_are_left_out_and_two_are_too_few(sums: EncryptedSums) -> None:
    assert sums.add([np.ones(2)] * 3).value.tolist() == [3.0, 3.0]
    with pytest.raises(BadInput, match="3 to 5"):
        sums.add([np.ones(2)] * 2)
    with pytest.raises(BadInput, match="at least 3"):
        EncryptedSums(clients=2, most=1.0)


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        (np.array([8.5, 0.0]), "8.5"),
        (np.array([np.nan, 0.0]), "nan"),
        (np.ones(3), "shape"),
        (np.inf * np.ones(2), "inf"),
    ],
)
def test_what_would_overflow_is_refused(sums: EncryptedSums, odd: np.ndarray, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        sums.add([np.zeros(2), np.zeros(2), odd])


def test_a_sum_that_goes_back_is_flooded(sums: EncryptedSums) -> None:
    updates = [np.linspace(-1, 1, 2000)] * CLIENTS
    stays, goes = sums.add(updates), sums.add(updates, returned=True, rng=np.random.default_rng(1))
    error = (goes.value - sum(updates)).std()
    assert error == pytest.approx(goes.deviation, rel=0.2)
    assert error < 1e-4
    assert error > 2**15 * 1e-13 * np.sqrt(len(updates[0]))
    assert np.abs(stays.value - sum(updates)).max() < 1e-7
    again = sums.add(updates, returned=True, rng=np.random.default_rng(1)).value
    assert (again == goes.value).all(), "a given generator draws the same noise"
    assert sums.add(updates, returned=True, rounds=100).deviation == pytest.approx(10 * goes.deviation)


def test_the_server_adds_without_a_key(sums: EncryptedSums) -> None:
    holder, ring = KeyHolder(sums.parameters), Ring(sums.parameters)
    blob = summed_blobs(ring, [[holder.encrypt(np.full(3, value))] for value in (1.0, 2.0, 3.5)])[0]
    assert holder.decrypt(holder.ring.read("Ciphertext", blob))[:3] == pytest.approx(6.5)
    stranger = KeyHolder(sums.parameters)
    assert stranger.decrypt(stranger.ring.read("Ciphertext", blob)).std() > 1e3
