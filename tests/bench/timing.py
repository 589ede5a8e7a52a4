"""What a piece of work takes, as far as other work on the machine lets it be seen."""

from __future__ import annotations

import time
from collections.abc import Callable


def least_cpu(work: Callable[[], object], times: int) -> float:
    """CPU seconds of the quickest of several runs, which other work on the machine disturbed least."""
    found = []
    for _ in range(times):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)
