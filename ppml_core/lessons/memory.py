"""What a model remembers: members are told from others by an overfit tree, and hardly by what was trained privately."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from ppml_core.accounting.odds import best_guess
from ppml_core.attacks.membership.game import play
from ppml_core.attacks.membership.loss import Loss
from ppml_core.attacks.rates import separation
from ppml_core.attacks.trainer import ChainTrainer
from ppml_core.charts.level_bars import Bar, level_bars
from ppml_core.charts.template import Chart, Mode
from ppml_core.charts.words import at_most, budget, percent
from ppml_core.data.dataset import Dataset
from ppml_core.evidence import Estimate
from ppml_core.learn.base import Learner
from ppml_core.learn.decision_tree import DecisionTree
from ppml_core.learn.dp_sufficient_statistics import DPSufficientStatistics
from ppml_core.lessons.base import INTERNAL, Door, Found, Lesson, Question, Source
from ppml_core.settings import setting

PEOPLE = 500
FULL = 1


@dataclass(frozen=True)
class Memory(Lesson):
    """How well members are told from others by the answers of an overfit tree, of a pruned one and of a private model.

    The loss attack (Yeom et al. 2018, adversary 2) on 1,000 people, of whom each model was trained on about half, by
    lot. The value is the chance that a member gets the higher score than somebody else: 50 % is guessing. The control
    is the tree's own scores against membership by lot.
    """

    title: ClassVar[str] = "What a model remembers"
    number: ClassVar[int] = 6
    dataset: ClassVar[str] = "adult"
    needs: ClassVar[int] = 3_000
    claim: ClassVar[str] = (
        "A model that fits its people too well tells who they were. One that cannot depend much on anybody cannot."
    )
    do: ClassVar[str] = "Let the tree's leaves hold more people, or lower ε. What falls, and what does accuracy do?"
    why: ClassVar[str] = (
        "A leaf of one person is that person's record. Leaves of many people, or noise in the training, leave the "
        "model with what people have in common."
    )
    questions: ClassVar[tuple[Question, Question]] = (
        Question(
            "The tree is right about everybody it was trained on. What does that show?",
            (
                "That it is a good model.",
                "That it remembers them; how good it is shows on people it never saw.",
                "That its data were anonymous.",
            ),
            1,
            "The gap between people it saw and others is what the attack reads. Accuracy on held-out people is the "
            "measure of the model, the gap that of its memory.",
        ),
        Question(
            "The attack on the private model finds no one. May we say that ε was not needed?",
            (
                "Yes, the measurement shows it.",
                "No: one attack failed here; ε is what is proved against all of them.",
            ),
            1,
            "A measured risk is what this attack reached on these people. A guarantee bounds every attack, on every "
            "table. Neither replaces the other.",
        ),
    )
    sources: ClassVar[tuple[Source, ...]] = (
        Source("Shokri et al. 2017", "Membership inference attacks against machine learning models (S&P)",
               "https://doi.org/10.1109/SP.2017.41"),
        Source("Yeom et al. 2018", "Privacy risk in machine learning: the connection to overfitting (CSF)",
               "https://doi.org/10.1109/CSF.2018.00027"),
    )  # fmt: skip
    terms: ClassVar[tuple[str, ...]] = ("membership inference", "overfitting", "differential privacy")

    leaf: int = setting(20, 1, 200, steps=(1, 2, 5, 10, 20, 50, 100), help="fewest people in a leaf of the pruned tree",
                        unit="people")  # fmt: skip
    epsilon: float = setting(1.0, 0.01, 100.0, steps=(0.1, 0.3, 1.0, 3.0, 10.0), help="ε of the private model")

    def work_out(self, data: Dataset, rng: np.random.Generator) -> Found:
        models: dict[str, Learner] = {
            "tree": DecisionTree(min_samples_leaf=FULL),
            "pruned": DecisionTree(min_samples_leaf=self.leaf),
            "private": DPSufficientStatistics(epsilon=self.epsilon),
        }
        names = (
            "a leaf for each person",
            f"leaves of {self.leaf} people or more",
            f"private, ε = {budget(self.epsilon)}",
        )
        rows: list[dict[str, Any]] = []
        guess = 0.5
        for key, name, seed in zip(models, names, rng.spawn(len(models)), strict=True):
            game = play(data, ChainTrainer(models[key]), 2, seed, n=PEOPLE)
            evidence, inside = game.evidence(), game.inside[0]
            found = separation(Loss().scores(evidence, seed), inside).auc
            null = separation(Loss().scores(evidence, seed), seed.permutation(inside)).auc
            right = game.said[0].argmax(axis=1)[: len(inside)] == game.shadows.truth
            rows.append({"model": name, "told apart": found.value, "low": found.low, "high": found.high,
                         "control, by lot": null.value, "control low": null.low, "control high": null.high,
                         "accuracy on members": float(right[inside].mean()),
                         "accuracy on others": float(right[~inside].mean())})  # fmt: skip
            if game.guarantee is not None:
                guess = best_guess(game.guarantee)
        keyed = dict(zip(models, rows, strict=True))
        numbers = {f"{what}_{key}": float(row[column]) for key, row in keyed.items() for what, column in (
            ("auc", "told apart"), ("low", "low"), ("high", "high"),
            ("null_low", "control low"), ("null_high", "control high"),
            ("seen", "accuracy on members"), ("unseen", "accuracy on others"))}  # fmt: skip
        return Found(
            numbers | {"guess": guess},
            facts=(
                (percent(keyed["tree"]["accuracy on members"]), "right for its own people",
                 f"{percent(keyed['tree']['accuracy on others'])} for others: a leaf for each person"),
                (percent(keyed["private"]["accuracy on others"]), "right for others, private model",
                 f"{percent(keyed['pruned']['accuracy on others'])} with leaves of {self.leaf}"),
                (at_most(guess), "is any guess about one person right at most",
                 f"proved for the private model, ε = {budget(self.epsilon)}"),
            ),
            table=pd.DataFrame(rows),
        )  # fmt: skip

    def chart(self, found: Found, mode: Mode = "light") -> Chart:
        rows = found.table.to_dict("records")
        bars = [
            Bar(str(row["model"]), Estimate(row["told apart"], row["low"], row["high"], covers="people"), role=role)
            for row, role in zip(rows, ("risk", "risk", "bound"), strict=True)
        ]
        first, pruned, private = (percent(row["told apart"]) for row in rows)
        return level_bars(
            bars,
            question="Can members be told from others by what the model answers?",
            answer=f"In {first} of pairs the tree with a leaf for each person gives the member away, with leaves of "
            f"{self.leaf} it is {pruned}, and for the private model {private}, where guessing is right for 50 %.",
            axis="pairs in which the member is picked",
            how_to_read="A pair is one person the model was trained on and one it was not. The attack picks the one "
            "about whom the model is surer of the truth. Dashed: guessing. The line on a bar is its 95 % interval "
            "over people. The control in the table is the same with membership by lot.",
            guessing=0.5,
            limits=(0.4, 0.8),
            table=found.table,
            standing=INTERNAL,
            mode=mode,
        )

    def door(self) -> Door:
        return Door("attacks_risk", "Attack a model of yours", {"epsilon": self.epsilon})
