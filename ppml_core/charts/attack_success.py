"""How often attacks on a table succeed, before and after a release: success with its interval, beside the control.

In: attacks tried on two tables. Out: a chart of one line for each attack and table.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import pandas as pd

from ppml_core.charts import template
from ppml_core.charts.template import Chart, Mode
from ppml_core.charts.words import interval, percent
from ppml_core.experiment.release_attacks import Tried

ROW = 26
GAP = 0.9
MARKS = ("circle", "diamond")


def attack_success(tried: Sequence[Tried], mode: Mode = "light") -> Chart:
    """Filled marks are the attack on people behind the table, open grey ones the same on people it never saw."""
    colours = template.palette(mode)
    attacks = list(dict.fromkeys(one.attack for one in tried))
    tables = list(dict.fromkeys(one.table for one in tried))
    drawing = template.Sketch(mode, 100 + int(ROW * len(attacks) * (len(tables) + GAP)))
    heights: list[float] = []
    labels: list[str] = []
    for place, attack in enumerate(attacks):
        for number, table in enumerate(tables):
            at = place * (len(tables) + GAP) + number
            heights.append(at)
            labels.append(escape(table))
            found = next((one for one in tried if one.attack == attack and one.table == table), None)
            if found is not None and found.finding is not None:
                _row(drawing, found, at, MARKS[number % len(MARKS)], colours)
        top = place * (len(tables) + GAP) - 0.75
        template.note(drawing, 0, top, f"<b>{escape(attack)}</b>", colours.text, xref="paper", xanchor="left")
    drawing.axis_x("share of attempts that succeed", range=[-0.02, 1.02], tickformat=".0%", showgrid=True)
    last = max(heights, default=0)
    drawing.axis_y(
        tickmode="array", tickvals=heights, ticktext=labels, ticksuffix=" ", range=[last + 0.7, -1.3], showgrid=False
    )
    drawing.layout["margin"] = {**template.MARGIN, "l": 150}
    answer = _answer(tried, tables)
    return Chart(
        figure=drawing.figure(),
        question="What do attacks find in the table, before and after?",
        answer=answer,
        alt=f"Success of attacks on the table as it is and on the release, with the control. {answer}",
        how_to_read="Each filled mark is how often an attack is right about people behind the table, with its 95 % "
        "interval; the open grey mark is the same attack on people the table never saw, where nothing was taken from "
        "them; the thin dashed mark is guessing. What counts is the distance to the control. Record linkage: who knows "
        "the quasi-identifiers takes the nearest record. Singling out, linkability and inference as WP29 05/2014 means "
        "them.",
        table=_table(tried),
        standing="Internal: measured on private people.",
    )


def _row(drawing: template.Sketch, found: Tried, at: float, mark: str, colours: template.Palette) -> None:
    assert found.finding is not None
    finding, estimate = found.finding, found.finding.estimate
    if finding.control is not None:
        drawing.line(
            x=[finding.control.value], y=[at], mode="markers", name=f"control: {escape(found.table)}",
            marker={"color": colours.muted, "size": 9, "symbol": f"{mark}-open", "line": {"width": 1.6}},
            hovertemplate="people never seen: %{x:.1%}<extra></extra>",
        )  # fmt: skip
    if finding.baseline is not None:
        drawing.shape(
            type="line", x0=finding.baseline, x1=finding.baseline, y0=at - 0.32, y1=at + 0.32,
            line={"color": colours.baseline, "width": 1.4, "dash": "dot"},
        )  # fmt: skip
    drawing.line(
        x=[estimate.value], y=[at], mode="markers", name=escape(f"{found.attack}: {found.table}"),
        marker={"color": colours.risk, "size": 10, "symbol": mark},
        error_x=template.error_bars([estimate], colours.risk),
        text=[interval(estimate.value, estimate.low, estimate.high)], hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip


def _answer(tried: Sequence[Tried], tables: Sequence[str]) -> str:
    """The attack that gains most over its control, in each table."""
    said = []
    for table in tables:
        gains = [
            (one.finding.estimate.value - one.finding.control.value, one)
            for one in tried
            if one.table == table and one.finding is not None and one.finding.control is not None
        ]
        if gains:
            gain, one = max(gains, key=lambda entry: entry[0])
            most = f"{one.attack.lower()} gains most, {percent(gain)} above its control"
            said.append(f"{table}: {most if gain > 0 else 'no attack finds more than its control'}.")
    return " ".join(said) or "No attack applies to this table."


def _table(tried: Sequence[Tried]) -> pd.DataFrame:
    lines = []
    for one in tried:
        control = one.finding.control if one.finding is not None else None
        estimate = one.finding.estimate if one.finding is not None else None
        lines.append(
            {
                "attack": one.attack, "table": one.table,
                "success": interval(estimate.value, estimate.low, estimate.high) if estimate else one.reason,
                "control": interval(control.value, control.low, control.high) if control else "",
                "guessing": "" if one.finding is None or one.finding.baseline is None
                else percent(one.finding.baseline),
            }
        )  # fmt: skip
    return pd.DataFrame(lines)
