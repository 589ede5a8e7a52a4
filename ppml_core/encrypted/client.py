"""The process that holds rows and the secret key, and asks a model about them: `python -m ppml_core.encrypted.client`.

In, over its pipes: rows of features. Over its socket: parameters and encrypted logits. Out: logits, decrypted here and
sent to nobody, with seconds and bytes; before them a word for each column that was sent, where that is asked for.
"""

from __future__ import annotations

import time

import numpy as np

from ppml_core.encrypted.ckks import KeyHolder
from ppml_core.encrypted.evaluation import columns_of
from ppml_core.encrypted.messages import Channel, Message, arrays_from_bytes, arrays_to_bytes
from ppml_core.encrypted.models import Array
from ppml_core.encrypted.parameters import Parameters
from ppml_core.encrypted.parties import connect, run_party
from ppml_core.errors import BadInput
from ppml_core.workers import Waiting, patient

GRID = 2.0**20
ROUNDING = 1e-6


def work(told: Message, pipes: Channel) -> None:
    X = arrays_from_bytes(told.blobs[0])["X"]
    channel = connect(told.facts["port"], told.facts["token"])
    tells = bool(told.facts.get("tells"))
    logits, facts = ask(channel, X, (lambda: pipes.send("column")) if tells else patient)
    channel.close()
    pipes.send("logits", [arrays_to_bytes(logits=logits)], **facts)


def ask(channel: Channel, X: Array, heard: Waiting = patient) -> tuple[Array, dict[str, object]]:
    """Logits of every row, rounded to the grid of 2^-20, and what it took; `heard()` after each column sent."""
    public = channel.receive("parameters").facts
    parameters = Parameters.from_values(public["parameters"])
    if X.shape[1] != public["columns"]:
        raise BadInput(f"the rows have {X.shape[1]} features and the model takes {public['columns']}.")
    longest = float(np.linalg.norm(X, axis=1).max())
    if not longest <= public["row_norm"] * (1 + ROUNDING):
        raise BadInput(f"a row is {longest:.6g} long, and the model is for rows up to {public['row_norm']:.6g}.")
    begun = time.perf_counter()
    holder = KeyHolder(parameters)
    blocks = columns_of(X, parameters.slots)
    keys = [holder.public_key()] + ([holder.relinearization_keys()] if public["multiplies"] else [])
    channel.send("keys", keys, blocks=len(blocks))
    key_seconds, key_bytes = time.perf_counter() - begun, channel.sent
    start, found, evaluation = time.perf_counter(), [], 0.0
    for block in blocks:
        for column in block:
            channel.send("column", [holder.encrypt(column)])
            heard()
        answer = channel.receive("answer")
        evaluation = answer.facts["evaluation_seconds"]
        decrypted = [holder.decrypt(holder.ring.read("Ciphertext", blob)) for blob in answer.blobs]
        found.append(np.column_stack(decrypted)[: block.shape[1]])
    return np.round(np.vstack(found) * GRID) / GRID, {
        "parameters": parameters.values(), "blocks": len(blocks), "seconds": time.perf_counter() - start,
        "key_seconds": key_seconds, "evaluation_seconds": evaluation, "key_bytes": key_bytes,
        "bytes_up": channel.sent, "bytes_down": channel.received,
    }  # fmt: skip


if __name__ == "__main__":
    run_party(work)
