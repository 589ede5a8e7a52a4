"""One column before and after: how many people have each value, and what the release still says about them."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from ppml_core.charts import template
from ppml_core.charts.template import Chart, Mode
from ppml_core.charts.words import count
from ppml_core.data.hierarchy import ROOT
from ppml_core.experiment.preview import ColumnValues

Numbers = npt.NDArray[np.float64]

ROW = 15
LONGEST = 16
MOST_ROWS = 45
MOST_BARS = 250
MOST_NAMES = 5


def before_after_chart(change: ColumnValues, mode: Mode = "light") -> Chart:
    """Grey bars: people with each value. Blue steps: the people of each published group, spread evenly over it."""
    order = _order(change)
    labels = list(dict.fromkeys(change.published[spot] for spot in order))
    size_of = dict.fromkeys(labels, 0)
    people_of = dict(size_of)
    for spot in order:
        size_of[change.published[spot]] += 1
        people_of[change.published[spot]] += int(change.after[spot])
    even = np.array([people_of[change.published[spot]] / size_of[change.published[spot]] for spot in order])
    table = pd.DataFrame(
        {
            "value": [change.values[spot] or "(missing)" for spot in order],
            "published as": [change.published[spot] for spot in order],
            "people before": [int(change.before[spot]) for spot in order],
            "people in its group after": [people_of[change.published[spot]] for spot in order],
        }
    )
    upright = change.numeric or len(table) > MOST_ROWS
    drawing = _upright(table, even, mode, change.numeric) if upright else _lying(table, even, mode)
    answer = _answer(change, labels)
    return Chart(
        figure=drawing,
        question=f"What does the release still say about {change.name.replace('_', ' ')}?",
        answer=answer,
        alt=f"People per value of {change.name} before and after. {answer}",
        how_to_read="Grey bars count the people with each value in the table. The blue steps are what a reader of the "
        "release can still know: the people of each published group, spread evenly over its values. Where a step "
        "follows the bars closely, little was lost; one flat step means the column says nothing any more.",
        table=table,
        standing="Internal: exact counts of this table.",
    )


def _answer(change: ColumnValues, labels: list[str]) -> str:
    present = int((change.before > 0).sum())
    if change.level == 0:
        return f"All {count(present)} values are published as they are."
    if labels == [ROOT] or change.level == change.depth - 1:
        return f"Nothing: all {count(present)} values became “{labels[0]}”."
    names = ", ".join(f"“{label}”" for label in labels[:3])
    rest = " and so on" if len(labels) > 3 else ""
    return f"{count(present)} values became {count(len(labels))} groups: {names}{rest}."


def _order(change: ColumnValues) -> list[int]:
    """Values that occur, groups together; ordered values as they are, others by the people in their group."""
    present = [spot for spot in range(len(change.values)) if change.before[spot] > 0]
    if change.numeric:
        return sorted(present, key=lambda spot: not _is_number(change.values[spot]))
    if change.ordered:
        return present
    people: dict[str, int] = {}
    for spot in present:
        people[change.published[spot]] = people.get(change.published[spot], 0) + int(change.before[spot])
    return sorted(
        present, key=lambda spot: (-people[change.published[spot]], change.published[spot], -int(change.before[spot]))
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _upright(table: pd.DataFrame, even: Numbers, mode: Mode, numeric: bool) -> go.Figure:
    """Values from left to right: along their scale where they are numbers, else side by side."""
    colours = template.palette(mode)
    drawing = template.Sketch(mode, 300)
    spots, step = _scale(table["value"]) if numeric else (np.arange(len(table), dtype=float), 1.0)
    words = table[["value", "published as"]].map(escape).to_numpy()
    hover = "%{customdata[0]}: %{y:,} people, published as %{customdata[1]}<extra></extra>"
    if len(table) > MOST_BARS:
        drawing.line(
            x=spots, y=table["people before"], mode="lines", fill="tozeroy", fillcolor=colours.before, name="before",
            line={"width": 0, "shape": "hvh"}, customdata=words, hovertemplate=hover,
        )  # fmt: skip
    else:
        drawing.bar(
            x=spots, y=table["people before"], width=step * 0.92, name="before", customdata=words,
            marker={"color": colours.before, "line": {"width": 0}}, hovertemplate=hover,
        )  # fmt: skip
    drawing.line(
        x=spots, y=even, mode="lines", line={"color": colours.utility, "width": 2.2, "shape": "hvh"}, name="after",
        hoverinfo="skip",
    )  # fmt: skip
    if numeric:
        drawing.axis_x(nticks=8)
    else:
        drawing.axis_x(**_ends(table, spots))
    _key(drawing, colours)
    drawing.axis_y(title="people", tickformat="~s", nticks=5, rangemode="tozero")
    return drawing.figure()


def _scale(values: pd.Series) -> tuple[Numbers, float]:
    """Each value's place on the scale and the least distance; what is no number stands apart, on the right."""
    spots = np.array([float(text) if _is_number(text) else np.nan for text in values])
    known = np.isfinite(spots)
    step = float(np.diff(spots[known]).min()) if known.sum() > 1 else 1.0
    return np.where(known, spots, (np.nanmax(spots) if known.any() else 0.0) + 3 * step), step


def _ends(table: pd.DataFrame, spots: Numbers) -> dict[str, Any]:
    """Names for a few values along the way, for there are too many to name all."""
    some = np.unique(np.linspace(0, len(table) - 1, MOST_NAMES).astype(int))
    names = [escape(_short(table["value"].iloc[spot])) for spot in some]
    return {"tickmode": "array", "tickvals": spots[some], "ticktext": names, "tickangle": 0}


def _lying(table: pd.DataFrame, even: Numbers, mode: Mode) -> go.Figure:
    colours = template.palette(mode)
    rows = len(table)
    thick = max(ROW, min(30, 220 // max(rows, 1)))
    drawing = template.Sketch(mode, template.MARGIN["t"] + template.MARGIN["b"] + max(rows * thick, 90))
    spots = np.arange(rows)
    drawing.bar(
        y=spots, x=table["people before"], orientation="h", width=0.82, name="before",
        marker={"color": colours.before, "line": {"width": 0}}, customdata=table[["value", "published as"]].map(escape),
        hovertemplate="%{customdata[0]}: %{x:,} people, published as %{customdata[1]}<extra></extra>",
    )  # fmt: skip
    edges = np.repeat(np.arange(rows + 1) - 0.5, 2)[1:-1]
    drawing.line(
        x=np.repeat(even, 2), y=edges, mode="lines", line={"color": colours.utility, "width": 2.2}, name="after",
        hoverinfo="skip",
    )  # fmt: skip
    _key(drawing, colours)
    each = max(1, -(-rows * 15 // max(rows * thick, 1)))
    shown = spots[::each]
    drawing.axis_y(
        range=[rows - 0.5, -0.5], showgrid=False, tickmode="array", tickvals=shown,
        ticktext=[escape(_short(table["value"].iloc[spot])) for spot in shown],
    )  # fmt: skip
    drawing.axis_x(title="people", tickformat="~s", nticks=5, showgrid=True, rangemode="tozero")
    drawing.layout["margin"] = {**template.MARGIN, "l": 128}
    return drawing.figure()


def _key(drawing: template.Sketch, colours: template.Palette) -> None:
    """What grey and blue are, in their own colours, in the upper right corner."""
    for text, ink, rise in (("the table", colours.muted, 0), ("the release", colours.utility, -17)):
        template.note(
            drawing, 1, 1, text, ink, xref="paper", yref="paper", xanchor="right", yanchor="top", rise=rise
        )  # fmt: skip


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
