"""Scenarios as lines over several axes at once: brushing an axis keeps those that pass through the brushed part."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd

from ppml_core.charts import template
from ppml_core.charts.point_story import interval_of, value_of
from ppml_core.charts.template import FONT, Chart, Mode
from ppml_core.charts.words import count, size
from ppml_core.experiment.axes import Axis, Reading

HEIGHT = 400
NARROW = 11
FEW = 8
NONE = "none"


def parallel_chart(
    places: Mapping[str, Sequence[Reading]], axes: Sequence[Axis], settings: pd.DataFrame, told: Mapping[str, str],
    mode: Mode = "light",
) -> Chart:  # fmt: skip
    """`places` has a reading per axis by scenario id; `settings` as index those ids and one column per setting.

    Lines with a gap are left out, but for bytes and settings: who sends nothing, or has no such setting, passes
    through "none", which stands above every ε, for there is no noise then. Colour is the first axis. Log axes and
    settings are drawn as powers of ten.
    """
    colours = template.palette(mode)
    whole = [name for name, row in places.items() if not any(_is_gap(one) for one in row)]
    sketch = template.Sketch(mode, HEIGHT)
    sketch.layout["margin"] = {"l": 60, "r": 60, "t": 64, "b": 20}
    columns = [[_value(places[name][at]) for name in whole] for at in range(len(axes))]
    first = columns[0]
    dimensions = [
        _log_dimension(axis.title, values, size if axis.unit == "bytes" else _plain) if axis.log
        else _dimension(axis.title, values)
        for axis, values in zip(axes, columns, strict=True)
    ]  # fmt: skip
    given = settings.loc[whole].dropna(axis="columns", how="all")
    dimensions[2:2] = [
        _log_dimension(str(name), given[name].tolist(), _plain, none_on_top=str(name).startswith("ε")) for name in given
    ]
    sketch.traces.append({
        "type": "parcoords", "dimensions": dimensions,
        "line": {"color": first, "showscale": False, "colorscale": [[0, colours.risk], [1, colours.utility]]},
        "labelfont": {"family": FONT, "size": NARROW + 1, "color": colours.text},
        "tickfont": {"family": FONT, "size": NARROW, "color": colours.muted},
        "rangefont": {"family": FONT, "size": 1, "color": "rgba(0,0,0,0)"},
        "unselected": {"line": {"color": colours.baseline, "opacity": 0.12}},
    })  # fmt: skip
    missing = len(places) - len(whole)
    answer = f"{count(len(whole))} scenarios on {len(dimensions)} axes at once."
    if missing:
        answer += f" {count(missing)} more have a gap on one of them and are not drawn."
    return Chart(
        figure=sketch.figure(),
        question="Which scenarios pass through all that is wanted?",
        answer=answer,
        alt=f"Parallel coordinates over {', '.join([*(axis.title for axis in axes), *map(str, given)])}. {answer}",
        how_to_read="Each line is one scenario, crossing every axis at its value. Drag along an axis to keep the lines "
        "that pass there; drag the part to move it, click the axis to let go. Blue lines score high on the first axis, "
        "orange ones low. Lines have no width: the 95 % intervals stand in the table.",
        table=_table(places, axes, settings, told),
        standing="Internal: measured on private people.",
    )


def _is_gap(one: Reading) -> bool:
    return one.value is None and one.axis.name != "bytes"


def _value(one: Reading) -> float:
    return math.nan if one.value is None else one.value


def _table(
    places: Mapping[str, Sequence[Reading]], axes: Sequence[Axis], settings: pd.DataFrame, told: Mapping[str, str]
) -> pd.DataFrame:
    """Every value with its interval."""
    rows: list[dict[str, str]] = []
    for name, row in places.items():
        said = {axis.title: _said(one) for axis, one in zip(axes, row, strict=True)}
        given = {str(at): NONE if pd.isna(value) else f"{value:g}" for at, value in settings.loc[name].items()}
        rows.append({"scenario": told.get(name, name)} | said | given)
    return pd.DataFrame(rows)


def _said(one: Reading) -> str:
    return NONE if one.value is None else f"{value_of(one)} ({interval_of(one)})"


def _plain(value: float) -> str:
    return f"{value:.3g}"


def _label(title: str) -> str:
    return escape(title if len(title) <= 24 else f"{title[:23]}…")


def _dimension(title: str, values: Sequence[float]) -> dict[str, Any]:
    return {"label": _label(title), "values": list(values)}


def _log_dimension(
    title: str, values: Sequence[float], write: Callable[[float], str], *, none_on_top: bool = False
) -> dict[str, Any]:
    """One axis in powers of ten; what is not there has a place of its own, below the others or above them."""
    there = [math.log10(max(value, 1e-12)) for value in values if not math.isnan(value)]
    low, high = math.floor(min(there, default=0)), math.ceil(max(there, default=1))
    high = max(high, low + 1)
    marks: list[float] = sorted(set(there))
    if len(marks) > FEW:
        marks = [float(mark) for mark in range(low, high + 1)]
    words, nowhere = [write(10.0**mark) for mark in marks], float("nan")
    if len(there) < len(values):
        low, high = (low, high + 1) if none_on_top else (low - 1, high)
        nowhere = high if none_on_top else low
        marks, words = [*marks, nowhere], [*words, NONE]
    powers = [nowhere if math.isnan(value) else math.log10(max(value, 1e-12)) for value in values]
    return {"label": _label(title), "values": powers, "tickvals": marks, "ticktext": words, "range": [low, high]}
