"""A limit of time for work inside a library: it ends in any thread of any process, with a sentence, and leaves nothing.

In: seconds and a piece of work. Out: its result, or NotApplicable. A watching thread raises an exception inside the
working one at its next Python instruction, again and again until it is out, so that loops which catch errors end too.
Signals would reach the main thread only, and a process of its own would copy the table and start the libraries for
every fit. A single call into compiled code is not cut short: those that the libraries here make are finite.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from ppml_core.errors import NotApplicable

Result = TypeVar("Result")

FIT_SECONDS = 120.0
AGAIN_SECONDS = 0.2

_raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc


class _TimeIsUp(BaseException):
    """Not an Exception, so that libraries which catch those do not catch it."""


class _Watch(threading.Thread):
    """Raises in the thread that made it once the seconds are over, at growing intervals until it is told to stop."""

    def __init__(self, seconds: float) -> None:
        super().__init__(name="time limit of a fit", daemon=True)
        self.seconds, self.worker = seconds, threading.get_ident()
        self.over, self.lock = threading.Event(), threading.Lock()

    def run(self) -> None:
        wait, again = self.seconds, AGAIN_SECONDS
        while not self.over.wait(wait):
            with self.lock:
                if not self.over.is_set():
                    _raise_in(ctypes.c_ulong(self.worker), ctypes.py_object(_TimeIsUp))
            wait, again = again, 2 * again

    def stop(self) -> None:
        """After this nothing is raised any more, and nothing is waiting to be, even if it is raised during this."""
        while True:
            try:
                with self.lock:
                    self.over.set()
                    _raise_in(ctypes.c_ulong(self.worker), None)
                return
            except _TimeIsUp:
                continue


def within(seconds: float, work: Callable[[], Result], what: str = "the library's fit") -> Result:
    """The result of `work`. Raises NotApplicable where it takes longer than `seconds`.

    The time may be up at any instruction here too, so everything from the start of the watch on stands inside.

    >>> within(60.0, lambda: sum(range(4)))
    6
    """
    watch = _Watch(seconds)
    try:
        try:
            watch.start()
            return work()
        finally:
            watch.stop()
    except _TimeIsUp:
        watch.stop()
        raise NotApplicable(
            f"{what} was ended after {seconds:g} seconds without a result; choose fewer columns or other settings."
        ) from None
    finally:
        watch.join()


def fit_in_time(model: Any, *tables: Any) -> Any:
    """The library's model, fitted within FIT_SECONDS."""
    return within(FIT_SECONDS, lambda: model.fit(*tables))
