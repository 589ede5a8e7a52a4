"""What processes that work for us share, whatever they work on: how they start, and that none is left behind.

`Progress` is told how much is done, and of how much.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FAULT = re.compile(r"[\w.]*(Error|Exception|Fault|Exit|Interrupt)(?=: |$)")
LOOPBACK = "127.0.0.1"
Waiting = Callable[[], None]
Progress = Callable[[int, int], None]


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


def leave_with(parent: int, first: Callable[[], None] = patient) -> None:
    """Ends this process when the one that started it was killed and could not say so; `first` is done before."""
    threading.Thread(target=_watch, args=(parent, first), daemon=True).start()


def _watch(parent: int, first: Callable[[], None]) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    first()
    os._exit(1)


def spawn_module(module: str, *arguments: str, env: Mapping[str, str], **how: Any) -> subprocess.Popen[Any]:
    """`python -m module` at the head of a process group of its own, where it finds this package; `how` is Popen's."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments], start_new_session=True,
        env={**os.environ, **env, "PYTHONPATH": os.pathsep.join(paths)}, **how,
    )  # fmt: skip


def signal_group(process: subprocess.Popen[Any], number: signal.Signals) -> None:
    """To the process that leads a group, and to all that it has started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def end_group(process: subprocess.Popen[Any]) -> None:
    """Ends them at once, as a power cut would, and waits until the process is gone."""
    if hasattr(os, "killpg"):
        signal_group(process, signal.SIGKILL)
    process.kill()
    process.wait()


def last_line(text: str, otherwise: str) -> str:
    """What a process said last before it ended; the other words where it said nothing.

    Of the last line of a traceback only the kind of fault is left: its text may quote a cell of a table.

    >>> last_line("", "it said nothing"), last_line("Traceback …\\nValueError: could not convert 'Jane'", "")
    ('it said nothing', 'ValueError')
    """
    last = (text.strip().splitlines() or [otherwise])[-1]
    raised = FAULT.match(last)
    return raised.group() if raised else last
