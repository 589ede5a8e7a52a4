"""Two tables that differ in one person, as an observer of noisy answers sees them: overlapping histograms, one draw at
a time, and the noise as twenty equally likely dots.

In: bins with the chance of an answer in each under either table, draws so far, quantiles. Out: a chart.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from ppml_core.charts import template
from ppml_core.charts.curves import round_ticks
from ppml_core.charts.template import Chart, Mode

Floats = npt.NDArray[np.float64]

HEIGHT = 400
DOTS, SEEN = -0.13, -0.3
FLOOR = -0.4


def two_tables_chart(
    edges: Floats,
    with_person: Floats,
    without: Floats,
    quantiles: Floats,
    seen: Floats,
    *,
    exact: tuple[int, int],
    question: str,
    answer: str,
    how_to_read: str,
    standing: str,
    mode: Mode = "light",
) -> Chart:
    """`quantiles` and `seen` are answers from the table with the person; `exact` are the two true counts."""
    drawing, colours = template.Sketch(mode, HEIGHT), template.palette(mode)
    top = float(max(with_person.max(), without.max()))
    _histograms(drawing, colours, edges, with_person, without)
    _answers(drawing, colours, edges, quantiles, seen, top)
    _names(drawing, colours, edges, exact, top)
    _axes(drawing, edges, top)
    table = pd.DataFrame({"from": edges[:-1], "to": edges[1:], "with the person": with_person, "without": without,
                          "ratio": np.maximum(with_person / without, without / with_person)})  # fmt: skip
    return Chart(
        figure=drawing.figure(), question=question, answer=answer,
        alt=f"Two overlapping histograms of noisy counts, with a person and without. {answer}",
        how_to_read=how_to_read, table=table, standing=standing,
    )  # fmt: skip


def _histograms(
    drawing: template.Sketch, colours: template.Palette, edges: Floats, with_person: Floats, without: Floats
) -> None:
    middle, width = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    for values, ink, name in (
        (without, colours.baseline, "without the person"),
        (with_person, colours.utility, "with the person"),
    ):
        drawing.bar(
            x=middle, y=values, width=width, name=name,
            marker={"color": template.faded(ink, 0.5), "line": {"width": 0}},
            hovertemplate="%{y:.1%} of the answers " + name + "<extra></extra>",
        )  # fmt: skip
    drawing.layout |= {"barmode": "overlay", "bargap": 0}


def _answers(
    drawing: template.Sketch, colours: template.Palette, edges: Floats, quantiles: Floats, seen: Floats, top: float
) -> None:
    """Below the histograms: twenty equally likely answers as dots, and the draws so far."""
    width = float(edges[1] - edges[0])
    for values, height, symbol, ink, name in (
        (quantiles, DOTS, "circle", colours.utility, "twenty equally likely answers"),
        (seen[:-1], SEEN, "line-ns-open", colours.muted, "drawn so far"),
        (seen[-1:], SEEN, "diamond", colours.highlight, "the last draw"),
    ):
        inside = values[(values >= edges[0]) & (values <= edges[-1])]
        flat = np.full(len(inside), height * top)
        drawing.line(
            x=inside, y=_stacked(inside, height, width, top) if height == DOTS else flat,
            mode="markers", name=name, marker={"symbol": symbol, "size": 8, "color": ink},
            hovertemplate="%{x:.1f}<extra>" + name + "</extra>",
        )  # fmt: skip


def _axes(drawing: template.Sketch, edges: Floats, top: float) -> None:
    shown = round_ticks([0.0, top], 4)
    drawing.axis_x(
        "noisy count that is published", range=[float(edges[0]), float(edges[-1])], tickformat=",d", nticks=6
    )
    drawing.axis_y(
        "share of answers", range=[FLOOR * top, 1.22 * top], tickmode="array", tickvals=shown,
        ticktext=[f"{100 * tick:g} %" for tick in shown],
    )  # fmt: skip


def _stacked(values: Floats, height: float, width: float, top: float) -> Floats:
    """Dots stand side by side where there is room, and above one another where there is none."""
    column = np.floor(values / (2 * width)).astype(np.int64)
    above = np.array([int((column[:place] == column[place]).sum()) for place in range(len(column))], dtype=np.float64)
    most = max(float(above.max(initial=0.0)), 1.0)
    return np.asarray((height - 0.06 + 0.13 * above / most) * top, dtype=np.float64)


def _names(
    drawing: template.Sketch, colours: template.Palette, edges: Floats, exact: Sequence[int], top: float
) -> None:
    present, absent = exact
    right = present >= absent
    template.note(drawing, present, 1.1 * top, "<b>with the person</b>", colours.utility, shift=8,
                  xanchor="left" if right else "right")  # fmt: skip
    template.note(drawing, absent, 1.1 * top, "without", colours.muted, shift=8, xanchor="right" if right else "left")
    left = float(edges[0])
    template.note(drawing, left, (DOTS + 0.07) * top, "20 equally likely", colours.utility, xanchor="left", shift=4)
    template.note(drawing, left, SEEN * top, "drawn so far", colours.muted, xanchor="left", shift=4)
