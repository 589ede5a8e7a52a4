"""A sum behind masks: exact, whoever drops out; each message is noise to who sees it; too few open nothing."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ppml_core.errors import NotApplicable
from ppml_core.federated.masking import neighbours, secure_sum
from ppml_core.federated.ring import Ring, from_ring, to_ring
from ppml_core.federated.x25519 import agree


def vectors(clients: int, size: int = 50, seed: int = 1) -> dict[int, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {client: rng.normal(0, 100, size) for client in range(clients)}


def in_ring(clear: dict[int, np.ndarray]) -> dict[int, Ring]:
    return {client: to_ring([one], len(clear)) for client, one in clear.items()}


@pytest.mark.parametrize(("clients", "gone"), [(3, ()), (5, ()), (5, (0, 3)), (19, (1, 7, 12))])
def test_the_sum_is_that_of_the_survivors(clients: int, gone: tuple[int, ...]) -> None:
    clear = vectors(clients)
    left = [client for client in clear if client not in gone]
    opened = secure_sum(in_ring(clear), left, 3, np.random.default_rng(2))
    (total,) = from_ring(opened.total, [clear[0]])
    assert opened.survivors == tuple(left)
    assert np.abs(total - np.sum([clear[client] for client in left], axis=0)).max() <= 1e-4
    assert opened.bytes > 8 * 50 * len(left)


def test_scalars_and_arrays_of_any_shape_add_up_too() -> None:
    parts = [[np.array(0.0038 * (client + 1)), np.full((2, 3), -1.5), np.array([6512.0])] for client in range(4)]
    masked = {client: to_ring(part, 4) for client, part in enumerate(parts)}
    opened = secure_sum(masked, range(4), 3, np.random.default_rng(2))
    scalar, table, rows = from_ring(opened.total, parts[0])
    assert float(scalar) == pytest.approx(0.038, abs=1e-4)
    assert table.shape == (2, 3)
    assert (table == -6.0).all()
    assert rows.tolist() == [4 * 6512.0]


def test_every_masked_message_is_uniform_whatever_is_in_it() -> None:
    """Chi-square over the 256 values of every byte, at 1 in 1,000 over all messages; the vector itself fails it."""
    zeros = {client: np.zeros(4000) for client in range(4)}
    opened = secure_sum(in_ring(zeros), range(4), 3, np.random.default_rng(5))

    def chance(message: Ring) -> float:
        counts = np.bincount(np.frombuffer(message.tobytes(), dtype=np.uint8), minlength=256)
        return float(stats.chisquare(counts).pvalue)

    assert min(chance(message) for message in opened.messages.values()) > 1e-3 / 4
    assert chance(to_ring([zeros[0]], 4)) < 1e-12
    assert chance(np.sum(list(opened.messages.values()), axis=0, dtype=np.uint64)) > 1e-4, "own masks cover it"
    assert not opened.total.any()


def test_too_few_survivors_open_nothing() -> None:
    with pytest.raises(NotApplicable, match="2 of 5 clients answered"):
        secure_sum(in_ring(vectors(5)), [0, 4], 3, np.random.default_rng(2))


@pytest.mark.parametrize("value", [1e30, np.nan, np.inf, 2.0**38])
def test_a_number_that_would_wrap_is_refused(value: float) -> None:
    with pytest.raises(NotApplicable, match="masked sum of 5"):
        to_ring([np.array([0.5, value])], 5)


def test_among_many_each_masks_with_some_and_pairs_agree() -> None:
    near = neighbours(list(range(40)), np.random.default_rng(1))
    assert {len(set(others)) for others in near.values()} == {16}
    assert all(one in near[other] and one != other for one, others in near.items() for other in others)


def test_key_agreement_is_that_of_the_standard() -> None:
    """RFC 7748, section 5.2, first test vector."""
    known = agree(
        bytes.fromhex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
        bytes.fromhex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"),
    )
    assert known.hex() == "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"
