"""A PostgreSQL server for tests: Debian's own, in a temporary folder, on loopback, ended afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from patience import PATIENCE

USER = "postgres"
TRIES = 3


@dataclass(frozen=True)
class Server:
    """Where it listens; every test gets a database of its own."""

    bin: Path
    folder: Path
    port: int
    _numbers: Iterator[int] = field(default_factory=count)

    def new_database(self) -> str:
        """The URL of an empty database."""
        name = f"test_{next(self._numbers)}"
        _run([self.bin / "createdb", "-h", "127.0.0.1", "-p", self.port, "-U", USER, name], self.folder)
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/{name}"


@contextmanager
def serving() -> Iterator[Server]:
    """A server while the block lasts; the test is skipped with a reason where none is installed."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="ppml_postgres_"))
    try:
        if os.geteuid() == 0:
            owner = pwd.getpwnam(USER)
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        place = folder / "db"
        _run([programs / "initdb", "-D", place, "-A", "trust", "-U", USER, "-E", "UTF8", "--locale=C", "-N"], folder)
        pg_ctl = [programs / "pg_ctl", "-D", place, "-t", int(PATIENCE)]
        port = _started(pg_ctl, folder)
        try:
            yield Server(programs, folder, port)
        finally:
            _run([*pg_ctl, "-m", "immediate", "-w", "stop"], folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _started(pg_ctl: Sequence[object], folder: Path) -> int:
    """The port on which it listens; another one is tried where somebody took the first between asking and listening."""
    for tries in range(1, TRIES + 1):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = int(listener.getsockname()[1])
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c max_connections=50"
        try:
            _run([*pg_ctl, "-l", folder / "log", "-o", options, "-w", "start"], folder)
        except RuntimeError:
            if tries == TRIES or "Address already in use" not in (folder / "log").read_text(encoding="utf-8"):
                raise
        else:
            return port
    raise AssertionError("unreachable")


def _programs() -> Path:
    """The folder with initdb and pg_ctl, the newest version's where there are several."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if found:
        return found[-1].parent
    if on_path := shutil.which("initdb"):
        return Path(on_path).parent
    pytest.skip("no PostgreSQL server on this machine: apt-get install -y postgresql")


def _run(command: Sequence[object], folder: Path) -> None:
    """Runs it as the server's user: the server refuses to run as root."""
    become = ["runuser", "-u", USER, "--"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*become, *map(str, command)], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, timeout=2 * PATIENCE,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr}")
