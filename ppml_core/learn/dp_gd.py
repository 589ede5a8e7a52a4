"""Differentially private gradient descent: logistic, softmax and linear regression, whole sweeps side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self, cast

import numpy as np
from scipy.sparse import csr_matrix, hstack

from ppml_core.accounting.budget_settings import delta_setting, epsilon_setting, neighbours_setting
from ppml_core.accounting.gaussian import mu_of
from ppml_core.data.dataset import Dataset
from ppml_core.evidence import Guarantee, Neighbours
from ppml_core.learn.base import Fitted, Learner, Masks, Task
from ppml_core.learn.descent import Features, Plan, first_averaged, link_of, steps_of, train, train_parts
from ppml_core.learn.encoding import Encoder
from ppml_core.learn.promise import Ground
from ppml_core.learn.releasing import release
from ppml_core.settings import setting

REGRESSION_CLIP = 0.1
REGRESSION_RATE = 2.0


@dataclass(frozen=True)
class DPGradientDescent(Learner):
    """Logistic or linear regression by full-batch gradient descent on noisy clipped sums, exact Gaussian accounting.

    Every step adds up all rows' gradients, each clipped to `clip_norm`, and Gaussian noise; the steps compose to one mu
    (accounting.gaussian). Rows are divided by the longest that public knowledge allows, so a gradient's norm is
    |p - y| at most and settings mean the same on every table. The step is divided by the public expected_rows. Heavy
    ball, averaging of the last iterates and starting at 0 are free: they only process what the noise already covers.
    Someone who sees every noisy sum learns no more than the guarantee says. Abadi et al. 2016 with all rows in each
    batch; Dong, Roth, Su 2022, Corollary 3.3.

    All defaults (steps, momentum, averaging, knots, and the rule by which `learning_rate` and `clip_norm` follow from
    the budget and expected_rows) were chosen by cross-validation on the training part of the Adult table, which is
    not charged: on Adult itself the guarantee holds for given settings only. The steps of tables of 100,000 rows and
    more were chosen on census_kdd, to which the same applies. Noise is reproducible: for experiments,
    not for a release.
    """

    title: ClassVar[str] = "DP gradient descent"
    version: ClassVar[int] = 3
    tasks: ClassVar[tuple[Task, ...]] = ("classification", "regression")
    private: ClassVar[bool] = True
    gaussian: ClassVar[bool] = True

    epsilon: float = epsilon_setting()
    delta: float | None = delta_setting()
    steps: int | None = setting(
        None, 1, 10_000, slider=(10, 300), unit="steps",
        help="gradient steps, each with more noise the more there are; none is 80, or 200 from 100,000 rows on",
    )  # fmt: skip
    learning_rate: float | None = setting(
        None, 1e-4, 1e4, slider=(0.5, 256.0), log=True, help="length of a step; none follows from the budget"
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
        0.4, 0.0, 1.0, slider=(0.0, 1.0), help="last part of the steps that is averaged", unit="share"
    )
    knots: int = setting(
        8, 1, 64, slider=(1, 32), help="bends of the curve that each numeric column contributes; 1 is a straight line"
    )
    neighbours: str = neighbours_setting()

    def fit(self, data: Dataset, rng: np.random.Generator) -> Fitted:
        return self.fit_many([self], data, [rng])[0]

    @classmethod
    def fit_many(cls, learners: Sequence[Self], data: Dataset, rngs: Sequence[np.random.Generator]) -> list[Fitted]:
        """One model per (learner, generator), each the same bytes whatever else is trained beside it."""
        jobs = list(zip(learners, rngs, strict=True))
        fitted: dict[int, Fitted] = {}
        for knots in sorted({learner.knots for learner in learners}):
            group = [i for i, (learner, _) in enumerate(jobs) if learner.knots == knots]
            ground = Ground.of(data, needs_size=True, knots=knots, tasks=cls.tasks)
            plans = [learners[i]._plan(ground) for i in group]
            models = train(data, ground, KnotFeatures(ground.encoder), plans, [rngs[i] for i in group])
            fitted.update(zip(group, models, strict=True))
        return [fitted[i] for i in range(len(jobs))]

    def fit_subsets(self, data: Dataset, masks: Masks, rngs: Sequence[np.random.Generator]) -> list[Fitted]:
        """Side by side, up to rounding in single precision the models of each part alone; one by one for many classes.

        A part's public size is its own where the schema gives none, so its plan may be its own too.
        """
        grounds = Ground.of_parts(data, masks, needs_size=True, knots=self.knots, tasks=self.tasks)
        if not grounds or link_of(grounds[0]) == "softmax":
            return super().fit_subsets(data, masks, rngs)
        plans = [self._plan(ground) for ground in grounds]
        return train_parts(data, grounds, KnotFeatures(grounds[0].encoder), plans, masks, rngs)

    def fit_release(self, data: Dataset) -> Fitted:
        return release(self, data)

    def prepared(self, data: Dataset) -> tuple[Ground, Features, Plan]:
        """For the release path."""
        ground = Ground.of(data, needs_size=True, knots=self.knots, tasks=self.tasks)
        return ground, KnotFeatures(ground.encoder), self._plan(ground)

    def _plan(self, ground: Ground) -> Plan:
        delta = ground.delta(self.delta)
        mu = mu_of(self.epsilon, delta)
        guarantee = Guarantee(self.epsilon, delta, cast(Neighbours, self.neighbours), mu=mu)
        return self.plan_at(ground, mu, guarantee)

    def plan_at(self, ground: Ground, mu: float, guarantee: Guarantee) -> Plan:
        """The descent that spends that mu, whatever its guarantee is said to be."""
        steps = steps_of(self.steps, ground.rows, 80, 200)
        z = math.sqrt(steps) / mu * (2 if self.neighbours == "replace_one" else 1)
        signal = ground.rows * math.sqrt(steps) / z
        if ground.classes:
            clip, rate = min(max(0.15 * (signal / 900) ** 0.3, 0.12), 0.5), min(max(signal / 40, 0.25), 128.0)
        else:
            clip, rate = REGRESSION_CLIP, min(max(signal / 160, 0.25), REGRESSION_RATE)
        clip, rate = self.clip_norm or clip, self.learning_rate or rate
        first = first_averaged(steps, self.averaged)
        return Plan(steps, rate / ground.rows, clip, clip * z, self.momentum, first, guarantee)


@dataclass(frozen=True)
class KnotFeatures:
    """Encoded rows with a constant, divided by the longest such row that public knowledge allows: none exceeds 1."""

    encoder: Encoder
    chosen: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.encoder.feature_names, "constant")

    def rows(self, data: Dataset) -> Any:
        constant = csr_matrix(np.ones((len(data), 1)))
        return hstack([self.encoder.encode_sparse(data), constant], format="csr") / math.hypot(
            self.encoder.row_norm, 1.0
        )
