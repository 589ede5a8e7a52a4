"""Parties as processes: each in a group of its own, and none left behind.

In: a module that talks in `lines`, and its settings. Out: a `Party` that is told words and hears words. Whoever starts
parties holds them in `parties()`, which ends every group on the way out, whatever the way was.
"""

from __future__ import annotations

import contextlib
import json
import queue
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NoReturn

from ppml_core.errors import BadInput, Unreachable
from ppml_core.workers import LOOPBACK, end_group, last_line, signal_group, spawn_module

GENTLE_SECONDS = 4.0
QUIET = {
    "FLWR_TELEMETRY_ENABLED": "0", "FLWR_DISABLE_UPDATE_CHECK": "1", "FLWR_LOG_LEVEL": "WARNING",
    "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NO_COLOR": "1",
}  # fmt: skip


def free_port() -> int:
    """A port of this machine that the kernel says is free just now."""
    with socket.socket() as free:
        free.bind((LOOPBACK, 0))
        return int(free.getsockname()[1])


class Party:
    """A process that leads its own group. What it prints beside its words is in `log`."""

    def __init__(self, name: str, module: str, settings: Mapping[str, Any], folder: Path) -> None:
        self.name, self.log = name, folder / f"{name}.log"
        home = folder / f"{name}.home"
        home.mkdir()
        with self.log.open("wb") as log:
            self.process: subprocess.Popen[str] = spawn_module(
                module, env=QUIET | {"FLWR_HOME": str(home)}, cwd=home,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, encoding="utf-8",
            )  # fmt: skip
        self._words: queue.Queue[dict[str, Any] | None] = queue.Queue()
        threading.Thread(target=self._listen, args=(self.process.stdout,), daemon=True).start()
        self.tell(settings)

    def _listen(self, out: IO[str]) -> None:
        with contextlib.suppress(ValueError):
            for line in out:
                self._words.put(json.loads(line))
        self._words.put(None)

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def tell(self, word: Mapping[str, Any]) -> None:
        """One word to the party; one that is gone is noticed when it is next listened to."""
        assert self.process.stdin is not None
        with contextlib.suppress(OSError, ValueError):
            print(json.dumps(word), file=self.process.stdin, flush=True)

    def word(self, seconds: float) -> dict[str, Any] | None:
        """The next word, or None when there was none in that time. Raises what the party says went wrong."""
        try:
            word = self._words.get(timeout=seconds)
        except queue.Empty:
            return None
        if word is None:
            self._words.put(None)
            raise Unreachable(f"{self.name} has ended unexpectedly: {self._last_line()}")
        if "refused" in word:
            raise BadInput(str(word["refused"]))
        if "failed" in word:
            raise Unreachable(f"{self.name}: {word['failed']}")
        return word

    def hear(self, wanted: str, seconds: float) -> dict[str, Any]:
        """The next word that has that key. Raises Unreachable when it does not come in time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            word = self.word(left)
            if word is not None and wanted in word:
                return word
        raise Unreachable(f"{self.name} did not get ready within {seconds:.0f} s; give it more time.")

    def kill(self) -> None:
        """Ends the whole group at once."""
        end_group(self.process)

    def _last_line(self) -> str:
        said = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return last_line(said, f"exit code {self.process.poll()}")[:300]


def end(started: list[Party]) -> None:
    """Ends every party and whatever it has started: kindly, then at once."""
    for party in started:
        signal_group(party.process, signal.SIGTERM)
    until = time.monotonic() + GENTLE_SECONDS
    while any(party.running for party in started) and time.monotonic() < until:
        time.sleep(0.05)
    for party in started:
        end_group(party.process)
        for pipe in (party.process.stdin, party.process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()


@contextlib.contextmanager
def parties() -> Iterator[list[Party]]:
    """A list to put parties in. All are ended on the way out, be it an error, Ctrl-C or a polite kill."""
    started: list[Party] = []
    with _polite():
        try:
            yield started
        finally:
            end(started)


@contextlib.contextmanager
def _polite() -> Iterator[None]:
    """SIGTERM ends what is going on as Ctrl-C does, so that `finally` is reached."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_signal: int, _frame: object) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def check_port(host: str, port: int) -> None:
    """Raises BadInput where that address is taken or not this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except OSError as fault:
            raise BadInput(f"{host}:{port} cannot be listened on: {fault.strerror}; choose another port.") from fault
