"""Seconds of each stretch of a party's work, and its processor's seconds, which other programs do not stretch."""

from __future__ import annotations

import time


class Clock:
    """`lap(name)` books the time since the last lap under that name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.seconds[name], self._last = now - self._last, now
        self.seconds["processor"] = time.process_time()
