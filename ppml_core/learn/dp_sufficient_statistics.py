"""Ridge regression from noisy sums: one look at the table, then any budget in a millisecond."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self, cast

import numpy as np
import numpy.typing as npt
from scipy.linalg import LinAlgError, cho_factor, cho_solve, eigh

from ppml_core.accounting.budget_settings import delta_setting, epsilon_setting, neighbours_setting
from ppml_core.accounting.gaussian import mu_of
from ppml_core.data.dataset import Dataset
from ppml_core.evidence import Guarantee, Neighbours
from ppml_core.learn.base import Array, Fitted, Learner, Masks, Task
from ppml_core.learn.dp_gd import KnotFeatures
from ppml_core.learn.promise import Ground
from ppml_core.settings import setting

Block = npt.NDArray[np.float64]

MIDDLE = 0.5
SURE = 0.995


@dataclass(frozen=True)
class DPSufficientStatistics(Learner):
    """Least squares from XᵀX and Xᵀt with Gaussian noise, added once: exact Gaussian accounting, no iterations.

    A row x is at most 1 long and its target t at most 1, so one person moves the two sums together by at most √2
    (‖xxᵀ‖ and ‖xt‖, Frobenius). Classes are targets of -1 and 1, or one column each; the ridge follows from the noise,
    and a sum that the noise made nearly singular is projected. All of that is free. Vu, Slavkovic 2009; Wang 2018,
    "Revisiting differentially private linear regression"; accounting: Dong, Roth, Su 2022.

    It is the preview under the slider: less accurate than descent, thousands of times faster. Noise is reproducible.
    """

    title: ClassVar[str] = "DP sufficient statistics"
    tasks: ClassVar[tuple[Task, ...]] = ("classification", "regression")
    private: ClassVar[bool] = True
    gaussian: ClassVar[bool] = True

    epsilon: float = epsilon_setting()
    delta: float | None = delta_setting()
    ridge: float = setting(
        0.5, 0.0, 1e6, slider=(0.1, 100.0), log=True, help="strength of the ridge, in units of the noise"
    )
    knots: int = setting(
        8, 1, 64, slider=(1, 32), help="bends of the curve that each numeric column contributes; 1 is a straight line"
    )
    neighbours: str = neighbours_setting()

    def fit(self, data: Dataset, rng: np.random.Generator) -> Fitted:
        return self.fit_many([self], data, [rng])[0]

    @classmethod
    def fit_many(cls, learners: Sequence[Self], data: Dataset, rngs: Sequence[np.random.Generator]) -> list[Fitted]:
        """One model per (learner, generator), from sums that are worked out once and remembered with the table."""
        return [learner._fit(data, rng) for learner, rng in zip(learners, rngs, strict=True)]

    def fit_subsets(self, data: Dataset, masks: Masks, rngs: Sequence[np.random.Generator]) -> list[Fitted]:
        """The same models as one by one, on rows that are encoded once."""
        grounds = Ground.of_parts(data, masks, needs_size=False, knots=self.knots, tasks=self.tasks)
        if not grounds:
            return []
        features = KnotFeatures(grounds[0].encoder)
        X, targets = features.rows(data), targets_of(grounds[0], data)
        return [
            self._made(ground, features, sums_of(X[mask], targets[mask]), rng)
            for ground, mask, rng in zip(grounds, masks, rngs, strict=True)
        ]

    def _fit(self, data: Dataset, rng: np.random.Generator) -> Fitted:
        return self._made(*_sums_of(data, self.knots), rng)

    def _made(self, ground: Ground, features: KnotFeatures, sums: Sums, rng: np.random.Generator) -> Fitted:
        start = time.perf_counter()
        ground, delta = ground.at(self.delta), ground.delta(self.delta)
        mu = mu_of(self.epsilon, delta)
        noise = math.sqrt(2) / mu * (2 if self.neighbours == "replace_one" else 1)
        guarantee = Guarantee(self.epsilon, delta, cast(Neighbours, self.neighbours), mu=mu)
        return NoisyLeastSquares(
            weights=solve(sums, noise, self.ridge, rng),
            features=features,
            ground=ground,
            classes=ground.classes,
            guarantee=ground.promised(guarantee),
            guarantee_note=ground.doubt,
            warnings=ground.encoder.notes + ground.size_warnings(delta),
            noise=(("mechanism", "gaussian"), ("standard_deviation", noise), ("mu", mu)),
            seconds=time.perf_counter() - start,
        )


@dataclass(frozen=True, eq=False)
class Sums:
    """XᵀX, shape (features, features), and Xᵀt, shape (features, outputs): each person adds at most √2 to both."""

    products: Block
    targets: Block


@dataclass
class NoisyLeastSquares(Fitted):
    """Weights of shape (features, outputs); a score of ±1 is a class, clipped scores are its probability."""

    weights: Block
    features: KnotFeatures
    ground: Ground

    def predict_proba(self, data: Dataset) -> Array:
        return self.answers(np.asarray(self.features.rows(data) @ self.weights, dtype=np.float64))

    def answers(self, scores: Array) -> Array:
        """What scores of shape (rows, outputs) say, as `predict_proba` says it."""
        if not self.classes:
            return self.ground.in_units(scores[:, 0] / 2 + MIDDLE)
        length = math.sqrt(len(self.classes)) if len(self.classes) > 2 else 1.0
        shares = np.clip(scores * length / 2 + MIDDLE, 1 - SURE, SURE)
        if len(self.classes) == 2:
            return np.column_stack([1 - shares[:, 0], shares[:, 0]])
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def sums_of(X: object, targets: Block) -> Sums:
    """The two sums of rows at most 1 long and targets whose rows are at most 1 long."""
    products = (X.T @ X).toarray()  # type: ignore[attr-defined]
    return Sums(products, np.asarray(X.T @ targets))  # type: ignore[attr-defined]


def _sums_of(data: Dataset, knots: int) -> tuple[Ground, KnotFeatures, Sums]:
    key = ("sufficient statistics", knots)
    if key not in data.memo:
        ground = Ground.of(data, needs_size=False, knots=knots, tasks=("classification", "regression"))
        features = KnotFeatures(ground.encoder)
        data.memo[key] = (ground, features, sums_of(features.rows(data), targets_of(ground, data)))
    return cast("tuple[Ground, KnotFeatures, Sums]", data.memo[key])


def targets_of(ground: Ground, data: Dataset) -> Block:
    """Shape (rows, outputs), each row at most 1 long: ±1, or ±1 per class over their length, or the number in ±1."""
    target = ground.target(data)
    if not ground.classes:
        return np.asarray(2 * target - 1, dtype=np.float64)[:, None]
    if len(ground.classes) == 2:
        return np.asarray(2.0 * target - 1)[:, None]
    one = np.eye(len(ground.classes))[target.astype(np.int64)]
    return (2 * one - 1) / math.sqrt(len(ground.classes))


def solve(sums: Sums, noise: float, ridge: float, rng: np.random.Generator) -> Block:
    """Weights from the noisy sums. Off the diagonal the products count twice in the length, so they get noise/√2."""
    d = len(sums.products)
    upper = np.triu(rng.standard_normal((d, d)), 1) / math.sqrt(2)
    products = sums.products + noise * (upper + upper.T + np.diag(rng.standard_normal(d)))
    targets = sums.targets + noise * rng.standard_normal(sums.targets.shape)
    pull = max(ridge * noise * math.sqrt(2 * d), 1e-9)
    try:
        cho_factor(products + pull / 2 * np.eye(d))
        return np.asarray(cho_solve(cho_factor(products + pull * np.eye(d)), targets))
    except LinAlgError:
        values, vectors = eigh(products)
        return np.asarray(vectors @ ((vectors.T @ targets) / (np.maximum(values, 0.0) + pull)[:, None]))
