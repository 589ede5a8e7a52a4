"""What all tests share: a store of their own, results of ARX, a server and a browser, and no skipping in CI."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from playwright.sync_api import Browser
from postgres import Server, serving
from served import browsing, served

import ppml_core
from ppml_core.anonymize.base import Anonymizer
from ppml_core.catalog import method

ORACLE = "PPML_ARX_ORACLE"
MANY_TESTS = 1_000
BROWSER_TESTS = "browser"
WARMING: list[subprocess.Popen[bytes]] = []

os.environ.setdefault("PPML_DEBUG", "1")  # a command that breaks in a test says where

PATIENT = [hypothesis.HealthCheck.too_slow]  # a machine that stands still for a while is no fault of an example
hypothesis.settings.register_profile(
    "ppml", deadline=None, derandomize=True, print_blob=True, suppress_health_check=PATIENT
)
hypothesis.settings.load_profile("ppml")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test in a real browser is tried twice; the summary names one that failed first (R), for somebody to look at.

    Chromium, the server and their machine share two cores, and stall when they please. What is wrong at times only may
    pass so: a first failure is a finding.
    """
    for item in items:
        if BROWSER_TESTS in item.path.parent.parts:
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Where many tests begin in a fresh checkout, its kernels are compiled beside the first of them."""
    caches = Path(os.environ.get("NUMBA_CACHE_DIR") or Path(ppml_core.__file__).parent)
    fresh = next(caches.rglob("*.nbi"), None) is None
    if fresh and len(session.items) >= MANY_TESTS and not session.config.option.collectonly:
        command = [sys.executable, str(Path(__file__).with_name("warming.py"))]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        WARMING.append(subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1"}, **quiet))
        threading.Thread(target=WARMING[0].wait, daemon=True).start()


def pytest_unconfigure() -> None:
    for process in WARMING:
        process.terminate()
        process.wait()


@pytest.fixture(autouse=True)
def _own_store(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the results of the person who runs it."""
    monkeypatch.setenv("PPML_STORE", f"sqlite:///{tmp_path_factory.mktemp('store') / 'results.sqlite'}")


@pytest.fixture(scope="session")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Anonymizer]:
    """Makes an anonymizer with its default settings, and for pseudonyms a key, without which they refuse to work."""
    key = tmp_path_factory.mktemp("keys") / "key"
    key.write_bytes(bytes(range(32)))

    def make(name: str) -> Anonymizer:
        return method(Anonymizer, name).from_values({"key_file": str(key)} if name == "pseudonymize" else {})

    return make


@pytest.fixture(scope="session")
def arx_oracle() -> Path:
    """The folder of ARX's tables and results, named by the environment."""
    folder = os.environ.get(ORACLE)
    if not folder:
        pytest.skip(f"{ORACLE} is not set: ARX's results are not here")
    return Path(folder)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own for one file of browser tests."""
    with served(tmp_path_factory.mktemp("served")) as running:
        yield running


@pytest.fixture
def address(request: pytest.FixtureRequest, tmp_path: Path, server: str) -> Iterator[str]:
    """The file's server; for a second try one that remembers nothing of the first."""
    if getattr(request.node, "execution_count", 1) == 1:
        yield server
    else:
        with served(tmp_path) as fresh:
            yield fresh


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for one file of browser tests."""
    with browsing() as opened:
        yield opened


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A real PostgreSQL of this machine, for the whole run of tests."""
    with serving() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'results.sqlite'}"
    return str(request.getfixturevalue("postgres").new_database())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Why a browser test was tried again."""
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.section(f"first try of {report.nodeid}")
        terminalreporter.write_line(report.longreprtext)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With PPML_REQUIRE_ALL=1 a skip is a failure, unless ARX's results are simply not part of this checkout."""
    report = yield
    if os.environ.get("PPML_REQUIRE_ALL") == "1" and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if ORACLE not in reason:
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} was skipped where everything is required: {reason}"
    return report
