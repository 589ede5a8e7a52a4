"""Charts as pictures for slides and papers: PNG, SVG or PDF, drawn by kaleido with a browser of this machine.

In: a chart. Out: bytes. Needs the extra `export` and a Chrome or Chromium; nothing is fetched.
"""

from __future__ import annotations

import copy
from typing import Any, Literal

from ppml_core.charts.template import Chart, Mode, palette
from ppml_core.errors import BadInput

Format = Literal["png", "svg", "pdf"]

WIDTH = 720
PIXELS = 2
EXTRA = "pictures of charts need the extra: pip install ppml-explorer[export]."
BROWSER = "pictures of charts need Chrome or Chromium: install it, for example by apt-get install chromium."


def picture(chart: Chart, format: Format = "png", mode: Mode = "light", width: int = WIDTH) -> bytes:
    """The chart's figure as a file of that format, on the mode's ground; a PNG has two pixels per unit.

    Raises BadInput with the command to run where the extra or a browser is missing.
    """
    try:
        import kaleido
    except ImportError as fault:
        raise BadInput(EXTRA) from fault
    figure: Any = copy.deepcopy(chart.figure)
    figure.update_layout(paper_bgcolor=palette(mode).paper)
    options = {"format": format, "width": width, "height": figure.layout.height, "scale": PIXELS}
    try:
        page = kaleido.PageGenerator(mathjax=False)  # it would be fetched from the network otherwise
        drawn = kaleido.calc_fig_sync(figure, opts=options, kopts={"page_generator": page})
    except Exception as fault:
        if _is_browser_missing(fault):
            raise BadInput(BROWSER) from fault
        raise BadInput(f"the browser could not draw the chart: {_first_line(fault)}.") from fault
    return bytes(drawn)


def _is_browser_missing(fault: BaseException) -> bool:
    """kaleido's own errors name Chrome; which class it is has changed between its versions."""
    name = type(fault).__name__.lower()
    return "chromenotfound" in name or "browserfailed" in name or "browserdeps" in name


def _first_line(fault: BaseException) -> str:
    return next(iter(str(fault).strip().splitlines()), type(fault).__name__).rstrip(".")[:200]
