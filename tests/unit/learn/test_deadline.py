"""Time limits: work that would never end is ended wherever it runs, and nothing stays behind."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from patience import PATIENCE

from ppml_core.catalog import methods
from ppml_core.data.bundled import load
from ppml_core.data.split import split
from ppml_core.errors import NotApplicable
from ppml_core.learn import deadline
from ppml_core.learn.base import Learner
from ppml_core.learn.deadline import within
from ppml_core.learn.models import imported

OF_THE_LIBRARY = [name for name in methods(Learner) if name.startswith("diffprivlib")]


def endless() -> None:
    while True:
        pass


def endless_and_deaf() -> None:
    while True:
        with contextlib.suppress(Exception):
            sum(range(10))


def hanging_fit() -> None:
    """diffprivlib's eigenvectors of data that was not scaled: its sampler rejects practically every draw."""
    mechanism = imported("diffprivlib.mechanisms").Bingham(epsilon=1.0, random_state=0)
    mechanism.randomise(np.diag([*np.full(30, 1e9), *np.zeros(30)]))


def ended(work: Callable[[], None], seconds: float = 0.3) -> float:
    """Seconds that it could work until it was ended; those in which the machine did something else do not count."""
    start = time.thread_time()
    with pytest.raises(NotApplicable, match=f"after {seconds:g} seconds"):
        within(seconds, work)
    return time.thread_time() - start


@pytest.mark.parametrize("work", [endless, endless_and_deaf, hanging_fit])
def test_what_would_never_end_is_ended(work: Callable[[], None]) -> None:
    assert ended(work) < 5
    assert not any(isinstance(thread, deadline._Watch) for thread in threading.enumerate()), "no thread is left"
    assert sum(range(100_000)) == 4_999_950_000, "nothing is raised afterwards"


def test_it_ends_in_other_threads_and_spares_this_one() -> None:
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(ended, work) for work in (endless, endless_and_deaf)]
        assert max(one.result(timeout=PATIENCE) for one in asked) < 10
        assert within(PATIENCE, lambda: 7) == 7


def test_it_ends_in_other_processes() -> None:
    script = """
from ppml_core.learn.deadline import within
def endless():
    while True:
        try:
            sum(range(10))
        except Exception:
            pass
within(0.3, endless)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE)
    assert "NotApplicable: the library's fit was ended after 0.3 seconds" in done.stderr


def test_results_and_errors_pass_through() -> None:
    assert within(PATIENCE, lambda: "done") == "done"
    with pytest.raises(ZeroDivisionError):
        within(PATIENCE, lambda: 1 / 0)


def test_nothing_is_raised_too_late() -> None:
    """Work that ends just when its time does."""
    for _ in range(200):
        with contextlib.suppress(NotApplicable):
            within(1e-4, lambda: sum(range(3000)))
    assert sum(range(100_000)) == 4_999_950_000


@pytest.mark.parametrize("name", OF_THE_LIBRARY)
def test_every_learner_of_the_library_has_the_limit(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[float] = []

    class Noted(deadline._Watch):
        def __init__(self, seconds: float) -> None:
            limits.append(seconds)
            super().__init__(seconds)

    monkeypatch.setattr(deadline, "_Watch", Noted)
    train = split(load("adult"), 1)[0].take(np.arange(100))
    methods(Learner)[name]().fit(train, np.random.default_rng(0))
    assert limits
    assert set(limits) == {deadline.FIT_SECONDS}
