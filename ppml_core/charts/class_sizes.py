"""How many look-alikes each person has, before and after generalization: a histogram counted in people."""

from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from ppml_core.charts import template
from ppml_core.charts.template import Chart, Mode
from ppml_core.charts.words import count, percent

Ints = npt.NDArray[np.int64]

STEPS = (1.0, 2.0, 3.0, 5.0, 7.0)
LEFT_OUT = -0.46
HALF = 0.09


def class_size_chart(before: Ints, after: Ints, suppressed: int, k: int, mode: Mode = "light") -> Chart:
    """`before` and `after` are sizes of equivalence classes; `after` holds only those that stay in the release."""
    people = int(before.sum())
    edges = _edges(int(max(before.max(initial=1), after.max(initial=1))))
    table = pd.DataFrame(
        {
            "look-alikes": [_span(low, high) for low, high in itertools.pairwise(edges)],
            "people in the table": _people(before, edges),
            "people in the release": _people(after, edges),
        }
    )
    unique = percent((before == 1).sum() / people)
    answer = _answer(after, suppressed, people, k)
    return Chart(
        figure=_figure(table, np.log10(edges), suppressed, k, mode),
        question="How many look-alikes does each person have?",
        answer=answer,
        alt=f"Histogram of people by the size of their class of look-alikes, with a line at k = {k}. {answer} "
        f"Without protection {unique} of the people are alone in theirs.",
        how_to_read="Each bar counts people, not classes: its place says how many people in the table, themselves "
        "included, share the same quasi-identifier values. Grey is the table as it is, blue the release. "
        f"Everyone right of the line has at least k = {k} look-alikes. The orange bar on the left holds those who are "
        "left out of the release because their class stayed smaller.",
        table=table,
        standing="Internal: exact counts of this table.",
    )


def _answer(after: Ints, suppressed: int, people: int, k: int) -> str:
    if not len(after):
        return f"At k = {k} nobody is left in the release."
    out = f"{count(suppressed)} people ({percent(suppressed / people)}) are" if suppressed else "Nobody is"
    return f"In the release, everyone is among at least {count(int(after.min()))} look-alikes. {out} left out."


def _edges(largest: int) -> npt.NDArray[np.float64]:
    """1, 2, 3, 5, 7, 10, 20 and so on, the last one above the largest class."""
    powers = range(math.ceil(math.log10(largest + 1)) + 1)
    edges = [step * 10.0**power for power in powers for step in STEPS]
    return np.array(edges[: np.searchsorted(edges, largest, side="right") + 1])


def _people(sizes: Ints, edges: npt.NDArray[np.float64]) -> Ints:
    """People in classes from each edge up to the next."""
    if not len(sizes):
        return np.zeros(len(edges) - 1, dtype=np.int64)
    people = np.bincount(sizes) * np.arange(int(sizes.max()) + 1)
    below = np.concatenate([[0], np.cumsum(people)])
    return np.diff(below[np.minimum(edges.astype(np.int64), len(people))]).astype(np.int64)


def _span(low: float, high: float) -> str:
    return count(int(low)) if high - low <= 1 else f"{count(int(low))} to {count(int(high) - 1)}"


def _figure(table: pd.DataFrame, edges: npt.NDArray[np.float64], suppressed: int, k: int, mode: Mode) -> go.Figure:
    colours = template.palette(mode)
    drawing = template.Sketch(mode)
    middle, width = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    drawing.bar(
        x=middle, y=table["people in the table"], width=width * 0.94,
        marker={"color": colours.before, "line": {"width": 0}}, name="the table as it is",
        customdata=table["look-alikes"],
        hovertemplate="%{y:,} people have %{customdata} look-alikes in the table<extra></extra>",
    )  # fmt: skip
    drawing.bar(
        x=middle, y=table["people in the release"], width=width * 0.6,
        marker={"color": colours.utility, "line": {"width": 0}}, name="the release", customdata=table["look-alikes"],
        hovertemplate="%{y:,} people have %{customdata} look-alikes in the release<extra></extra>",
    )  # fmt: skip
    drawing.bar(
        x=[LEFT_OUT], y=[suppressed], width=[2 * HALF], name="left out", marker={"color": colours.risk},
        hovertemplate="%{y:,} people are left out<extra></extra>",
    )  # fmt: skip
    highest = max(int(table["people in the table"].max()), int(table["people in the release"].max()), suppressed, 1)
    _names(drawing, table, middle, suppressed, highest, colours)
    last = float(edges[-1])
    near_right = math.log10(k) > 0.6 * last
    template.rule(drawing, math.log10(k), colours.highlight, f"<b>k = {k}</b>", right=not near_right)
    powers = range(math.floor(last) + 1)
    drawing.axis_x(
        range=[LEFT_OUT - 2 * HALF, last + 0.05], title="look-alikes, the person included (log scale)", tickangle=0,
        tickmode="array", tickvals=[LEFT_OUT, *powers], ticktext=["left out", *(count(10**power) for power in powers)],
    )  # fmt: skip
    drawing.axis_y(range=[0, highest * 1.18], title="people", tickformat="~s", nticks=6)
    drawing.layout |= {"barmode": "overlay", "bargap": 0}
    return drawing.figure()


def _names(
    drawing: template.Sketch,
    table: pd.DataFrame,
    middle: npt.NDArray[np.float64],
    suppressed: int,
    highest: int,
    colours: template.Palette,
) -> None:
    """Direct labels: over the highest bar of each group."""
    groups = (
        ("people in the table", "the table", colours.muted),
        ("people in the release", "the release", colours.utility),
    )
    tops = [int(table[column].to_numpy().argmax()) for column, _, _ in groups]
    for (column, text, ink), top in zip(groups, tops, strict=True):
        value = int(table[column].iloc[top])
        if value and (column != "people in the table" or abs(middle[tops[0]] - middle[tops[1]]) > 0.5):
            last = top > len(middle) - 3
            template.note(
                drawing, float(middle[top]), value, text, ink, yanchor="bottom", rise=2,
                xanchor="right" if last else "center", shift=-12 if last else 0,
            )  # fmt: skip
    if suppressed:
        template.note(drawing, LEFT_OUT, suppressed, count(suppressed), colours.risk, yanchor="bottom", rise=2)
