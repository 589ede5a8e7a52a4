"""Randomized response: two coins make every answer deniable, and a crowd of them still tells the share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from ppml_core.charts.curves import Axis, Baseline, Curve, draw
from ppml_core.charts.template import Chart, Mode
from ppml_core.charts.words import count, percent
from ppml_core.data.dataset import Dataset
from ppml_core.evidence import Estimate
from ppml_core.lessons.base import Door, Found, Lesson, Question, Source
from ppml_core.settings import setting

SECRET, YES = "income", ">50K"
TICKS = (20, 200, 2_000, 20_000)
CROWDS = (20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000)


@dataclass(frozen=True)
class CoinFlips(Lesson):
    """The share of yes among people who all answered through two coins, with its interval, by how many answered.

    First coin: the truth. Otherwise a second, fair coin answers. So P(yes) = p share + (1 - p) / 2, which is undone;
    each answer is ln((1 + p) / (1 - p))-DP for the person who gives it, whoever collects them (Warner 1965;
    Kasiviswanathan et al. 2011). `class_people` and `class_yes` are a class's own flips, undone in the same way.
    """

    title: ClassVar[str] = "Randomized response: a coin that protects"
    number: ClassVar[int] = 3
    dataset: ClassVar[str] = "adult"
    claim: ClassVar[str] = (
        "Each answer may have been the coin's, so nobody's answer tells on them; over many people the coins cancel "
        "out and the share comes back."
    )
    do: ClassVar[str] = (
        "Ask more people, or let the coin tell the truth more often. Then flip in class and enter your own count."
    )
    why: ClassVar[str] = (
        "Who hears a yes cannot know whether it was the person or the coin. What the coins add on average is known "
        "and is taken off, and what is left of it shrinks with the square root of the number of people."
    )
    questions: ClassVar[tuple[Question, Question]] = (
        Question(
            "The first coin tells the truth half of the time. Somebody said yes. What do you know?",
            (
                "That it is true of them.",
                "That yes was three times as likely from one of whom it is true.",
                "Nothing at all.",
            ),
            1,
            "Yes comes from people of whom it is true with chance 3/4 and from others with 1/4: a ratio of 3, which is "
            "ε = ln 3. It is deniable, and it is not nothing.",
        ),
        Question(
            "You want an interval half as wide with the same coins. How many people do you need?",
            ("Twice as many.", "Four times as many.", "Ten times as many."),
            1,
            "The error falls with the square root of the number of people: half the width takes four times the people. "
            "That is what local privacy costs, for there is nobody who adds the noise once for all.",
        ),
    )
    sources: ClassVar[tuple[Source, ...]] = (
        Source("Warner 1965", "Randomized response: eliminating evasive answer bias (JASA 60)",
               "https://doi.org/10.1080/01621459.1965.10480775"),
        Source("Dwork, Roth 2014", "The algorithmic foundations of differential privacy, section 3.2",
               "https://doi.org/10.1561/0400000042"),
    )  # fmt: skip
    terms: ClassVar[tuple[str, ...]] = ("randomized response", "local differential privacy", "epsilon")

    truth: float = setting(0.5, 0.05, 0.95, steps=(0.1, 0.25, 0.5, 0.75, 0.9),
                           help="how often the first coin says: tell the truth", unit="share of answers")  # fmt: skip
    people: int = setting(200, 20, 20_000, steps=CROWDS, help="how many people answer", unit="people")
    class_people: int = setting(0, 0, 1_000, help="how many of the class flipped; 0 while you have not", unit="people")
    class_yes: int = setting(0, 0, 1_000, help="how many of them said yes", unit="answers")

    def work_out(self, data: Dataset, rng: np.random.Generator) -> Found:
        holds = (data.texts(SECRET) == YES)[rng.permutation(len(data))]
        first, second = rng.random(len(holds)) < self.truth, rng.random(len(holds)) < 0.5
        said = np.where(first, holds, second)
        rows = []
        for people in (crowd for crowd in CROWDS if crowd <= len(said)):
            found = undone(int(said[:people].sum()), people, self.truth)
            rows.append({"people": people, "said yes": int(said[:people].sum()),
                         "true share": float(holds[:people].mean()), "estimate": found.value,
                         "low": found.low, "high": found.high})  # fmt: skip
        table = pd.DataFrame(rows)
        now = table[table["people"] == self.people].iloc[0]
        own = self._class()
        facts = [
            (percent(now["estimate"]), "of the people have it, say the coins",
             f"{percent(max(now['low'], 0))} to {percent(min(now['high'], 1))}"),
            (percent(now["true share"]), "of these people really do", f"earn more than 50K, of {count(self.people)}"),
            (f"{self.epsilon:.2f}", "is ε for each person", "proved, for one yes or no"),
        ]  # fmt: skip
        if own is not None:
            facts.append(
                (percent(own.value), "in your class", f"{percent(max(own.low, 0))} to {percent(min(own.high, 1))}")
            )
        numbers = {"estimate": float(now["estimate"]), "low": float(now["low"]), "high": float(now["high"]),
                   "true": float(now["true share"]), "width": float(now["high"] - now["low"]),
                   "epsilon": self.epsilon, "share": float(holds.mean())}  # fmt: skip
        return Found(numbers | ({} if own is None else {"class": own.value}), tuple(facts), table)

    @property
    def epsilon(self) -> float:
        """What one answer costs the person who gives it.

        >>> round(CoinFlips(truth=0.5).epsilon, 3)
        1.099
        """
        return math.log((1 + self.truth) / (1 - self.truth))

    def _class(self) -> Estimate | None:
        if not self.class_people:
            return None
        return undone(min(self.class_yes, self.class_people), self.class_people, self.truth)

    def chart(self, found: Found, mode: Mode = "light") -> Chart:
        table, share = found.table, found.numbers["share"]
        x = table["people"].to_numpy(dtype=float)
        low, high = (np.clip(table[name].to_numpy(dtype=float), -0.5, 1.5) for name in ("low", "high"))
        hover = [
            f"{count(int(people))} people: {percent(max(value, 0))}"
            for people, value in zip(x, table["estimate"], strict=True)
        ]
        curve = Curve("what the coins say", x, table["estimate"].to_numpy(dtype=float), low, high, hover=hover)
        answer = (
            f"From {count(self.people)} people the coins say {percent(max(found.numbers['estimate'], 0))}, with an "
            f"interval {percent(found.numbers['width'])} wide; in the whole table it is {percent(share)}."
        )
        return Chart(
            figure=draw(
                [curve], [Baseline(f"everybody's true share {percent(share)}", share)],
                Axis("people who answer (log scale)", lambda value: count(int(value)), ticks=TICKS, log=True),
                Axis("share of yes", lambda value: f"{100 * value:.0f} %"), mode, float(self.people),
            ),
            question="How well does a crowd of coins tell a share?",
            answer=answer,
            alt=f"Estimated share of yes with its interval against the number of people who answered. {answer}",
            how_to_read="Each point undoes the coins of the first so many people; the band is its 95 % interval over "
            "the coins and the people. With few people the estimate may even fall below 0, for the coins are not all "
            "undone.",
            table=table,
            standing="Each answer carries a proved ε for the person who gave it; the dashed line is internal.",
        )  # fmt: skip

    def door(self) -> Door:
        return Door("anonymize", "Randomize a column of Adult", {"perturb": "randomized_response(epsilon=1.0)"})


def undone(yes: int, people: int, truth: float) -> Estimate:
    """The share behind so many yes: (yes / people - (1 - truth) / 2) / truth, Wilson's interval undone likewise.

    >>> undone(100, 200, 0.5).value
    0.5
    """
    noisy = Estimate.of_share(yes / people, people, covers="people and coins")
    value, low, high = ((end - (1 - truth) / 2) / truth for end in (noisy.value, noisy.low, noisy.high))
    return Estimate(value, low, high, covers=noisy.covers)
