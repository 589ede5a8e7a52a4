"""Who is left of a process group. One that has ended and is only not waited for yet does not count."""

from __future__ import annotations

import time
from pathlib import Path

from patience import PATIENCE


def left_of(group: int, seconds: float = PATIENCE) -> list[int]:
    """The living processes of that group, given some seconds to die."""
    until = time.monotonic() + seconds
    while (left := _living(group)) and time.monotonic() < until:
        time.sleep(0.05)
    return left


def _living(group: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _parent, own, *_ = path.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        if int(own) == group and state not in "ZX":
            found.append(int(path.parent.name))
    return found
