"""How long a test waits for what has to come: far longer than it takes, since only what never comes is a failure."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 300.0


def until(holds: Callable[[], object], otherwise: str = "it did not come to that", seconds: float = PATIENCE) -> None:
    """Returns as soon as it holds; what holds only after the time is over, on a machine that stood still, holds too."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.02)
