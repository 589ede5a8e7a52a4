"""A queue for several people: a few pieces of work at once, and who has least under way comes next."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Hashable

JOB = "job"  # what each thread at work is called


class Queue:
    """Runs what is put in, each in a thread of its own, at most `at_once` of them together.

    Next is a person with the fewest pieces under way; among equals the one who has waited longest for a turn. So
    somebody who asks for ten sweeps holds nobody up who asks for one.
    """

    def __init__(self, at_once: int) -> None:
        self.at_once = at_once
        self._waiting: dict[Hashable, deque[Callable[[], None]]] = {}
        self._under_way: Counter[Hashable] = Counter()
        self._lock = threading.Lock()

    def put(self, person: Hashable, work: Callable[[], None]) -> None:
        """Takes the work in; it begins when its turn has come, perhaps at once."""
        with self._lock:
            self._waiting.setdefault(person, deque()).append(work)
            self._fill()

    def _fill(self) -> None:
        while self._waiting and self._under_way.total() < self.at_once:
            person = min(self._waiting, key=lambda name: self._under_way[name])
            line = self._waiting.pop(person)
            work = line.popleft()
            if line:
                self._waiting[person] = line  # behind all others who wait
            self._under_way[person] += 1
            threading.Thread(target=self._run, args=(person, work), daemon=True, name=JOB).start()

    def _run(self, person: Hashable, work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            with self._lock:
                self._under_way[person] -= 1
                if not self._under_way[person]:
                    del self._under_way[person]
                self._fill()
