"""Parties as processes of their own, each given only what is its own, over pipes; and what they say to each other.

In: a module to run and its first message. Out: a `Party`, whose process group is gone when the block ends.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from typing import Any, Self

from ppml_core.encrypted.messages import PATIENCE, Channel, Message
from ppml_core.errors import BadInput, PPMLError
from ppml_core.workers import LOOPBACK, end_group, last_line, leave_with, spawn_module

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
TOKEN_BYTES = 16


class Party:
    """A process that runs `python -m module` in its own process group. Use as a context: leaving it ends the group."""

    def __init__(self, module: str) -> None:
        self.module = module
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the context is left
        self._process = spawn_module(
            module, env=dict.fromkeys(ONE_THREAD, "1"),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said,
        )  # fmt: skip
        assert self._process.stdin
        assert self._process.stdout
        self._channel = Channel(self._process.stdout, self._process.stdin)

    @property
    def process_id(self) -> int:
        return self._process.pid

    def tell(self, kind: str, blobs: Sequence[bytes] = (), **facts: Any) -> None:
        try:
            self._channel.send(kind, blobs, **facts)
        except BrokenPipeError:
            raise BadInput(f"the process {self.module} ended early. {self._last_words()}") from None

    def hear(self, *kinds: str) -> Message:
        try:
            return self._channel.receive(*kinds)
        except BadInput as fault:
            if self._process.poll() not in (None, 0):
                raise BadInput(f"the process {self.module} ended early. {self._last_words()}") from fault
            raise

    def _last_words(self) -> str:
        self._said.seek(0)
        return last_line(self._said.read().decode(errors="replace"), "")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._channel.outgoing.close()
        try:
            self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            end_group(self._process)
        self._channel.incoming.close()
        self._said.close()


def new_token() -> str:
    """What two parties are told so that nobody else on the machine talks in their place."""
    return secrets.token_hex(TOKEN_BYTES)


def run_party(work: Callable[[Message, Channel], None]) -> None:
    """The main function of a party's process: hears its first message, works, tells a refusal in a sentence.

    It ends with whoever started it.
    """
    leave_with(os.getppid())
    pipes = Channel(sys.stdin.buffer, sys.stdout.buffer)
    try:
        work(pipes.receive(), pipes)
    except PPMLError as fault:
        pipes.refuse(fault)


def accept(pipes: Channel, token: str, seconds: float = PATIENCE) -> Channel:
    """Says on the pipes at which port it listens, and waits so long for the one party that knows the token."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        listener.settimeout(seconds)
        pipes.send("listening", port=listener.getsockname()[1])
        try:
            link, _ = listener.accept()
        except TimeoutError:
            raise BadInput(f"no other party connected within {seconds:g} seconds.") from None
    channel = Channel.over(link)
    link.close()
    if not secrets.compare_digest(str(channel.receive("hello").facts.get("token")), token):
        raise BadInput("the party that connected does not know the token.")
    return channel


def connect(port: int, token: str) -> Channel:
    with socket.create_connection((LOOPBACK, port), timeout=PATIENCE) as link:
        channel = Channel.over(link)
    channel.send("hello", token=token)
    return channel
