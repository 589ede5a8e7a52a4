"""Long work beside the page: progress, time left, cancel, and a result that a reload finds again.

A `Desk` holds jobs, things computed once, and the memory of finished points. Bundled tables share one desk for all
sessions, with the store behind it; a person's own table has a desk in its session, whose memory ends with it. Jobs of
all desks stand in the same few queues, where people take turns. A job of the bundled tables may be wanted by several
sessions: it is stopped by one that started it or looks at it, and only where no other session that is still there does.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import traceback
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any

import pandas as pd
import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.waiting import Queue
from ppml_core.errors import PPMLError
from ppml_core.experiment.sweep import Forgetful, Memory
from ppml_core.store import Store

AT_ONCE = max(2, (os.cpu_count() or 2) // 2)
GENERIC = "Something went wrong that should not have; the rest of the page still works."

log = logging.getLogger(__name__)


SWEEPS, VALUES, BACKGROUND = Queue(AT_ONCE), Queue(AT_ONCE), Queue(1)


class Job:
    """One piece of work in a thread. Pages read `done`, `total`, `running`, `cancelled`, `error`; they never wait.

    `running` holds from the start to the end, `waiting` until its turn has come. `counted` says what `done` counts.
    A `shared` one can be seen by sessions that do not want it.
    """

    def __init__(self, key: Hashable, title: str, *, shared: bool = False) -> None:
        self.key, self.title, self.shared = key, title, shared
        self._wanted_by: set[str] = set()
        self.done, self.total, self.counted = 0, 0, "models"
        self.error = ""
        self.running = self.waiting = True
        self.created = time.monotonic()
        self.rows: dict[str, pd.DataFrame] = {}
        self._already: int | None = None
        self._started = self.created
        self._cancel = threading.Event()
        self._turn = threading.Lock()

    @property
    def cancelled(self) -> bool:
        return self._cancel.is_set()

    @property
    def finished(self) -> bool:
        """Ran to its end, neither stopped nor broken."""
        return not (self.running or self.cancelled or self.error)

    def cancel(self) -> None:
        """Asks the work to stop; what still waits for its turn is over at once."""
        self._cancel.set()
        with self._turn:
            if self.waiting:
                self.running = self.waiting = False

    def join(self) -> None:
        """This session waits for it as well: it started it, or its page shows it, again after a reload."""
        self._wanted_by.add(_person())

    def may_be_stopped(self) -> bool:
        """Whether this session waits for it and no other one that is still there."""
        others = set(self._wanted_by) - {_person()}
        return not self.shared or (_person() in self._wanted_by and not any(is_here(other) for other in others))

    def stop(self) -> None:
        """`cancel`, where this session may."""
        if self.may_be_stopped():
            self.cancel()

    def begin(self) -> bool:
        """Takes its turn; False where it was cancelled before."""
        with self._turn:
            begun, self.waiting = self.waiting, False
        self._started = time.monotonic()
        return begun

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
        if made <= 0 or not self.running or self.waiting:
            return None
        return (time.monotonic() - self._started) / made * (self.total - self.done)


class Desk:
    """Jobs by key, values computed once by key, and a memory."""

    def __init__(self, memory: Memory, private: bool) -> None:
        self.memory, self.private = memory, private
        self._jobs: dict[Hashable, Job] = {}
        self._values: dict[Hashable, Future[Any]] = {}
        self._lock = threading.Lock()

    def start(
        self,
        key: Hashable,
        title: str,
        work: Callable[[Job], None],
        *,
        background: bool = False,
        queue: Queue = SWEEPS,
    ) -> Job:
        """Queues the work, or gives the job that is at it already. What nobody asked for goes one by one."""
        with self._lock:
            found = self._jobs.get(key)
            if found is not None and found.running and not found.cancelled:
                found.join()
                return found
            job = self._jobs[key] = Job(key, title, shared=not self.private)
        if not background:
            job.join()
        (BACKGROUND if background else queue).put(_person(), lambda: self._run(job, work))
        return job

    def work_out(self, key: Hashable, title: str, make: Callable[[], Any]) -> Job:
        """The job that makes the value of that name; what runs already or was refused is not started again."""
        found = self.find(key)
        if found is not None and (found.running or found.error):
            found.join()
            return found

        def work(_: Job) -> None:
            self.once(key, make)

        return self.start(key, title, work, queue=VALUES)

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

    def at_hand(self) -> list[Job]:
        """The jobs that run or wait."""
        with self._lock:
            return [job for job in self._jobs.values() if job.running and not job.cancelled]

    def has(self, key: Hashable) -> bool:
        """Whether the value is there already."""
        future = self._values.get(key)
        return future is not None and future.done()

    def close(self) -> None:
        """Stops what runs; for a session that ends."""
        for job in list(self._jobs.values()):
            job.cancel()

    def _run(self, job: Job, work: Callable[[Job], None]) -> None:
        if not job.begin():
            return
        try:
            work(job)
        except PPMLError as fault:
            job.error = str(fault)
        except Exception as fault:
            job.error = GENERIC
            note_fault(fault)
        finally:
            job.running = False


def _person() -> str:
    """Whose turn a job is: the session's that asks for it."""
    context = get_script_run_ctx(suppress_warning=True)
    return "" if context is None else context.session_id


def is_here(person: str) -> bool:
    """Whether that session is still connected; a page that was loaded again is another session."""
    return not runtime.exists() or runtime.get_instance().is_active_session(person)


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
