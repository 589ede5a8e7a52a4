"""Logistic regression whose objective gets a random linear term before it is minimized: pure epsilon, own proof."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any, ClassVar, cast

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit

from ppml_core.accounting.budget_settings import epsilon_setting, neighbours_setting
from ppml_core.data.dataset import Dataset
from ppml_core.errors import NotApplicable
from ppml_core.evidence import Guarantee, Neighbours
from ppml_core.learn.base import Fitted, Learner
from ppml_core.learn.descent import LinearModel
from ppml_core.learn.dp_gd import KnotFeatures
from ppml_core.learn.output_perturbation import spherical
from ppml_core.learn.promise import Ground
from ppml_core.settings import setting

Vector = npt.NDArray[np.float64]

CURVATURE = 0.25
TOLERANCE = 1e-6
STOPPING_SHARE = 1e-3
MOST_STEPS = 200


@dataclass(frozen=True)
class Perturbation:
    """What a budget buys: the ridge on the whole sum, the scale of the linear term, and of the noise on the weights.

    `moved` is how far one person moves the linear term that leads to given weights: 1 who comes or goes, 2 replaced.
    """

    ridge: float
    scale: float
    stopping_scale: float

    @classmethod
    def of(cls, epsilon: float, ridge: float, moved: float) -> Perturbation:
        """At least `ridge`, and as much more as keeps the curvature's part within half of the budget.

        >>> found = Perturbation.of(1.0, 100.0, 1.0)
        >>> round(found.scale, 3)
        1.004
        """
        stopping = STOPPING_SHARE * epsilon
        ridge = max(ridge, CURVATURE / math.expm1((epsilon - stopping) / 2))
        spent = math.log1p(CURVATURE / ridge)
        return cls(ridge, moved / (epsilon - stopping - spent), 2 * TOLERANCE / ridge / stopping)


@dataclass(frozen=True)
class ObjectivePerturbation(Learner):
    """Logistic regression of a randomly tilted objective: the exact minimum of sum + ridge + tilt, pure ε.

    The tilt b has density exp(-|b| / scale). Weights w are the minimum for exactly one b, so one person changes their
    density by two factors: exp(1/scale), for a gradient is at most as long as the row, which is 1 (2 where a person is
    replaced); and 1 + (1/4)/ridge, for the curvature of one row is a matrix of rank one, at most 1/4 (the determinant
    lemma; the paper's square of it is not needed). Chaudhuri, Monteleoni, Sarwate 2011, algorithm 2 and theorem 9;
    Kifer, Smith, Thakurta 2012, theorem 2. The ridge counts the public expected_rows, never the private number.

    The proof speaks of the exact minimum. Newton's method stops where the gradient is at most 1e-6, so within 1e-6 /
    ridge of it whatever the rows; noise on the weights that covers this distance gets 1/1000 of ε. Several classes:
    one against the rest, ε shared between them. For comparison: descent does better.
    """

    title: ClassVar[str] = "Objective perturbation"
    private: ClassVar[bool] = True

    epsilon: float = epsilon_setting()
    ridge: float = setting(
        1e-4, 1e-6, 10.0, slider=(1e-5, 1.0), log=True,
        help="strength of the ridge per expected person; where the budget is small, more is used than is asked",
    )  # fmt: skip
    knots: int = setting(
        1, 1, 64, slider=(1, 32), help="bends of the curve that each numeric column contributes; 1 is a straight line"
    )
    neighbours: str = neighbours_setting()

    def fit(self, data: Dataset, rng: np.random.Generator) -> Fitted:
        start = time.perf_counter()
        ground = Ground.of(data, needs_size=True, knots=self.knots)
        features = KnotFeatures(ground.encoder)
        X, target = features.rows(data), ground.target(data)
        positives = range(len(ground.classes)) if len(ground.classes) > 2 else (1,)
        moved = 2.0 if self.neighbours == "replace_one" else 1.0
        spent = Perturbation.of(self.epsilon / len(positives), self.ridge * ground.rows, moved)
        columns = [self._weights(X, target == place, spent, rng) for place in positives]
        return LinearModel(
            weights=np.column_stack(columns),
            features=features,
            ground=ground,
            classes=ground.classes,
            guarantee=ground.promised(Guarantee(self.epsilon, 0.0, cast(Neighbours, self.neighbours))),
            guarantee_note=ground.doubt,
            warnings=ground.encoder.notes,
            noise=(
                ("mechanism", "objective perturbation"), ("scale", spent.scale), ("ridge", spent.ridge),
                ("stopping_scale", spent.stopping_scale),
            ),
            seconds=time.perf_counter() - start,
        )  # fmt: skip

    @staticmethod
    def _weights(X: Any, positive: npt.NDArray[np.bool_], spent: Perturbation, rng: np.random.Generator) -> Vector:
        tilt = spherical(X.shape[1], spent.scale, rng)
        found = tilted_minimum(X, positive.astype(np.float64), spent.ridge, tilt)
        return found + spherical(len(found), spent.stopping_scale, rng)


def tilted_minimum(X: Any, target: Vector, ridge: float, tilt: Vector) -> Vector:
    """Weights of the least summed log loss + ridge/2 |w|² + tilt·w, where the gradient is at most TOLERANCE long.

    Damped Newton steps, which reach it from anywhere: the objective is smooth and strongly convex. Raises NotApplicable
    where rounding keeps it from there.
    """
    w = np.zeros(X.shape[1])
    value, slope = _objective(X, target, ridge, tilt, w)
    for _ in range(MOST_STEPS):
        if np.linalg.norm(slope) <= TOLERANCE:
            return w
        p = expit(np.asarray(X @ w))
        curvature = np.asarray((X.T @ X.multiply((p * (1 - p))[:, None])).toarray()) + ridge * np.eye(len(w))
        step = np.asarray(cho_solve(cho_factor(curvature), slope))
        length = 1.0
        while length > 1e-12:
            there = _objective(X, target, ridge, tilt, w - length * step)
            lower = there[0] <= value - 0.1 * length * float(slope @ step)
            if lower or np.linalg.norm(there[1]) < 0.5 * np.linalg.norm(slope):
                break
            length /= 2
        w, (value, slope) = w - length * step, there
    raise NotApplicable("the minimum was not reached closely enough for its guarantee; choose a larger ridge.")


def _objective(X: Any, target: Vector, ridge: float, tilt: Vector, w: Vector) -> tuple[float, Vector]:
    z = np.asarray(X @ w)
    value = float((np.logaddexp(0, z) - target * z).sum() + ridge / 2 * (w @ w) + tilt @ w)
    return value, np.asarray(X.T @ (expit(z) - target)) + ridge * w + tilt
