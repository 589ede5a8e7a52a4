"""What one column adds to a model's answer: a line over numbers or a dot per category, with the band of the noise."""

from __future__ import annotations

from html import escape

import numpy as np
import pandas as pd

from ppml_core.charts import template
from ppml_core.charts.template import Chart, Mode
from ppml_core.experiment.effects import Effect

ROW = 22
LONGEST = 24


def effect_chart(effect: Effect, answer_of: str, column_unit: str = "", mode: Mode = "light") -> Chart:
    """`answer_of` names what is predicted ("log-odds of >50K", or the target with its unit)."""
    colours, name = template.palette(mode), effect.column.replace("_", " ")
    if len(effect.at):
        drawing = template.Sketch(mode, 320)
        x = np.concatenate([effect.at, effect.at[::-1]])
        drawing.line(
            x=x, y=np.concatenate([effect.high, effect.low[::-1]]), mode="lines", fill="toself", hoverinfo="skip",
            fillcolor=template.faded(colours.utility, 0.14), line={"width": 0}, name="noise",
        )  # fmt: skip
        drawing.line(
            x=effect.at, y=effect.mean, mode="lines", line={"color": colours.utility, "width": 2.2}, name=name,
            hovertemplate="%{x:,.4g}: %{y:+.2f}<extra></extra>",
        )  # fmt: skip
        drawing.axis_x(name + (f" ({column_unit})" if column_unit else ""))
        drawing.axis_y(f"added to the {answer_of}", zeroline=True, zerolinecolor=colours.grid)
    else:
        drawing = template.Sketch(mode, 90 + ROW * len(effect.labels))
        order = np.argsort(-effect.mean)
        drawing.line(
            x=effect.mean[order], y=list(range(len(order))), mode="markers", name=name,
            marker={"color": colours.utility, "size": 8},
            error_x={
                "type": "data", "array": (effect.high - effect.mean)[order], "thickness": 1.4, "width": 0,
                "color": colours.utility,
            },
            text=[escape(effect.labels[place]) for place in order], hovertemplate="%{text}: %{x:+.2f}<extra></extra>",
        )  # fmt: skip
        labels = [escape(_short(effect.labels[place])) for place in order]
        drawing.axis_y(
            tickmode="array", tickvals=list(range(len(order))), ticktext=labels, ticksuffix=" ",
            range=[len(order) - 0.4, -0.6],
        )  # fmt: skip
        drawing.axis_x(f"added to the {answer_of}", zeroline=True, zerolinecolor=colours.grid)
        drawing.layout["margin"] = {**template.MARGIN, "l": 160}
    answer = _answer(effect, answer_of)
    return Chart(
        figure=drawing.figure(),
        question=f"What does the model make of {name}?",
        answer=answer,
        alt=f"What each value of {name} adds to the {answer_of}, with the band of the noise. {answer}",
        how_to_read=f"The model is a sum of one number per column; this is the number for {name}, around its own mean. "
        f"The band is two standard deviations over {effect.models} trainings that differ in nothing but the noise of "
        "the guarantee: what lies within it may be noise. Where nobody has a value, only noise is seen.",
        table=pd.DataFrame({name: effect.labels, "effect": effect.mean, "low": effect.low, "high": effect.high}).round(
            4
        ),
        standing="Internal: drawn with reproducible noise.",
    )


def _answer(effect: Effect, answer_of: str) -> str:
    best, worst = int(effect.mean.argmax()), int(effect.mean.argmin())
    clear = effect.low[best] > effect.high[worst]
    if not clear:
        return "No two values differ by more than the noise."
    gap = float(effect.mean[best] - effect.mean[worst])
    return f"From {effect.labels[worst]} to {effect.labels[best]} the {answer_of} rises by {gap:.2g}, beyond the noise."


def _short(label: str) -> str:
    return label if len(label) <= LONGEST else label[: LONGEST - 1] + "…"
