"""Long work beside the page: progress, time left, cancel, and a result that a reload finds again.

A `Desk` holds jobs, things computed once, and the memory of finished points. Bundled tables share one desk for all
sessions, with the store behind it; a person's own table has a desk in its session, whose memory ends with it.
"""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any

import pandas as pd
import streamlit as st

from ppml_core.errors import PPMLError
from ppml_core.experiment.sweep import Forgetful, Memory
from ppml_core.store import Store

AT_ONCE = 2
GENERIC = "Something went wrong that should not have; the rest of the page still works."

log = logging.getLogger(__name__)


class Job:
    """One piece of work in a thread. Pages read `done`, `total`, `running`, `cancelled`, `error`; they never wait."""

    def __init__(self, key: Hashable, title: str) -> None:
        self.key, self.title = key, title
        self.done, self.total = 0, 0
        self.error = ""
        self.running = True
        self.rows: dict[str, pd.DataFrame] = {}
        self._already: int | None = None
        self._started = time.monotonic()
        self._cancel = threading.Event()

    @property
    def cancelled(self) -> bool:
        return self._cancel.is_set()

    @property
    def finished(self) -> bool:
        """Ran to its end, neither stopped nor broken."""
        return not (self.running or self.cancelled or self.error)

    def cancel(self) -> None:
        self._cancel.set()

    def is_cancelled(self) -> bool:
        return self.cancelled

    def report(self, done: int, total: int) -> None:
        """Progress in points; the first report tells what was known before."""
        if self._already is None:
            self._already = done
        self.done, self.total = done, total

    @property
    def fraction(self) -> float:
        return min(self.done / self.total, 1.0) if self.total else 0.0

    @property
    def seconds_left(self) -> float | None:
        """By the pace so far; None before there is one."""
        made = self.done - (self._already or 0)
        if made <= 0 or not self.running:
            return None
        return (time.monotonic() - self._started) / made * (self.total - self.done)


class Desk:
    """Jobs by key, values computed once by key, and a memory."""

    def __init__(self, memory: Memory, private: bool) -> None:
        self.memory, self.private = memory, private
        self._jobs: dict[Hashable, Job] = {}
        self._values: dict[Hashable, Future[Any]] = {}
        self._lock = threading.Lock()
        self._places = threading.Semaphore(AT_ONCE)
        self._background = threading.Semaphore(1)

    def start(self, key: Hashable, title: str, work: Callable[[Job], None], *, background: bool = False) -> Job:
        """Starts the work, or gives the job that is at it already. What nobody asked for goes one by one."""
        with self._lock:
            found = self._jobs.get(key)
            if found is not None and found.running and not found.cancelled:
                return found
            job = self._jobs[key] = Job(key, title)
        places = self._background if background else self._places
        threading.Thread(target=self._run, args=(job, work, places), daemon=True, name=f"job {title}").start()
        return job

    def work_out(self, key: Hashable, title: str, make: Callable[[], Any]) -> Job:
        """The job that makes the value of that name; what runs already or was refused is not started again."""
        found = self.find(key)
        if found is not None and (found.running or found.error):
            return found

        def work(_: Job) -> None:
            self.once(key, make)

        return self.start(key, title, work)

    def find(self, key: Hashable) -> Job | None:
        return self._jobs.get(key)

    def once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The value, made by whoever asks first while the others wait; a refusal is raised again for each."""
        with self._lock:
            future = self._values.get(key)
            mine = future is None
            if future is None:
                future = self._values[key] = Future()
        if mine:
            try:
                future.set_result(make())
            except Exception as fault:
                with self._lock:
                    self._values.pop(key, None)
                future.set_exception(fault)
        return future.result()

    def has(self, key: Hashable) -> bool:
        """Whether the value is there already."""
        future = self._values.get(key)
        return future is not None and future.done()

    def close(self) -> None:
        """Stops what runs; for a session that ends."""
        for job in list(self._jobs.values()):
            job.cancel()

    def _run(self, job: Job, work: Callable[[Job], None], places: threading.Semaphore) -> None:
        try:
            with places:
                if not job.cancelled:
                    work(job)
        except PPMLError as fault:
            job.error = str(fault)
        except Exception as fault:
            job.error = GENERIC
            note_fault(fault)
        finally:
            job.running = False


def note_fault(fault: BaseException) -> None:
    """Writes where it happened to the log, and never what the values were: a table may be somebody's own."""
    places = "".join(traceback.format_tb(fault.__traceback__))
    log.error("%s at\n%s", type(fault).__name__, places)


@st.cache_resource(show_spinner=False)
def shared_desk() -> Desk:
    """The desk of the bundled tables; where the store cannot be opened, results live as long as the server."""
    try:
        return Desk(Store(), private=False)
    except PPMLError as fault:
        log.warning("results are kept in memory only: %s", fault)
        return Desk(Forgetful(), private=False)


@st.cache_resource(show_spinner=False, scope="session", on_release=Desk.close)
def own_desk() -> Desk:
    """The desk of this session's own table."""
    return Desk(Forgetful(), private=True)
