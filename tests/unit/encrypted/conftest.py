"""Conversations between parties that are listened to, as whoever sits on the line would."""

from __future__ import annotations

import io
import socket
import threading

import pytest
from patience import PATIENCE

from ppml_core.encrypted.messages import Channel, Message
from ppml_core.workers import LOOPBACK


class Relay:
    """Passes everything on between one client and a server's port, and keeps every byte of both directions."""

    def __init__(self, port: int) -> None:
        self.upward, self.downward = io.BytesIO(), io.BytesIO()
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._run, args=(port,), daemon=True)
        self._thread.start()

    def _run(self, port: int) -> None:
        client, _ = self._listener.accept()
        server = socket.create_connection((LOOPBACK, port))
        back = threading.Thread(target=_pump, args=(server, client, self.downward), daemon=True)
        back.start()
        _pump(client, server, self.upward)
        back.join()
        client.close()
        server.close()
        self._listener.close()

    def heard(self, kept: io.BytesIO) -> list[Message]:
        """Every message of one direction."""
        self._thread.join(timeout=PATIENCE)
        assert not self._thread.is_alive(), "the conversation is not over"
        size = len(kept.getvalue())
        kept.seek(0)
        messages, channel = [], Channel(kept, io.BytesIO())
        while kept.tell() < size:
            messages.append(channel.receive())
        return messages


def _pump(source: socket.socket, target: socket.socket, kept: io.BytesIO) -> None:
    while data := source.recv(1 << 16):
        kept.write(data)
        target.sendall(data)
    try:
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return


@pytest.fixture
def relay() -> type[Relay]:
    return Relay
