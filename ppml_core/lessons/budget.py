"""The budget: the same question again and again, until fresh noise has cancelled out, and what stops that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from ppml_core.charts.curves import Axis, Baseline, Curve, draw
from ppml_core.charts.template import Chart, Mode
from ppml_core.charts.words import budget, count, percent
from ppml_core.data.dataset import Dataset
from ppml_core.lessons.base import INTERNAL, Door, Found, Lesson, Question, Source
from ppml_core.queries.attacks.average import Average
from ppml_core.queries.attacks.base import Outcome, chance_below
from ppml_core.queries.attacks.channels import game_of
from ppml_core.queries.policies.fresh_noise import FreshNoise
from ppml_core.settings import setting

TRIALS = 60
ASKED = (1, 2, 5, 10, 20, 50, 100)


@dataclass(frozen=True)
class Budget(Lesson):
    """How often averaging names one person's secret right: with fresh noise for every answer, and under one budget.

    The attack runs for real against a desk over the table at the chosen number of questions; the curves are the exact
    chances. Answers of ε each cost their sum in all (basic composition: Dwork, Roth 2014, section 3.5). Under a budget
    of ε in all, each of m answers gets ε/m.
    """

    title: ClassVar[str] = "The budget: every answer costs"
    number: ClassVar[int] = 5
    dataset: ClassVar[str] = "german_credit"
    claim: ClassVar[str] = (
        "Noise that is drawn afresh for every question averages away. Only a budget over all questions together holds."
    )
    do: ClassVar[str] = "Ask the same question more often. Which desk gives the secret away?"
    why: ClassVar[str] = (
        "The mean of m answers has noise √m times smaller. A desk that gives each answer the same ε has spent m times "
        "ε by then; one that keeps a total gives each answer less, and the mean tells no more than one answer would."
    )
    questions: ClassVar[tuple[Question, Question]] = (
        Question(
            "Ten answers were given with ε = 0.5 each. What is guaranteed about all of them together?",
            ("ε = 0.5, as for each.", "ε = 5 at most.", "Nothing any more."),
            1,
            "Budgets add up: ten times 0.5 is 5. It is still a guarantee, and one that promises much less.",
        ),
        Question(
            "Two analysts have a budget of ε = 1 each, and talk to each other. What holds against the two?",
            ("ε = 1.", "ε = 2.", "No bound at all."),
            1,
            "Together they have seen answers worth 1 + 1. Whoever grants budgets per person must say what holds when "
            "people put their answers together.",
        ),
    )
    sources: ClassVar[tuple[Source, ...]] = (
        Source("Dwork, Roth 2014", "The algorithmic foundations of differential privacy, section 3.5",
               "https://doi.org/10.1561/0400000042"),
        Source("Dinur, Nissim 2003", "Revealing information while preserving privacy (PODS)",
               "https://doi.org/10.1145/773153.773173"),
    )  # fmt: skip
    terms: ClassVar[tuple[str, ...]] = ("privacy budget", "composition", "averaging attack")

    epsilon: float = setting(0.5, 0.05, 5.0, steps=(0.1, 0.2, 0.5, 1.0), help="ε of one answer, or of all together")
    asked: int = setting(10, 1, 100, steps=ASKED, help="how often the same question is asked", unit="questions")

    def work_out(self, data: Dataset, rng: np.random.Generator) -> Found:
        scale, attack = 1 / self.epsilon, Average(repeats=self.asked)
        games = {"fresh": game_of(data, [FreshNoise(scale=scale)]), "budget": game_of(data, epsilon=self.epsilon)}
        ran: dict[str, Outcome] = {name: attack.run(game, TRIALS, rng.spawn(TRIALS)) for name, game in games.items()}
        table = pd.DataFrame({
            "questions": ASKED,
            "fresh noise": [chance_below(scale, m, 0.5 * m) for m in ASKED],
            "one budget": [chance_below(scale * m, m, 0.5 * m) for m in ASKED],
            "ε of fresh noise": [m * self.epsilon for m in ASKED],
            "ε of one budget": self.epsilon,
        })  # fmt: skip
        fresh, held = ran["fresh"].success, ran["budget"].success
        spent = round(self.asked * self.epsilon, 6)
        numbers = {"fresh": fresh.value, "fresh_low": fresh.low, "fresh_high": fresh.high,
                   "fresh_exact": float(ran["fresh"].predicted or 0), "held": held.value, "held_low": held.low,
                   "held_high": held.high, "held_exact": float(ran["budget"].predicted or 0),
                   "bound": float(ran["budget"].bound or 1), "spent": spent}  # fmt: skip
        over = f"{percent(fresh.low)} to {percent(fresh.high)} in {TRIALS} trials"
        under = f"{percent(held.low)} to {percent(held.high)} in {TRIALS} trials"
        return Found(
            numbers=numbers,
            facts=(
                (percent(fresh.value), "named right, fresh noise each time", over),
                (percent(held.value), "named right under one budget", under),
                (f"ε = {budget(spent)}", "is what fresh noise has cost", f"instead of {budget(self.epsilon)}"),
            ),
            table=table,
        )  # fmt: skip

    def chart(self, found: Found, mode: Mode = "light") -> Chart:
        table, numbers = found.table, found.numbers
        x = table["questions"].to_numpy(dtype=float)
        curves = [
            Curve(name, x, table[name].to_numpy(dtype=float), role=role,
                  hover=[f"{name}, {m:g} questions: {percent(p)}" for m, p in zip(x, table[name], strict=True)])
            for name, role in (("fresh noise", "risk"), ("one budget", "bound"))
        ]  # fmt: skip
        answer = (
            f"After {count(self.asked)} questions at ε = {budget(self.epsilon)}, the attack is right for "
            f"{percent(numbers['fresh'])} of its targets with fresh noise, and for {percent(numbers['held'])} under "
            "one budget."
        )
        return Chart(
            figure=draw(
                curves, [Baseline("guessing 50 %", 0.5)],
                Axis("how often the question is asked (log scale)", "{:g}".format, ticks=ASKED, log=True),
                Axis("right about one person's secret", percent, limits=(0.48, 1.0)), mode, float(self.asked),
            ),
            question="What is left of the noise when one asks again?",
            answer=answer,
            alt=f"Chance of naming a secret right against the number of questions, for two desks. {answer}",
            how_to_read="The curves are exact chances of the attack that takes the mean of all answers about one "
            f"person. Beside the chart stands what it reached when it was run here, {TRIALS} times against a desk "
            "over the table, with its interval. Targets have the secret half of the time, so guessing is right for "
            "50 %.",
            table=table,
            standing=INTERNAL + " The curves are computed from the noise alone.",
        )  # fmt: skip

    def door(self) -> Door:
        return Door("trade_off", "See what budgets cost a model", {"epsilon": self.epsilon})
