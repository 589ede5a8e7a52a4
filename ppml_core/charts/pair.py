"""Two columns together, before and after a release: two maps of people per cell on one scale of colours."""

from __future__ import annotations

from html import escape

import numpy as np
import pandas as pd

from ppml_core.charts import template
from ppml_core.charts.template import Chart, Mode
from ppml_core.charts.words import percent
from ppml_core.experiment.pair_view import PairView

LONGEST = 14
ROW = 13
MOST_TICKS = 12


def pair_chart(pair: PairView, mode: Mode = "light") -> Chart:
    """Darker is more people; left the table, right what the release still says."""
    colours = template.palette(mode)
    first, second = (name.replace("_", " ") for name in pair.names)
    sketch = template.Sketch(mode, max(300, 110 + ROW * len(pair.labels[0])))
    top = float(np.sqrt(max(pair.before.max(), pair.after.max(), 1.0)))
    for place, (title, counts) in enumerate((("the table", pair.before), ("the release", pair.after))):
        axis = "x" if not place else "x2"
        sketch.traces.append(
            {
                "type": "heatmap", "z": np.sqrt(counts), "zmin": 0, "zmax": top, "showscale": False, "xaxis": axis,
                "yaxis": "y", "name": title, "text": np.round(counts).astype(int),
                "colorscale": [[0, colours.paper], [1, colours.utility]],
                "customdata": _cells(pair), "xgap": 1, "ygap": 1,
                "hovertemplate": "%{customdata}: %{text:,} people<extra>" + title + "</extra>",
            }
        )  # fmt: skip
        template.note(
            sketch, 0.02 + 0.51 * place, 1, title, colours.muted if not place else colours.utility,
            xref="paper", yref="paper", xanchor="left", yanchor="bottom",
        )  # fmt: skip
    ticks = _ticks(pair.labels[1])
    sketch.axis_x(second, **ticks, domain=[0, 0.485])
    sketch.layout["xaxis2"] = {**sketch.x, "domain": [0.515, 1], "anchor": "y"}
    sketch.axis_y(first, **_ticks(pair.labels[0]), ticksuffix=" ", autorange="reversed", showgrid=False)
    sketch.layout["margin"] = {**template.MARGIN, "l": 128, "b": 92}
    answer = _answer(pair)
    return Chart(
        figure=sketch.figure(),
        question=f"What does the release still say about {first} and {second} together?",
        answer=answer,
        alt=f"Two maps of people by {first} and {second}, before and after. {answer}",
        how_to_read="Each cell holds the people with both values; darker is more, by square root. On the right each "
        "person of the release is spread evenly over all values that are published as theirs are. Where both maps "
        "look alike, the relation of the two columns survived. Cramér's V is 0 where they are unrelated and 1 where "
        "one tells the other.",
        table=_table(pair),
        standing="Internal: exact counts of this table.",
    )


def _answer(pair: PairView) -> str:
    before, after = pair.associated
    return (
        f"{percent(pair.displaced)} of the people stand in another cell; "
        f"the relation (Cramér's V) went from {before:.2f} to {after:.2f}."
    )


def _ticks(labels: tuple[str, ...]) -> dict[str, object]:
    step = -(-len(labels) // MOST_TICKS)
    some = list(range(0, len(labels), step))
    names = [labels[at] if len(labels[at]) <= LONGEST else labels[at][: LONGEST - 1] + "…" for at in some]
    return {"tickmode": "array", "tickvals": some, "ticktext": [escape(name) for name in names], "tickangle": 0}


def _cells(pair: PairView) -> list[list[str]]:
    return [[escape(f"{one}, {other}") for other in pair.labels[1]] for one in pair.labels[0]]


def _table(pair: PairView) -> pd.DataFrame:
    rows, columns = np.nonzero((pair.before > 0) | (pair.after > 0))
    return pd.DataFrame(
        {
            pair.names[0]: [pair.labels[0][at] for at in rows],
            pair.names[1]: [pair.labels[1][at] for at in columns],
            "people before": pair.before[rows, columns].astype(int),
            "people after, spread": np.round(pair.after[rows, columns], 1),
        }
    )
