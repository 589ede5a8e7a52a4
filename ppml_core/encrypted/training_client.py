"""The process that holds rows, labels and secret key: `python -m ppml_core.encrypted.training_client`.

In, over its pipes: rows of features with a constant, classes as 0 and 1, the plan. Over its socket: encrypted weights,
every round. Out, over its pipes: the weights of every round, which the server never sees: what goes back to it is a
fresh ciphertext, never a decrypted value.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from ppml_core.encrypted.ckks import KeyHolder
from ppml_core.encrypted.descent import Plan
from ppml_core.encrypted.diagonals import diagonals, padded_width, rotation_steps
from ppml_core.encrypted.messages import Channel, Message, arrays_from_bytes, arrays_to_bytes
from ppml_core.encrypted.models import Array
from ppml_core.encrypted.parameters import training_parameters
from ppml_core.encrypted.parties import connect, run_party
from ppml_core.errors import BadInput

GRID = 2.0**16
MOST_WEIGHT = 2.0**6
BEYOND = 2.0


def work(told: Message, pipes: Channel) -> None:
    arrays = arrays_from_bytes(told.blobs[0])
    channel = connect(told.facts["port"], told.facts["token"])
    plan = Plan(**told.facts["plan"])
    for weights, facts in train(channel, arrays["X"], arrays["y"], plan, told.facts["security_bits"]):
        pipes.send("weights", [arrays_to_bytes(weights=weights)], **facts)
    channel.close()


def train(
    channel: Channel, X: Array, y: Array, plan: Plan, security_bits: int
) -> Iterator[tuple[Array, dict[str, object]]]:
    """Weights (features, outputs) after each round, rounded to 2^-16, and what it took so far."""
    parameters = training_parameters(security_bits)
    start, holder, width = time.perf_counter(), KeyHolder(parameters), padded_width(X.shape[1])
    slots, batches = parameters.slots, plan.batches(len(X))
    keys = [holder.relinearization_keys(), holder.rotation_keys(rotation_steps(width, slots))]
    sizes = [rows.stop - rows.start for rows in batches]
    channel.send("task", keys, parameters=parameters.values(), plan=plan.values(), sizes=sizes, width=width)
    for rows in batches:
        for diagonal in diagonals(X[rows], width, slots):
            channel.send("diagonal", [holder.encrypt(diagonal)])
        channel.send("labels", [holder.encrypt(column - 0.5) for column in y[rows].T])
    setup_seconds, setup_bytes = time.perf_counter() - start, channel.sent
    weights, largest = np.zeros((X.shape[1], y.shape[1])), 0.0
    for t in range(plan.rounds):
        channel.send("weights", [holder.encrypt(_repeated(column, width, slots)) for column in weights.T])
        step = channel.receive("step")
        read = [holder.decrypt(holder.ring.read("Ciphertext", blob))[: X.shape[1]] for blob in step.blobs]
        weights = np.round(np.column_stack(read) * GRID) / GRID
        largest = max(largest, _checked(float(np.abs(X @ weights).max()), weights, plan, t))
        yield weights, {
            "parameters": parameters.values(), "seconds": time.perf_counter() - start, "setup_seconds": setup_seconds,
            "evaluation_seconds": step.facts["evaluation_seconds"], "setup_bytes": setup_bytes,
            "bytes_up": channel.sent, "bytes_down": channel.received, "largest_logit": largest, "width": width,
        }  # fmt: skip


def _repeated(column: Array, width: int, slots: int) -> Array:
    filled = np.zeros(width)
    filled[: len(column)] = column
    return np.tile(filled, slots // width)


def _checked(largest: float, weights: Array, plan: Plan, t: int) -> float:
    """The largest logit of the client's own rows, refused where the cubic has left the sigmoid far behind."""
    if not (largest <= BEYOND * plan.interval and np.abs(weights).max() < MOST_WEIGHT):
        raise BadInput(
            f"encrypted training diverges in round {t + 1}: a logit reaches {largest:.3g}, and the cubic follows the "
            f"sigmoid up to {plan.interval:g}; lower learning_rate or momentum, or widen interval."
        )
    return largest


if __name__ == "__main__":
    run_party(work)
