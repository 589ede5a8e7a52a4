"""Messages between parties: a kind, a few facts and blobs of bytes, each with its length before it.

In: the two ends of a socket or of pipes. Out: a `Channel`, which counts what passes. Nothing is unpickled. Each part is
filled up to whole units, so that the traffic of a run is the same to the byte whatever a ciphertext compresses to.
"""

from __future__ import annotations

import io
import json
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from ppml_core.errors import BadInput, NotApplicable, PPMLError

LONGEST_HEADER = 1 << 20
HEADER_UNIT = 512
BLOB_UNIT, LARGE_UNIT = 4096, 16384
LARGE = 1 << 19
LONGEST_BLOB = 1 << 32
REFUSED = "refused"
PATIENCE = 600.0

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Message:
    kind: str
    facts: dict[str, Any]
    blobs: tuple[bytes, ...] = ()


@dataclass
class Channel:
    """One end of a conversation. Raises BadInput where the other end says what is no message, or nothing more."""

    incoming: IO[bytes]
    outgoing: IO[bytes]
    sent: int = field(default=0, init=False)
    received: int = field(default=0, init=False)

    @classmethod
    def over(cls, link: socket.socket) -> Channel:
        link.settimeout(PATIENCE)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return cls(link.makefile("rb"), link.makefile("wb"))

    def send(self, kind: str, blobs: Sequence[bytes] = (), **facts: Any) -> None:
        sizes = [len(blob) for blob in blobs]
        header = json.dumps({"kind": kind, "facts": facts, "sizes": sizes}).encode()
        header += b" " * (-len(header) % HEADER_UNIT)
        self.outgoing.write(struct.pack(">I", len(header)) + header)
        for blob in blobs:
            self.outgoing.write(blob)
            self.outgoing.write(bytes(filled(len(blob)) - len(blob)))
        self.outgoing.flush()
        self.sent += 4 + len(header) + sum(map(filled, sizes))

    def receive(self, *kinds: str) -> Message:
        """The next message, of one of these kinds; a refusal of the other end is raised here."""
        (length,) = struct.unpack(">I", self._read(4))
        if length > LONGEST_HEADER:
            raise BadInput("what arrived is no message: its header is too long.")
        header = json.loads(self._read(length))
        if any(not 0 <= size <= LONGEST_BLOB for size in header["sizes"]):
            raise BadInput("what arrived is no message: a part is too long.")
        blobs = tuple(self._read(filled(size))[:size] for size in header["sizes"])
        message = Message(header["kind"], header["facts"], blobs)
        if message.kind == REFUSED:
            raise _error_of(message.facts)
        if kinds and message.kind not in kinds:
            raise BadInput(f"expected the message {' or '.join(kinds)}, not {message.kind!r}.")
        return message

    def refuse(self, fault: PPMLError) -> None:
        self.send(REFUSED, sentence=str(fault), applicable=not isinstance(fault, NotApplicable))

    def close(self) -> None:
        self.outgoing.close()
        self.incoming.close()

    def _read(self, size: int) -> bytes:
        try:
            data = self.incoming.read(size)
        except OSError as fault:
            raise BadInput(f"the other party does not answer: {fault}.") from fault
        if len(data) < size:
            raise BadInput("the other party ended in the middle of the conversation.")
        self.received += size
        return data


def filled(size: int) -> int:
    """Bytes of a part that is filled up to whole units.

    >>> filled(5000)
    8192
    """
    return size + -size % (LARGE_UNIT if size >= LARGE else BLOB_UNIT)


def _error_of(facts: dict[str, Any]) -> PPMLError:
    return (BadInput if facts.get("applicable", True) else NotApplicable)(str(facts["sentence"]))


def arrays_to_bytes(**arrays: npt.ArrayLike) -> bytes:
    """Named arrays as one blob."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **{name: np.asarray(array) for name, array in arrays.items()})
    return buffer.getvalue()


def arrays_from_bytes(blob: bytes) -> dict[str, Array]:
    """The arrays of a blob, without unpickling."""
    with np.load(io.BytesIO(blob), allow_pickle=False) as stored:
        return {name: np.asarray(stored[name], dtype=np.float64) for name in stored.files}
