"""Logistic regression whose finished weights get noise: the simplest private training, for comparison."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

from ppml_core.accounting.budget_settings import epsilon_setting
from ppml_core.data.dataset import Dataset
from ppml_core.errors import NotApplicable
from ppml_core.evidence import Guarantee
from ppml_core.learn.base import Fitted, Learner
from ppml_core.learn.descent import LinearModel
from ppml_core.learn.dp_gd import KnotFeatures
from ppml_core.learn.promise import Ground
from ppml_core.settings import setting

Vector = npt.NDArray[np.float64]

TOLERANCE = 1e-7


@dataclass(frozen=True)
class OutputPerturbation(Learner):
    """Logistic regression, then noise on its weights: pure ε under replacing one record, the number of rows public.

    With rows at most 1 long and a ridge of `ridge` per person, replacing a person moves the exact minimum by
    2 / (rows · ridge) at most (Euclidean); the solver stops at a gradient of 1e-7 at most, which adds 2 · 1e-7 / ridge.
    The noise's length is Gamma distributed with as many degrees as weights. Two classes. Chaudhuri, Monteleoni,
    Sarwate 2011, algorithm 1. For comparison: noise grows with the number of weights, and descent does far better.
    The same paper's objective perturbation stands in a file of that name.
    """

    title: ClassVar[str] = "Output perturbation"
    private: ClassVar[bool] = True

    epsilon: float = epsilon_setting()
    ridge: float = setting(
        1e-3,
        1e-6,
        10.0,
        slider=(1e-4, 1.0),
        log=True,
        help="strength of the ridge per person; more needs less noise",
    )
    knots: int = setting(
        1, 1, 64, slider=(1, 32), help="bends of the curve that each numeric column contributes; 1 is a straight line"
    )

    def fit(self, data: Dataset, rng: np.random.Generator) -> Fitted:
        start = time.perf_counter()
        ground = Ground.of(data, needs_size=False, knots=self.knots)
        if len(ground.classes) != 2:
            raise NotApplicable("output perturbation is offered for two classes.")
        features = KnotFeatures(ground.encoder)
        exact = minimum(features.rows(data), ground.target(data), self.ridge)
        moved = sensitivity(len(data), self.ridge)
        return LinearModel(
            weights=(exact + spherical(len(exact), moved / self.epsilon, rng))[:, None],
            features=features,
            ground=ground,
            classes=ground.classes,
            guarantee=ground.promised(Guarantee(self.epsilon, 0.0, "replace_one")),
            guarantee_note=ground.doubt,
            warnings=ground.encoder.notes,
            noise=(("mechanism", "spherical Laplace"), ("sensitivity", moved), ("scale", moved / self.epsilon)),
            seconds=time.perf_counter() - start,
        )


def sensitivity(rows: int, ridge: float) -> float:
    """How far the found weights may move when one of so many people is replaced."""
    return 2 / (rows * ridge) + 2 * TOLERANCE / ridge


def minimum(X: Any, target: npt.NDArray[Any], ridge: float) -> Vector:
    """Weights of the least mean log loss plus ridge/2 |w|², up to TOLERANCE. Raises NotApplicable if not reached."""
    rows = X.shape[0]

    def loss(w: Vector) -> tuple[float, Vector]:
        z = np.asarray(X @ w)
        gradient = np.asarray(X.T @ (expit(z) - target)) / rows + ridge * w
        return float((np.logaddexp(0, z) - target * z).mean() + ridge / 2 * (w @ w)), gradient

    def curve(w: Vector, v: Vector) -> Vector:
        p = expit(np.asarray(X @ w))
        return np.asarray(X.T @ (p * (1 - p) * np.asarray(X @ v)) / rows + ridge * v, dtype=np.float64)

    found = minimize(
        loss, np.zeros(X.shape[1]), jac=True, hessp=curve, method="trust-ncg", options={"gtol": TOLERANCE / 10}
    )
    weights: Vector = np.asarray(found.x)
    if math.hypot(*loss(weights)[1]) > TOLERANCE:
        raise NotApplicable("the minimum was not reached closely enough for its guarantee; choose a larger ridge.")
    return weights


def spherical(length: int, scale: float, rng: np.random.Generator) -> Vector:
    """A vector of density exp(-|b| / scale): any direction, a Gamma distributed length."""
    direction = rng.standard_normal(length)
    return np.asarray(direction / np.linalg.norm(direction) * rng.gamma(length, scale))
