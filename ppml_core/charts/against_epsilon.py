"""What a guarantee costs: a measure against epsilon, per learner, beside "no privacy" and "pure guessing"."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ppml_core.charts.curves import Axis, Baseline, Curve, draw
from ppml_core.charts.measures import Wording, wording
from ppml_core.charts.template import Chart, Mode
from ppml_core.charts.words import budget, interval, measured, people_per_thousand, repeats

SAME = 1e-9
DECADES = (0.01, 0.1, 1.0, 10.0, 100.0)
WIDE = 2.5


def epsilon_chart(
    points: pd.DataFrame,
    baselines: pd.DataFrame,
    measure: str,
    title: str,
    chosen: float | None = None,
    mode: Mode = "light",
) -> Chart:
    """The curves of `points` (columns series, x, value, low, high, repeats, error; the first series is the chosen one).

    `baselines` has columns text, value, kind ("no_privacy", "anonymized" or "guessing"). Where `points` has the columns
    `asked` and `relation`, x is ε for that relation and `asked` what was set; `chosen` is what was set.
    """
    say = wording(measure)
    curves = curves_of(points, "ε", say)
    levels = baseline_lines(baselines, say)
    figure = draw(
        curves,
        levels,
        Axis(_axis(points), budget, ticks=epsilon_ticks(points["x"].to_numpy(dtype=float)), log=True),
        Axis(say.axis, say.tick, limits=say.limits, even=True),
        mode,
        _place(points, chosen),
    )
    answer = _answer(points, baselines, say)
    series = ", ".join(dict.fromkeys(points["series"])) or "no learner"
    return Chart(
        figure=figure,
        question=f"What does {'noise in training' if _none_proved(points) else 'a guarantee'} cost on {title}?",
        answer=answer,
        alt=f"{say.axis} against the privacy budget epsilon on a log scale, for {series}. {answer}",
        how_to_read=f"To the left, less budget: more privacy and more noise. Each point is the mean {say.noun} on "
        "people the model has not seen, over all repeats; its band is the 95 % interval over seeds and test people. "
        "Dashed grey lines are models without privacy, and guessing without any model. A gap is a "
        "setting for which there is no result; an arrow at the frame is a value beyond it."
        + _not_proved(points) + _conversion(points),
        table=table_of(points, "epsilon", say.noun),
        standing="Internal: it was measured on private test people.",
    )  # fmt: skip


def _unproved(points: pd.DataFrame) -> list[str]:
    """The series behind which no guarantee stands: a step before read every row, or a bound was not public."""
    if "guarantee_epsilon" not in points:
        return []
    known = points[points["value"].notna()]
    return [str(name) for name, part in known.groupby("series", sort=False) if part["guarantee_epsilon"].isna().all()]


def _none_proved(points: pd.DataFrame) -> bool:
    return 0 < len(_unproved(points)) == points.loc[points["value"].notna(), "series"].nunique()


def _not_proved(points: pd.DataFrame) -> str:
    names = _unproved(points)
    return f" Nothing is proved of {', '.join(names)}: ε is that of the training step only." if names else ""


def _is_converted(points: pd.DataFrame) -> bool:
    return "asked" in points and len(points) > 0 and not np.allclose(points["asked"], points["x"])


def _axis(points: pd.DataFrame) -> str:
    if _none_proved(points):
        return "ε of the training step only (log scale)"
    return f"privacy budget ε{' for replacing one person' if _is_converted(points) else ''} (log scale)"


def _place(points: pd.DataFrame, chosen: float | None) -> float | None:
    """Where the chosen budget stands on the axis: its own point of the first series, once converted."""
    if chosen is None or not _is_converted(points):
        return chosen
    own = points[points["series"] == points["series"].iloc[0]]
    near = own.loc[(own["asked"] - chosen).abs() < SAME, "x"]
    return float(near.iloc[0]) if len(near) else None


def _conversion(points: pd.DataFrame) -> str:
    """Both relations, for the curves that were moved."""
    if not _is_converted(points):
        return ""
    moved = points[(points["asked"] - points["x"]).abs() > SAME]
    said = []
    for name, part in moved.groupby("series", sort=False):
        one = part.iloc[(part["asked"] - 1.0).abs().argmin()]
        said.append(f"{name}: ε = {budget(one['asked'])} for adding or removing one person stands at {one['x']:.3g}")
    return (
        " The learners shown promise different things. All are drawn for replacing one person, which asks more: "
        f"{'; '.join(said)}."
    )


def curves_of(points: pd.DataFrame, letter: str, say: Wording) -> list[Curve]:
    """One curve per series, in the order in which they first stand."""
    curves = []
    for name, part in points.groupby("series", sort=False):
        ordered = part.sort_values("x")
        x, value, low, high = (ordered[column].to_numpy(dtype=float) for column in ("x", "value", "low", "high"))
        hover = [
            f"{name}<br>{letter} = {_both(at, asked)}: {say.noun} {interval(v, a, b)}<br>{repeats(times)}"
            for at, asked, v, a, b, times in zip(
                x, ordered.get("asked", ordered["x"]), value, low, high, ordered["repeats"].fillna(0),
                strict=True,
            )
        ]  # fmt: skip
        errors = [str(error or "") for error in ordered["error"]] if "error" in ordered else []
        curves.append(Curve(str(name), x, value, low, high, hover=hover, errors=errors))
    return curves


def _both(at: float, asked: float) -> str:
    if abs(at - asked) < SAME:
        return budget(at)
    return f"{at:.3g} (replacing one), {budget(asked)} (adding or removing one)"


def baseline_lines(baselines: pd.DataFrame, say: Wording) -> list[Baseline]:
    return [
        Baseline(f"{text} {say.tick(value)}", float(value))
        for text, value in zip(baselines["text"], baselines["value"], strict=True)
        if np.isfinite(value)
    ]


def table_of(points: pd.DataFrame, setting: str, noun: str) -> pd.DataFrame:
    """The points as a reader wants them in a table."""
    columns = {"series": "model", "x": setting, "value": noun, "low": "low", "high": "high", "repeats": "repeats"}
    if _is_converted(points):
        columns = {"series": "model", "asked": f"{setting} as set", "guarantee_neighbours": "as set for"} | columns
        columns["x"] = f"{setting}, replacing one"
    if "error" in points and points["error"].astype(bool).any():
        columns["error"] = "no result because"
    return points[list(columns)].rename(columns=columns).reset_index(drop=True)


def epsilon_ticks(values: Sequence[float] | np.ndarray) -> list[float]:
    present = sorted({float(value) for value in values}) or list(DECADES)
    if np.log10(present[-1] / present[0]) <= WIDE and len(present) <= 7:
        return present
    return [decade for decade in DECADES if present[0] <= decade * 1.0001 and decade <= present[-1] * 1.0001]


def _answer(points: pd.DataFrame, baselines: pd.DataFrame, say: Wording) -> str:
    """From which epsilon on the chosen learner stays close to the model without privacy."""
    if points.empty or points["value"].isna().all():
        return "No point has been computed yet."
    name, asked = points["series"].iloc[0], "asked" if "asked" in points else "x"
    own = points[(points["series"] == name) & points["value"].notna()].sort_values("x")
    free = baselines.loc[baselines["kind"] == "no_privacy", "value"]
    if free.empty or not np.isfinite(free.iloc[0]):
        best = own.iloc[-1]
        return f"At ε = {budget(best[asked])}, {name} reaches {measured(best['value'], best['low'], best['high'])}."
    loss = (own["value"] - free.iloc[0]) * (-1 if say.higher_is_better else 1)
    near = own[np.maximum.accumulate(loss.to_numpy()[::-1])[::-1] <= say.close]
    if near.empty:
        behind, last = say.gap(float(loss.iloc[-1])), budget(own[asked].iloc[-1])
        return f"Even at ε = {last}, {name} stays {behind} behind the best model without privacy."
    worst = max(float(loss[near.index].max()), 0.0)
    within = f"within {say.gap(worst)} of" if round(worst, 4) > 0 and people_per_thousand(worst) else "level with"
    return f"From ε = {budget(near[asked].iloc[0])} on, {name} stays {within} the best model without privacy."
