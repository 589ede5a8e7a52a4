"""A download's file is there when its button is pressed, whatever was drawn meanwhile."""

from __future__ import annotations

import time

import pytest
from streamlit.runtime import runtime
from streamlit.runtime.media_file_storage import MediaFileStorageError
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from dashboard import downloads
from dashboard.downloads import KEPT_SECONDS, PatientFiles

PLACE = "0.1.2"


@pytest.fixture
def files() -> PatientFiles:
    return PatientFiles(MemoryMediaFileStorage("/media"))


def drawn_twice(files: PatientFiles) -> str:
    """The name behind a button that was drawn again a moment ago, as a browser still knows it."""
    name = files.add_deferred(lambda: b"report", "text/html", PLACE)
    files.add_deferred(lambda: b"report", "text/html", PLACE)
    return name


def while_a_script_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "get_script_run_ctx", lambda suppress_warning: object())


def test_a_press_on_a_page_just_drawn_anew_gives_the_file(files: PatientFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    while_a_script_runs(monkeypatch)
    pressed = drawn_twice(files)
    files.remove_orphaned_files()
    assert files.execute_deferred(pressed).startswith("/media/")


def test_a_minute_later_it_is_forgotten(files: PatientFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    while_a_script_runs(monkeypatch)
    pressed = drawn_twice(files)
    later = time.monotonic() + KEPT_SECONDS
    monkeypatch.setattr(time, "monotonic", lambda: later)
    files.remove_orphaned_files()
    with pytest.raises(MediaFileStorageError):
        files.execute_deferred(pressed)


def test_at_the_end_of_a_session_it_is_forgotten_at_once(files: PatientFiles) -> None:
    pressed = drawn_twice(files)
    files.remove_orphaned_files()
    with pytest.raises(MediaFileStorageError):
        files.execute_deferred(pressed)


def test_a_server_takes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "MediaFileManager", runtime.MediaFileManager)
    downloads.install()
    assert runtime.MediaFileManager is PatientFiles
