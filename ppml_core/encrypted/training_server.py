"""The process that trains on rows it cannot read: `python -m ppml_core.encrypted.training_server`.

In, over its socket: the public plan and keys, encrypted rows, labels and first weights. Out, every round: encrypted new
weights, on the last level. They come back as fresh ciphertexts (client-aided refresh): bootstrapping in two messages.
"""

from __future__ import annotations

import time
from typing import Any

from ppml_core.encrypted.ckks import Ring, written
from ppml_core.encrypted.descent import Plan
from ppml_core.encrypted.diagonals import Table
from ppml_core.encrypted.messages import Channel, Message
from ppml_core.encrypted.parameters import Parameters
from ppml_core.encrypted.parties import accept, run_party


def work(told: Message, pipes: Channel) -> None:
    channel = accept(pipes, told.facts["token"])
    serve(channel)
    channel.close()


def serve(channel: Channel) -> None:
    """One training from its task to its last round."""
    task = channel.receive("task")
    ring = Ring(Parameters.from_values(task.facts["parameters"]))
    plan, sizes = Plan(**task.facts["plan"]), task.facts["sizes"]
    relinearization, rotation = ring.read("RelinKeys", task.blobs[0]), ring.read("GaloisKeys", task.blobs[1])
    batches = []
    for rows in sizes:
        cells = [ring.read("Ciphertext", channel.receive("diagonal").blobs[0]) for _ in range(task.facts["width"])]
        labels = [ring.read("Ciphertext", blob) for blob in channel.receive("labels").blobs]
        batches.append((Table(ring, cells, relinearization, rotation), labels, rows))
    weights = before = [ring.read("Ciphertext", blob) for blob in channel.receive("weights").blobs]
    spent = 0.0
    for t in range(plan.rounds):
        table, labels, rows = batches[t % len(batches)]
        start = time.perf_counter()
        step = Step(ring, plan, rows, relinearization)
        found = [step.next(table, y, w, v) for y, w, v in zip(labels, weights, before, strict=True)]
        spent += time.perf_counter() - start
        channel.send("step", [written(ciphertext) for ciphertext in found], evaluation_seconds=spent)
        if t + 1 < plan.rounds:
            weights, before = [ring.read("Ciphertext", blob) for blob in channel.receive("weights").blobs], weights


class Step:
    """One gradient step on ciphertexts, four levels deep: forward, square, cube, backward."""

    def __init__(self, ring: Ring, plan: Plan, rows: int, relinearization: Any) -> None:
        self.ring, self.plan, self.keys = ring, plan, relinearization
        self.rate = plan.learning_rate / rows

    def next(self, table: Table, labels: Any, weights: Any, before: Any) -> Any:
        """w + momentum·(w - before) + rate·(gradient - ridge·w), on the last level."""
        evaluator = self.ring.evaluator
        z = table.forward(weights)
        evaluator.rescale_to_next_inplace(z)
        gradient = table.backward(self._residual(z, labels))
        evaluator.rescale_to_next_inplace(gradient)
        kept = 1 + self.plan.momentum - self.plan.learning_rate * self.plan.ridge
        for ciphertext, share in ((weights, kept), (before, -self.plan.momentum)):
            scaled = self._scaled(ciphertext, share, gradient)
            if scaled is not None:
                evaluator.add_inplace(gradient, scaled)
        return gradient

    def _residual(self, z: Any, labels: Any) -> Any:
        """rate·(y - 1/2 - c1·z - c3·z³); labels come as y - 1/2."""
        evaluator, (c1, c3) = self.ring.evaluator, self.plan.cubic
        square = self.ring.seal.Ciphertext()
        evaluator.square(z, square)
        evaluator.relinearize_inplace(square, self.keys)
        evaluator.rescale_to_next_inplace(square)
        found = self._scaled(z, -self.rate * c3, square)
        evaluator.multiply_inplace(found, square)
        evaluator.relinearize_inplace(found, self.keys)
        evaluator.rescale_to_next_inplace(found)
        for ciphertext, share in ((z, -self.rate * c1), (labels, self.rate)):
            evaluator.add_inplace(found, self._scaled(ciphertext, share, found))
        return found

    def _scaled(self, ciphertext: Any, share: float, like: Any) -> Any:
        """The ciphertext times a number, on the level and at the scale of another that lies at least one lower."""
        prime = float(self.ring.primes[ciphertext.coeff_modulus_size() - 1])
        product = self.ring.times(ciphertext, share, like.scale * prime / ciphertext.scale)
        if product is None:
            return None
        self.ring.evaluator.rescale_to_next_inplace(product)
        self.ring.evaluator.mod_switch_to_inplace(product, like.parms_id())
        product.scale = like.scale
        return product


if __name__ == "__main__":
    run_party(work)
