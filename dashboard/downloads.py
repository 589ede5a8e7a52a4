"""Files of downloads that outlive a page drawn anew under the press.

In: the files that a running server offers. Out: the same, forgotten later than Streamlit forgets them.
"""

from __future__ import annotations

import time

from streamlit.runtime import runtime
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.media_file_storage import MediaFileStorage
from streamlit.runtime.scriptrunner import get_script_run_ctx

KEPT_SECONDS = 60.0


class PatientFiles(MediaFileManager):
    """Forgets what no page offers any longer once a minute, and at once when a session ends.

    Streamlit does so whenever a script has run. A button whose file is made at the press gets another name in each
    run, so that on a page that is drawn twice a second, as while work goes on, a press can carry a name already
    forgotten; the browser then says that the file could not be generated.
    """

    def __init__(self, storage: MediaFileStorage) -> None:
        super().__init__(storage)
        self._cleared = time.monotonic()

    def remove_orphaned_files(self) -> None:
        """Outside a script's run, as when a session ends, nothing waits."""
        now = time.monotonic()
        if get_script_run_ctx(suppress_warning=True) is not None and now < self._cleared + KEPT_SECONDS:
            return
        self._cleared = now
        super().remove_orphaned_files()


def install() -> None:
    """To be called before a server starts in this process."""
    runtime.MediaFileManager = PatientFiles  # type: ignore[attr-defined]
