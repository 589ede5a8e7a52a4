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

import pytest
from distributed import Client
from patience import PATIENCE, until

LIMITS = (
    "ppml_core.experiment.cluster.CONNECT_SECONDS", "ppml_core.experiment.cluster.ALONE_SECONDS",
    "ppml_core.data.counts_dask.PATIENCE_SECONDS",
)  # fmt: skip


@dataclass(frozen=True)
class Cluster:
    """The scheduler's address, and the workers' processes."""

    address: str
    workers: list[subprocess.Popen[bytes]]


@contextmanager
def clustered(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """A cluster that listens on loopback alone, with all of its workers there, ended afterwards.

    Ten seconds until its scheduler answers and a minute until a worker is there are enough for a person's cluster that
    runs already, and not for one that starts beside other tests.
    """
    place = folder / "scheduler.json"
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    listening = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(place)]
    scheduler = subprocess.Popen([sys.executable, "-m", "distributed.cli.dask_scheduler", *listening], **quiet)
    common = ["--scheduler-file", str(place), "--nthreads", "1", "--no-dashboard", "--no-nanny", "--host", "127.0.0.1"]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", *common, "--local-directory", str(folder)]
    started: list[subprocess.Popen[bytes]] = []
    patched = pytest.MonkeyPatch()
    for limit in LIMITS:
        patched.setattr(limit, PATIENCE)
    try:
        until(lambda: _address(place) or scheduler.poll() is not None, "the scheduler is not there in time")
        assert scheduler.poll() is None, "the scheduler did not start"
        started += [subprocess.Popen(worker, **quiet) for _ in range(workers)]
        with Client(_address(place), timeout=PATIENCE, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=PATIENCE)
        yield Cluster(_address(place), started)
    finally:
        patched.undo()
        for process in (*started, scheduler):
            process.kill()
            process.wait(timeout=PATIENCE)


def _address(place: Path) -> str:
    """Where the scheduler listens; "" as long as its file is not there or only half written."""
    with suppress(OSError, ValueError):
        return str(json.loads(place.read_text())["address"])
    return ""
