"""Batches on a Dask cluster by the address of its scheduler: the same records, from workers that may come and go.

The workers need this package in the same version, and get the table once. It goes to no cluster that was not named.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any

from ppml_core import __version__
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput, Unreachable
from ppml_core.experiment.points import Record
from ppml_core.experiment.workers import Batch, Bench, Done, lost

CONNECT_SECONDS = 10
ALONE_SECONDS = 60
LOOK_SECONDS = 1
EXTRA = "a cluster needs the extra: pip install ppml-explorer[cluster]."


def on_cluster(batches: Sequence[Batch], data: Dataset, address: str, cancelled: Callable[[], bool]) -> Done:
    """The records of each batch, computed by the workers of that scheduler (tcp://host:8786).

    A batch whose worker died goes to another; one that took several workers with it is given up with that as its
    reason. Raises BadInput where the extra `cluster` is missing, nobody answers, the workers have another version, or
    no worker is left for a minute.
    """
    try:
        from distributed import wait
        from distributed.scheduler import KilledWorker
    except ImportError as fault:
        raise BadInput(EXTRA) from fault
    waiting = list(reversed(batches))
    running: dict[Any, Batch] = {}
    with _connected(address) as client:
        places = _places(client, address)
        table = _sent(client, data)
        while running or waiting:
            while waiting and len(running) < 2 * places and not cancelled():
                batch = waiting.pop()
                running[client.submit(_work, batch, table, __version__, pure=False)] = batch
            if not running:
                return
            try:
                with client.as_current():
                    finished = wait(list(running), LOOK_SECONDS, "FIRST_COMPLETED").done  # type: ignore[no-untyped-call]
            except TimeoutError:
                places = _places(client, address)
                if cancelled():
                    client.cancel(list(running))
                    return
                continue
            for future in finished:
                batch = running.pop(future)
                try:
                    yield batch, future.result()
                except CancelledError:  # the last worker that held the table is gone, and the table with it
                    waiting.append(batch)
                    table = _sent(client, data)
                except KilledWorker:
                    yield batch, lost(batch, Unreachable("the workers that computed this died, one after another."))
                except ImportError as fault:
                    raise BadInput(f"the workers of {address!r} cannot import {fault.name or fault}.") from fault


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    from distributed import Client

    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError, ValueError) as fault:
        raise BadInput(f"no Dask scheduler answers at {address!r}.") from fault
    try:
        with client:
            yield client
    except OSError as fault:
        raise BadInput(
            f"the Dask scheduler at {address!r} does not answer any more; finished points are kept."
        ) from fault


def _sent(client: Any, data: Dataset) -> Any:
    """The table on every worker that is there now, with its hierarchies: the workers need not have their files."""
    data.hierarchies  # noqa: B018
    return client.scatter(data, broadcast=True, hash=False)


def _places(client: Any, address: str) -> int:
    """How many batches the workers can compute at once. Raises BadInput where there is no worker for a minute."""
    deadline = time.monotonic() + ALONE_SECONDS
    while not (found := client.nthreads()):
        if time.monotonic() > deadline:
            raise BadInput(f"the cluster at {address!r} has no worker; finished points are kept.")
        time.sleep(LOOK_SECONDS)
    return len(found)


_bench: Bench | None = None
_at_work = threading.Lock()


def _work(batch: Batch, data: Dataset, version: str) -> list[Record]:
    """On a worker: one batch at a time whatever its number of threads, for libraries keep state of their own."""
    global _bench
    if version != __version__:
        raise BadInput(f"the cluster's workers have version {__version__} of this program, not {version}.")
    with _at_work:
        if _bench is None or _bench.data is not data:
            _bench = Bench(data)
        return _bench.compute(batch)
