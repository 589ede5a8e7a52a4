"""What an attack reached against each of several defences: a dot with its interval per row, guessing dashed.

In: measured shares, with the exact prediction and the proved bound where there are any. Out: a chart that reads on a
phone, for each row's name stands above its dot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd

from ppml_core.charts import template
from ppml_core.charts.curves import round_ticks
from ppml_core.charts.template import Chart, Mode, Palette, Sketch
from ppml_core.charts.words import interval, percent
from ppml_core.evidence import Estimate

ROW = 40
EDGE = 0.02


@dataclass(frozen=True)
class Reached:
    """One row: what stood in the way and what was found all the same; `found` None is a gap with its `note`.

    `predicted` is the exact chance, `bound` what a proof allows at most, `runs` whether this is what runs now.
    """

    name: str
    found: Estimate | None
    predicted: float | None = None
    bound: float | None = None
    runs: bool = False
    note: str = ""


@dataclass(frozen=True)
class Words:
    """What the chart says of itself: `axis` names the share, `guess` the dashed line, the rest as in `Chart`."""

    question: str
    answer: str
    axis: str
    how_to_read: str
    standing: str = "Internal: measured on private people."
    guess: str = "guessing"


def reached_chart(rows: Sequence[Reached], words: Words, guessing: float = 0.5, mode: Mode = "light") -> Chart:
    """`guessing` is the share that needs no attack at all."""
    colours = template.palette(mode)
    drawing = Sketch(mode, 92 + ROW * max(len(rows), 1))
    lows = [row.found.low for row in rows if row.found] + [guessing]
    left = max(0.0, min(lows) - 2 * EDGE)
    drawing.shape(
        type="line", xref="x", yref="paper", x0=guessing, x1=guessing, y0=0, y1=1, layer="below",
        line={"color": colours.baseline, "width": 1.4, "dash": "dash"},
    )  # fmt: skip
    _dots(drawing, rows, colours)
    _marks(drawing, rows, colours)
    for place, row in enumerate(rows):
        shown = percent(row.found.value) if row.found else row.note or "not worked out yet"
        ink = colours.highlight if row.runs else colours.text
        text = f"{escape(row.name)}: <b>{escape(shown)}</b>" + (" · runs now" if row.runs else "")
        template.note(
            drawing, left, place, text, ink, xanchor="left", rise=14, ground=template.faded(colours.paper, 0.8)
        )
    _legend(drawing, rows, words.guess, colours)
    across = [left - EDGE / 2, 1 + EDGE]
    ticks = round_ticks(across, 5)
    drawing.axis_x(
        words.axis, range=across, tickmode="array", tickvals=ticks, ticktext=[percent(tick) for tick in ticks]
    )
    drawing.axis_y(range=[len(rows) - 0.4, -0.85], visible=False, showgrid=False)
    drawing.layout["margin"] = {"l": 12, "r": 14, "t": 30, "b": 52, "pad": 0}
    return Chart(
        figure=drawing.figure(), question=words.question, answer=words.answer,
        alt=f"{words.axis} for each defence, as dots with intervals, {words.guess} dashed at {percent(guessing)}. "
        f"{words.answer}",
        how_to_read=words.how_to_read, table=_table(rows), standing=words.standing,
    )  # fmt: skip


def _dots(drawing: Sketch, rows: Sequence[Reached], colours: Palette) -> None:
    known = [(place, row.name, row.found) for place, row in enumerate(rows) if row.found]
    drawing.line(
        x=[found.value for _, _, found in known], y=[place for place, _, _ in known], mode="markers", name="measured",
        marker={"color": colours.risk, "size": 9},
        error_x=template.error_bars([found for _, _, found in known], colours.risk),
        text=[f"{escape(name)}: {interval(found.value, found.low, found.high)}" for _, name, found in known],
        hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip


def _marks(drawing: Sketch, rows: Sequence[Reached], colours: Palette) -> None:
    for what, symbol, colour, size in (
        ("predicted", "diamond-open", colours.utility, 13),
        ("bound", "line-ns-open", colours.bound, 18),
    ):
        there = [(place, float(getattr(row, what))) for place, row in enumerate(rows) if getattr(row, what) is not None]
        if there:
            drawing.line(
                x=[value for _, value in there], y=[place for place, _ in there], mode="markers", name=what,
                marker={"color": colour, "size": size, "symbol": symbol, "line": {"color": colour, "width": 2}},
                hovertemplate=f"{what} %{{x:.3f}}<extra></extra>",
            )  # fmt: skip


def _legend(drawing: Sketch, rows: Sequence[Reached], guess: str, colours: Palette) -> None:
    """What the marks are, once, above the plot."""
    told = [f'<span style="color:{colours.risk}">● measured</span>']
    if any(row.predicted is not None for row in rows):
        told.append(f'<span style="color:{colours.utility}">◇ exact prediction</span>')
    if any(row.bound is not None for row in rows):
        told.append(f'<span style="color:{colours.bound}">❘ at most, by proof</span>')
    told.append(f'<span style="color:{colours.muted}">┆ {guess}</span>')
    template.note(
        drawing, 0, 1, "   ".join(told), colours.muted, xref="paper", yref="paper", xanchor="left", yanchor="bottom",
        rise=6,
    )  # fmt: skip


def _table(rows: Sequence[Reached]) -> pd.DataFrame:
    lines = [
        (
            row.name,
            *((row.found.value, row.found.low, row.found.high) if row.found else (None,) * 3),
            row.predicted,
            row.bound,
            row.note,
        )
        for row in rows
    ]
    table = pd.DataFrame(lines, columns=["defence", "reached", "low", "high", "predicted", "at most", "note"])
    numbers = ["reached", "low", "high", "predicted", "at most"]
    return table.assign(**{name: pd.to_numeric(table[name]).round(4) for name in numbers})
