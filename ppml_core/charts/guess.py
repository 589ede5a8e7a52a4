"""What a guarantee buys: how often the best possible guess about one person can be right, against epsilon."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from ppml_core.accounting.odds import best_guess
from ppml_core.charts.against_epsilon import epsilon_ticks
from ppml_core.charts.curves import Axis, Baseline, Curve, draw
from ppml_core.charts.template import Chart, Mode
from ppml_core.charts.words import at_most, budget, percent
from ppml_core.evidence import Guarantee


class About(NamedTuple):
    """What is guessed: on the axis, and in the sentence that says how to read it."""

    short: str
    asked: str


ABOUT = {
    "add_or_remove_one": About(
        "in the data or not",
        "Someone wants to know whether a person is in the training data, holds both for equally likely",
    ),
    "replace_one": About(
        "which of two values",
        "Someone knows everything about a person in the training data but one value, holds two for equally likely",
    ),
}


def guess_chart(guarantees: Sequence[Guarantee], chosen: float | None = None, mode: Mode = "light") -> Chart:
    """The bound of each guarantee in order of epsilon, all under one relation; proved, not measured."""
    ordered = sorted(guarantees, key=lambda guarantee: guarantee.epsilon)
    x = np.array([guarantee.epsilon for guarantee in ordered])
    bound = np.array([best_guess(guarantee) for guarantee in ordered])
    told = ABOUT[ordered[0].neighbours if ordered else "add_or_remove_one"]
    curve = Curve(
        "proved bound",
        x,
        bound,
        role="bound",
        hover=[f"ε = {budget(at)}: at most {at_most(float(value))}" for at, value in zip(x, bound, strict=True)],
    )
    answer = _answer(x, bound, chosen)
    return Chart(
        figure=draw(
            [curve],
            [Baseline(f"guessing blindly {percent(0.5)}", 0.5)],
            Axis("privacy budget ε (log scale)", budget, ticks=epsilon_ticks(x), log=True),
            Axis(f"right guesses at most: {told.short}", percent, limits=(0.48, 1.0)),
            mode,
            chosen,
        ),
        question="What does the guarantee buy one person?",
        answer=answer,
        alt=f"The largest possible share of right guesses about one person against epsilon. {answer}",
        how_to_read=f"{told.asked}, and sees the trained model. "
        "The green line is a proof: no attack, however clever, is right more often. "
        "It follows the mechanism's own trade-off curve where that is known, else the pair (ε, δ).",
        table=pd.DataFrame({"epsilon": x, "right guesses at most": bound}),
        standing="Proved, not measured: it holds for every table.",
    )


def _answer(x: np.ndarray, bound: np.ndarray, chosen: float | None) -> str:
    if not len(x):
        return "This learner gives no guarantee, so no bound holds."
    spot = int(np.abs(np.log(x) - np.log(chosen)).argmin()) if chosen else len(x) - 1
    most = f"right at most {at_most(float(bound[spot]))} of the time"
    return f"At ε = {budget(x[spot])}, the best possible guess from {percent(0.5)} is {most}."
