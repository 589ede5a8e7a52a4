"""A fragment that a left page still asks for does not run; everything else does."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

from dashboard import left_pages


@pytest.mark.parametrize(
    ("asked", "runs"),
    [
        (RerunData(page_script_hash="start", fragment_id_queue=["page"], is_auto_rerun=True), False),
        (RerunData(page_script_hash="start", fragment_id_queue=["page"]), False),
        (RerunData(page_script_hash="data", fragment_id_queue=["page"]), True),
        (RerunData(page_script_hash="start"), True),
    ],
    ids=["its timer", "its second click", "this page's fragment", "going back"],
)
def test_only_the_page_before_is_not_heard(asked: RerunData, runs: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[RerunData] = []
    monkeypatch.setattr(left_pages, "_run_script", lambda runner, data: ran.append(data))
    left_pages.drop_what_left_pages_ask()
    runner = SimpleNamespace(_pages_manager=SimpleNamespace(current_page_script_hash="data"))
    ScriptRunner._run_script(runner, asked)  # type: ignore[arg-type]
    assert ran == ([asked] if runs else [])
