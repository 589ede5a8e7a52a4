"""What worker processes share, whatever they work on."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any

Waiting = Callable[[], None]


def patient() -> None:
    """Called while others work, where nobody wants to stop them."""


class _Worker(SpawnProcess):
    @staticmethod
    def _Popen(process_obj: Any) -> Any:  # noqa: N802 - the name that multiprocessing asks for
        with _without_main():
            return SpawnProcess._Popen(process_obj)


class FreshProcesses(SpawnContext):
    """Processes that import what they need and never run the program's main file again.

    Inside Streamlit the main module is the page that is drawn. A process that ran it as its first act could die of it,
    and whoever started the process would wait for ever to hand it its work.
    """

    Process = _Worker


@contextmanager
def _without_main() -> Iterator[None]:
    main = sys.modules["__main__"]
    hidden = {name: main.__dict__.pop(name) for name in ("__file__", "__spec__") if name in main.__dict__}
    main.__dict__["__spec__"] = None
    try:
        yield
    finally:
        main.__dict__.update({"__spec__": None} | hidden)


def leave_with(parent: int) -> None:
    """Ends this worker when the process that started it was killed and could not say so."""
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
