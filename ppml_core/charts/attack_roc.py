"""How often members are named against how often others are named in error: what attacks reached and what is proved.

In: membership reports with a name each. Out: a chart. Where a model has a guarantee, its own trade-off curve is
drawn and what lies above it is shaded: no attack gets there but by luck. The envelope of (epsilon, delta) is dashed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from html import escape

import numpy as np
import pandas as pd

from ppml_core.accounting.curves import highest_tpr
from ppml_core.attacks.membership.report import MembershipReport
from ppml_core.attacks.rates import Roc
from ppml_core.charts import template
from ppml_core.charts.template import Chart, Mode
from ppml_core.charts.words import count, interval, percent
from ppml_core.evidence import Guarantee

HEIGHT = 430
LEAST_RATE = 1e-4
DASHES = ("solid", "dash", "dot", "dashdot")
TICKS = (0.0001, 0.001, 0.01, 0.1, 1.0)
EVEN_TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def attack_roc(
    reports: Mapping[str, MembershipReport], *, log: bool = False, control: bool = False, mode: Mode = "light"
) -> Chart:
    """`reports` by what was attacked; with `log` both axes are logarithmic, which shows the few who are exposed.

    With `control` the same scores against membership drawn by lot stand beside the first one.
    """
    colours = template.palette(mode)
    drawing = template.Sketch(mode, HEIGHT)
    rates = np.geomspace(LEAST_RATE, 1.0, 200) if log else np.linspace(0.0, 1.0, 201)
    bounded = {name: report.bound for name, report in reports.items() if report.bound is not None}
    for name, bound in bounded.items():
        _impossible(drawing, rates, bound, name, colours)
    drawing.line(
        x=rates, y=rates, mode="lines", name="guessing", hoverinfo="skip",
        line={"color": colours.baseline, "width": 1.4, "dash": "dash"},
    )  # fmt: skip
    if control and reports:
        null = next(iter(reports.values())).null.roc
        _steps(drawing, null, "control: membership by lot", colours.muted, "dot", log)
    for number, (name, report) in enumerate(reports.items()):
        _steps(drawing, report.found.roc, name, colours.risk, DASHES[number % len(DASHES)], log)
    _labels(drawing, reports, bounded, colours, log)
    marks = TICKS if log else EVEN_TICKS
    shared = {
        "type": "log" if log else "linear", "range": [np.log10(LEAST_RATE), 0.02] if log else [-0.02, 1.02],
        "tickmode": "array", "tickvals": list(marks), "ticktext": [_tick(mark) for mark in marks], "tickangle": 0,
    }  # fmt: skip
    drawing.axis_x("non-members named in error (share" + (", log scale)" if log else ")"), **shared)
    drawing.axis_y("members named (share" + (", log scale)" if log else ")"), **shared)
    answer = _answer(reports)
    return Chart(
        figure=drawing.figure(),
        question="Can an attacker tell who was in the training data?",
        answer=answer,
        alt=f"True against false positive rate of membership attacks{' on log axes' if log else ''}. {answer}",
        how_to_read=_how_to_read(reports, bounded),
        table=_table(reports),
        standing="Internal: measured on private people. The green line is proved; it holds in expectation, and a "
        "measured curve may stray above it by chance.",
    )


def _impossible(
    drawing: template.Sketch, rates: np.ndarray, bound: Guarantee, name: str, colours: template.Palette
) -> None:
    """The bound, what lies above it shaded, and the envelope where the bound knows more than (epsilon, delta)."""
    allowed = highest_tpr(bound, rates)
    drawing.line(
        x=np.concatenate([rates, rates[::-1]]), y=np.concatenate([np.ones(len(rates)), allowed[::-1]]), mode="lines",
        fill="toself", fillcolor=template.faded(colours.bound, 0.10), line={"width": 0}, hoverinfo="skip",
        name=f"impossible: {escape(name)}",
    )  # fmt: skip
    drawing.line(
        x=rates, y=allowed, mode="lines", name=f"bound of {escape(name)}",
        line={"color": colours.bound, "width": 2.2},
        hovertemplate="at %{x:.3g} in error, at most %{y:.3g} named<extra></extra>",
    )  # fmt: skip
    if bound.mu is not None:
        drawing.line(
            x=rates, y=highest_tpr(dataclasses.replace(bound, mu=None), rates), mode="lines", hoverinfo="skip",
            name="envelope of (ε, δ) alone", line={"color": colours.bound, "width": 1.2, "dash": "dash"},
        )  # fmt: skip


def _steps(drawing: template.Sketch, roc: Roc, name: str, colour: str, dash: str, log: bool) -> None:
    """Steps and no slopes: between two thresholds nothing is claimed."""
    fpr, tpr = np.array(roc.fpr), np.array(roc.tpr)
    if log:
        fpr, tpr = np.maximum(fpr, LEAST_RATE / 2), np.maximum(tpr, LEAST_RATE / 2)
    drawing.line(
        x=fpr, y=tpr, mode="lines", name=escape(name), text=[escape(name)] * len(fpr),
        line={"color": colour, "width": 2.2 if dash != "dot" else 1.4, "dash": dash, "shape": "hv"},
        hovertemplate="%{text}: %{y:.3g} of members at %{x:.3g} in error<extra></extra>",
    )  # fmt: skip


def _labels(
    drawing: template.Sketch,
    reports: Mapping[str, MembershipReport],
    bounded: Mapping[str, Guarantee],
    colours: template.Palette,
    log: bool,
) -> None:
    """Direct labels, stacked in the corner that curves above the diagonal leave free."""
    entries = [(f"{DASH_MARKS[number % len(DASH_MARKS)]} {name}", colours.risk) for number, name in enumerate(reports)]
    entries += [(f"━ at most, by proof: {name}", colours.bound) for name in bounded]
    entries.append(("╌ guessing", colours.muted))
    for place, (text, colour) in enumerate(reversed(entries)):
        template.note(
            drawing, 0.99, 0.02 + 0.062 * place, escape(text), colour, xref="paper", yref="paper", xanchor="right",
            yanchor="bottom", ground=template.faded(colours.paper, 0.8),
        )  # fmt: skip


DASH_MARKS = ("━", "╍", "┉", "╍")


def _tick(mark: float) -> str:
    return f"{100 * mark:g} %"


def _answer(reports: Mapping[str, MembershipReport]) -> str:
    if not reports:
        return "No attack has been run yet."
    said = []
    for name, report in reports.items():
        auc, at = report.found.auc, report.found.at[0]
        named = f"{percent(at.tpr.value)} of members at {percent(at.fpr.value)} in error"
        clear = "better than guessing" if auc.low > report.baseline_auc else "no better than guessing can explain"
        said.append(f"{name}: area {interval(auc.value, auc.low, auc.high)}, {clear}; {named}.")
    return " ".join(said)


def _how_to_read(reports: Mapping[str, MembershipReport], bounded: Mapping[str, Guarantee]) -> str:
    held = next(iter(reports.values()), None)
    fixed = (
        ""
        if held is None
        else f" Held fixed: one target model, {count(held.members)} members and {count(held.others)} others, "
        f"{count(held.shadows)} shadow models; members drawn {IN_WORDS[held.drawn]}."
    )
    proof = (
        " Above the solid green line, which is proved from the noise that was added, no attack can lie in expectation; "
        "the dashed one is what ε and δ alone would allow."
        if bounded
        else ""
    )
    return (
        "An attacker who sees the model scores every person and names those above a threshold; each point of a "
        f"vermilion line is one threshold. The dashed diagonal is guessing.{proof} Log axes show what happens at very "
        f"few errors, where the most exposed people are.{fixed}"
    )


IN_WORDS = {"independently": "independently with probability one half", "fixed number": "as a fixed number"}


def _table(reports: Mapping[str, MembershipReport]) -> pd.DataFrame:
    """A line per report and rate, with what stands behind each."""
    lines = []
    for name, report in reports.items():
        for at in report.found.at:
            lines.append(
                {
                    "attacked": name, "attack": report.title,
                    "area": interval(report.found.auc.value, report.found.auc.low, report.found.auc.high),
                    "control": interval(report.null.auc.value, report.null.auc.low, report.null.auc.high),
                    "asked": percent(at.asked), "errors": count(at.false_positives),
                    "achieved": interval(at.fpr.value, at.fpr.low, at.fpr.high),
                    "members named": interval(at.tpr.value, at.tpr.low, at.tpr.high),
                }
            )  # fmt: skip
    return pd.DataFrame(lines)
