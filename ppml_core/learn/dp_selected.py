"""DP gradient descent whose settings are chosen on the private people, with the choice charged."""

from __future__ import annotations

import dataclasses
import itertools
import math
from dataclasses import dataclass
from typing import ClassVar, cast

import numpy as np

from ppml_core.accounting.budget_settings import delta_setting, epsilon_setting, neighbours_setting
from ppml_core.accounting.selection import mu_of_selection
from ppml_core.data.dataset import Dataset
from ppml_core.evidence import Guarantee, Neighbours
from ppml_core.learn.base import Fitted, Learner
from ppml_core.learn.descent import LinearModel, train
from ppml_core.learn.dp_gd import DPGradientDescent, KnotFeatures
from ppml_core.learn.promise import Ground
from ppml_core.settings import setting

KNOTS = (1, 4, 8, 16)
LONGER = (0.25, 1.0, 4.0)


@dataclass(frozen=True)
class DPSelected(Learner):
    """The best of a random number of DP gradient descents by a noisy score: tuning inside the guarantee.

    The number of runs is geometric with mean `runs`. Each takes knots and length of step by lot from a public list,
    trains, and tells how many training people it gets right with Gaussian noise (one person changes that by 1 at most);
    the winner alone is shown. Liu, Talwar 2019; Papernot, Steinke 2022, Theorem 2. On tables where the defaults are
    good it is worse than `dp_gd` at the same ε: that is what the choice costs.
    """

    title: ClassVar[str] = "DP gradient descent, tuned privately"
    version: ClassVar[int] = 2
    private: ClassVar[bool] = True
    added_by: ClassVar[str] = "selection"

    epsilon: float = epsilon_setting("privacy budget ε of the training and the choice together")
    delta: float | None = delta_setting()
    runs: float = setting(5.0, 1.0, 100.0, slider=(1.0, 20.0), help="runs to choose among, on average")
    score_share: float = setting(
        0.1, 0.01, 0.9, slider=(0.01, 0.5), help="part of each run's budget that its score gets", unit="share"
    )
    neighbours: str = neighbours_setting()

    def fit(self, data: Dataset, rng: np.random.Generator) -> Fitted:
        ground = Ground.of(data, needs_size=True)
        delta = ground.delta(self.delta)
        mu = mu_of_selection(self.epsilon, self.runs, delta)
        guarantee = Guarantee(self.epsilon, delta, cast(Neighbours, self.neighbours))
        models = self._tried(data, mu * math.sqrt(1 - self.score_share), guarantee, rng)
        right = [people_right(model, data, ground.target(data)) for model in models]
        told = np.array(right) + rng.standard_normal(len(right)) / (mu * math.sqrt(self.score_share))
        best = models[int(told.argmax())]
        best.noise = (*best.noise, ("runs_on_average", self.runs), ("mu_of_a_run", mu))
        best.seconds = sum(model.seconds for model in models)
        return best

    def _tried(self, data: Dataset, mu: float, guarantee: Guarantee, rng: np.random.Generator) -> list[LinearModel]:
        """A random number of models with settings by lot, each trained at that mu."""
        offered = list(itertools.product(KNOTS, LONGER))
        drawn = rng.integers(len(offered), size=int(rng.geometric(1 / self.runs)))
        models: list[LinearModel] = []
        for place, several in enumerate(np.bincount(drawn, minlength=len(offered))):
            if several:
                knots, longer = offered[place]
                ground = Ground.of(data, needs_size=True, knots=knots)
                plan = DPGradientDescent(neighbours=self.neighbours).plan_at(ground, mu, guarantee)
                plans = [dataclasses.replace(plan, step=plan.step * longer)] * int(several)
                models += train(data, ground, KnotFeatures(ground.encoder), plans, rng.spawn(int(several)))
        return models


def people_right(model: Fitted, data: Dataset, truth: np.ndarray) -> float:
    """The score of a run: for how many people the model says their class."""
    return float((model.predict_proba(data).argmax(axis=1) == truth).sum())
