"""Of 100 people like you: how many guesses are right, as dots; what is proved beside what an attack reached.

In: shares of right guesses from a prior of one half. Out: a chart of one grid of 100 dots for each of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Literal

import numpy as np
import pandas as pd

from ppml_core.charts import template
from ppml_core.charts.template import Chart, Mode
from ppml_core.charts.words import percent

SIDE = 10
HEIGHT = 250
GAP = 3.0
FEWEST = 3
MEASURED = "Internal: what the attack reached was measured on private people."


@dataclass(frozen=True)
class Grid:
    """A share of right guesses (0..1) and what it is; `note` stands beneath, with the interval of a measured one."""

    name: str
    share: float
    role: Literal["baseline", "bound", "risk"]
    note: str = ""


def dot_grid(grids: list[Grid], about: str, mode: Mode = "light", name: str = "") -> Chart:
    """`about` says what is guessed ("whether you are in the data"), `name` who is asked."""
    colours = template.palette(mode)
    drawing = template.Sketch(mode, HEIGHT)
    for number, grid in enumerate(grids):
        left = number * (SIDE + GAP)
        right = round(100 * grid.share)
        spots = np.arange(SIDE * SIDE)
        x, y = left + spots % SIDE, SIDE - 1 - spots // SIDE
        colour = colours.baseline if grid.role == "baseline" else str(getattr(colours, grid.role))
        for some, filled in ((spots < right, True), (spots >= right, False)):
            drawing.line(
                x=x[some], y=y[some], mode="markers", hoverinfo="skip", cliponaxis=False,
                name=f"{escape(grid.name)}: {'right' if filled else 'wrong'}",
                marker={
                    "size": 9, "symbol": "circle" if filled else "circle-open", "color": colour,
                    "line": {"width": 1, "color": colour}, "opacity": 1 if filled else 0.55,
                },
            )  # fmt: skip
        middle = left + (SIDE - 1) / 2
        template.note(drawing, middle, SIDE + 0.6, f"<b>{right}</b> of 100", colours.text)
        template.note(drawing, middle, -1.3, escape(grid.name), colours.text)
        template.note(drawing, middle, -2.6, escape(grid.note), colours.muted)
    width = max(len(grids), FEWEST) * (SIDE + GAP) - GAP
    drawing.axis_x(range=[-1.5, width + 0.5], visible=False)
    drawing.axis_y(range=[-3.4, SIDE + 1.4], visible=False)
    drawing.layout["margin"] = {"l": 8, "r": 8, "t": 4, "b": 4, "pad": 0}
    said = ", ".join(f"{grid.name.lower()} {percent(grid.share)}" for grid in grids)
    answer = f"Right guesses {about}{f', by asking {name}' if name else ''}, from even odds: {said}."
    return Chart(
        figure=drawing.figure(),
        question="Of 100 people like you, for how many is the guess right?",
        answer=answer,
        alt=f"Grids of 100 dots, one dot a person; filled dots are right guesses. {answer}",
        how_to_read=f"Someone guesses {about} and holds both answers for equally likely beforehand. A filled dot is a "
        "person for whom the guess is right. Guessing blindly is right for 50. The green grid is the most that the "
        "guarantee allows the best attack; the vermilion one is what the attack reached here when it named at most one "
        "in three non-members, a threshold fixed beforehand.",
        table=pd.DataFrame(
            {"guesser": [grid.name for grid in grids], "right": [grid.share for grid in grids],
             "note": [grid.note for grid in grids]}
        ),
        standing=MEASURED if any(grid.role == "risk" for grid in grids) else "",
    )  # fmt: skip
