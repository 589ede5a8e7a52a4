"""The answer to a query: a dot or bar per cell, with its interval where noise was added; what is withheld is a gap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd

from ppml_core.charts import template
from ppml_core.charts.template import Chart, Mode, Sketch

MOST = 60
ROW = 24
LONGEST = 22
COLUMNS = ["cell", "value", "low", "high"]


@dataclass(frozen=True)
class Told:
    """One cell: its label, the number (None where it is withheld), and the 95 % interval over the noise, if any."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Said:
    """An answer in words: what was asked, what came of it, whether it may leave (`standing`)."""

    question: str
    answer: str
    unit: str
    standing: str
    private: bool


def answer_chart(cells: Sequence[Told], said: Said, mode: Mode = "light") -> Chart:
    """At most `MOST` cells are drawn; the table has all."""
    colours = template.palette(mode)
    shown = cells[:MOST]
    drawing = Sketch(mode, 76 + ROW * max(len(shown), 2))
    places = list(range(len(shown)))
    if said.private:
        _intervals(drawing, shown, colours.utility)
    else:
        drawing.bar(
            x=[cell.value for cell in shown], y=places, orientation="h", name="answer", width=0.62,
            marker={"color": colours.utility}, hovertemplate="%{x:,.6g}<extra></extra>",
        )  # fmt: skip
    for place, cell in enumerate(shown):
        if cell.value is None:
            template.note(drawing, 0, place, "withheld", colours.risk, xref="paper", xanchor="left", shift=4)
    drawing.axis_y(
        tickmode="array", tickvals=places, ticktext=[escape(_short(cell.label)) for cell in shown], ticksuffix=" ",
        range=[len(shown) - 0.4, -0.6], showgrid=False,
    )  # fmt: skip
    drawing.axis_x(said.unit, showgrid=True, zeroline=True, zerolinecolor=colours.grid, nticks=6)
    longest = max((len(_short(cell.label)) for cell in shown), default=0)
    drawing.layout["margin"] = {**template.MARGIN, "l": 20 + 7 * longest, "t": 6}
    more = "" if len(cells) <= MOST else f" The first {MOST} of {len(cells):,} cells are drawn."
    return Chart(
        figure=drawing.figure(), question=said.question, answer=said.answer,
        alt=f"{said.question} {said.answer}",
        how_to_read=(
            "Each dot is one cell's noisy number; the line through it is where the exact one lies with a chance of "
            "95 %, over the noise alone. Cells come from the schema, so that a cell nobody is in stands here as well."
            if said.private
            else "Each bar is one cell as the policies let it out. A withheld cell is a gap, with the word for it."
        ) + more,
        table=pd.DataFrame([(c.label, c.value, c.low, c.high) for c in cells], columns=COLUMNS),
        standing=said.standing,
    )  # fmt: skip


def _intervals(drawing: Sketch, cells: Sequence[Told], colour: str) -> None:
    values = [cell.value or 0.0 for cell in cells]
    lows = [value if cell.low is None else cell.low for cell, value in zip(cells, values, strict=True)]
    highs = [value if cell.high is None else cell.high for cell, value in zip(cells, values, strict=True)]
    drawing.line(
        x=values, y=list(range(len(cells))), mode="markers", name="noisy answer",
        marker={"color": colour, "size": 8},
        error_x=template.reaching(
            [value - low for low, value in zip(lows, values, strict=True)],
            [high - value for high, value in zip(highs, values, strict=True)], colour,
        ),
        hovertemplate="%{x:,.6g}<extra></extra>",
    )  # fmt: skip


def _short(label: str) -> str:
    return label if len(label) <= LONGEST else label[: LONGEST - 1] + "…"
