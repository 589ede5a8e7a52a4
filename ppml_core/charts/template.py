"""The look that all charts share: colours by role in light and dark, one plotly template, direct labels.

In: a mode and plain numbers. Out: figures that stand without a legend, and `Chart`, a figure with its words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
import plotly.graph_objects as go

from ppml_core.evidence import Estimate

Mode = Literal["light", "dark"]

FONT = '"Source Sans", "Source Sans Pro", "Source Sans 3", sans-serif'
HEIGHT = 380
MARGIN = {"l": 58, "r": 14, "t": 14, "b": 48, "pad": 0}
LABEL_SIZE = 13
CONFIG = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "zoomIn2d", "zoomOut2d", "autoScale2d"],
}


@dataclass(frozen=True)
class Palette:
    """Colours by what they mean (Okabe and Ito 2008, lightened for dark); never the only mark of a difference."""

    text: str
    muted: str
    grid: str
    paper: str
    utility: str
    risk: str
    bound: str
    highlight: str
    baseline: str
    before: str


PALETTES: dict[Mode, Palette] = {
    "light": Palette(
        text="#22211E",
        muted="#5E5C56",
        grid="#E2E0D9",
        paper="#FCFCFA",
        utility="#0072B2",
        risk="#D55E00",
        bound="#00795A",
        highlight="#B0508A",
        baseline="#8A8F98",
        before="#C9C6BC",
    ),
    "dark": Palette(
        text="#ECEAE4",
        muted="#B3B0A8",
        grid="#3A3833",
        paper="#171614",
        utility="#5BB1E8",
        risk="#F08A4B",
        bound="#3CC49A",
        highlight="#DE9CBF",
        baseline="#9A9A94",
        before="#55524B",
    ),
}


@dataclass(frozen=True)
class Chart:
    """A figure with everything that must stand beside it.

    `question` is the title, `answer` what the figure shows in words, `alt` what someone hears who cannot see it,
    `how_to_read` explains marks and axes, `table` holds the numbers behind it, `standing` says whether they may be
    published (EVIDENCE 3).
    """

    figure: go.Figure
    question: str
    answer: str
    alt: str
    how_to_read: str
    table: pd.DataFrame
    standing: str = ""


def palette(mode: Mode) -> Palette:
    return PALETTES[mode]


class Sketch:
    """A figure in the making, in our look: horizontal grid only, no legend, margins by hand.

    It gathers plain dictionaries and makes the plotly figure once, without checking each property again: a slider
    move then costs 1 ms instead of 15. A test checks every chart's properties.
    """

    def __init__(self, mode: Mode, height: int = HEIGHT) -> None:
        colours = palette(mode)
        self.traces: list[dict[str, Any]] = []
        self.shapes: list[dict[str, Any]] = []
        self.notes: list[dict[str, Any]] = []
        self.x: dict[str, Any] = _axis(colours) | {"showgrid": False, "showline": True}
        self.y: dict[str, Any] = _axis(colours) | {"showgrid": True, "showline": False}
        self.layout: dict[str, Any] = {
            "font": {"family": FONT, "size": LABEL_SIZE, "color": colours.text},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "margin": MARGIN,
            "height": height,
            "showlegend": False,
            "hovermode": "closest",
            "hoverlabel": {
                "bgcolor": colours.paper,
                "bordercolor": colours.grid,
                "font": {"family": FONT, "size": LABEL_SIZE, "color": colours.text},
                "align": "left",
            },
            "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": colours.muted, "activecolor": colours.text},
            "dragmode": False,
        }

    def bar(self, **trace: Any) -> None:
        self.traces.append({"type": "bar", **trace})

    def line(self, **trace: Any) -> None:
        self.traces.append({"type": "scatter", **trace})

    def shape(self, **shape: Any) -> None:
        self.shapes.append(shape)

    def axis_x(self, title: str = "", **changes: Any) -> None:
        self.x |= {"title": {**self.x["title"], "text": title}, **changes}

    def axis_y(self, title: str = "", **changes: Any) -> None:
        self.y |= {"title": {**self.y["title"], "text": title}, **changes}

    def figure(self) -> go.Figure:
        layout = self.layout | {"xaxis": self.x, "yaxis": self.y, "shapes": self.shapes, "annotations": self.notes}
        return go.Figure(data=self.traces, layout=layout, _validate=False)


def _axis(colours: Palette) -> dict[str, Any]:
    return {
        "gridcolor": colours.grid,
        "linecolor": colours.grid,
        "zeroline": False,
        "ticks": "",
        "tickfont": {"size": LABEL_SIZE, "color": colours.muted},
        "title": {"text": "", "font": {"size": LABEL_SIZE, "color": colours.muted}, "standoff": 10},
        "fixedrange": True,
        "automargin": False,
    }


def faded(colour: str, opacity: float) -> str:
    """The colour with that opacity, for bands.

    >>> faded("#0072B2", 0.5)
    'rgba(0,114,178,0.5)'
    """
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def error_bars(estimates: Sequence[Estimate], ink: str, thickness: float = 1.6) -> dict[str, Any]:
    """The intervals of those values as plotly draws them, on either axis."""
    return reaching(
        [one.value - one.low for one in estimates], [one.high - one.value for one in estimates], ink, thickness
    )


def reaching(below: Sequence[float], above: Sequence[float], ink: str, thickness: float = 1.6) -> dict[str, Any]:
    """Error bars that reach so far below and above their points."""
    return {
        "type": "data", "symmetric": False, "color": ink, "thickness": thickness, "width": 0,
        "array": list(above), "arrayminus": list(below),
    }  # fmt: skip


def enlarged(figure: go.Figure, factor: float) -> go.Figure:
    """A copy whose letters, height and margins are larger, to be read from afar.

    What stands in brackets below the x axis goes on a second line, so that narrow screens hold it.
    """
    values = figure.to_dict()
    layout = values["layout"]
    layout["height"] = round(layout["height"] * factor)
    layout["margin"] = {side: round(width * factor) for side, width in layout["margin"].items()}
    layout["font"]["size"] = LABEL_SIZE * factor
    for axis in (layout["xaxis"], layout["yaxis"]):
        axis["tickfont"]["size"] = axis["title"]["font"]["size"] = LABEL_SIZE * factor
    title, line = layout["xaxis"]["title"], round(1.5 * LABEL_SIZE * factor)
    if " (" in title["text"]:
        title["text"] = title["text"].replace(" (", "<br>(")
        layout["margin"]["b"] += line
        layout["height"] += line
    for label in layout.get("annotations", ()):
        label["font"]["size"] = LABEL_SIZE * factor
    return go.Figure(values, _validate=False)


def rule(drawing: Sketch, x: float, colour: str, label: str = "", *, right: bool = True) -> None:
    """One vertical rule over the whole height, its label at the top beside it."""
    drawing.shape(
        type="line", xref="x", yref="paper", x0=x, x1=x, y0=0, y1=1, line={"color": colour, "width": 1.6}, layer="above"
    )
    if label:
        note(drawing, x, 1, label, colour, yref="paper", xanchor="left" if right else "right", yanchor="top", shift=6)


def note(
    drawing: Sketch,
    x: float,
    y: float,
    text: str,
    colour: str,
    *,
    xref: str = "x",
    yref: str = "y",
    xanchor: str = "center",
    yanchor: str = "middle",
    shift: int = 0,
    rise: int = 0,
    ground: str = "rgba(0,0,0,0)",
) -> None:
    """A direct label: text at a point of the plot, `shift` and `rise` pixels away from it, on a `ground` of its own."""
    drawing.notes.append(
        {
            "bgcolor": ground,
            "borderpad": 0,
            "x": x,
            "y": y,
            "xref": xref,
            "yref": yref,
            "text": text,
            "showarrow": False,
            "xanchor": xanchor,
            "yanchor": yanchor,
            "xshift": shift if xanchor != "right" else -shift,
            "yshift": rise,
            "font": {"color": colour, "size": LABEL_SIZE, "family": FONT},
        }
    )
