"""Differentially private networks of one or two hidden layers, without automatic differentiation."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self, cast

import numpy as np
from scipy.special import expit, softmax

from ppml_core.accounting.budget_settings import delta_setting, epsilon_setting, neighbours_setting
from ppml_core.accounting.calibration import subsampled_noise_multiplier
from ppml_core.accounting.gaussian import mu_of
from ppml_core.data.dataset import Dataset
from ppml_core.errors import NotApplicable
from ppml_core.evidence import Guarantee, Neighbours
from ppml_core.learn.base import Array, Fitted, Learner, Masks, Task
from ppml_core.learn.binned import BinFeatures
from ppml_core.learn.descent import MIDDLE, first_averaged, link_of, target_of
from ppml_core.learn.network_descent import NetworkPlan, Rows, Weights, descend
from ppml_core.learn.network_kernels import IDENTITY, LOGIT, SOFTMAX
from ppml_core.learn.promise import Ground
from ppml_core.settings import setting

KINDS = {"logit": LOGIT, "softmax": SOFTMAX, "identity": IDENTITY}


@dataclass(frozen=True)
class DPNetwork(Learner):
    """A linear model on public bins plus a network of tanh units, trained by noisy clipped sums.

    Each person's gradient of all weights together is clipped to `clip_norm`; its norm is known in closed form. With
    `rate` 1 every step sums over everybody and accounting is exact Gaussian DP; below 1 each person is in a step's
    Poisson sample with that probability, accounted by privacy loss distributions for adding or removing one. The first
    weights are drawn at random and the others start at 0. Abadi et al. 2016; per-example norms: Goodfellow 2015.

    Settings follow from the budget and expected_rows by a rule that was chosen on the training part of the Adult table,
    and their bins on small samples of Adult and census_kdd where people are few; neither is charged. Noise is
    reproducible: for experiments, not for a release.
    """

    title: ClassVar[str] = "DP network"
    version: ClassVar[int] = 2
    tasks: ClassVar[tuple[Task, ...]] = ("classification", "regression")
    private: ClassVar[bool] = True

    epsilon: float = epsilon_setting()
    delta: float | None = delta_setting()
    hidden: int = setting(8, 1, 256, slider=(1, 64), help="units of the first hidden layer", unit="units")
    second: int = setting(0, 0, 256, slider=(0, 32), help="units of the second hidden layer; 0 is none", unit="units")
    steps: int = setting(60, 1, 10_000, slider=(10, 300), help="gradient steps; more steps need more noise in each")
    rate: float = setting(
        1.0, 1e-4, 1.0, slider=(0.01, 1.0), log=True, help="chance that a person is in a step's sample", unit="share"
    )
    learning_rate: float | None = setting(
        None, 1e-4, 1e4, slider=(0.25, 64.0), log=True, help="length of a step; none follows from the budget"
    )
    clip_norm: float | None = setting(
        None, 1e-4, 10.0, slider=(0.05, 1.0), log=True,
        help="most that one person adds to a sum; none follows from the budget",
    )  # fmt: skip
    momentum: float = setting(0.9, 0.0, 0.99, slider=(0.0, 0.95), help="share of the last step that is kept")
    averaged: float = setting(
        0.2, 0.0, 1.0, slider=(0.0, 1.0), help="last part of the steps that is averaged", unit="share"
    )
    neighbours: str = neighbours_setting()

    def fit(self, data: Dataset, rng: np.random.Generator) -> Fitted:
        return self.fit_many([self], data, [rng])[0]

    @classmethod
    def fit_many(cls, learners: Sequence[Self], data: Dataset, rngs: Sequence[np.random.Generator]) -> list[Fitted]:
        """One model per (learner, generator), trained side by side; the bytes of each are those of fitting it alone.

        Side by side is one pass over the rows for up to 16 models of one shape with as many steps: on Adult .04 CPU
        seconds a model of 60 full-batch steps, four times less than alone. Samples at a `rate` below .2 share too few
        rows: side by side won nothing at .1 to .2 and lost at .05. Such models share the encoded rows and train one
        after another; a sweep spreads them over its processes.
        """
        if not learners:
            return []
        start = time.perf_counter()
        ground = Ground.of(data, needs_size=True, tasks=cls.tasks)
        features = BinFeatures.of(data.schema, ground.encoder, "generic", ground.rows)
        made = [learner._planned(ground) for learner in learners]
        rows = Rows.of(features.rows(data), target_of(ground, data))
        shared = (time.perf_counter() - start) / len(learners)
        return cls._fitted(learners, made, features, rows, rngs, shared)

    def fit_subsets(self, data: Dataset, masks: Masks, rngs: Sequence[np.random.Generator]) -> list[Fitted]:
        """The same models as one by one, on rows that are encoded once for each public size that a part has."""
        start = time.perf_counter()
        grounds = Ground.of_parts(data, masks, needs_size=True, tasks=self.tasks)
        if not grounds:
            return []
        encoder, target = grounds[0].encoder, target_of(grounds[0], data)
        sizes = sorted({ground.rows for ground in grounds})
        features = {size: BinFeatures.of(data.schema, encoder, "generic", size) for size in sizes}
        X = {size: features[size].rows(data) for size in sizes}
        shared = (time.perf_counter() - start) / len(masks)
        return [
            self._fitted(
                [self], [self._planned(ground)], features[ground.rows], Rows.of(X[ground.rows][mask], target[mask]),
                [rng], shared,
            )[0]
            for ground, mask, rng in zip(grounds, masks, rngs, strict=True)
        ]  # fmt: skip

    @classmethod
    def _fitted(
        cls, learners: Sequence[Self], made: Sequence[tuple[Ground, NetworkPlan]], features: BinFeatures, rows: Rows,
        rngs: Sequence[np.random.Generator], shared: float,
    ) -> list[Fitted]:  # fmt: skip
        kind, classes = link_of(made[0][0]), made[0][0].classes
        outputs = len(classes) if kind == "softmax" else 1
        trained = descend(rows, KINDS[kind], len(features.names), outputs, [plan for _, plan in made], rngs)
        return [
            learner._model(ground, plan, features, weights, shared + seconds)
            for learner, (ground, plan), (weights, seconds) in zip(learners, made, trained, strict=True)
        ]

    def _planned(self, ground: Ground) -> tuple[Ground, NetworkPlan]:
        ground = ground.at(self.delta)
        multiplier = self._noise_multiplier(ground.delta(self.delta))
        clip, step = self.clip_and_step(ground, multiplier)
        first = first_averaged(self.steps, self.averaged)
        shape = self.hidden, self.second, self.steps, self.rate
        return ground, NetworkPlan(*shape, step, clip, clip * multiplier, self.momentum, first)

    def _model(
        self, ground: Ground, plan: NetworkPlan, features: BinFeatures, weights: Weights, seconds: float
    ) -> Network:
        delta = ground.delta(self.delta)
        mu = mu_of(self.epsilon, delta) if self.rate == 1 else None
        guarantee = Guarantee(self.epsilon, delta, cast(Neighbours, self.neighbours), mu=mu)
        return Network(
            weights=weights,
            features=features,
            ground=ground,
            classes=ground.classes,
            guarantee=ground.promised(guarantee),
            guarantee_note=ground.doubt,
            warnings=ground.encoder.notes + ground.size_warnings(delta),
            noise=(
                ("mechanism", "gaussian" if self.rate == 1 else "subsampled gaussian"), ("steps", self.steps),
                ("noise_multiplier", self._noise_multiplier(delta)), ("rate", self.rate), ("clip_norm", plan.clip),
            ),
            seconds=seconds,
        )  # fmt: skip

    def _noise_multiplier(self, delta: float) -> float:
        if self.neighbours == "replace_one" and self.rate < 1:
            raise NotApplicable("Poisson samples are accounted for adding or removing one person: set rate to 1.")
        apart = 2 if self.neighbours == "replace_one" else 1
        return apart * subsampled_noise_multiplier(self.epsilon, delta, self.steps, self.rate)

    def clip_and_step(self, ground: Ground, multiplier: float) -> tuple[float, float]:
        """What follows from the budget where it is not set: the clip norm, and what a sum is multiplied by."""
        signal = self.rate * ground.rows * math.sqrt(self.steps) / multiplier
        if ground.classes:
            clip, rate = (0.3 if signal < 6000 else 0.5), min(max(24 * (signal / 8700) ** 0.6, 0.25), 24.0)
        else:
            clip, rate = 0.1, min(max(16 * (signal / 8700) ** 0.6, 0.25), 2.0)
        return self.clip_norm or clip, (self.learning_rate or rate) / (self.rate * ground.rows)


@dataclass
class Network(Fitted):
    """Weights (skip, first, second, out); without a second hidden layer that matrix has no column."""

    weights: Weights
    features: BinFeatures
    ground: Ground

    def predict_proba(self, data: Dataset) -> Array:
        X = self.features.rows(data)
        skip, first, second, out = self.weights
        hidden = np.tanh(X @ first) / math.sqrt(first.shape[1])
        if second.shape[1]:
            hidden = np.tanh(hidden @ second) / math.sqrt(second.shape[1])
        z = np.asarray(X @ skip + hidden @ out)
        if not self.classes:
            return self.ground.in_units(z[:, 0] + MIDDLE)
        if z.shape[1] > 1:
            return np.asarray(softmax(z, axis=1))
        return np.column_stack([expit(-z[:, 0]), expit(z[:, 0])])
