"""What is read out of messages: the share of categories recovered, by how many records a sum hides, under noise, and
out of neighbours' models.

In: a study of inversion. Out: three charts, guessing dashed in each.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ppml_core.charts.curves import Axis, Baseline, Curve, draw
from ppml_core.charts.reached import Reached, Words, reached_chart
from ppml_core.charts.rounds import INTERNAL
from ppml_core.charts.template import Chart, Mode
from ppml_core.charts.words import count, interval, percent, power
from ppml_core.evidence import Estimate
from ppml_core.federated.inversion_study import Sighting, Study

RECOVERED = "categories recovered exactly"


def sums_chart(study: Study, mode: Mode = "light", chosen: int | None = None) -> Chart:
    """Success against the number of records in the sum. `chosen` marks how many the session's clients have."""
    guess = float(np.mean([one.guessing.value for one in study.sums]))
    x = np.array([one.records for one in study.sums], dtype=float)
    curves = [
        _curve("read out of the sum", x, [one.found for one in study.sums], "risk"),
        _curve("control: other people's sum", x, [one.control for one in study.sums], "muted"),
    ]
    first, last = study.sums[0], study.sums[-1]
    answer = (
        f"One record's clear update gives {percent(first.found.value)} of its categories away; of "
        f"{count(last.records)} in a sum {percent(last.found.value)} are right; guessing alone gets {percent(guess)}."
    )
    return Chart(
        figure=draw(
            curves, [Baseline(f"guessing {percent(guess)}", guess)],
            Axis("records in the sum that is seen", lambda tick: count(round(tick)), list(x), log=True),
            Axis(RECOVERED, percent, limits=(0.0, 1.0)), mode,
            chosen=float(chosen) if chosen and x[0] <= chosen <= x[-1] else None,
        ),
        question="How many records hide each other in a sum?", answer=answer,
        alt=f"Share of categories recovered exactly against the number of records summed, on a log axis. {answer}",
        how_to_read="Somebody sees the sum of the updates of so many records, knows the model, the features and how "
        "frequent categories are, and says each record's categories; records are paired with what was said so that "
        "most is right. Bands are 95 % intervals over people drawn. Grey: the same judged against people outside "
        "the sum. Dashed: the most frequent category every time. Another attack may find more.",
        table=sightings_table(study.sums), standing=INTERNAL,
    )  # fmt: skip


def messages_chart(study: Study, mode: Mode = "light") -> Chart:
    """One record's message in each form, beside guessing and what is proved."""
    seen = [study.sums[0], study.masked, *study.noisy]
    answer = f"A masked message gives {percent(study.masked.found.value)}, less than guessing does."
    return _read(
        seen, mode,
        Words(
            question="What does one message say about one record?", answer=answer + _under_noise(study.noisy),
            axis=RECOVERED,
            how_to_read="Dots are the share of a record's categories that were read out of one message, with 95 % "
            "intervals over people drawn; dashed is guessing the most frequent category. The masked message is read as "
            "it came. Under noise the onlooker knows everybody else's record and takes the likeliest category; the "
            f"green mark is the most that anybody reaches under that ε at δ = {power(study.delta)} (Hayes, "
            "Mahloujifar, Balle 2023).",
            standing=INTERNAL,
        ),
    )  # fmt: skip


def neighbours_chart(study: Study, mode: Mode = "light") -> Chart:
    """What a neighbour reads out of the models it gets in a training without a server."""
    seen = study.neighbours
    first, later = seen[:2]
    answer = (
        f"A neighbour's first model gives {percent(first.found.value)} of its one record's categories away; a later "
        f"one in a ring, where another model in it stays unseen, {percent(later.found.value)}, and the whole record "
        f"{percent(later.whole.value)} of the time."
    )
    return _read(
        seen, mode,
        Words(
            question="What does a neighbour read out of the models it gets?", answer=answer + _under_noise(seen),
            axis=RECOVERED,
            how_to_read="Eight holders train without a server; one looks at what another sends it, takes the average "
            "off that the other began from, and says its records' categories. All begin from one public model; later "
            "the average is known to whoever got every model in it, and in a ring the unseen one is guessed. Dots "
            "carry 95 % intervals over trainings with new people; dashed is the most frequent category every time. "
            f"Green: the most that anybody reaches by proof under that ε at δ = {power(study.delta)}, for adding or "
            "removing one record, over all rounds. Another attack may find more.",
            standing=INTERNAL,
        ),
    )  # fmt: skip


def _read(seen: Sequence[Sighting], mode: Mode, words: Words) -> Chart:
    guessing = float(np.mean([one.guessing.value for one in seen]))
    return reached_chart([Reached(one.seen, one.found, bound=one.bound) for one in seen], words, guessing, mode)


def _under_noise(seen: Sequence[Sighting]) -> str:
    """What the first of those with noise gives away, and its bound; "" where there is none."""
    for one in seen:
        if one.epsilon is not None and one.bound is not None:
            return (
                f" With noise for ε = {one.epsilon:g} it is {percent(one.found.value)}, and at most "
                f"{percent(one.bound)} by proof."
            )
    return ""


def sightings_table(seen: Sequence[Sighting]) -> pd.DataFrame:
    """Every number behind it."""
    rows = [
        (one.seen, one.records, _said(one.found), _said(one.guessing), _said(one.control), _said(one.whole),
         None if one.bound is None else round(one.bound, 3))
        for one in seen
    ]  # fmt: skip
    names = ["seen", "records", "categories right", "guessing", "other people's", "whole records right", "at most"]
    return pd.DataFrame(rows, columns=names)


def _said(found: Estimate) -> str:
    return interval(found.value, found.low, found.high)


def _curve(name: str, x: np.ndarray, found: Sequence[Estimate], role: str) -> Curve:
    return Curve(
        name, x, np.array([one.value for one in found]), np.array([one.low for one in found]),
        np.array([one.high for one in found]), role=role,
        hover=[f"{name}, {n:.0f} records: {percent(one.value)}" for n, one in zip(x, found, strict=True)],
    )  # fmt: skip
