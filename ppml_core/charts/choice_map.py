"""Choices on a map: accuracy upwards, proved risk to the right, limits on both, and the point that was picked.

In: choices with an estimate and a bound each. Out: a chart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd

from ppml_core.charts import template
from ppml_core.charts.curves import round_ticks
from ppml_core.charts.template import Chart, Mode
from ppml_core.charts.words import at_most, percent
from ppml_core.evidence import Estimate

HEIGHT = 420
SYMBOLS = ("circle", "square", "diamond")


@dataclass(frozen=True)
class Choice:
    """A point: how it was made, its setting, the largest share of right guesses, and its accuracy."""

    technique: str
    setting: str
    guess: float
    accuracy: Estimate
    beaten: bool = False
    chosen: bool = False


def choice_map(
    choices: Sequence[Choice],
    *,
    most_risk: float,
    least_accuracy: float,
    question: str,
    answer: str,
    table: pd.DataFrame,
    mode: Mode = "light",
) -> Chart:
    """Filled marks are unbeaten, open ones beaten; the corner that keeps both limits is shaded."""
    colours = template.palette(mode)
    drawing = template.Sketch(mode, HEIGHT)
    names = list(dict.fromkeys(choice.technique for choice in choices))
    lowest = min([least_accuracy, *(choice.accuracy.value for choice in choices)])
    highest = max([least_accuracy, *(choice.accuracy.high for choice in choices)])
    pad = 0.06 * (highest - lowest)
    up = [lowest - pad, highest + 3 * pad]
    drawing.shape(
        type="rect", x0=0.48, x1=most_risk, y0=least_accuracy, y1=up[1], layer="below", line={"width": 0},
        fillcolor=template.faded(colours.bound, 0.12),
    )  # fmt: skip
    template.note(drawing, 0.484, up[1], "keeps both limits", colours.bound, xanchor="left", yanchor="top", shift=4)
    for number, name in enumerate(names):
        mine = sorted((choice for choice in choices if choice.technique == name), key=lambda choice: choice.guess)
        _technique(drawing, number, mine, colours.utility if number == 0 else colours.muted, up[1] - pad)
    for choice in choices:
        if choice.chosen:
            _chosen(drawing, choice, colours)
    ticks = np.arange(5, 11) / 10
    marks = round_ticks(up)
    drawing.axis_x("right guesses at most, proved (50 % is guessing)", range=[0.48, 1.01], tickmode="array",
                   tickangle=0, tickvals=list(ticks), ticktext=[percent(tick) for tick in ticks])  # fmt: skip
    drawing.axis_y("accuracy", range=up, tickmode="array", tickvals=marks, ticktext=[f"{mark:.2f}" for mark in marks])
    unbeaten = sum(not choice.beaten for choice in choices)
    return Chart(
        figure=drawing.figure(), question=question, answer=answer,
        alt=f"Map of {len(choices)} choices by proved risk and accuracy, {unbeaten} of them unbeaten. {answer}",
        how_to_read="To the right a guess about one person may be right more often: that bound is proved. Upwards "
        "the model is right about more people: that is measured, and the upright lines are 95 % intervals. Filled "
        "marks are beaten by no other beyond their interval. The shaded corner keeps both of your limits, interval "
        "included.",
        table=table, standing="Accuracy is internal: measured on private test people. The bound is proved.",
    )  # fmt: skip


def _technique(drawing: template.Sketch, number: int, mine: Sequence[Choice], ink: str, top: float) -> None:
    """The settings of one technique, joined by a line that is named at its end."""
    name, spread = escape(mine[0].technique), [choice.accuracy for choice in mine]
    drawing.line(
        x=[choice.guess for choice in mine], y=[one.value for one in spread], mode="lines+markers", name=name,
        line={"color": ink, "width": 1.6, "dash": ("solid", "dash", "dot")[number % 3]},
        marker={"size": 9, "color": ink, "line": {"width": 1.5, "color": ink},
                "symbol": [SYMBOLS[number % 3] + ("-open" if choice.beaten else "") for choice in mine]},
        error_y=template.error_bars(spread, ink, 1.2),
        text=[f"{name}, {choice.setting}: accuracy {percent(choice.accuracy.value)}, guess right at most "
              f"{at_most(choice.guess)}" for choice in mine],
        hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip
    last = mine[-1]
    template.note(
        drawing, last.guess, min(last.accuracy.high, top), name, ink, xanchor="right", yanchor="bottom", rise=3
    )


def _chosen(drawing: template.Sketch, choice: Choice, colours: template.Palette) -> None:
    drawing.line(
        x=[choice.guess], y=[choice.accuracy.value], mode="markers", name="chosen", hoverinfo="skip",
        marker={"color": colours.highlight, "size": 14, "line": {"color": colours.paper, "width": 1.5}},
    )  # fmt: skip
    right = choice.guess < 0.8
    template.note(
        drawing, choice.guess, choice.accuracy.value, f"<b>{choice.setting}</b>", colours.highlight,
        xanchor="left" if right else "right", yanchor="top", shift=10, rise=-4,
    )  # fmt: skip
