"""What page tests share: pages run as a session would run them, without the sweep of a server's first start."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from patience import PATIENCE
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard import jobs, mapping, tables
from dashboard.waiting import JOB
from ppml_core.experiment.sweep import Forgetful

PAGES = Path(dashboard.__file__).resolve().parent / "app_pages"
Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def _no_first_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "warm_up", lambda: None)
    monkeypatch.setattr(mapping, "begin", lambda: False)


@pytest.fixture(autouse=True)
def _own_desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All page tests run under one session's name: what one brought is not the next one's."""
    own = jobs.Desk(Forgetful(), private=True)
    monkeypatch.setattr(tables, "own_desk", lambda: own)
    yield
    own.close()


@pytest.fixture(autouse=True, scope="session")
def _no_work_left() -> Iterator[None]:
    """A thread that is at work while the interpreter ends takes it down with it."""
    yield
    jobs.shared_desk().close()
    for thread in threading.enumerate():
        if thread.name == JOB:
            thread.join(PATIENCE)


@pytest.fixture
def open_page() -> Open:
    """Opens a page with a link's values; whatever it raises is a failure."""

    def opened(page: str, **link: object) -> AppTest:
        at = AppTest.from_file(str(PAGES / f"{page}.py"), default_timeout=PATIENCE)
        for name, value in link.items():
            at.query_params[name] = str(value)
        at.run()
        assert not at.exception
        return at

    return opened
