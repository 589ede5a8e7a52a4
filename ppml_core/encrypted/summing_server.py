"""The process that adds ciphertexts it cannot read: `python -m ppml_core.encrypted.summing_server`.

In, over its pipes: public parameters. In, over its sockets: each client's ciphertexts, or the word that it sends none
this time. Out: to each client the ciphertexts of the sum. It never holds a key of any kind.
"""

from __future__ import annotations

from ppml_core.encrypted.aggregation import require_enough, summed_blobs
from ppml_core.encrypted.ckks import Ring
from ppml_core.encrypted.messages import Channel, Message
from ppml_core.encrypted.parameters import Parameters
from ppml_core.encrypted.parties import accept, run_party


def work(told: Message, pipes: Channel) -> None:
    ring = Ring(Parameters.from_values(told.facts["parameters"]))
    channels = [accept(pipes, told.facts["token"], told.facts["seconds"]) for _ in told.facts["hosted"]]
    for _ in range(told.facts["rounds"]):
        sent = [
            channel.receive("update").blobs
            for channel, hosted in zip(channels, told.facts["hosted"], strict=True)
            for _ in range(hosted)
        ]
        taking_part = [blobs for blobs in sent if blobs]
        require_enough(len(taking_part))
        total = summed_blobs(ring, taking_part)
        for channel, hosted in zip(channels, told.facts["hosted"], strict=True):
            for _ in range(hosted):
                channel.send("sum", total)


if __name__ == "__main__":
    run_party(work)
