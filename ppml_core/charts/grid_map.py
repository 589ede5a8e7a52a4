"""A measure over k and ε together: one cell per pair, and the line along which a target is met."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import pandas as pd

from ppml_core.charts import template
from ppml_core.charts.measures import wording
from ppml_core.charts.template import Chart, Mode
from ppml_core.charts.words import budget, interval, measured

HEIGHT = 360


def grid_chart(cells: pd.DataFrame, measure: str, target: float | None, mode: Mode = "light") -> Chart:
    """`cells` has columns k, epsilon, value, low, high: one line per pair; a missing pair is an empty cell.

    `target` draws the line along which the measure reaches it, between the cells that do and those that do not.
    """
    colours, say = template.palette(mode), wording(measure)
    wide = cells.pivot_table(index="epsilon", columns="k", values="value", aggfunc="mean").sort_index()
    rows, columns = [float(one) for one in wide.index], [int(one) for one in wide.columns]
    values = wide.to_numpy(dtype=float)
    known = {(one["k"], one["epsilon"]): one for one in cells.dropna(subset="value").to_dict("records")}
    pairs = [[known.get((k, epsilon)) for k in columns] for epsilon in rows]
    shown = [["" if one is None else measured(one["value"], one["low"], one["high"]) for one in line] for line in pairs]
    sketch = template.Sketch(mode, HEIGHT)
    across, up = list(range(len(columns))), list(range(len(rows)))
    told = [[f"k = {k}, ε = {budget(epsilon)}: {_in_full(one)}" for k, one in zip(columns, line, strict=True)]
            for epsilon, line in zip(rows, pairs, strict=True)]  # fmt: skip
    sketch.traces.append({
        "type": "heatmap", "z": values.tolist(), "x": across, "y": up, "showscale": False, "xgap": 2, "ygap": 2,
        "colorscale": [[0, template.faded(colours.utility, 0.06)], [1, template.faded(colours.utility, 0.62)]],
        "text": shown, "texttemplate": "%{text}", "textfont": {"color": colours.text}, "hoverongaps": False,
        "customdata": told, "hovertemplate": "%{customdata}<extra></extra>", "name": say.noun,
    })  # fmt: skip
    several = len(rows) > 1 and len(columns) > 1 and not np.isnan(values).any()
    if target is not None and several:
        sketch.traces.append({
            "type": "contour", "z": values.tolist(), "x": across, "y": up, "showscale": False, "hoverinfo": "skip",
            "contours": {"start": target, "end": target, "size": 1, "coloring": "none", "showlabels": False},
            "line": {"color": colours.highlight, "width": 2.5}, "name": "target",
        })  # fmt: skip
    sketch.axis_x("k, smallest class of look-alikes", tickmode="array", tickvals=across,
                  ticktext=[str(k) for k in columns])  # fmt: skip
    sketch.axis_y("ε of the training step", tickmode="array", tickvals=up, showgrid=False,
                  ticktext=[budget(epsilon) for epsilon in rows])  # fmt: skip
    answer = _answer(cells, say.noun, target, higher=say.higher_is_better)
    return Chart(
        figure=sketch.figure(),
        question=f"What do k and ε cost together in {say.noun}?",
        answer=answer,
        alt=f"{escape(say.axis)} for {len(cells)} pairs of k and ε as cells of a grid. {answer}",
        how_to_read="Each cell is one scenario, its 95 % interval on hover: the table is generalized until everybody "
        f"has k look-alikes, then a learner with budget ε is trained on it. Deeper blue is more {say.noun}. The purple "
        "line is where the target of I need… is met. The recoding was found by reading everybody, so ε is that of the "
        "training step only.",
        table=_table(cells, say.noun),
        standing="Internal: it was measured on private test people.",
    )


def _in_full(one: Any) -> str:
    return "not computed" if one is None else interval(one["value"], one["low"], one["high"])


def _table(cells: pd.DataFrame, noun: str) -> pd.DataFrame:
    said = [_in_full(one if pd.notna(one["value"]) else None) for one in cells.to_dict("records")]
    return pd.DataFrame({"k": cells["k"].to_numpy(), "ε": cells["epsilon"].to_numpy(), f"{noun} (95 % interval)": said})


def _answer(cells: pd.DataFrame, noun: str, target: float | None, *, higher: bool) -> str:
    known = cells[cells["value"].notna()]
    if known.empty:
        return "No pair of k and ε has been computed yet."
    if target is None:
        best = known.sort_values("value", ascending=not higher).iloc[0]
        level = int(((known["high"] >= best["low"]) & (known["low"] <= best["high"])).sum()) - 1
        at = f"at k = {best['k']:.0f} and ε = {budget(best['epsilon'])}"
        return (
            f"The best {noun} is {interval(best['value'], best['low'], best['high'])}, {at}; the intervals of {level} "
            f"of the other {len(known) - 1} pairs meet its own."
        )
    met, sure = (
        (known[end] >= target if higher else known[end] <= target).sum()
        for end in ("value", "low" if higher else "high")
    )
    return f"{met} of {len(known)} pairs reach {noun} {target:g} as measured, {sure} with their whole interval."
