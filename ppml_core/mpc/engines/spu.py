"""SPU as one of three parties: replicated secret sharing modulo 2^64, protocol ABY3 (Mohassel, Rindal 2018).

Each holder cuts its own arrays into three pairs of shares and sends one to each other; the three then run the same
compiled program on what they hold. Numbers have 18 bits behind the point.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from ppml_core.mpc.descent import advanced, batch_rows, logits, polynomial
from ppml_core.mpc.engines.base import Engine
from ppml_core.mpc.engines.lap import Clock
from ppml_core.mpc.engines.traffic import bytes_sent
from ppml_core.mpc.holding import Array, Holding, Opened
from ppml_core.mpc.plan import PARTIES, Model, Plan, first_weights

WAIT_MS = 600_000
LENGTH_BYTES = 8


class SPU(Engine):
    """Replicated shares modulo 2^64."""

    title: ClassVar[str] = "SPU, protocol ABY3"
    library: ClassVar[str] = "spu"
    steps: ClassVar[Mapping[Model, int]] = {"logistic_regression": 60, "network": 160}
    batch: ClassVar[Mapping[Model, int]] = {"logistic_regression": 1_000, "network": 1_000}
    most_rows: ClassVar[int] = 40_000
    most_test_rows: ClassVar[int] = 20_000
    sums: ClassVar[str] = "uniform shares"
    notes: ClassVar[tuple[str, ...]] = (
        "ABY3: replicated shares modulo 2^64, each party holds two of three pieces; masks come from keys that pairs of "
        "parties share. No triples are dealt by anybody (SPU's SEMI2K lets the first party deal them; it is not used).",
        "Cutting bits off a product rounds at random by 2^-18, so two runs differ in the last digits.",
    )
    limits: ClassVar[str] = "CPython 3.11 on Linux"

    def take_part(self, plan: Plan, party: int, holding: Holding, addresses: tuple[str, ...]) -> Opened:
        os.environ.setdefault("JAX_PLATFORMS", "cpu")
        import spu

        clock = Clock()
        link = _linked(spu, party, addresses)
        config = spu.RuntimeConfig(spu.ProtocolKind.ABY3, spu.FieldType.FM64)
        io, runtime = spu.Io(PARTIES, config), spu.Runtime(link, config)
        program, inputs, outputs = _compiled(spu, plan)
        link.barrier()
        clock.lap("start")
        own = _own_arrays(plan, party, holding)
        for name, owner in inputs:
            runtime.set_var(name, _received(spu, link, io, own.get(name), owner, party))
        clock.lap("sharing")
        runtime.run(program)
        clock.lap("computing")
        found = {name: _revealed(spu, link, io, runtime.get_var(name), to, party) for name, to in outputs}
        link.barrier()
        sent = bytes_sent()
        link.stop_link()
        clock.lap("opening")
        weights = tuple(found[name] for name, _ in outputs if name.startswith("weights_"))
        return Opened(found.get(f"predictions_{party}", np.zeros(0)), weights, sent, clock.seconds)


def _linked(spu: Any, party: int, addresses: tuple[str, ...]) -> Any:
    description = spu.link.Desc()
    for number, address in enumerate(addresses):
        description.add_party(f"party_{number}", address)
    description.recv_timeout_ms = WAIT_MS
    description.http_timeout_ms = WAIT_MS
    description.connect_retry_times = 300
    description.connect_retry_interval_ms = 200
    return spu.link.create_brpc(description, party)


def _compiled(spu: Any, plan: Plan) -> tuple[Any, list[tuple[str, int]], list[tuple[str, int]]]:
    """(program, inputs with their owner, outputs with whom they are opened to, -1 for all), the same at each party."""
    import jax
    import jax.numpy as jnp
    from spu.utils import frontend

    shapes = _shapes(plan)
    momenta, first = np.asarray(plan.momenta, np.float32), first_weights(plan)
    sigmoid, axis = polynomial(plan), 0 if plan.split == "horizontal" else 1

    def program(*arrays: Any) -> Any:
        given = dict(zip(shapes, arrays, strict=True))

        def by_columns(A: Any, B: Any) -> Any:
            """SPU multiplies a matrix and a vector ten times as fast, entry for entry, as two matrices."""
            return jnp.stack([A @ B[:, column] for column in range(B.shape[1])], axis=1)

        def joined(letter: str) -> Any:
            parts = [array for name, array in given.items() if name.startswith(letter)]
            return jnp.concatenate(parts, axis) if len(parts) > 1 else parts[0]

        X, y = joined("X"), joined("y") if axis else jnp.concatenate([given[f"y_{party}"] for party in range(PARTIES)])
        rows = jnp.stack([X[batch_rows(plan, place)] for place in range(plan.batches)])
        classes = jnp.stack([y[batch_rows(plan, place)] for place in range(plan.batches)])
        steps = jnp.asarray(momenta)

        def step(number: Any, state: Any) -> Any:
            place = number % plan.batches
            return advanced(plan, rows[place], classes[place], state, steps[number], sigmoid, by_columns)

        start = tuple(jnp.asarray(each, jnp.float32) for each in first)
        weights, _ = jax.lax.fori_loop(0, plan.steps, step, (start, start))
        found = sigmoid(logits(joined("T"), weights, by_columns))
        opened = [found]
        if axis == 0:
            edges = np.cumsum([0, *plan.test_rows])
            opened = [found[low:high] for low, high in itertools.pairwise(edges)]
        return tuple(opened) + (tuple(weights) if plan.opens_model else ())

    readers = [party for party in range(PARTIES) if plan.sees_predictions(party)]
    outputs = [(f"predictions_{party}", party) for party in readers]
    if plan.opens_model:
        outputs += [(f"weights_{place}", -1) for place in range(len(first))]
    examples = [np.zeros(shape, np.float32) for shape in shapes.values()]
    secret = [spu.Visibility.VIS_SECRET] * len(shapes)
    executable, _ = frontend.compile(
        frontend.Kind.JAX, program, examples, {}, list(shapes), secret, lambda _: [name for name, _ in outputs]
    )
    return executable, [(name, int(name.rpartition("_")[2])) for name in shapes], outputs


def _shapes(plan: Plan) -> dict[str, tuple[int, ...]]:
    """Every array that is shared, by name (X, y or T, and its owner), with its public shape."""
    parties = range(PARTIES)
    shapes: dict[str, tuple[int, ...]] = {f"X_{p}": (plan.rows[p], plan.columns[p]) for p in parties}
    shapes |= {f"y_{p}": (plan.rows[p],) for p in parties if plan.has_labels(p)}
    return shapes | {f"T_{p}": (plan.test_rows[p], plan.columns[p]) for p in parties}


def _own_arrays(plan: Plan, party: int, holding: Holding) -> dict[str, Any]:
    own = {f"X_{party}": holding.X, f"T_{party}": holding.T}
    if plan.has_labels(party):
        own[f"y_{party}"] = holding.y if holding.y is not None else np.zeros(0)
    return {name: np.ascontiguousarray(array, dtype=np.float32) for name, array in own.items()}


def _received(spu: Any, link: Any, io: Any, array: Any, owner: int, party: int) -> Any:
    """This party's share of an array: cut by its owner, who sends every other party the piece that is theirs."""
    if party != owner:
        return _share_of(spu, link.recv(owner))
    pieces = io.make_shares(array, spu.Visibility.VIS_SECRET)
    for other in range(PARTIES):
        if other != party:
            link.send_async(other, _packed(pieces[other]))
    return pieces[party]


def _revealed(spu: Any, link: Any, io: Any, share: Any, to: int, party: int) -> Array:
    """The array, at the party that it is opened to (-1: at all); an empty one at the others."""
    receivers = range(PARTIES) if to < 0 else (to,)
    for receiver in receivers:
        if receiver != party:
            link.send_async(receiver, _packed(share))
    if party not in receivers:
        return np.zeros(0)
    pieces = [share if sender == party else _share_of(spu, link.recv(sender)) for sender in range(PARTIES)]
    return np.array(io.reconstruct(pieces), dtype=np.float64)


def _packed(share: Any) -> bytes:
    """A share as bytes that hold no code: lengths, then contents."""
    parts = [bytes(share.meta), *(bytes(chunk) for chunk in share.share_chunks)]
    head = json.dumps([len(part) for part in parts]).encode()
    return len(head).to_bytes(LENGTH_BYTES, "little") + head + b"".join(parts)


def _share_of(spu: Any, raw: bytes) -> Any:
    begin = LENGTH_BYTES + int.from_bytes(raw[:LENGTH_BYTES], "little")
    edges = np.cumsum([begin, *json.loads(raw[LENGTH_BYTES:begin])])
    parts = [raw[low:high] for low, high in itertools.pairwise(edges)]
    share = spu.libspu.Share()
    share.meta, share.share_chunks = parts[0], parts[1:]
    return share
