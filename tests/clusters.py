"""A Dask cluster for tests: a real scheduler and real workers, each a process of its own on this machine."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START_SECONDS = 60


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
        deadline = time.monotonic() + START_SECONDS
        while not place.exists() and time.monotonic() < deadline:
            if scheduler.poll() is not None:
                raise RuntimeError("the scheduler did not start")
            time.sleep(0.05)
        started += [subprocess.Popen(worker, **quiet) for _ in range(workers)]
        yield Cluster(str(json.loads(place.read_text())["address"]), started)
    finally:
        for process in (*started, scheduler):
            process.kill()
            process.wait(timeout=30)
