"""Scenarios as lines over several axes at once: brushing an axis keeps those that pass through the brushed part."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd

from ppml_core.charts import template
from ppml_core.charts.template import FONT, Chart, Mode
from ppml_core.charts.words import count
from ppml_core.experiment.axes import Axis

HEIGHT = 400
NARROW = 11


def parallel_chart(places: pd.DataFrame, axes: Sequence[Axis], told: Mapping[str, str], mode: Mode = "light") -> Chart:
    """`places` has the scenario's id as index and one column per axis, by its name; lines with a gap are left out.

    Colour is the first axis. Log axes are drawn as powers of ten.
    """
    colours = template.palette(mode)
    whole = places.dropna()
    sketch = template.Sketch(mode, HEIGHT)
    sketch.layout["margin"] = {"l": 60, "r": 60, "t": 64, "b": 20}
    first = whole[axes[0].name].tolist() if len(whole) else []
    sketch.traces.append({
        "type": "parcoords", "dimensions": [_dimension(axis, whole[axis.name].tolist()) for axis in axes],
        "line": {"color": first, "showscale": False, "colorscale": [[0, colours.risk], [1, colours.utility]]},
        "labelfont": {"family": FONT, "size": NARROW + 1, "color": colours.text},
        "tickfont": {"family": FONT, "size": NARROW, "color": colours.muted},
        "rangefont": {"family": FONT, "size": 1, "color": "rgba(0,0,0,0)"},
        "unselected": {"line": {"color": colours.baseline, "opacity": 0.12}},
    })  # fmt: skip
    missing = len(places) - len(whole)
    answer = f"{count(len(whole))} scenarios on {len(axes)} axes at once."
    if missing:
        answer += f" {count(missing)} more have a gap on one of them and are not drawn."
    table = places.rename(columns={axis.name: axis.title for axis in axes})
    table.insert(0, "scenario", [told.get(str(name), str(name)) for name in places.index])
    return Chart(
        figure=sketch.figure(),
        question="Which scenarios pass through all that is wanted?",
        answer=answer,
        alt=f"Parallel coordinates over {', '.join(axis.title for axis in axes)}. {answer}",
        how_to_read="Each line is one scenario, crossing every axis at its value. Drag along an axis to keep the lines "
        "that pass there; drag the part to move it, click the axis to let go. Blue lines score high on the first axis, "
        "orange ones low.",
        table=table.reset_index(drop=True),
        standing="Internal: measured on private people.",
    )


def _dimension(axis: Axis, values: Sequence[float]) -> dict[str, Any]:
    title = axis.title if len(axis.title) <= 24 else f"{axis.title[:23]}…"
    if not axis.log:
        return {"label": escape(title), "values": list(values)}
    powers = [math.log10(max(value, 1e-12)) for value in values]
    low, high = math.floor(min(powers, default=0)), math.ceil(max(powers, default=1))
    marks = list(range(low, high + 1))
    return {
        "label": escape(title), "values": powers, "tickvals": marks,
        "ticktext": [f"{10.0**mark:g}" for mark in marks], "range": [low, max(high, low + 1)],
    }  # fmt: skip
