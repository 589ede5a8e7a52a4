"""Differentially private additive model: logistic or linear regression on public bins, one curve per column."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self, cast

import numpy as np

from ppml_core.accounting.budget_settings import delta_setting, epsilon_setting, neighbours_setting
from ppml_core.accounting.gaussian import mu_of, noise_multiplier
from ppml_core.data.dataset import Dataset
from ppml_core.evidence import Guarantee, Neighbours
from ppml_core.learn.base import Fitted, Learner, Masks, Task
from ppml_core.learn.binned import BinFeatures
from ppml_core.learn.descent import Features, Plan, first_averaged, link_of, steps_of, train, train_parts
from ppml_core.learn.dp_gd import REGRESSION_CLIP, REGRESSION_RATE
from ppml_core.learn.promise import Ground
from ppml_core.learn.releasing import release
from ppml_core.settings import setting

WEAK = 1_000  # expected rows times mu: below it steps shorten faster, lest noise add up to more than people can tell
STRONG = 30_000  # expected rows times mu: from there on the noise of 500 steps costs a large table less than it gains


@dataclass(frozen=True)
class DPAdditive(Learner):
    """Additive model: every column contributes one number for the bin or category that a person is in.

    The sum is fitted by full-batch gradient descent on clipped sums with Gaussian noise, as in `dp_gd` and with its
    exact accounting. A row's gradient is (p - y)·x; it is clipped to `clip_norm` as a whole, by the row's own length,
    so that amounts (which lengthen the rows of those who have them) cost nothing. Generalized additive models:
    Hastie, Tibshirani 1986; with privacy: Nori, Caruana, Bu, Shen, Kulkarni 2021; accounting: Dong, Roth, Su 2022.

    Bins are public: `generic` cuts by the bounds and expected_rows, `schema` by the bins and scales that a schema
    writes down. The rule by which `learning_rate` and `clip_norm` follow from the budget and expected_rows was chosen
    on the training part of the Adult table, the steps of tables of 100,000 rows and more on census_kdd, and the shorter
    steps and fewer bins of small tables on small samples of both; none is charged. Noise is reproducible: for
    experiments, not for a release.
    """

    title: ClassVar[str] = "DP additive model"
    version: ClassVar[int] = 3
    tasks: ClassVar[tuple[Task, ...]] = ("classification", "regression")
    private: ClassVar[bool] = True
    gaussian: ClassVar[bool] = True

    epsilon: float = epsilon_setting()
    delta: float | None = delta_setting()
    features: str = setting(
        "generic",
        choices=("generic", "schema"),
        help="bins from the bounds and the public size alone, or those that the schema gives",
    )
    steps: int | None = setting(
        None, 1, 10_000, slider=(20, 600), unit="steps",
        help="gradient steps, each with more noise the more there are; none is 200, or 300 to 500 from 100,000 rows on",
    )  # fmt: skip
    learning_rate: float | None = setting(
        None, 1e-4, 1e4, slider=(0.25, 64.0), log=True, help="length of a step; none follows from the budget"
    )
    clip_norm: float | None = setting(
        None,
        1e-4,
        1.0,
        slider=(0.05, 1.0),
        log=True,
        help="most that one person adds to a sum; none follows from the budget",
    )
    momentum: float = setting(0.9, 0.0, 0.99, slider=(0.0, 0.95), help="share of the last step that is kept")
    averaged: float = setting(
        0.1, 0.0, 1.0, slider=(0.0, 1.0), help="last part of the steps that is averaged", unit="share"
    )
    ridge: float = setting(
        0.3, 0.0, 1e6, slider=(0.01, 100.0), log=True, help="strength of the pull toward no effect; it costs no privacy"
    )
    neighbours: str = neighbours_setting()

    def fit(self, data: Dataset, rng: np.random.Generator) -> Fitted:
        return self.fit_many([self], data, [rng])[0]

    @classmethod
    def fit_many(cls, learners: Sequence[Self], data: Dataset, rngs: Sequence[np.random.Generator]) -> list[Fitted]:
        """One model per (learner, generator), each the same bytes whatever else is trained beside it."""
        jobs = list(zip(learners, rngs, strict=True))
        if not jobs:
            return []
        ground = Ground.of(data, needs_size=True, tasks=cls.tasks)
        fitted: dict[int, Fitted] = {}
        for kind in sorted({learner.features for learner in learners}):
            group = [i for i, (learner, _) in enumerate(jobs) if learner.features == kind]
            features = BinFeatures.of(data.schema, ground.encoder, kind, ground.rows)
            plans = [learners[i]._plan(ground) for i in group]
            models = train(data, ground, features, plans, [rngs[i] for i in group], features.chosen)
            fitted.update(zip(group, models, strict=True))
        return [fitted[i] for i in range(len(jobs))]

    def fit_subsets(self, data: Dataset, masks: Masks, rngs: Sequence[np.random.Generator]) -> list[Fitted]:
        """Side by side, up to rounding in single precision the models of each part alone; one by one for many classes.

        A part's public size is its own where the schema gives none, so its bins and plan may be its own too.
        """
        grounds = Ground.of_parts(data, masks, needs_size=True, tasks=self.tasks)
        if not grounds or link_of(grounds[0]) == "softmax":
            return super().fit_subsets(data, masks, rngs)
        fitted: dict[int, Fitted] = {}
        for size in sorted({ground.rows for ground in grounds}):
            group = [i for i, ground in enumerate(grounds) if ground.rows == size]
            mine = [grounds[i] for i in group]
            features = BinFeatures.of(data.schema, mine[0].encoder, self.features, size)
            plans, drawn = [self._plan(ground) for ground in mine], [rngs[i] for i in group]
            models = train_parts(data, mine, features, plans, masks[group], drawn, features.chosen)
            fitted.update(zip(group, models, strict=True))
        return [fitted[i] for i in range(len(grounds))]

    def fit_release(self, data: Dataset) -> Fitted:
        return release(self, data)

    def prepared(self, data: Dataset) -> tuple[Ground, Features, Plan]:
        """For the release path."""
        ground = Ground.of(data, needs_size=True, tasks=self.tasks)
        return ground, BinFeatures.of(data.schema, ground.encoder, self.features, ground.rows), self._plan(ground)

    def _plan(self, ground: Ground) -> Plan:
        delta = ground.delta(self.delta)
        many = 300 if ground.rows * mu_of(self.epsilon, delta) < STRONG else 500
        steps = steps_of(self.steps, ground.rows, 200, many)
        z = noise_multiplier(self.epsilon, delta, steps) * (2 if self.neighbours == "replace_one" else 1)
        signal = ground.rows * math.sqrt(steps) / z
        clip = self.clip_norm or ((0.3 if signal < 6000 else 0.5) if ground.classes else REGRESSION_CLIP)
        rate = 16 * (signal / 8700) ** 0.6 * min(1.0, (signal / WEAK) ** 0.7)
        rate = self.learning_rate or min(rate, 16.0 if ground.classes else REGRESSION_RATE)
        guarantee = Guarantee(self.epsilon, delta, cast(Neighbours, self.neighbours), mu=mu_of(self.epsilon, delta))
        first = first_averaged(steps, self.averaged)
        return Plan(steps, rate / ground.rows, clip, clip * z, self.momentum, first, guarantee, self.ridge)
