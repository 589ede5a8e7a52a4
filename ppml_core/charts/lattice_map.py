"""Every generalization of a table as a point: how much is generalized against what is lost."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ppml_core.charts import template
from ppml_core.charts.template import Chart, Mode
from ppml_core.charts.words import count, percent

MOST_DRAWN = 200


def lattice_chart(nodes: pd.DataFrame, chosen: int, asked: str, mode: Mode = "light") -> Chart:
    """`nodes` as `lattice_nodes` gives them; `chosen` is the place of the one in use, `asked` what they must keep."""
    colours = template.palette(mode)
    keeps, place = nodes["keeps"].to_numpy(dtype=bool), nodes["node"].to_numpy()
    kept, best = int(keeps.sum()), nodes[keeps]["loss"].min() if keeps.any() else None
    sketch = template.Sketch(mode)
    for of, colour, symbol, name in (
        (~keeps & (place != chosen), colours.baseline, "x-thin-open", "too many left out"),
        (keeps & (place != chosen), colours.utility, "circle", "keeps the models"),
        (place == chosen, colours.highlight, "diamond", "in use"),
    ):
        some = nodes[of]
        sketch.traces.append(_points(some, colour, symbol, name))
    sketch.axis_x("levels generalized, summed over the columns")
    sketch.axis_y("loss (0 nothing, 1 everything)")
    answer = f"{count(kept)} of {count(len(nodes))} generalizations keep {asked}."
    if best is not None:
        answer += f" The least of them loses {best:.3f}."
    return Chart(
        figure=sketch.figure(),
        question="Which generalizations keep what was asked?",
        answer=answer,
        alt=f"One point per generalization, by summed level and loss. {answer}",
        how_to_read="Each point is one way to generalize all columns, a level for each. Blue points leave out no more "
        "people than allowed, grey crosses leave out too many; the diamond is the one in use. Lower is more detailed.",
        table=nodes.drop(columns=["node"]),
        standing="Internal: found by reading everybody's row.",
    )


def _points(nodes: pd.DataFrame, colour: str, symbol: str, name: str) -> dict[str, Any]:
    told = [
        f"{levels}<br>{percent(share)} left out"
        for levels, share in zip(nodes["levels"], nodes["left out"], strict=True)
    ]
    return {
        "type": "scatter", "mode": "markers", "name": name, "x": nodes["total"].tolist(), "y": nodes["loss"].tolist(),
        "marker": {"color": colour, "symbol": symbol, "size": 9 if symbol != "diamond" else 14},
        "text": told, "hovertemplate": "%{text}<br>loss %{y:.3f}<extra></extra>",
    }  # fmt: skip
