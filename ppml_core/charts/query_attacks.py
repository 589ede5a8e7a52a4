"""Attacks on a query desk in charts and sentences: what each defence let through, and reconstruction against noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ppml_core.charts.curves import Axis, Baseline, Curve, draw
from ppml_core.charts.reached import Reached, Words, reached_chart
from ppml_core.charts.template import Chart, Mode
from ppml_core.charts.words import at_most, budget, interval, percent
from ppml_core.queries.attacks.base import Outcome, QueryAttack
from ppml_core.queries.attacks.board import Row

Faced = tuple[Row, Outcome | None, str]


def defence_chart(attack: QueryAttack, faced: Sequence[Faced], people: int, mode: Mode = "light") -> Chart:
    """`faced` holds each defence with what the attack reached, or None and why; `people` stand behind the desk."""
    rows = [
        Reached(
            name=row.name,
            found=None if found is None else found.success,
            predicted=None if found is None else found.predicted,
            bound=None if found is None else found.bound,
            runs=row.runs,
            note=why,
        )
        for row, found, why in faced
    ]
    known = next((found for _, found, _ in faced if found is not None), None)
    tried = "" if known is None else f"{known.trials:,} {'trial' if known.trials == 1 else 'trials'}, "
    words = Words(
        question=f"What does the {attack.title.lower()} attack recover?",
        answer=_answer(faced),
        axis="secrets named right",
        how_to_read=f"{attack.summary()} Each dot is the share of trials in which a secret of two values was named "
        f"right, with its 95 % interval; targets are drawn so that guessing is right for half (dashed). Each defence: "
        f"{tried}every one against a desk that was opened anew over {people:,} people. The diamond is the exact chance "
        "where it can be worked out, the green mark what a proof allows at best. An attack that is denied everything "
        "guesses.",
        standing="Internal: measured on private people with noise from a seed; the attack at work is this one alone, "
        "and another may find more.",
    )
    return reached_chart(rows, words, mode=mode)


def _answer(faced: Sequence[Faced]) -> str:
    known = [(row, found) for row, found, _ in faced if found is not None]
    if not known:
        return "No defence has been attacked yet."
    told = []
    free = [found for row, found in known if row.name == "No restriction"]
    if free:
        told.append(f"with no restriction it names {percent(free[0].success.value)} of the secrets right")
    running = [found for row, found in known if row.runs and row.defence.policies]
    if running:
        told.append(f"the desk as it runs lets {percent(running[0].success.value)} through{_effort(running[0])}")
    private = [found for row, found in known if row.defence.epsilon is not None]
    if private:
        one = private[0]
        proof = "" if one.bound is None else f"; the proof allows {at_most(one.bound)} in the long run"
        named = f"{percent(one.success.value)} ({percent(one.success.low)} to {percent(one.success.high)})"
        told.append(f"a budget of ε = {budget(one.epsilon or 0)} leaves {named}{proof}")
    sentence = "; ".join(told) or "the defences named here have been attacked"
    return f"{sentence[:1].upper()}{sentence[1:]}."


def _effort(found: Outcome) -> str:
    """How much was asked for it."""
    if not found.queries:
        return " with every query denied"
    denied = f" and {found.denied:.0f} denied" if found.denied >= 0.5 else ""
    return f" in {found.queries:.0f} answered{denied} queries"


def reconstruction_chart(found: Sequence[tuple[float, Outcome]], mode: Mode = "light") -> Chart:
    """Secrets named right against the scale of the noise; scale 0 is exact answers. Every place carries its total ε."""
    ordered = sorted(found, key=lambda pair: pair[0])
    x = np.arange(len(ordered), dtype=float)
    value, low, high = (
        np.array([getattr(one.success, part) for _, one in ordered]) for part in ("value", "low", "high")
    )
    hover = [
        f"{_scale(scale)}, all answers {_total(one)}: {interval(one.success.value, one.success.low, one.success.high)}"
        for scale, one in ordered
    ]
    measured = Curve("measured", x, value, low, high, role="risk", hover=hover)
    exact = np.array([np.nan if one.predicted is None else one.predicted for _, one in ordered])
    predicted = Curve("predicted", x, exact, role="utility")
    names = {float(place): f"{_scale(scale)}<br>{_total(one)}" for place, (scale, one) in enumerate(ordered)}
    answer = _told(ordered)
    figure = draw(
        [measured, predicted] if np.isfinite(exact).any() else [measured],
        [Baseline(f"guessing {percent(0.5)}", 0.5)],
        Axis("scale of Laplace noise, total ε of all answers", lambda at: names.get(at, ""), ticks=[*map(float, x)]),
        Axis("secrets named right", percent, limits=(0.45, 1.0)),
        mode,
    )
    figure.update_layout(margin={"b": 74})
    people = "" if not ordered else f"{ordered[0][1].queries:.0f} counts, "
    return Chart(
        figure=figure,
        question="How much noise hides a whole column?",
        answer=answer,
        alt=f"Share of secrets that linear reconstruction names right, for each scale of noise. {answer}",
        how_to_read=f"The attacker asks {people}each over a random half of 200 people, half of whom hold the secret, "
        "and solves for all secrets at once by least squares (Dinur, Nissim 2003). Each point is the share named "
        "right, with its 95 % interval over trials; the other line is what the noise predicts. Under each scale "
        "stands what all these answers cost together as ε: noise that is small beside one answer is a large ε beside "
        "hundreds of them.",
        table=pd.DataFrame(
            [(scale, one.epsilon, one.success.value, one.success.low, one.success.high, one.predicted, one.trials)
             for scale, one in ordered],
            columns=["scale", "total epsilon", "named right", "low", "high", "predicted", "trials"],
        ).round(4),
        standing="Internal: measured on private people with noise from a seed.",
    )  # fmt: skip


def _told(ordered: Sequence[tuple[float, Outcome]]) -> str:
    if not ordered:
        return "No point has been worked out yet."
    said = [
        f"{percent(one.success.value)} with {f'noise of scale {scale:g}' if scale else 'exact answers'}"
        for scale, one in (ordered[0], ordered[-1])
    ]
    return f"Least squares names right {said[0]}, and {said[1]}, where all answers cost {_total(ordered[-1][1])}."


def _scale(scale: float) -> str:
    return f"scale {scale:g}" if scale else "exact"


def _total(found: Outcome) -> str:
    return "ε = ∞" if found.epsilon is None else f"ε = {found.epsilon:.3g}"


def log_table(found: Outcome) -> pd.DataFrame:
    """What the first trial asked, and what it was told."""
    rows = [(text, "denied" if told is None else f"{told:,.6g}") for text, told in found.log]
    return pd.DataFrame(rows, columns=["asked", "told"])
