"""Techniques of computing apart side by side: accuracy, what a curious onlooker reads out, and what it costs.

In: results of several runs, and where there is one a study of inversion. Out: a map and tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd

from ppml_core.charts import template
from ppml_core.charts.curves import round_ticks
from ppml_core.charts.rounds import INTERNAL
from ppml_core.charts.story import SEEDED
from ppml_core.charts.template import Chart, Mode
from ppml_core.charts.words import budget, count, interval, percent, power, size
from ppml_core.experiment.apart import Apart, read_out
from ppml_core.federated.inversion_study import Sighting, Study

SHARES = (0.4, 0.6, 0.8, 1.0)
FORMS = {
    "clear": "clear", "noisy": "with noise", "masked": "masked", "encrypted": "encrypted", "shares": "secret shares",
}  # fmt: skip
UNMEASURED = {
    "encrypted": "not measured: hidden by an assumption of cryptography",
    "shares": "not measured: no single party's share says anything, by proof",
}


@dataclass(frozen=True)
class Told:
    """A run by the name it has here."""

    name: str
    apart: Apart


def comparison_chart(runs: Sequence[Told], study: Study, mode: Mode = "light") -> Chart:
    """Accuracy upwards, to the right what is read out of a message."""
    colours = template.palette(mode)
    drawing = template.Sketch(mode, 420)
    guess = sum(one.guessing.value for one in study.sums) / len(study.sums)
    seen, open_ones = [read_out(run.apart, study) for run in runs], [is_read(run.apart, study) for run in runs]
    heights = [run.apart.accuracy for run in runs] + [run.apart.central for run in runs[:1]]
    low, high = min(one.low for one in heights), max(one.high for one in heights)
    pad = 0.12 * (high - low) or 0.02
    up = [low - pad, high + 2 * pad]
    drawing.shape(
        type="line", xref="x", yref="paper", x0=guess, x1=guess, y0=0, y1=1, layer="below",
        line={"color": colours.baseline, "width": 1.4, "dash": "dash"},
    )  # fmt: skip
    template.note(drawing, guess, 0, "guessing", colours.muted, yref="paper", xanchor="left", yanchor="bottom", shift=5)
    shown: list[float] = []
    for number, (run, one) in enumerate(zip(runs, seen, strict=True)):
        if one is None:
            continue
        ink = colours.risk if open_ones[number] else colours.bound
        found, spot = run.apart.accuracy, one.found
        drawing.line(
            x=[spot.value], y=[found.value], mode="markers", name=escape(run.name),
            marker={"color": ink, "size": 11, "symbol": ("circle", "square", "diamond", "triangle-up")[number % 4]},
            error_y=template.error_bars([found], ink, 1.4), error_x=template.error_bars([spot], ink, 1.4),
            text=[f"{escape(run.name)}: accuracy {interval(found.value, found.low, found.high)}, "
                  f"read out {_read(one)}"],
            hovertemplate="%{text}<extra></extra>",
        )  # fmt: skip
        near = sum(abs(other - spot.value) < 0.03 for other in shown)
        shown.append(spot.value)
        template.note(
            drawing, spot.value, found.value, f"{number + 1}", colours.text, xanchor="left", shift=9 + 15 * near
        )
    central = runs[0].apart.central
    drawing.shape(
        type="line", xref="paper", x0=0, x1=1, y0=central.value, y1=central.value, layer="below",
        line={"color": colours.baseline, "width": 1.4, "dash": "dash"},
    )  # fmt: skip
    template.note(drawing, 1, central.value, "central training", colours.muted, xref="paper", xanchor="right", rise=9)
    drawing.axis_x(
        "categories read out of one message", range=[min(0.4, guess - 0.1), 1.08], tickmode="array",
        tickvals=list(SHARES), ticktext=[percent(share) for share in SHARES],
    )  # fmt: skip
    marks = round_ticks(up)
    drawing.axis_y("accuracy", range=up, tickmode="array", tickvals=marks, ticktext=[f"{mark:.3g}" for mark in marks])
    answer = _answer(runs, seen, open_ones)
    return Chart(
        figure=drawing.figure(), question="Which technique keeps accuracy, and what does it give away?", answer=answer,
        alt=f"Map of {len(runs)} runs by accuracy and by what is read out of one message. {answer}",
        how_to_read="Numbers stand for the runs in the table below. To the right: the share of a record's categories "
        "that is read out of one message in the form in which it travels, summed over as many records as a holder has; "
        "vermilion where that is more than guessing and more than of other people. Upwards: accuracy on test people. "
        "Both with their 95 % intervals. Ciphertexts and shares are not on it: no message of theirs was attacked here; "
        "an assumption of cryptography hides the former, and of the latter one party alone learns nothing, by proof. "
        "It is about messages only: the model that comes out can be attacked as any other, on Attacks & risk.",
        table=comparison_table(runs, study), standing=INTERNAL,
    )  # fmt: skip


def _answer(runs: Sequence[Told], seen: Sequence[Sighting | None], open_ones: Sequence[bool]) -> str:
    """Which run is the most accurate, whose records are read, and which are not on the map."""
    best = max(runs, key=lambda run: run.apart.accuracy.value)
    exposed = [run.name for run, is_open in zip(runs, open_ones, strict=True) if is_open]
    answer = f"The most accurate is {best.name} with {best.apart.accuracy.value:.3f}; " + (
        f"a curious onlooker reads records out of {', '.join(exposed)}." if exposed
        else "of none that was measured does a curious onlooker read more than by guessing." if any(seen)
        else "what an onlooker reads was measured of none."
    )  # fmt: skip
    hidden = [f"{number + 1}" for number, one in enumerate(seen) if one is None]
    if hidden:
        answer += f" {'Run' if len(hidden) == 1 else 'Runs'} {', '.join(hidden)}: not on the map, nothing was measured."
    return answer


def comparison_table(runs: Sequence[Told], study: Study | None) -> pd.DataFrame:
    """One line per run, as the map numbers them."""
    rows = []
    for number, run in enumerate(runs):
        apart, costs = run.apart, dict(run.apart.costs)
        one = None if study is None else read_out(apart, study)
        said = _read(one) if one else UNMEASURED.get(apart.form, "not measured yet")
        guarantee = apart.guarantee
        epsilon = "none" if guarantee is None else f"{budget(guarantee.epsilon)} ({guarantee.unit})"
        rows.append((
            f"{number + 1}. {run.name}", interval(apart.accuracy.value, apart.accuracy.low, apart.accuracy.high),
            epsilon, FORMS[apart.form], said, _seconds(costs.get("seconds", 0.0)),
            size(costs.get("bytes", 0.0)), count(int(costs.get("rounds", 1))),
        ))  # fmt: skip
    names = ["run", "accuracy", "ε", "messages", "read out of one", "seconds", "sent", "rounds"]
    return pd.DataFrame(rows, columns=names)


def cost_facts(apart: Apart) -> list[tuple[str, str, str]]:
    """(value, what it is, a line beneath) for each cost of a run."""
    costs = dict(apart.costs)
    facts = [(_seconds(costs.get("seconds", 0.0)), "to train", "on this machine, under its present load")]
    if "rounds" in costs:
        facts.append((count(int(costs["rounds"])), "rounds", ""))
    if "bytes" in costs:
        facts.append((size(costs["bytes"]), "sent", "by all parties together"))
    if "messages" in costs:
        facts.append((count(int(costs["messages"])), "messages", ""))
    return facts


def promise(apart: Apart) -> str:
    """The guarantee in a sentence, or that there is none."""
    known = apart.guarantee
    if known is None:
        return apart.note or "No guarantee: the venue protects the computation, not its output."
    delta = f", δ = {power(known.delta)}" if known.delta else ""
    relation = known.neighbours.replace("_", "-")
    said = f"Guarantee of the training: ε = {budget(known.epsilon)}{delta}, {relation}, per {known.unit}, "
    return f"{said}if drawn afresh. {SEEDED}"


def is_read(apart: Apart, study: Study) -> bool:
    """Whether more is read out of a message than by guessing and of other people's messages, beyond the intervals."""
    seen = read_out(apart, study)
    return seen is not None and seen.found.low > max(seen.control.high, seen.guessing.high)


def _read(seen: Sighting) -> str:
    """The share read out with its interval, and what of other people."""
    found = seen.found
    return (
        f"{percent(found.value)} ({percent(found.low)} to {percent(found.high)}), control {percent(seen.control.value)}"
    )


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
