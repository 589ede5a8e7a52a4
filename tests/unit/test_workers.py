"""Worker processes: they start under any main module, for inside Streamlit it is the page that is drawn."""

from __future__ import annotations

import os
import sys
import types
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from ppml_core.workers import FreshProcesses


def test_a_worker_does_not_run_the_main_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.py"
    page.write_text(f"open({str(tmp_path / 'was_run')!r}, 'w').close()\nraise SystemExit(1)\n")
    main = types.ModuleType("__main__")
    main.__file__ = str(page)
    monkeypatch.setitem(sys.modules, "__main__", main)
    given = bytes(1_000_000)  # more than a pipe holds: who does not read it leaves the other waiting
    with ProcessPoolExecutor(1, mp_context=FreshProcesses(), initializer=len, initargs=(given,)) as pool:
        assert pool.submit(os.getpid).result(60) != os.getpid()
    assert not (tmp_path / "was_run").exists()
    assert main.__file__ == str(page)
