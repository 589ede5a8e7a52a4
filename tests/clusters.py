"""A Dask cluster for tests: a real scheduler and real workers, each a process of its own on this machine."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from patience import PATIENCE, until


@dataclass(frozen=True)
class Cluster:
    """The scheduler's address, and the workers' processes."""

    address: str
    workers: list[subprocess.Popen[bytes]]


@contextmanager
def clustered(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """A cluster that listens on loopback alone, ended afterwards."""
    place = folder / "scheduler.json"
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    listening = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(place)]
    scheduler = subprocess.Popen([sys.executable, "-m", "distributed.cli.dask_scheduler", *listening], **quiet)
    common = ["--scheduler-file", str(place), "--nthreads", "1", "--no-dashboard", "--no-nanny", "--host", "127.0.0.1"]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", *common, "--local-directory", str(folder)]
    started: list[subprocess.Popen[bytes]] = []
    try:
        until(lambda: _address(place) or scheduler.poll() is not None, "the scheduler did not start")
        started += [subprocess.Popen(worker, **quiet) for _ in range(workers)]
        yield Cluster(_address(place), started)
    finally:
        for process in (*started, scheduler):
            process.kill()
            process.wait(timeout=PATIENCE)


def _address(place: Path) -> str:
    """Where the scheduler listens; "" as long as its file is not there or only half written."""
    with suppress(OSError, ValueError):
        return str(json.loads(place.read_text())["address"])
    return ""
