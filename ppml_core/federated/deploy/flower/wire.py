"""What goes between server and nodes: messages out, replies in, each counted in bytes, and who did not answer.

Bytes are those of Flower's serialized messages with everything in them; HTTP and TLS around them are not counted.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from flwr.app import Message
from flwr.common.serde import message_to_proto

POLL_SECONDS = 0.2


class Wire:
    """A Flower grid that waits in short steps, counts, and remembers what nodes said went wrong."""

    def __init__(self, grid: Any) -> None:
        self.grid = grid
        self.bytes = 0
        self.faults: list[tuple[int, str]] = []

    def nodes(self) -> dict[int, tuple[str, float]]:
        """Nodes that are there, each with the times from which it can be told whether it gave another sign of life."""
        return {node.node_id: (node.last_activated_at, node.online_until) for node in self.grid.get_nodes()}

    def send_and_receive(self, messages: Iterable[Message], *, timeout: float | None = None) -> list[Message]:
        """The replies that came within `timeout` seconds, errors put aside into `faults`."""
        out = list(messages)
        self.bytes += sum(_size(message) for message in out)
        waiting = {one for one in self.grid.push_messages(out) if one}
        replies: list[Message] = []
        until = time.monotonic() + (timeout if timeout is not None else 1e9)
        while waiting:
            for reply in self.grid.pull_messages(waiting):
                waiting.discard(reply.metadata.reply_to_message_id)
                if reply.has_error():
                    self.faults.append((reply.metadata.src_node_id, str(reply.error.reason)))
                else:
                    self.bytes += _size(reply)
                    replies.append(reply)
            if time.monotonic() >= until:
                break
            time.sleep(POLL_SECONDS)
        return replies


def _size(message: Message) -> int:
    return len(message_to_proto(message).SerializeToString())
