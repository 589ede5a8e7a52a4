"""The process that holds a model and answers encrypted rows: `python -m ppml_core.encrypted.server`.

In, over its pipes: the weights. In, over its socket: public keys and ciphertexts. Out: a ciphertext per logit. It never
holds a secret key, and nothing of the weights leaves it but in answers.
"""

from __future__ import annotations

import time

import numpy as np

from ppml_core.encrypted.ckks import Ring, written
from ppml_core.encrypted.evaluation import Block
from ppml_core.encrypted.messages import Channel, Message
from ppml_core.encrypted.models import Model, model_from_bytes
from ppml_core.encrypted.parties import accept, run_party


def work(told: Message, pipes: Channel) -> None:
    model = model_from_bytes(told.blobs[0])
    parameters = model.parameters(told.facts["security_bits"])
    ring = Ring(parameters)
    channel = accept(pipes, told.facts["token"])
    columns, outputs = model.shape
    channel.send(
        "parameters", parameters=parameters.values(), columns=columns, outputs=outputs,
        multiplies=model.multiplies, row_norm=model.row_norm,
    )  # fmt: skip
    seed = told.facts["seed"]
    serve(channel, ring, model, None if seed is None else np.random.default_rng(seed))
    channel.close()


def serve(channel: Channel, ring: Ring, model: Model, rng: np.random.Generator | None) -> None:
    """Answers block after block. `rng` draws the flooding noise, else it comes from the operating system."""
    keys = channel.receive("keys")
    public = ring.read("PublicKey", keys.blobs[0])
    relinearization = ring.read("RelinKeys", keys.blobs[1]) if model.multiplies else None
    columns, outputs = model.shape
    spent = 0.0
    for _ in range(int(keys.facts["blocks"])):
        block = Block(ring, model, public, relinearization)
        for column in range(columns):
            blob = channel.receive("column").blobs[0]
            start = time.perf_counter()
            block.add(column, ring.read("Ciphertext", blob))
            spent += time.perf_counter() - start
        start = time.perf_counter()
        answers = block.answers(int(keys.facts["blocks"]) * outputs, rng)
        spent += time.perf_counter() - start
        channel.send("answer", [written(answer) for answer in answers], evaluation_seconds=spent)


if __name__ == "__main__":
    run_party(work)
