"""The dashboard's pages and their order; each is a thin file in `app_pages`."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
if str(HERE.parent) not in sys.path:  # for `streamlit run dashboard/app.py` without an install
    sys.path.append(str(HERE.parent))

from dashboard import frame  # noqa: E402

frame.open_page(
    {
        "": [("start.py", "Start")],
        "Prepare": [("data_roles.py", "Data & roles"), ("anonymize.py", "Anonymize")],
        "Measure": [
            ("private_training.py", "Private training"),
            ("together_apart.py", "Together apart"),
            ("query_desk.py", "Query desk"),
            ("attacks_risk.py", "Attacks & risk"),
        ],
        "Decide": [
            ("trade_off.py", "Trade-off"),
            ("compare_report.py", "Compare & report"),
            ("runs.py", "Runs"),
            ("present.py", "Present"),
        ],
        "Learn": [("lessons.py", "Lessons"), ("glossary.py", "Glossary")],
    },
    HERE / "app_pages",
)
