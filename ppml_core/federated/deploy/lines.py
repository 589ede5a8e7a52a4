"""How a party talks with whoever started it: one JSON document a line, in on stdin, out on stdout.

What libraries print goes to stderr, where it cannot be mistaken for a word of ours.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

Word = dict[str, Any]


class Lines:
    """Words in and out; takes stdout away from everybody else."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8")
        self._lock = threading.Lock()
        os.dup2(2, 1)

    def say(self, **word: Any) -> None:
        """Tells who listens; nobody listening any more is no fault."""
        with self._lock:
            try:
                print(json.dumps(word), file=self._out, flush=True)
            except (OSError, ValueError):
                return

    def heard(self) -> Iterator[Word]:
        """The words that come in, until the other side is gone."""
        for line in sys.stdin:
            if line.strip():
                yield json.loads(line)

    def until_alone(self, then: Callable[[], None]) -> None:
        """Calls `then` when the other side is gone, however it ended."""

        def wait() -> None:
            for _ in self.heard():
                pass
            then()

        threading.Thread(target=wait, daemon=True).start()
