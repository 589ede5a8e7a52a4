"""The risk-utility map: every scenario a point, the Pareto line, its knee, and the chosen point.

In: readings of scenarios on a utility and a risk axis, their front, and each scenario in words. Out: a chart. A click
gives the scenario's id (`customdata`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap

import pandas as pd

from ppml_core.charts import template
from ppml_core.charts.curves import Baseline, round_ticks
from ppml_core.charts.measures import wording
from ppml_core.charts.template import Chart, Mode, Palette
from ppml_core.charts.words import count, interval
from ppml_core.experiment.axes import Axis, Reading
from ppml_core.experiment.front import Front

HEIGHT = 420
LINE = 56
DECADES = (1, 2, 5)
FARTHEST = 0.35
RISE, ROOM = 20, 0.15  # of a word from its point, in pixels; how close under a level it goes below, of the values' span


@dataclass(frozen=True)
class Place:
    """A scenario on the map: utility, risk, and how it is spoken of."""

    id: str
    utility: Reading
    risk: Reading
    text: str

    @property
    def x(self) -> float:
        return float(self.risk.value or 0.0)

    @property
    def y(self) -> float:
        return float(self.utility.value or 0.0)


def risk_utility_map(
    found: Mapping[str, Sequence[Reading]],
    front: Front,
    told: Mapping[str, str],
    title: str,
    chosen: str | None = None,
    mode: Mode = "light",
    *,
    proved: Collection[str] = (),
    levels: Sequence[Baseline] = (),
) -> Chart:
    """The map of `found` (scenario id -> utility and risk), as `front_of` was given them; `told` has each in words.

    Scenarios with a gap on either axis are not on it; their number and reasons stand in the text. Those in `proved`
    carry a guarantee and are diamonds; `levels` are what no privacy and guessing reach on the utility axis.
    """
    colours = template.palette(mode)
    places = {
        name: Place(name, row[0], row[1], told.get(name, name))
        for name, row in found.items()
        if name not in front.gaps
    }  # fmt: skip
    drawing = template.Sketch(mode, HEIGHT)
    unbeaten = set(front.unbeaten)
    beaten = [place for name, place in places.items() if name not in unbeaten]
    best = [place for name, place in places.items() if name in unbeaten]
    if front.axes:
        _levels(drawing, levels, [place.y for place in places.values()], colours)
    _points(drawing, beaten, "beaten", template.faded(colours.muted, 0.45), 7, hollow=True, proved=proved)
    line = [places[name] for name in front.line]
    drawing.line(
        x=[place.x for place in line], y=[place.y for place in line], mode="lines", name="Pareto line",
        line={"color": colours.utility, "width": 1.6, "shape": "linear"}, hoverinfo="skip",
    )  # fmt: skip
    _points(drawing, [one for one in best if one.id not in proved], "not beaten", colours.utility, 9)
    with_proof = [one for one in best if one.id in proved]
    _points(drawing, with_proof, "not beaten, with a guarantee", colours.bound, 11, proved=proved)
    _bars(drawing, line, colours.utility)
    _marked(drawing, places, front, chosen, colours, levels)
    if len(front.axes) == 2:
        _axes(drawing, list(places.values()), front.axes, levels)
    answer = _answer(places, front)
    return Chart(
        figure=drawing.figure(),
        question=f"What does each protection cost on {title}, and what does it leave at risk?",
        answer=answer,
        alt=f"{_axis_title(front.axes[0])} against {_axis_title(front.axes[1])} for {count(len(places))} scenarios. "
        f"{answer}" if len(front.axes) == 2 else answer,
        how_to_read="Each point is one scenario: left is less risk, up is more useful. Filled blue points are those "
        "that no other beats on both axes beyond its 95 % interval; the line joins those that no other beats by value, "
        f"with their intervals as thin bars. Faded points are beaten. The ring is the knee: {front.knee_method}."
        + (" Green diamonds carry a proved guarantee." if proved else "")
        + (" Dashed grey lines are no privacy, and guessing without any model." if levels else ""),
        table=_table(list(places.values()), front, chosen),
        standing="Internal: it was measured on private people.",
    )  # fmt: skip


def _points(
    drawing: template.Sketch,
    places: Sequence[Place],
    name: str,
    colour: str,
    size: int,
    *,
    hollow: bool = False,
    proved: Collection[str] = (),
) -> None:
    if not places:
        return
    drawing.line(
        x=[place.x for place in places], y=[place.y for place in places], mode="markers", name=name,
        marker={"color": colour, "size": size, "symbol": [_symbol(place, hollow, proved) for place in places]},
        selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 1}},
        text=[_hover(place) for place in places], hovertemplate="%{text}<extra></extra>",
        customdata=[place.id for place in places],
    )  # fmt: skip


def _symbol(place: Place, hollow: bool, proved: Collection[str]) -> str:
    return ("diamond" if place.id in proved else "circle") + ("-open" if hollow else "")


def _levels(drawing: template.Sketch, levels: Sequence[Baseline], values: Sequence[float], colours: Palette) -> None:
    """Dashed lines across, named at their right end; one far off is named at the frame, with where it lies."""
    near = _near(levels, values)
    for at, level in enumerate(levels):
        y, yref, said, rise = level.value, "y", level.text, -10 if at else 10
        if level.value in near:
            drawing.shape(
                type="line", xref="paper", x0=0, x1=1, y0=y, y1=y, layer="below",
                line={"color": colours.baseline, "width": 1.4, "dash": "dash"},
            )  # fmt: skip
        else:
            is_below = y < min(values)
            said += f", {'below' if is_below else 'above'} the frame"
            y, yref, rise = (0, "paper", 10) if is_below else (1, "paper", -10)
        template.note(
            drawing, 1, y, escape(said), colours.muted, xref="paper", yref=yref, xanchor="right", rise=rise
        )  # fmt: skip


def _bars(drawing: template.Sketch, places: Sequence[Place], colour: str) -> None:
    """The intervals on both axes, as thin lines of their own so that the points keep their place above them."""
    spread = {
        f"error_{side}": template.reaching(
            [_reach(one, side)[0] for one in places], [_reach(one, side)[1] for one in places],
            template.faded(colour, 0.55), 1,
        )
        for side in ("x", "y")
    }  # fmt: skip
    drawing.line(
        x=[place.x for place in places], y=[place.y for place in places], mode="markers", name="intervals",
        marker={"color": colour, "size": 1}, hoverinfo="skip", **spread,
    )  # fmt: skip


def _reach(place: Place, side: str) -> tuple[float, float]:
    """How far the interval goes below and above the value."""
    reading = place.risk if side == "x" else place.utility
    low, high = reading.interval or (0.0, 0.0)
    value = float(reading.value or 0.0)
    return max(value - low, 0.0), max(high - value, 0.0)


def _marked(
    drawing: template.Sketch,
    places: Mapping[str, Place],
    front: Front,
    chosen: str | None,
    colours: Palette,
    levels: Sequence[Baseline],
) -> None:
    """The ring of the knee and the dot of the chosen point, each with its word above, or below where a level is."""
    knee = places.get(front.knee or "")
    if knee is not None:
        ring = {"color": colours.text, "size": 17, "symbol": "circle-open", "line": {"width": 1.4}}
        drawing.line(x=[knee.x], y=[knee.y], mode="markers", name="knee", marker=ring, hoverinfo="skip")
    here = places.get(chosen or "")
    if here is not None:
        dot = {"color": colours.highlight, "size": 13, "line": {"color": colours.paper, "width": 1.5}}
        drawing.line(
            x=[here.x], y=[here.y], mode="markers", name="chosen", marker=dot, text=[_hover(here)],
            hovertemplate="%{text}<extra></extra>", customdata=[here.id],
        )  # fmt: skip
    axis = front.axes[1] if len(front.axes) == 2 else None
    values = [place.y for place in places.values()]
    room = ROOM * (max(values) - min(values)) if values else 0.0
    for place, text, ink in ((knee, "knee", colours.text), (here, "chosen", colours.highlight)):
        if place is None or axis is None or (text == "knee" and here is not None and here.id == place.id):
            continue
        said = "chosen, the knee" if text == "chosen" and knee is not None and knee.id == place.id else text
        x = math.log10(max(place.x, 1e-12)) if axis.log else place.x
        rise = -RISE if any(0 <= level - place.y <= room for level in _near(levels, values)) else RISE
        template.note(drawing, x, place.y, said, ink, rise=rise, ground=template.faded(colours.paper, 0.8))


def _axes(
    drawing: template.Sketch, places: Sequence[Place], axes: Sequence[Axis], levels: Sequence[Baseline] = ()
) -> None:
    utility, risk = axes
    for axis, values, side, write in (
        (utility, [place.y for place in places], drawing.axis_y, "y"),
        (risk, [place.x for place in places], drawing.axis_x, "x"),
    ):
        ends = _ends(values, [_reach(place, write) for place in places])
        ends += _near(levels, values) if write == "y" else []
        if axis.log:
            low, high = (math.log10(max(end, 1e-12)) for end in (min(values, default=1), max(values, default=1)))
            pad = 0.06 * (high - low) or 0.3
            side(_axis_title(axis), type="log", range=[low - pad, high + pad], **_log_ticks(low, high))
            continue
        low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
        pad = 0.06 * (high - low) or 0.05
        around = [low - pad, high + pad]
        marks = round_ticks(around, most=6)
        places_shown = max(0, -math.floor(math.log10(marks[1] - marks[0]) + 1e-9)) if len(marks) > 1 else 3
        side(
            _axis_title(axis), range=around, tickmode="array", tickvals=marks,
            ticktext=[f"{mark:,.{places_shown}f}" for mark in marks],
        )  # fmt: skip


def _near(levels: Sequence[Baseline], values: Sequence[float]) -> list[float]:
    """The levels that may widen the axis: one far off would flatten the rest, and is told at the frame instead."""
    if not values:
        return [level.value for level in levels]
    room = max(max(values) - min(values), 0.02) * FARTHEST
    return [level.value for level in levels if min(values) - room <= level.value <= max(values) + room]


def _ends(values: Sequence[float], reaches: Sequence[tuple[float, float]]) -> list[float]:
    """Where the axis has to reach: all values, and their intervals unless one would flatten the rest."""
    if not values:
        return []
    room = max(max(values) - min(values), 0.02) * FARTHEST
    lows = [value - reach[0] for value, reach in zip(values, reaches, strict=True)]
    highs = [value + reach[1] for value, reach in zip(values, reaches, strict=True)]
    return [max(min(lows), min(values) - room), min(max(highs), max(values) + room)]


def _log_ticks(low: float, high: float) -> dict[str, object]:
    marks = [
        factor * 10.0**power
        for power in range(math.floor(low), math.ceil(high) + 1)
        for factor in (DECADES if high - low < 3 else (1,))
        if low - 0.02 <= math.log10(factor * 10.0**power) <= high + 0.02
    ]
    return {"tickmode": "array", "tickvals": marks, "ticktext": [f"{mark:g}" for mark in marks]}


def _axis_title(axis: Axis) -> str:
    title = wording(axis.name).axis if axis.kind == "utility" else axis.title
    unit = "" if axis.unit in title or axis.kind == "utility" else f" ({axis.unit})"
    return f"{title}{unit}{', log scale' if axis.log else ''}"


def _hover(place: Place) -> str:
    lines = [escape(line) for line in wrap(place.text, LINE)]
    lines += [f"{escape(one.axis.title)}: {_written(one)}" for one in (place.utility, place.risk)]
    return "<br>".join(lines)


def _written(reading: Reading) -> str:
    if reading.estimate is not None:
        one = reading.estimate
        return f"{one.value:.3g}" if one.low == one.high else interval(one.value, one.low, one.high)
    return "–" if reading.proved is None else f"{reading.proved:.3g}"


def _answer(places: Mapping[str, Place], front: Front) -> str:
    if not places:
        return "No scenario has a place on both axes yet."
    said = f"Of {count(len(places))} scenarios, {count(len(front.unbeaten))} are not beaten by another beyond their "
    said += "interval."
    if front.knee is not None:
        knee = places[front.knee]
        said += f" The knee is {knee.text}: {_spoken(knee.utility)}, {_spoken(knee.risk)}."
    if front.gaps:
        said += (
            f" {count(len(front.gaps))} more {'has' if len(front.gaps) == 1 else 'have'} no place on the map: "
            + _most(front.gaps)
        )
    return said


def _most(gaps: Mapping[str, str]) -> str:
    """The reason that most of them have, as the end of a sentence."""
    reason = Counter(gaps.values()).most_common(1)[0][0]
    return f"{reason.rstrip('.')}."


def _spoken(reading: Reading) -> str:
    axis = reading.axis
    title = axis.title if axis.title[1:2].isupper() else axis.title[0].lower() + axis.title[1:]
    return f"{title} {_written(reading)}"


def _table(places: Sequence[Place], front: Front, chosen: str | None) -> pd.DataFrame:
    if len(front.axes) != 2:
        return pd.DataFrame()
    unbeaten = set(front.unbeaten)

    def standing(place: Place) -> str:
        marks = [("chosen", place.id == chosen), ("knee", place.id == front.knee), ("not beaten", place.id in unbeaten)]
        return ", ".join(word for word, holds in marks if holds) or "beaten"

    rows = [(place.text, _written(place.utility), _written(place.risk), standing(place)) for place in places]
    return pd.DataFrame(rows, columns=["scenario", front.axes[0].title, front.axes[1].title, "on the map"])
