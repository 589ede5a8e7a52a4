"""A few shares side by side as bars that lie: names at the left, each with its interval, one of them chosen.

In: bars with an estimate each. Out: a chart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd

from ppml_core.charts import template
from ppml_core.charts.curves import round_ticks
from ppml_core.charts.template import Chart, Mode
from ppml_core.charts.words import percent
from ppml_core.evidence import Estimate

ROW, ROOM = 54, 62
THICK = 0.42
NAMED = 0.36


@dataclass(frozen=True)
class Bar:
    """A level; `role` picks its colour: risk, utility, bound or baseline. `note` stands behind the number."""

    name: str
    value: Estimate
    role: str = "risk"
    chosen: bool = False
    note: str = ""


def level_bars(
    bars: Sequence[Bar],
    *,
    question: str,
    answer: str,
    axis: str,
    how_to_read: str,
    table: pd.DataFrame,
    standing: str,
    guessing: float | None = None,
    limits: tuple[float, float] = (0.0, 1.0),
    show: Callable[[float], str] = percent,
    mode: Mode = "light",
) -> Chart:
    """Names stand above their bars, where a phone has room; with `guessing` bars start at that level, dashed."""
    colours = template.palette(mode)
    ground = template.faded(colours.paper, 0.8)
    drawing = template.Sketch(mode, ROOM + ROW * len(bars))
    low, high = limits
    start = low if guessing is None else guessing
    any_chosen = any(bar.chosen for bar in bars)
    for number, bar in enumerate(bars):
        place = len(bars) - 1 - number
        _drawn(drawing, bar, place, start, show, colours, faint=any_chosen and not bar.chosen)
        name = f"<b>{escape(bar.name)}</b>" if bar.chosen else escape(bar.name)
        told = f"{name}: {show(bar.value.value)}{escape(bar.note)}"
        template.note(drawing, low, place + NAMED, told, colours.text, xanchor="left", ground=ground)
    if guessing is not None:
        drawing.shape(
            type="line", yref="paper", x0=guessing, x1=guessing, y0=0, y1=1, layer="below",
            line={"color": colours.baseline, "width": 1.4, "dash": "dash"},
        )  # fmt: skip
    ticks = round_ticks(limits, most=5)
    drawing.axis_x(
        axis, range=[low, high], tickmode="array", tickvals=ticks, ticktext=[show(tick) for tick in ticks],
        showgrid=True, tickangle=0,
    )  # fmt: skip
    drawing.axis_y(range=[-0.5, len(bars) - 0.4], visible=False)
    drawing.layout |= {"barmode": "overlay", "margin": template.MARGIN | {"l": 14, "r": 26}}
    said = "; ".join(f"{bar.name} {show(bar.value.value)}" for bar in bars)
    return Chart(
        figure=drawing.figure(), question=question, answer=answer,
        alt=f"Bars of {axis}: {said}. {answer}", how_to_read=how_to_read, table=table, standing=standing,
    )  # fmt: skip


def _drawn(
    drawing: template.Sketch,
    bar: Bar,
    place: int,
    start: float,
    show: Callable[[float], str],
    colours: template.Palette,
    *,
    faint: bool,
) -> None:
    """The bar from `start` on, and its interval over it."""
    ink, value = str(getattr(colours, bar.role)), bar.value
    drawing.bar(
        x=[value.value - start], y=[place], base=[start], width=[THICK], orientation="h", name=escape(bar.name),
        marker={"color": template.faded(ink, 0.45) if faint else ink, "line": {"width": 0}},
        hovertemplate=f"{escape(bar.name)}: {show(value.value)}, 95 % interval {show(value.low)} to "
        f"{show(value.high)}<extra></extra>",
    )  # fmt: skip
    drawing.line(
        x=[value.low, value.high], y=[place, place], mode="lines", hoverinfo="skip",
        name=f"interval of {escape(bar.name)}", line={"color": colours.text, "width": 1.4},
    )  # fmt: skip
