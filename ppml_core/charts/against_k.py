"""What look-alikes cost and buy: a measure against k, and the risk that is left against k."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ppml_core.charts.against_epsilon import baseline_lines, curves_of, table_of
from ppml_core.charts.curves import Axis, Curve, draw
from ppml_core.charts.measures import Wording, wording
from ppml_core.charts.template import Chart, Mode
from ppml_core.charts.words import count, percent

MARKS = (1, 2, 5, 10, 20, 50, 100)


def k_chart(
    points: pd.DataFrame,
    baselines: pd.DataFrame,
    measure: str,
    title: str,
    chosen: float | None = None,
    mode: Mode = "light",
) -> Chart:
    """A measure against k; `points` and `baselines` as in `epsilon_chart`, with k as x."""
    say = wording(measure)
    answer = _answer(points, baselines, say)
    series = ", ".join(dict.fromkeys(points["series"])) or "no learner"
    return Chart(
        figure=draw(
            curves_of(points, "k", say),
            baseline_lines(baselines, say),
            _k_axis(points["x"].to_numpy(dtype=float)),
            Axis(say.axis, say.tick, limits=say.limits, even=True),
            mode,
            chosen,
        ),
        question=f"What do look-alikes cost on {title}?",
        answer=answer,
        alt=f"{say.axis} against k on a log scale, for {series}. {answer}",
        how_to_read="Each point is a model trained on the k-anonymous release of the training people and tested on "
        f"raw people it has not seen: the mean {say.noun} with its 95 % interval over seeds and test people. Dashed "
        "grey lines are the same model on the raw training people, and guessing without any model.",
        table=table_of(points, "k", say.noun),
        standing="Internal: it was measured on private test people. k-anonymity carries no ε.",
    )


def risk_chart(risks: pd.DataFrame, chosen: float | None = None, mode: Mode = "light") -> Chart:
    """Prosecutor risk of the release against k: `risks` has columns k, max, mean, share_above, threshold."""
    x = risks["k"].to_numpy(dtype=float)
    threshold = float(risks["threshold"].iloc[0]) if len(risks) else 0.2
    names = {
        "max": "highest risk of one person",
        "mean": "mean risk",
        "share_above": f"people above {percent(threshold)}",
    }
    curves = [
        Curve(
            text,
            x,
            risks[column].to_numpy(dtype=float),
            role="risk",
            hover=[f"{text}<br>k = {k:g}: {percent(value)}" for k, value in zip(x, risks[column], strict=True)],
        )
        for column, text in names.items()
    ]
    answer = _risk_answer(risks, chosen)
    return Chart(
        figure=draw(
            curves, [], _k_axis(x), Axis("risk of being re-identified", percent, limits=(0.0, 1.0)), mode, chosen
        ),
        question="What risk is left in the release?",
        answer=answer,
        alt=f"Highest, mean and above-threshold re-identification risk against k. {answer}",
        how_to_read="The risk is that of someone whose quasi-identifiers are known to the attacker, and who is known "
        "to be in the release: one divided by the size of their class of look-alikes. Highest, mean and the share of "
        f"people above {percent(threshold)} belong together: the mean alone hides the few who are exposed.",
        table=risks.rename(columns={"max": "highest", "share_above": "share above threshold"}).reset_index(drop=True),
        standing="Internal: exact figures of this table. A model that releases no table has no such risk.",
    )


def _k_axis(values: np.ndarray) -> Axis:
    high = float(values.max()) if len(values) else 100.0
    low = float(values.min()) if len(values) else 1.0
    marks = [mark for mark in MARKS if low <= mark <= high]
    return Axis("k, smallest class of look-alikes (log scale)", lambda value: count(int(value)), marks, log=True)


def _answer(points: pd.DataFrame, baselines: pd.DataFrame, say: Wording) -> str:
    own = points[points["series"] == points["series"].iloc[0]] if len(points) else points
    own = own[own["value"].notna()].sort_values("x")
    if own.empty:
        return "No point has been computed yet."
    last = own.iloc[-1]
    free = baselines.loc[baselines["kind"] == "no_privacy", "value"]
    if free.empty or not np.isfinite(free.iloc[0]):
        return f"At k = {last['x']:.0f}, {last['series']} reaches {say.tick(round(last['value'], 3))}."
    gap = (float(free.iloc[0]) - float(last["value"])) * (1 if say.higher_is_better else -1)
    if gap <= say.close / 4:
        return f"Up to k = {last['x']:.0f}, {last['series']} loses next to nothing."
    return f"At k = {last['x']:.0f}, {last['series']} is {say.gap(gap)} behind the same model on the raw table."


def _risk_answer(risks: pd.DataFrame, chosen: float | None) -> str:
    if risks.empty:
        return "No release reaches any of these k."
    near = risks.iloc[(risks["k"] - (chosen or risks["k"].iloc[0])).abs().argmin()]
    return (
        f"At k = {near['k']:.0f} nobody is found with more than {percent(near['max'])} certainty, "
        f"and on average the risk is {percent(near['mean'])}."
    )
