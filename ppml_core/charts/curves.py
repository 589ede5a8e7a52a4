"""Lines over a setting: value with its band, baselines dashed, the chosen setting as one rule and dot.

In: curves and baselines as plain numbers, axes in words. Out: a figure. A failed point is a gap with a cross below it;
a value far outside the rest is held at the frame with an arrow, so that it does not flatten what can be read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from ppml_core.charts import template
from ppml_core.charts.labels import Frame, Line, place
from ppml_core.charts.template import Mode, Palette

Array = npt.NDArray[np.float64]

DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross")
MOST_SPANS = 1.6


@dataclass(frozen=True, eq=False)
class Curve:
    """One method's values over the setting; `low`, `high` and `errors` may be empty. NaN in `value` is a failed point.

    `role` picks the colour: utility, risk, bound or baseline. `hover` has one text per point.
    """

    name: str
    x: Array
    value: Array
    low: Array = field(default_factory=lambda: np.zeros(0))
    high: Array = field(default_factory=lambda: np.zeros(0))
    role: str = "utility"
    hover: Sequence[str] = ()
    errors: Sequence[str] = ()


@dataclass(frozen=True)
class Baseline:
    """A level to compare with; `text` says what it is, its number included."""

    text: str
    value: float


@dataclass(frozen=True)
class Axis:
    """An axis in words: `title` with its unit, `ticks` where marks stand, `show` how a value is written.

    With `even`, marks are plain numbers of equally many decimals. `limits` are what the values can never leave.
    """

    title: str
    show: Callable[[float], str]
    ticks: Sequence[float] = ()
    log: bool = False
    limits: tuple[float, float] | None = None
    even: bool = False


def draw(
    curves: Sequence[Curve],
    baselines: Sequence[Baseline],
    x: Axis,
    y: Axis,
    mode: Mode,
    chosen: float | None = None,
    height: int = template.HEIGHT,
) -> go.Figure:
    """The figure; the first curve is the one that the chosen setting's dot sits on."""
    colours = template.palette(mode)
    drawing = template.Sketch(mode, height)
    across, up = x_range(curves, x, chosen), y_range(curves, baselines, y)
    for number, curve in enumerate(curves):
        _band(drawing, curve, up, _colour(curve, number, colours))
    for baseline in baselines:
        drawing.shape(
            type="line", xref="paper", x0=0, x1=1, y0=baseline.value, y1=baseline.value, layer="below",
            line={"color": colours.baseline, "width": 1.4, "dash": "dash"},
        )  # fmt: skip
    if chosen is not None:
        template.rule(drawing, chosen, colours.highlight)
    for number, curve in reversed(list(enumerate(curves))):
        _line(drawing, curve, number, up, _colour(curve, number, colours))
    if chosen is not None and curves:
        _dot(drawing, curves[0], chosen, up, colours)
    _label(drawing, curves, baselines, across, up, x.log, colours, height, chosen)
    drawing.axis_x(
        type="log" if x.log else "linear", range=across, title=x.title, tickmode="array",
        tickangle=0, tickvals=list(x.ticks), ticktext=[x.show(tick) for tick in x.ticks],
    )  # fmt: skip
    marks = round_ticks(up)
    drawing.axis_y(range=up, title=y.title, tickmode="array", tickvals=marks, ticktext=_written(marks, y))
    return drawing.figure()


def x_range(curves: Sequence[Curve], axis: Axis, chosen: float | None = None) -> list[float]:
    """The drawn range, as plotly wants it (exponents on a log axis), a little wider than the points."""
    values = np.concatenate([curve.x for curve in curves] or [np.array(axis.ticks, dtype=float)])
    values = np.append(values, [chosen] if chosen is not None else [])
    values = values if len(values) else np.array([1.0])
    low, high = float(values.min()), float(values.max())
    if axis.log:
        low, high = math.log10(low), math.log10(high)
    pad = 0.04 * (high - low) or 0.5
    return [low - pad, high + pad]


def y_range(curves: Sequence[Curve], baselines: Sequence[Baseline], axis: Axis) -> list[float]:
    """The drawn range: everything, unless a few values lie so far out that they would flatten the rest.

    What counts as "the rest" lies around the median of baselines and values; farther than `MOST_SPANS` times its spread
    is outside. An axis with limits cannot be flattened much, and hides nothing.
    """
    levels = np.array([baseline.value for baseline in baselines])
    values = _finite(np.concatenate([curve.value for curve in curves] or [np.zeros(0)]))
    edges = _finite(np.concatenate([part for curve in curves for part in (curve.low, curve.high)] or [np.zeros(0)]))
    everything = np.concatenate([levels, values, edges])
    if not len(everything):
        return list(axis.limits or (0.0, 1.0))
    low, high = float(everything.min()), float(everything.max())
    core = np.concatenate([levels, values])
    if len(core) >= 4 and axis.limits is None:
        lower, middle, upper = np.quantile(core, [0.25, 0.5, 0.75])
        spread = max(float(upper - lower), abs(float(middle)) * 0.02, 1e-9)
        inner = core[(core >= middle - 4 * spread) & (core <= middle + 4 * spread)]
        span = max(float(inner.max() - inner.min()), spread)
        low = max(low, float(inner.min()) - MOST_SPANS * span / 2)
        high = min(high, float(inner.max()) + MOST_SPANS * span / 2)
    pad = 0.07 * (high - low) or abs(high) * 0.05 or 0.05
    low, high = low - pad, high + pad
    if axis.limits:
        low, high = max(low, axis.limits[0] - 0.02), min(high, axis.limits[1] + 0.02)
    return [low, high]


def round_ticks(limits: Sequence[float], most: int = 7) -> list[float]:
    """At most `most` round numbers inside the range.

    >>> round_ticks([0.69, 0.88])
    [0.7, 0.75, 0.8, 0.85]
    """
    span = limits[1] - limits[0]
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(power * factor for factor in (1, 2, 5, 10) if span / (power * factor) <= most)
    first = math.ceil(limits[0] / step)
    last = math.floor(limits[1] / step)
    return [round(number * step, 12) + 0.0 for number in range(first, last + 1)]


def _written(marks: Sequence[float], axis: Axis) -> list[str]:
    if not axis.even or len(marks) < 2:
        return [axis.show(mark) for mark in marks]
    places = max(0, -math.floor(math.log10(marks[1] - marks[0]) + 1e-9))
    return [f"{mark:,.{places}f}" for mark in marks]


def _finite(values: Array) -> Array:
    return values[np.isfinite(values)]


def _colour(curve: Curve, number: int, colours: Palette) -> str:
    return colours.muted if curve.role == "utility" and number > 1 else str(getattr(colours, curve.role))


def _band(drawing: template.Sketch, curve: Curve, limits: Sequence[float], colour: str) -> None:
    if not len(curve.low):
        return
    present = np.isfinite(curve.value) & np.isfinite(curve.low) & np.isfinite(curve.high)
    for run in _runs(present):
        x = np.concatenate([curve.x[run], curve.x[run][::-1]])
        y = np.clip(np.concatenate([curve.high[run], curve.low[run][::-1]]), limits[0], limits[1])
        drawing.line(
            x=x, y=y, mode="lines", fill="toself", fillcolor=template.faded(colour, 0.14), line={"width": 0},
            hoverinfo="skip", name=f"interval of {curve.name}",
        )  # fmt: skip


def _runs(present: npt.NDArray[np.bool_]) -> list[npt.NDArray[np.intp]]:
    """Positions of each unbroken stretch."""
    positions = np.flatnonzero(present)
    return [run for run in np.split(positions, np.flatnonzero(np.diff(positions) > 1) + 1) if len(run)]


def _line(drawing: template.Sketch, curve: Curve, number: int, limits: Sequence[float], colour: str) -> None:
    outside = np.where(curve.value < limits[0], -1, np.where(curve.value > limits[1], 1, 0))
    shape = SYMBOLS[number % len(SYMBOLS)]
    marks = [{-1: "triangle-down", 1: "triangle-up"}.get(int(side), shape) for side in outside]
    drawing.line(
        x=curve.x,
        y=np.clip(curve.value, limits[0], limits[1]),
        mode="lines+markers",
        connectgaps=False,
        name=escape(curve.name),
        line={"color": colour, "width": 2.2, "dash": DASHES[number % len(DASHES)]},
        marker={"color": colour, "size": 7, "symbol": marks},
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        text=list(curve.hover) or None,
        hovertemplate="%{text}<extra></extra>" if curve.hover else None,
        customdata=[curve.name] * len(curve.x),
    )
    failed = np.flatnonzero(~np.isfinite(curve.value))
    if len(failed) and curve.errors:
        drawing.line(
            x=curve.x[failed],
            y=np.full(len(failed), limits[0] + 0.03 * (limits[1] - limits[0])),
            mode="markers",
            name=f"no result: {escape(curve.name)}",
            marker={"color": colour, "size": 8, "symbol": "x-thin", "line": {"color": colour, "width": 1.5}},
            text=[escape(str(curve.errors[int(spot)])) for spot in failed],
            hovertemplate="no result: %{text}<extra></extra>",
        )


def _dot(drawing: template.Sketch, curve: Curve, chosen: float, limits: Sequence[float], colours: Palette) -> None:
    near = np.flatnonzero(np.isclose(curve.x, chosen, rtol=1e-6) & np.isfinite(curve.value))
    if len(near):
        drawing.line(
            x=[float(curve.x[near[0]])],
            y=[float(np.clip(curve.value[near[0]], limits[0], limits[1]))],
            mode="markers",
            name="chosen",
            marker={"color": colours.highlight, "size": 13, "line": {"color": colours.paper, "width": 1.5}},
            hoverinfo="skip",
        )


def _label(
    drawing: template.Sketch,
    curves: Sequence[Curve],
    baselines: Sequence[Baseline],
    across: Sequence[float],
    up: Sequence[float],
    log: bool,
    colours: Palette,
    height: int,
    chosen: float | None,
) -> None:
    ends = np.array(across)
    lines = [Line(ends, np.full(2, baseline.value), baseline.text) for baseline in baselines]
    lines += [
        Line(np.log10(curve.x) if log else curve.x, np.clip(curve.value, up[0], up[1]), curve.name) for curve in curves
    ]
    inks = [colours.muted] * len(baselines) + [_colour(curve, number, colours) for number, curve in enumerate(curves)]
    room = height - template.MARGIN["t"] - template.MARGIN["b"]
    upright = [] if chosen is None else [math.log10(chosen) if log else chosen]
    spots = place(lines, Frame((across[0], across[1]), (up[0], up[1]), room), upright)
    for line, ink, spot in zip(lines, inks, spots, strict=True):
        if spot is not None:
            ground = template.faded(colours.paper, 0.8)
            template.note(drawing, spot.x, spot.y, escape(line.text), ink, rise=round(spot.rise), ground=ground)
