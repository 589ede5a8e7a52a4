"""MPyC as one of three parties: Shamir sharing over a prime field, threshold 1 (Schoenmakers, MPyC 0.11).

Numbers are whole: features count 2^-8, weights 2^-16. A product adds the bits behind the point, and cutting them off is
what costs; so the field is wide enough for a whole step, and only the gradient is cut, once for each weight and not
for each person. Matrix products are local, with one message for each entry of the result.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from ppml_core.mpc.descent import batch_rows
from ppml_core.mpc.engines.base import Engine
from ppml_core.mpc.engines.lap import Clock
from ppml_core.mpc.holding import Array, Holding, Opened
from ppml_core.mpc.plan import FACTOR_BITS, MOMENTUM_BITS, PARTIES, POLYNOMIAL_BITS, Model, Plan

FEATURE_BITS = 8
WEIGHT_BITS = 16
LOGIT_BITS = FEATURE_BITS + WEIGHT_BITS
RESIDUAL_BITS = 3 * LOGIT_BITS + POLYNOMIAL_BITS
GRADIENT_BITS = FEATURE_BITS + RESIDUAL_BITS + FACTOR_BITS
ROOM_BITS = 6
"""Room above the largest gradient of people whose polynomial stays in [0, 1], should it leave that range."""


class MPyC(Engine):
    """Shamir sharing of threshold 1 over a prime field."""

    title: ClassVar[str] = "MPyC, Shamir sharing"
    library: ClassVar[str] = "mpyc"
    steps: ClassVar[Mapping[Model, int]] = {"logistic_regression": 40}
    most_rows: ClassVar[int] = 3_000
    most_test_rows: ClassVar[int] = 3_000
    sums: ClassVar[str] = "uniform shares and masked numbers"
    notes: ClassVar[tuple[str, ...]] = (
        "Shamir sharing of threshold 1 over a prime field, products by sharing anew (Gennaro, Rabin, Rabin 1998).",
        "Cutting bits off a sum opens it under a mask 30 bits longer: what is opened tells something with a chance of "
        "about 2^-30 for each number. Rounding is at random by 2^-16, so two runs differ in the last digits.",
        "Parties read one another's messages with Python's pickle: a malicious party could run code at the others.",
    )

    def take_part(self, plan: Plan, party: int, holding: Holding, addresses: tuple[str, ...]) -> Opened:
        sys.argv = ["party", *(part for address in addresses for part in ("-P", address)), "-I", str(party)]
        from mpyc.runtime import mpc

        only_loopback(mpc, addresses[party].rpartition(":")[0])
        opened: Opened = mpc.run(_computed(mpc, plan, party, holding))
        return opened


def only_loopback(mpc: Any, host: str) -> None:
    """MPyC listens on every interface; here its server is bound to the party's own address."""
    create: Any = mpc._loop.create_server

    async def bound(factory: Any, port: int, ssl: Any = None) -> asyncio.Server:
        server: asyncio.Server = await create(factory, host=host, port=port, ssl=ssl)
        return server

    mpc._loop.create_server = bound


async def _computed(mpc: Any, plan: Plan, party: int, holding: Holding) -> Opened:
    clock = Clock()
    await mpc.start()
    clock.lap("start")
    whole = mpc.SecInt(_field_bits(plan))
    X, y, T = await _shared(mpc, whole, plan, party, holding)
    clock.lap("sharing")
    weights = await _trained(mpc, whole, plan, X, y)
    found = _probability(plan, T @ weights)
    await mpc.gather(found)
    clock.lap("computing")
    predictions = await _opened_predictions(mpc, plan, party, found)
    model = (_floats(await mpc.output(weights), WEIGHT_BITS),) if plan.opens_model else ()
    sent = sum(peer.protocol.nbytes_sent for peer in mpc.parties if peer.pid != mpc.pid)
    await mpc.shutdown()
    clock.lap("opening")
    return Opened(predictions, model, sent, clock.seconds)


def _field_bits(plan: Plan) -> int:
    """Bits of the largest number: a gradient summed over everybody, with all bits behind the point kept."""
    return GRADIENT_BITS + plan.halvings + ROOM_BITS


async def _shared(mpc: Any, whole: Any, plan: Plan, party: int, holding: Holding) -> tuple[Any, Any, Any]:
    """Shares of everybody's rows, classes and test rows: each holder cuts its own and sends the others theirs."""
    join = mpc.np_vstack if plan.split == "horizontal" else mpc.np_hstack
    X = [_given(mpc, whole, holding.X, (plan.rows[p], plan.columns[p]), p, party) for p in range(PARTIES)]
    T = [_given(mpc, whole, holding.T, (plan.test_rows[p], plan.columns[p]), p, party) for p in range(PARTIES)]
    classes = np.zeros(0) if holding.y is None else holding.y
    owners = [p for p in range(PARTIES) if plan.has_labels(p)]
    y = [_given(mpc, whole, classes, (plan.rows[p],), p, party, bits=0) for p in owners]
    await mpc.barrier()
    return join(X), y[0] if len(y) == 1 else mpc.np_hstack(y), join(T)


def _given(
    mpc: Any, whole: Any, array: Array, shape: tuple[int, ...], owner: int, party: int, bits: int = FEATURE_BITS
) -> Any:
    numbers = _whole(array, bits) if owner == party else np.zeros(shape, dtype=object)
    return mpc.input(whole.array(numbers), senders=owner)


async def _trained(mpc: Any, whole: Any, plan: Plan, X: Any, y: Any) -> Any:
    """Weights on shares after all steps; the parties wait for one another after each, so that none runs ahead."""
    batches = [batch_rows(plan, place) for place in range(plan.batches)]
    rows = [X[batch, :] for batch in batches]
    columns = [mpc.np_transpose(batch) for batch in rows]
    classes = [y[batch] * (1 << RESIDUAL_BITS) for batch in batches]
    weights = before = whole.array(np.zeros(plan.width, dtype=object))
    cut = GRADIENT_BITS - WEIGHT_BITS + plan.halvings
    for step, momentum in enumerate(plan.momenta):
        place, ahead = step % plan.batches, weights
        if momentum:
            pushed = (weights - before) * round(momentum * 2**MOMENTUM_BITS)
            ahead = weights + mpc.np_trunc(pushed, f=MOMENTUM_BITS, l=2 * WEIGHT_BITS + MOMENTUM_BITS)
        residual = _probability(plan, rows[place] @ ahead) - classes[place]
        slope = (columns[place] @ residual) * round(plan.factor * 2**FACTOR_BITS)
        weights, before = ahead - mpc.np_trunc(slope, f=cut, l=_field_bits(plan)), weights
        await mpc.gather(weights)
        await mpc.barrier()
    return weights


def _probability(plan: Plan, z: Any) -> Any:
    """1/2 + a·z + b·z³ of whole numbers with LOGIT_BITS behind the point; the result has RESIDUAL_BITS there."""
    linear = round(plan.linear * 2**POLYNOMIAL_BITS) << 2 * LOGIT_BITS
    cubic = round(plan.cubic * 2**POLYNOMIAL_BITS)
    return ((z * z) * cubic + linear) * z + (1 << RESIDUAL_BITS - 1)


async def _opened_predictions(mpc: Any, plan: Plan, party: int, found: Any) -> Array:
    """Each party's own test people to that party alone; all of them to the holder of the classes."""
    edges = np.cumsum([0, *plan.test_rows]) if plan.split == "horizontal" else None
    mine: Array = np.zeros(0)
    for reader in (p for p in range(PARTIES) if plan.sees_predictions(p)):
        part = found if edges is None else found[int(edges[reader]) : int(edges[reader + 1])]
        numbers = await mpc.output(part, receivers=reader)
        if reader == party:
            mine = _floats(numbers, RESIDUAL_BITS)
    return mine


def _whole(array: Array, bits: int) -> Any:
    return np.array([round(value * 2**bits) for value in array.ravel().tolist()], dtype=object).reshape(array.shape)


def _floats(numbers: Any, bits: int) -> Array:
    return np.array([int(number) / 2**bits for number in numbers], dtype=np.float64)
