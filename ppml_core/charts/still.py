"""A chart as a picture in a page that needs nothing else: drawn once by plotly.js, which comes along, and not moved.

In: a chart. Out: its element with the scripts, and the policy under which the page fetches nothing and runs only those.
"""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape

from plotly.offline import get_plotlyjs

from ppml_core.charts.template import Chart

PLACE = "figure"


def still(chart: Chart) -> tuple[str, str]:
    """(element, policy); the element says what someone hears who cannot see it."""
    held = json.loads(chart.figure.to_json())
    told = json.dumps([held["data"], held["layout"]], separators=(",", ":")).replace("<", "\\u003c")
    library = get_plotlyjs()
    drawing = f'Plotly.newPlot("{PLACE}", ...{told}, {{"staticPlot": true, "responsive": true}});'
    element = (
        f'<div id="{PLACE}" role="img" aria-label="{escape(chart.alt)}"></div>'
        f"<script>{library}</script><script>{drawing}</script>"
    )
    return element, _policy(library, drawing)


def _policy(*scripts: str) -> str:
    allowed = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts
    )
    return f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; font-src data:"
