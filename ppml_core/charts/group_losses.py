"""What privacy costs each group of people: a dot with its interval per group, and everybody as a line beside them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import pandas as pd

from ppml_core.charts import template
from ppml_core.charts.template import Chart, Mode
from ppml_core.charts.words import count, people_per_thousand
from ppml_core.experiment.group_losses import GroupLoss

MOST = 14
ROW = 24
LONGEST = 30


def group_chart(groups: Sequence[GroupLoss], reference: str, seeds: int, unit: str = "", mode: Mode = "light") -> Chart:
    """`groups` begins with everybody. `unit` is "" where the loss is a share of wrong answers, else the target's."""
    colours = template.palette(mode)
    everybody, *others = groups
    shown = others[:MOST]
    scale = 1.0 if unit else 1000.0
    what = f"mean absolute error added ({unit})" if unit else "more wrong answers per 1,000"
    drawing = template.Sketch(mode, 96 + ROW * max(len(shown), 1))
    places = list(range(len(shown)))
    drawing.shape(
        type="line", xref="x", yref="paper", x0=everybody.lost.value * scale, x1=everybody.lost.value * scale,
        y0=0, y1=1, layer="below", line={"color": colours.baseline, "width": 1.4, "dash": "dash"},
    )  # fmt: skip
    drawing.line(
        x=[group.lost.value * scale for group in shown], y=places, mode="markers", name="groups",
        marker={"color": colours.risk, "size": 8},
        error_x=template.reaching(
            [(group.lost.value - group.lost.low) * scale for group in shown],
            [(group.lost.high - group.lost.value) * scale for group in shown], colours.risk, 1.4,
        ),
        text=[escape(f"{_name(g)}: {count(g.people)} test people") for g in shown],
        hovertemplate="%{text}<br>%{x:.1f}<extra></extra>",
    )  # fmt: skip
    names = [_name(group) for group in shown]
    drawing.axis_y(
        tickmode="array", tickvals=places, ticktext=[escape(_short(name)) for name in names], ticksuffix=" ",
        range=[len(shown) - 0.4, -0.6], showgrid=True,
    )  # fmt: skip
    drawing.axis_x(what, zeroline=True, zerolinecolor=colours.grid)
    drawing.layout["margin"] = {**template.MARGIN, "l": 190}
    answer = _answer(everybody, shown, reference, unit)
    return Chart(
        figure=drawing.figure(),
        question="Who pays for the privacy of this model?",
        answer=answer,
        alt=f"What privacy adds to the errors in each group, with intervals. {answer}",
        how_to_read=f"Each dot is a group of test people: how many more errors the private model makes there than "
        f"{reference} without privacy, on the same people. The line through it is the 95 % interval over {seeds} noise "
        f"seeds and the group's people; the dashed line is everybody. The groups with the largest loss are shown; the "
        f"table has all. With so many groups some stand out by chance.",
        table=_table(groups, unit),
        standing="Internal: measured on private test people.",
    )


def _answer(everybody: GroupLoss, shown: Sequence[GroupLoss], reference: str, unit: str) -> str:
    said = f"Beside {reference} without privacy, {_amount(everybody, unit)} for everybody"
    sure = [group for group in shown if group.lost.low > everybody.lost.value and group.lost.low > 0]
    if not sure:
        return f"{said}; no group's loss is detectably larger."
    worst = max(sure, key=lambda group: group.lost.value)
    return f"{said}; {_amount(worst, unit)} for {_name(worst)} ({count(worst.people)} test people)."


def _amount(group: GroupLoss, unit: str) -> str:
    if unit:
        return f"{group.lost.value:+.3g} {unit} of error"
    number = people_per_thousand(group.lost.value)
    return f"{number} more wrong answers per 1,000" if number >= 0 else f"{-number} fewer wrong answers per 1,000"


def _name(group: GroupLoss) -> str:
    return f"{group.column.replace('_', ' ')}: {group.value or 'missing'}" if group.column else "everybody"


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"


def _table(groups: Sequence[GroupLoss], unit: str) -> pd.DataFrame:
    error = f"error ({unit})" if unit else "share wrong"
    rows = [(_name(g), g.people, g.error.value, g.lost.value, g.lost.low, g.lost.high) for g in groups]
    table = pd.DataFrame(rows, columns=["group", "test people", error, "added by privacy", "low", "high"])
    return table.round(4)
