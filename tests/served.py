"""A Streamlit server and a browser for tests: the machine's own chromium, nothing downloaded, nothing left behind."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from patience import PATIENCE
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip
SERVER_FLAGS = ("--server.headless", "true", "--server.fileWatcherType", "none", "--server.address", "127.0.0.1")
APP = (sys.executable, "-m", "dashboard.launch", "dashboard")
LOCAL = ("127.0.0.1", "localhost")


def chromium() -> str:
    """The browser's path; the test is skipped with a reason where there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.skip("no chromium on this machine: apt-get install -y chromium fonts-dejavu-core")


@contextmanager
def served(folder: Path, command: Sequence[str] = APP, store: Path | None = None) -> Iterator[str]:
    """The address of a server started in `folder`, ended afterwards."""
    port = _free_port()
    environment = {**os.environ, "PPML_STORE": f"sqlite:///{store or folder / 'results.sqlite'}"}
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--server.port", str(port), *SERVER_FLAGS],
            cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            _wait(f"http://127.0.0.1:{port}/_stcore/health", process, folder / "server.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def browsing() -> Iterator[Browser]:
    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


class Watch:
    """What a page must not do: log an error, or ask anything of another machine."""

    def __init__(self, page: Page) -> None:
        self.errors: list[str] = []
        self.outside: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not self._is_probe(message):
            self.errors.append(f"{message.text} ({message.location.get('url', '')})")

    def _is_probe(self, message: ConsoleMessage) -> bool:
        """Streamlit looks for its server beneath the page's own address first, and is told 404.

        It also asks whether the file behind a download button is there, and is told 404 where the page was left
        meanwhile, which its own script then says once more. What is downloaded is looked at by the tests that do it.
        """
        path = urlsplit(message.location.get("url", "")).path
        if "404" not in message.text:
            return False
        beneath = "/_stcore/" in path and not path.startswith("/_stcore/")
        return beneath or path.startswith("/media/") or "Download Button source error" in message.text

    def _request(self, request: Request) -> None:
        host = urlsplit(request.url).hostname
        if host and host not in LOCAL:
            self.outside.append(request.url)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}:\n{log.read_text()}")
        try:
            with urllib.request.urlopen(address, timeout=1):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"the server was not up after {PATIENCE:g} s:\n{log.read_text()}")
