"""Differentially private gradient descent: logistic and softmax regression, whole sweeps trained side by side."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self, cast

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack
from scipy.special import expit, softmax

from ppml_core.accounting.budget import default_delta
from ppml_core.accounting.gaussian import mu_of, noise_multiplier
from ppml_core.data.dataset import Dataset
from ppml_core.evidence import Guarantee, Neighbours
from ppml_core.learn.base import Array, Fitted, Learner
from ppml_core.learn.encoding import Encoder
from ppml_core.learn.gradients import TILE, ClippedSums
from ppml_core.learn.promise import Ground
from ppml_core.learn.target import encode_target
from ppml_core.settings import setting

Block = npt.NDArray[np.float64]

EPSILONS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0)


@dataclass(frozen=True)
class DPGradientDescent(Learner):
    """Logistic regression by full-batch gradient descent on noisy clipped sums, with exact Gaussian accounting.

    Every step adds up all rows' gradients, each clipped to `clip_norm`, and Gaussian noise; the steps compose to one mu
    (accounting.gaussian). Rows are divided by the longest that public knowledge allows, so a gradient's norm is
    |p - y| at most and settings mean the same on every table. The step is divided by the public expected_rows. Heavy
    ball, averaging of the last iterates and starting at 0 are free: they only process what the noise already covers.
    Someone who sees every noisy sum learns no more than the guarantee says. Abadi et al. 2016 with all rows in each
    batch; Dong, Roth, Su 2022, Corollary 3.3.

    All defaults (steps, momentum, averaging, knots, and the rule by which `learning_rate` and `clip_norm` follow from
    the budget and expected_rows) were chosen by cross-validation on the training part of the Adult table, which is
    not charged: on Adult itself the guarantee holds for given settings only. Noise is reproducible: for experiments,
    not for a release.
    """

    title: ClassVar[str] = "DP gradient descent"
    private: ClassVar[bool] = True
    gaussian: ClassVar[bool] = True

    epsilon: float = setting(
        1.0, 1e-3, 1e3, slider=(0.01, 100.0), steps=EPSILONS, log=True, help="privacy budget ε of the training"
    )
    delta: float | None = setting(
        None,
        1e-15,
        0.1,
        help="privacy budget δ; none is the largest power of ten within 1/(10·expected rows)",
        log=True,
    )
    steps: int = setting(100, 1, 10_000, slider=(10, 300), help="gradient steps; more steps need more noise in each")
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
    neighbours: str = setting(
        "add_or_remove_one",
        choices=("add_or_remove_one", "replace_one"),
        help="tables that must look alike: one person more or less, or one person replaced",
    )

    def fit(self, data: Dataset, rng: np.random.Generator) -> Fitted:
        return self.fit_many([self], data, [rng])[0]

    @classmethod
    def fit_many(cls, learners: Sequence[Self], data: Dataset, rngs: Sequence[np.random.Generator]) -> list[Fitted]:
        """One model per (learner, generator), each the same bytes whatever else is trained beside it."""
        jobs = list(zip(learners, rngs, strict=True))
        if not jobs:
            return []
        fitted: dict[int, Fitted] = {}
        for knots in sorted({learner.knots for learner in learners}):
            start = time.perf_counter()
            group = [i for i, learner in enumerate(learners) if learner.knots == knots]
            ground = Ground.of(data, needs_size=True, knots=knots)
            rows = ClippedSums(_features(ground.encoder, data), encode_target(data, ground.classes))
            outputs = 1 if len(ground.classes) == 2 else len(ground.classes)
            compiling = rows.compile(outputs)
            shared = (time.perf_counter() - start - compiling) / len(group)
            for tile in _tiles(learners, group):
                begun = time.perf_counter()
                plans = [learners[i]._plan(ground) for i in tile]
                W = _descend(rows, plans, [rngs[i] for i in tile], ground.encoder.width + 1, outputs)
                share = shared + (time.perf_counter() - begun) / len(tile)
                for lane, i in enumerate(tile):
                    fitted[i] = _model(W[:, :, lane], plans[lane], ground, share)
        return [fitted[i] for i in range(len(jobs))]

    def _plan(self, ground: Ground) -> Plan:
        delta = default_delta(ground.people) if self.delta is None else self.delta
        z = noise_multiplier(self.epsilon, delta, self.steps) * (2 if self.neighbours == "replace_one" else 1)
        signal = ground.rows * math.sqrt(self.steps) / z
        clip = self.clip_norm or min(max(0.15 * (signal / 900) ** 0.3, 0.12), 0.5)
        rate = self.learning_rate or min(max(signal / 40, 0.25), 128.0)
        guarantee = Guarantee(self.epsilon, delta, cast(Neighbours, self.neighbours), mu=mu_of(self.epsilon, delta))
        return Plan(self.steps, rate / ground.rows, clip, clip * z, self.momentum, self._first_averaged(), guarantee)

    def _first_averaged(self) -> int:
        return self.steps - max(1, round(self.averaged * self.steps))


@dataclass(frozen=True)
class Plan:
    """One model's descent in numbers: `noise` is the standard deviation in each sum, `step` multiplies the sum."""

    steps: int
    step: float
    clip: float
    noise: float
    momentum: float
    first_averaged: int
    guarantee: Guarantee


@dataclass
class LinearClassifier(Fitted):
    """Weights of shape (features + 1, outputs), the last row the constant; one output is the logit of class 1."""

    weights: Block
    encoder: Encoder
    classes: tuple[str, ...]
    guarantee: Guarantee | None
    guarantee_note: str
    warnings: tuple[str, ...]
    seconds: float

    def predict_proba(self, data: Dataset) -> Array:
        logits = np.asarray(_features(self.encoder, data) @ self.weights, dtype=np.float64)
        if self.weights.shape[1] > 1:
            return np.asarray(softmax(logits, axis=1), dtype=np.float64)
        return np.column_stack([expit(-logits[:, 0]), expit(logits[:, 0])])


def _features(encoder: Encoder, data: Dataset) -> Any:
    """Encoded rows with a constant, divided by the longest such row that public knowledge allows: none exceeds 1."""
    constant = csr_matrix(np.ones((len(data), 1)))
    return hstack([encoder.encode_sparse(data), constant], format="csr") / math.hypot(encoder.row_norm, 1.0)


def _tiles(learners: Sequence[DPGradientDescent], positions: Sequence[int]) -> list[list[int]]:
    """Positions of the models that train side by side: as many steps each, at most TILE together."""
    by_steps: dict[int, list[int]] = {}
    for i in positions:
        by_steps.setdefault(learners[i].steps, []).append(i)
    return [group[i : i + TILE] for group in by_steps.values() for i in range(0, len(group), TILE)]


def _descend(
    rows: ClippedSums, plans: Sequence[Plan], rngs: Sequence[np.random.Generator], features: int, outputs: int
) -> Block:
    """Averaged weights, shape (features, outputs, TILE); lanes without a model stay 0.

    Each model's noise comes from its own generator, step by step, so its place and its neighbours do not matter.
    """
    shape = (features, outputs, TILE)
    W, velocity, total, noise = (np.zeros(shape) for _ in range(4))
    clip, step, momentum = (_lanes(plans, name) for name in ("clip", "step", "momentum"))
    first = _lanes(plans, "first_averaged")
    for t in range(plans[0].steps):
        for lane, (plan, rng) in enumerate(zip(plans, rngs, strict=True)):
            noise[:, :, lane] = rng.standard_normal((features, outputs)) * plan.noise
        velocity = momentum * velocity + step * (rows.sums(W, clip) + noise)
        W = W - velocity
        total += np.where(t >= first, W, 0.0)
    return total / (plans[0].steps - first)


def _lanes(plans: Sequence[Plan], name: Literal["clip", "step", "momentum", "first_averaged"]) -> Block:
    """One number of every plan, padded with zeros to the width of a tile."""
    values = np.zeros(TILE)
    values[: len(plans)] = [getattr(plan, name) for plan in plans]
    return values


def _model(weights: Block, plan: Plan, ground: Ground, seconds: float) -> LinearClassifier:
    return LinearClassifier(
        weights=np.ascontiguousarray(weights),
        encoder=ground.encoder,
        classes=ground.classes,
        guarantee=ground.promised(plan.guarantee),
        guarantee_note=ground.doubt,
        warnings=ground.encoder.notes + ground.size_warnings(plan.guarantee.delta),
        seconds=seconds,
    )
