"""MPyC as one of three parties: Shamir sharing over a prime field, threshold 1 (Schoenmakers, MPyC 0.11).

Numbers are whole: features count 2^-12, weights 2^-20. A product adds the bits behind the point, and the field is wide
enough for a whole step: only the gradient is cut, once for each weight, and of the network each person's log-odds.
Matrix products are local, with one message for each entry of the result.
"""

from __future__ import annotations

import asyncio
import math
import sys
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from ppml_core.mpc.descent import batch_rows
from ppml_core.mpc.engines.base import Engine
from ppml_core.mpc.engines.lap import Clock
from ppml_core.mpc.holding import Array, Holding, Opened
from ppml_core.mpc.plan import FACTOR_BITS, MOMENTUM_BITS, PARTIES, POLYNOMIAL_BITS, Model, Plan, first_weights

FEATURE_BITS = 12
WEIGHT_BITS = 20
LOGIT_BITS = FEATURE_BITS + WEIGHT_BITS
RESIDUAL_BITS = 3 * LOGIT_BITS + POLYNOMIAL_BITS
SLOPE_BITS = RESIDUAL_BITS + FACTOR_BITS
ROOM_BITS = {"logistic_regression": 6, "network": 12}
"""Room above the largest gradient of people whose polynomial stays in [0, 1], should it leave that range."""
MASK_BITS = 30
CARRY_BITS = 1

Numbers = tuple[Any, ...]


class MPyC(Engine):
    """Shamir sharing of threshold 1 over a prime field."""

    title: ClassVar[str] = "MPyC, Shamir sharing"
    library: ClassVar[str] = "mpyc"
    steps: ClassVar[Mapping[Model, int]] = {"logistic_regression": 40, "network": 140}
    batch: ClassVar[Mapping[Model, int]] = {"logistic_regression": 1_000, "network": 250}
    most_rows: ClassVar[int] = 3_000
    most_test_rows: ClassVar[int] = 3_000
    sums: ClassVar[str] = "uniform shares and masked numbers"
    notes: ClassVar[tuple[str, ...]] = (
        "Shamir sharing of threshold 1 over a prime field, products by sharing anew (Gennaro, Rabin, Rabin 1998).",
        "Cutting bits off a sum opens it under a mask 30 bits longer, from keys that pairs of parties share: what is "
        "opened tells something with a chance of about 2^-30 for each number. Rounding is at random by about 2^-20, so "
        "two runs differ in the last digits.",
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
    whole = mpc.SecInt(_field_bits(plan) + CARRY_BITS)
    X, y, T = await _shared(mpc, whole, plan, party, holding)
    clock.lap("sharing")
    weights = await _trained(mpc, whole, plan, X, y)
    z, *_ = await _logits(mpc, plan, T, weights)
    found = _probability(plan, z)
    await mpc.gather(found)
    clock.lap("computing")
    predictions = await _opened_predictions(mpc, plan, party, found)
    model = [_floats(await mpc.output(each), WEIGHT_BITS) for each in weights] if plan.opens_model else []
    sent = sum(peer.protocol.nbytes_sent for peer in mpc.parties if peer.pid != mpc.pid)
    await mpc.shutdown()
    clock.lap("opening")
    return Opened(predictions, tuple(model), sent, clock.seconds)


def _field_bits(plan: Plan) -> int:
    """Bits of the largest number: a gradient summed over everybody, with all bits behind the point kept."""
    behind = FEATURE_BITS + SLOPE_BITS + (LOGIT_BITS + WEIGHT_BITS if plan.model == "network" else 0)
    return behind + plan.halvings + ROOM_BITS[plan.model]


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


async def _trained(mpc: Any, whole: Any, plan: Plan, X: Any, y: Any) -> Numbers:
    """Weights on shares after all steps; the parties wait for one another after each, so that none runs ahead."""
    batches = [batch_rows(plan, place) for place in range(plan.batches)]
    rows = [X[batch, :] for batch in batches]
    columns = [mpc.np_transpose(batch) for batch in rows]
    classes = [y[batch] * (1 << RESIDUAL_BITS) for batch in batches]
    weights = before = tuple(whole.array(_whole(each, WEIGHT_BITS)) for each in first_weights(plan))
    for step, momentum in enumerate(plan.momenta):
        place, ahead = step % plan.batches, weights
        if momentum:
            push = round(momentum * 2**MOMENTUM_BITS)
            pairs = zip(weights, before, strict=True)
            ahead = tuple([w + await _cut(mpc, (w - old) * push, MOMENTUM_BITS) for w, old in pairs])
        slopes = await _slopes(mpc, plan, rows[place], columns[place], classes[place], ahead)
        weights, before = tuple([w - slope for w, slope in zip(ahead, slopes, strict=True)]), weights
        await mpc.gather(*weights)
        await mpc.barrier()
    return weights


async def _logits(mpc: Any, plan: Plan, rows: Any, weights: Numbers) -> tuple[Any, ...]:
    """Log-odds with LOGIT_BITS behind the point; of the network its hidden units, and their squares, as well."""
    if plan.model == "logistic_regression":
        return (rows @ weights[0],)
    first, out, bias = weights
    units = rows @ first
    squares = units * units
    z = squares @ out + bias * (1 << 2 * LOGIT_BITS)
    return await _cut(mpc, z, LOGIT_BITS + WEIGHT_BITS), units, squares


async def _slopes(mpc: Any, plan: Plan, rows: Any, columns: Any, classes: Any, weights: Numbers) -> Numbers:
    """What a step subtracts from each of the weights: `descent.gradients`, by `factor` and `shrinks`."""
    z, *hidden = await _logits(mpc, plan, rows, weights)
    residual = (_probability(plan, z) - classes) * round(plan.factor * 2**FACTOR_BITS)
    if not hidden:
        slopes, bits = [columns @ residual], [FEATURE_BITS]
    else:
        units, squares = hidden
        first = columns @ (units * mpc.np_expand_dims(residual, 1)) * weights[1]
        slopes = [first, mpc.np_transpose(squares) @ residual, mpc.np_sum(residual, keepdims=True)]
        bits = [FEATURE_BITS + LOGIT_BITS + WEIGHT_BITS, 2 * LOGIT_BITS, 0]
    cuts = [
        SLOPE_BITS + behind - WEIGHT_BITS - round(math.log2(shrink))
        for behind, shrink in zip(bits, plan.shrinks, strict=True)
    ]
    return tuple([await _cut(mpc, slope, cut) for slope, cut in zip(slopes, cuts, strict=True)])


async def _cut(mpc: Any, numbers: Any, bits: int) -> Any:
    """numbers / 2^bits, rounded at random: right on average, by less than 2 off.

    The sum with a mask, low + high · 2^bits, is opened. Of the three terms of `low`, uniform below 2^bits and each
    known to two parties, every party lacks one, so the last bits of what is opened tell it nothing; `high` is
    MASK_BITS longer than the number. Taking those bits off leaves a multiple of 2^bits: no carry has to be computed,
    and no bit of the mask to be known alone (Catrina, Saxena 2010, Protocol 3.1, has `low` from random bits, which
    cost a message each; integers from shared keys: Damgård, Thorbek 2007, section 2).
    """
    kind = type(numbers)
    field, shape = kind.sectype.field, numbers.shape
    low = mpc._np_randoms(field, numbers.size, 4 << bits).value.reshape(shape)
    high = mpc._np_randoms(field, numbers.size, 4 << (kind.sectype.bit_length - CARRY_BITS + MASK_BITS - bits))
    shares = (await mpc.gather(numbers)).value + low
    lifted = 1 << kind.sectype.bit_length - 1
    opened = await mpc.output(field.array(shares + lifted + (high.value.reshape(shape) << bits)))
    left = field.array(shares - (opened.value & ((1 << bits) - 1)))
    return kind(left >> bits) - 1


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
    return np.array([int(number) / 2**bits for number in numbers.ravel()], dtype=np.float64).reshape(numbers.shape)
