"""Keeps a page that has been left from taking the next one down with it.

Streamlit's browser half asks for a fragment again (a timer, a second click) until it hears that `st.switch_page` has
led elsewhere. Such a request names the page before. Streamlit 1.67 runs it all the same, tells the browser that the old
page is back, and the browser empties the screen and stops at the next piece of the new one ("Bad delta path index").
A fragment that is asked for by another page than the session's own is dropped here, before it runs.
"""

from __future__ import annotations

from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

_run_script = ScriptRunner._run_script


def drop_what_left_pages_ask() -> None:
    """From now on, in every session of this server; calling it again changes nothing."""
    ScriptRunner._run_script = _run_of_this_page  # type: ignore[method-assign]


def _run_of_this_page(self: ScriptRunner, rerun_data: RerunData) -> None:
    here = self._pages_manager.current_page_script_hash
    if rerun_data.fragment_id_queue and here and rerun_data.page_script_hash != here:
        return
    _run_script(self, rerun_data)
