"""Accuracy after each round of a training apart, between central training and each holder alone.

In: an `Apart`. Out: a chart; where a venue has one round only, dots instead of a line.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ppml_core.charts.curves import Axis, Baseline, Curve, draw
from ppml_core.charts.level_bars import Bar, level_bars
from ppml_core.charts.template import Chart, Mode
from ppml_core.charts.words import count, interval
from ppml_core.evidence import Estimate
from ppml_core.experiment.apart import Apart

INTERNAL = "Internal: measured on private test people."


def rounds_chart(apart: Apart, mode: Mode = "light") -> Chart:
    """The band is the 95 % interval over test people. A venue that is seen at its end only gives bars."""
    if len(apart.rounds) == 1:
        return _bars(apart, mode)
    curves = [_curve("together", apart.rounds, "utility")]
    if apart.with_server:
        curves.append(_curve("with a server", apart.with_server, "muted", band=False))
    alone = apart.trained_alone
    if alone:
        curves.append(_spread("each alone", alone, len(apart.rounds)))
    answer = _answer(apart)
    last = len(apart.rounds)
    step = max(1, round(last / 6))
    return Chart(
        figure=draw(
            curves,
            [
                Baseline(f"most frequent class {apart.majority:.3f}", apart.majority),
                Baseline(f"central training {apart.central.value:.3f}", apart.central.value),
            ],
            Axis("round", lambda tick: f"{tick:.0f}", [1, *range(step, last + 1, step)]),
            Axis("accuracy, share of people", lambda value: f"{value:.2f}", even=True),
            mode,
        ),
        question="How accurate do they become together?",
        answer=answer,
        alt=f"Accuracy after each of {last} rounds with its interval, central training and each holder alone. {answer}",
        how_to_read="The blue line is the accuracy on test people of the model that all share after each round, its "
        "band the 95 % interval over test people. Purple: the mean of models that holders train by themselves, from "
        "the worst to the best of them. Dashed: the same learner with all rows in one place, and saying the most "
        "frequent class of everybody. Intervals of all are in the table.",
        table=rounds_table(apart),
        standing=INTERNAL,
    )


def rounds_table(apart: Apart) -> pd.DataFrame:
    """Every number of the chart."""
    rows: list[tuple[str, int | None, Estimate | None]]
    rows = [(f"round {n + 1}", None, found) for n, found in enumerate(apart.rounds)]
    rows += [(f"round {n + 1} with a server", None, found) for n, found in enumerate(apart.with_server)]
    rows += [("central training", None, apart.central)]
    rows += [(f"client {n + 1} alone", holder.people, holder.accuracy) for n, holder in enumerate(apart.alone)]
    lines = [(name, people, *_ends(found)) for name, people, found in rows]
    return pd.DataFrame(lines, columns=["model", "people", "accuracy", "low", "high"])


def _ends(found: Estimate | None) -> tuple[float | None, ...]:
    return (None,) * 3 if found is None else tuple(round(end, 4) for end in (found.value, found.low, found.high))


def _bars(apart: Apart, mode: Mode) -> Chart:
    return level_bars(
        [
            Bar(apart.title.lower(), apart.accuracy, "utility", chosen=True),
            Bar("in the clear", apart.central, "baseline"),
        ],
        question="How accurate is it this way?",
        answer=_answer(apart),
        axis="accuracy, share of people",
        how_to_read="Bars are the accuracy on test people with its 95 % interval over them: computed this way, and by "
        "the same learner in the clear with all rows in one place. They start at saying the most frequent class.",
        table=rounds_table(apart),
        standing=INTERNAL,
        guessing=apart.majority,
        limits=(min(apart.majority, apart.accuracy.low) - 0.02, max(apart.accuracy.high, apart.central.high) + 0.03),
        show=lambda share: f"{share:.3f}",
        mode=mode,
    )


def _curve(name: str, found: Sequence[Estimate], role: str, *, band: bool = True) -> Curve:
    rounds = np.arange(1, len(found) + 1, dtype=float)
    return Curve(
        name, rounds, np.array([one.value for one in found]), np.array([one.low for one in found if band]),
        np.array([one.high for one in found if band]), role=role,
        hover=[f"{name}, round {n + 1}: {interval(one.value, one.low, one.high)}" for n, one in enumerate(found)],
    )  # fmt: skip


def _spread(name: str, found: Sequence[Estimate], shown: int) -> Curve:
    values = [one.value for one in found]
    ends = np.linspace(1, shown, 2)
    text = f"{len(values)} holders alone: {min(values):.3f} to {max(values):.3f}, mean {np.mean(values):.3f}"
    return Curve(
        name, ends, np.full(2, np.mean(values)), np.full(2, min(values)), np.full(2, max(values)), role="highlight",
        hover=[text] * 2,
    )  # fmt: skip


def _answer(apart: Apart) -> str:
    reached, central = apart.accuracy, apart.central
    said = interval(reached.value, reached.low, reached.high)
    said += f" together after {count(len(apart.rounds))} rounds" if len(apart.rounds) > 1 else " this way"
    said += f", {interval(central.value, central.low, central.high)} with all rows in one place"
    alone = [one.value for one in apart.trained_alone]
    if apart.with_server:
        said += f", {apart.with_server[-1].value:.3f} with a server"
    if alone:
        said += f"; a holder alone reaches {min(alone):.3f} to {max(alone):.3f}"
    failed = len(apart.alone) - len(alone)
    if failed:
        said += f", and {failed} cannot train at all"
    return f"{said}."
