"""A sweep or a search while it runs, as a run of the store: begun, seen alive, its gaps kept, and how it ended."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput
from ppml_core.experiment.points import Point
from ppml_core.experiment.scenario import Scenario
from ppml_core.store.points import Store
from ppml_core.store.runs import begin_run, find_run, note_failure, touch_run

BEAT_SECONDS = 30.0


@dataclass(frozen=True)
class Recorder:
    """The run under way; `failed` is for the sweep's `on_failure`."""

    store: Store
    run_id: str

    def failed(self, point: Point, reason: str) -> None:
        note_failure(self.store, self.run_id, point, reason)


@contextmanager
def recording(
    store: Store,
    scenarios: Sequence[Scenario],
    data: Dataset,
    swept: Sequence[str] = (),
    name: str = "",
    note: str = "",
    usual: str = "",
) -> Iterator[Recorder]:
    """A run that lives as long as the block: finished where every point was tried in the end, else stopped.

    `name` is given to it, `usual` only where it is new and nobody has named it.
    Where the process is killed nothing can be said any more; the run then counts as interrupted after two minutes.
    """
    run_id = begin_run(store, scenarios, data, swept, name, note, usual)
    with seen_alive(store, run_id):
        try:
            yield Recorder(store, run_id)
        finally:
            run = find_run(store, run_id)
            touch_run(store, run_id, "finished" if run.done + run.failed >= run.total else "stopped")


@contextmanager
def seen_alive(store: Store, run_id: str) -> Iterator[None]:
    """Says every half minute that somebody is at work on the run, as long as the block lasts."""
    over = threading.Event()
    threading.Thread(target=_beat, args=(store, run_id, over), daemon=True, name=f"run {run_id}").start()
    try:
        yield
    finally:
        over.set()


def _beat(store: Store, run_id: str, over: threading.Event) -> None:
    """A database that cannot be written is told by the sweep itself, which writes more."""
    while not over.wait(BEAT_SECONDS):
        with suppress(BadInput):
            touch_run(store, run_id)
