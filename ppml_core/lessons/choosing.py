"""Choosing: accuracy against proved risk on one map, a limit on either side, and a point to defend."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from ppml_core.accounting.odds import best_guess
from ppml_core.charts.choice_map import Choice, choice_map
from ppml_core.charts.template import Chart, Mode
from ppml_core.charts.words import at_most, budget, interval, percent
from ppml_core.data.dataset import Dataset
from ppml_core.evidence import Estimate
from ppml_core.experiment.front import dominated
from ppml_core.experiment.prepare import parts, truth_of
from ppml_core.experiment.results import estimate_of
from ppml_core.learn.base import Learner
from ppml_core.learn.dp_sufficient_statistics import DPSufficientStatistics
from ppml_core.learn.output_perturbation import OutputPerturbation
from ppml_core.lessons.base import Door, Found, Lesson, Question, Source
from ppml_core.measures.accuracy import Accuracy
from ppml_core.settings import setting

EPSILONS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
SEEDS = 4
KNOTS = 3
TECHNIQUES = {"noisy_sums": "noisy sums", "noisy_model": "noisy model"}


@dataclass(frozen=True)
class Choosing(Lesson):
    """Accuracy and the proved bound of every choice of technique and ε, and what the picked one must stand up to.

    Two ways to train with a guarantee: noise in the sums that a regression needs (DP sufficient statistics), or noise
    in the finished model (output perturbation, Chaudhuri et al. 2011, Algorithm 1), both under replace-one, so that
    one bound is the same statement for both. A choice is beaten where another is at least as good on both axes and
    better on one, beyond the interval of its accuracy.
    """

    title: ClassVar[str] = "Choosing: read the map, pick a point, defend it"
    number: ClassVar[int] = 8
    dataset: ClassVar[str] = "adult"
    needs: ClassVar[int] = 7_500
    claim: ClassVar[str] = (
        "There is no best setting, only settings that no other beats. Which of those is right depends on what you owe "
        "the people and what you need from the model."
    )
    do: ClassVar[str] = (
        "Set the least accuracy you need and the most risk you would answer for; then pick a point inside."
    )
    why: ClassVar[str] = (
        "Along the upper edge more accuracy costs more risk, and there the choice is a judgement. Below it somebody "
        "pays for nothing: the same risk with less accuracy."
    )
    questions: ClassVar[tuple[Question, Question]] = (
        Question(
            "A colleague picks a point below the upper edge. What do you ask?",
            (
                "Nothing, every point is a fair choice.",
                "Why not the point above it, with the same bound and more accuracy?",
                "Whether the interval may be left out.",
            ),
            1,
            "A beaten point gives something away for nothing, unless it has merits that are not on the map: a pure ε, "
            "say, or no one who has to be trusted. Then that is the defence.",
        ),
        Question(
            "Two points differ in accuracy by less than their intervals. Which is the more accurate?",
            ("The higher one.", "That cannot be told from this measurement."),
            1,
            "With differences inside the intervals another seed may turn them round. Decide by the bound then, which "
            "is proved and does not waver.",
        ),
    )
    sources: ClassVar[tuple[Source, ...]] = (
        Source("Chaudhuri, Monteleoni, Sarwate 2011", "Differentially private empirical risk minimization (JMLR 12)",
               "https://jmlr.org/papers/v12/chaudhuri11a.html"),
        Source("Dong, Roth, Su 2022", "Gaussian differential privacy (JRSS B 84)", "https://doi.org/10.1111/rssb.12454"),
    )  # fmt: skip
    terms: ClassVar[tuple[str, ...]] = ("Pareto front", "guarantee", "estimate")

    technique: str = setting("noisy_sums", choices=tuple(TECHNIQUES), help="where the noise goes in")
    epsilon: float = setting(1.0, 0.01, 100.0, steps=EPSILONS, help="privacy budget ε of the point you pick")
    most: float = setting(0.7, 0.5, 1.0, steps=(0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.9),
                          help="most often that a guess may be right", unit="share of guesses")  # fmt: skip
    least: float = setting(0.78, 0.5, 1.0, steps=(0.74, 0.76, 0.78, 0.8, 0.81, 0.82),
                           help="least accuracy you need", unit="share of people")  # fmt: skip

    def run(self, data: Dataset, seed: int) -> Found:
        """What is picked and which limits are set trains nothing: points are kept with the table."""
        key = ("points of a lesson", self.name(), seed)
        if key not in data.memo:
            rng = np.random.default_rng([seed, self.number])
            data.memo[key] = _points(data.take(np.sort(rng.permutation(len(data))[: self.needs])), rng)
        return self._judged(data.memo[key])

    def work_out(self, data: Dataset, rng: np.random.Generator) -> Found:
        return self._judged(_points(data, rng))

    def _judged(self, points: pd.DataFrame) -> Found:
        table = points.copy()
        values = table[["right guesses at most", "accuracy"]].to_numpy() * (1, -1)
        best = table[["right guesses at most", "high"]].to_numpy() * (1, -1)
        table["beaten"] = dominated(values, best)
        table["within the limits"] = (table["right guesses at most"] <= self.most) & (table["low"] >= self.least)
        mine = table[(table["key"] == self.technique) & (table["epsilon"] == self.epsilon)].iloc[0]
        inside = int(table["within the limits"].sum())
        guess = float(mine["right guesses at most"])
        accuracy, _, reach = interval(mine["accuracy"], mine["low"], mine["high"]).partition(" ")
        reach = reach.strip("()")
        return Found(
            numbers={"accuracy": float(mine["accuracy"]), "low": float(mine["low"]), "high": float(mine["high"]),
                     "guess": guess, "beaten": float(mine["beaten"]),
                     "within": float(mine["within the limits"]), "inside": inside,
                     "unbeaten": int((~table["beaten"]).sum())},
            facts=(
                (accuracy, "is the accuracy of your point", f"{reach}, over {SEEDS} noise seeds and test people"),
                (at_most(guess), "is any guess right at most", "which of two records; proved"),
                (f"{inside} of {len(table)}", "points keep both limits", self._verdict(mine)),
            ),
            table=table.drop(columns="key"),
        )  # fmt: skip

    def _verdict(self, mine: pd.Series) -> str:
        kept = "yours does" if mine["within the limits"] else "yours does not"
        return kept + (", and another beats it" if mine["beaten"] else ", and none beats it")

    def chart(self, found: Found, mode: Mode = "light") -> Chart:
        numbers = found.numbers
        choices = [
            Choice(
                row["technique"], f"ε = {budget(row['epsilon'])}", row["right guesses at most"],
                Estimate(row["accuracy"], row["low"], row["high"], covers="noise seeds and test people"),
                beaten=row["beaten"],
                chosen=row["technique"] == TECHNIQUES[self.technique] and row["epsilon"] == self.epsilon,
            )
            for row in found.table.to_dict("records")
        ]  # fmt: skip
        limits = "within both limits" if numbers["within"] else "outside the limits"
        beaten = "another point beats it" if numbers["beaten"] else "no other point beats it"
        return choice_map(
            choices, most_risk=self.most, least_accuracy=self.least,
            question="Which point would you defend?",
            answer=f"{TECHNIQUES[self.technique].capitalize()} at ε = {budget(self.epsilon)}: accuracy "
            f"{interval(numbers['accuracy'], numbers['low'], numbers['high'])}, any guess right at most "
            f"{percent(numbers['guess'])}; {limits}, and {beaten}.",
            table=found.table, mode=mode,
        )  # fmt: skip

    def door(self) -> Door:
        return Door("trade_off", "Pick a point on the whole table", {"epsilon": self.epsilon})


def _points(data: Dataset, rng: np.random.Generator) -> pd.DataFrame:
    """Accuracy and bound of each technique at each ε; the size of the part that is taken is public."""
    data = data.with_schema(dataclasses.replace(data.schema, expected_rows=len(data)))
    train, test = parts(data, int(rng.integers(2**31)))
    makers: dict[str, type[Learner]] = {"noisy_sums": DPSufficientStatistics, "noisy_model": OutputPerturbation}
    return pd.DataFrame([row for key, maker in makers.items() for row in _measured(key, maker, train, test, rng)])


def _measured(
    key: str, maker: type[Learner], train: Dataset, test: Dataset, rng: np.random.Generator
) -> list[dict[str, object]]:
    """One row per ε: accuracy with its interval, and the bound that the models' own guarantee gives."""
    same = {"neighbours": "replace_one", "knots": KNOTS} if maker is DPSufficientStatistics else {}
    values = [{"epsilon": epsilon} | same for epsilon in EPSILONS for _ in range(SEEDS)]
    learners = [maker.from_values(asked) for asked in values]
    models = maker.fit_many(learners, train, rng.spawn(len(learners)))
    truth, scorer = truth_of(test), Accuracy()
    rows: list[dict[str, object]] = []
    for place, epsilon in enumerate(EPSILONS):
        mine = models[place * SEEDS : (place + 1) * SEEDS]
        scores = [scorer.score(truth, model.predict_proba(test)) for model in mine]
        found = estimate_of([score.value for score in scores], [score.std_error for score in scores])
        guarantee = mine[0].guarantee
        assert found is not None
        assert guarantee is not None
        assert guarantee.neighbours == "replace_one"
        rows.append({"key": key, "technique": TECHNIQUES[key], "epsilon": epsilon, "accuracy": found.value,
                     "low": found.low, "high": found.high, "right guesses at most": best_guess(guarantee)})  # fmt: skip
    return rows
