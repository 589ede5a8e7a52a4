"""The process of a client that encrypts updates and opens their sum: `python -m ppml_core.encrypted.summing_client`.

In, over its pipes: the client's update of each round. The first client makes the key and hands it to each other over a
socket of their own, which the server is no end of. Out: to the server ciphertexts, over its pipes the opened sum. One
process may host several clients; each has its own conversation with the server.
"""

from __future__ import annotations

from ppml_core.encrypted.aggregation import Array, EncryptedSums
from ppml_core.encrypted.messages import Channel, Message, arrays_from_bytes, arrays_to_bytes
from ppml_core.encrypted.parties import accept, connect, run_party


def work(told: Message, pipes: Channel) -> None:
    facts = told.facts
    server = connect(facts["port"], facts["token"])
    secret = None
    if "key_port" in facts:
        friend = connect(facts["key_port"], facts["key_token"])
        secret = friend.receive("key").blobs[0]
        friend.close()
    sums = EncryptedSums(facts["clients"], facts["most"], facts["security_bits"], secret)
    for _ in range(facts["hands_on"]):
        friend = accept(pipes, facts["key_token"], facts["seconds"])
        friend.send("key", [sums.secret_key()])
        friend.close()
    for _ in range(facts["rounds"]):
        total = summed(sums, server, pipes.receive("round"))
        pipes.send("sum", [arrays_to_bytes(total=total)], bytes=server.sent + server.received)


def summed(sums: EncryptedSums, server: Channel, asked: Message) -> Array:
    """The opened sum of one round; every client that lives here gets a copy of its own from the server."""
    for blob in asked.blobs:
        server.send("update", sums.encrypted(arrays_from_bytes(blob)["update"]) if blob else ())
    copies = [server.receive("sum").blobs for _ in asked.blobs]
    return sums.opened(copies[0], asked.facts["size"])


if __name__ == "__main__":
    run_party(work)
