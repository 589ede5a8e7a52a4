"""A chain of three private steps: diffprivlib's scaler, principal directions, diffprivlib's logistic regression."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from scipy.special import expit, softmax

from ppml_core.accounting.budget_settings import epsilon_setting
from ppml_core.data.dataset import Dataset
from ppml_core.evidence import Guarantee
from ppml_core.learn.base import Array, Fitted, Learner
from ppml_core.learn.deadline import FIT_SECONDS, fit_in_time, within
from ppml_core.learn.eigenvectors import principal_directions
from ppml_core.learn.encoding import Encoder
from ppml_core.learn.models import imported, seed_of, watched, with_one_of_each
from ppml_core.learn.promise import Ground
from ppml_core.learn.target import encode_target
from ppml_core.settings import setting

Block = npt.NDArray[np.float64]

LEAST_DEVIATION = 0.05


@dataclass(frozen=True)
class DiffprivlibPCALogisticRegression(Learner):
    """Scaling, principal directions and logistic regression, each paid from its own share of ε: pure, replace-one.

    The number of rows is public here and features lie in [0, 1] by public bounds. The scaler tells noisy means and
    variances; a deviation below 0.05 counts as 0.05, and a scaled row longer than the root of the number of columns
    is cut to that length. Directions are drawn by the exponential mechanism (learn.eigenvectors; the library's own
    sampler does not keep its guarantee). The rest of ε goes to the regression on the row's few coordinates. Each step
    sees private rows only through what the steps before it have told, so the three parts of ε add up. A made-up row of
    each class, all zeros, always takes part, so that nobody learns from a refusal which classes occur. Imtiaz, Sarwate
    2016; Amin et al. 2019; Chaudhuri, Monteleoni, Sarwate 2011.
    """

    title: ClassVar[str] = "diffprivlib scaler, PCA and logistic regression"
    private: ClassVar[bool] = True

    epsilon: float = epsilon_setting("privacy budget ε of all three steps")
    scaler_share: float = setting(
        0.2, 0.01, 0.45, slider=(0.05, 0.45), help="part of ε that means and variances get", unit="share"
    )
    pca_share: float = setting(
        0.2, 0.01, 0.45, slider=(0.05, 0.45), help="part of ε that the directions get; the model gets the rest",
        unit="share",
    )  # fmt: skip
    components: int = setting(10, 1, 100, slider=(1, 20), help="principal directions that the model is shown")
    C: float = setting(100.0, 1e-6, 1e6, slider=(1e-2, 1e4), log=True, help="inverse strength of the ridge penalty")

    def fit(self, data: Dataset, rng: np.random.Generator) -> Fitted:
        library = imported("diffprivlib.models")
        parts = self.split()
        with watched() as watch:
            ground = Ground.of(data, needs_size=False)
            y = encode_target(data, ground.classes)
            X = np.asarray(ground.encoder.encode(data), dtype=np.float64)
            scaler = library.StandardScaler(epsilon=parts["scaler"], bounds=(0.0, 1.0), random_state=seed_of(rng))
            fit_in_time(scaler, X)
            centre, width = np.asarray(scaler.mean_), np.maximum(np.sqrt(scaler.var_), LEAST_DEVIATION)
            rows = scaled(X, centre, width)
            directions = within(
                FIT_SECONDS, lambda: principal_directions(rows, self.components, parts["pca"], rng), "the PCA"
            )
            model = library.LogisticRegression(
                epsilon=parts["model"], data_norm=1.0, C=self.C, fit_intercept=False, random_state=seed_of(rng)
            )
            fit_in_time(model, *with_one_of_each(coordinates(rows, directions), y, len(ground.classes)))
        return ProjectedModel(
            centre=centre,
            width=width,
            directions=directions,
            weights=np.asarray(model.coef_, dtype=np.float64).T,
            encoder=ground.encoder,
            classes=ground.classes,
            guarantee=ground.promised(Guarantee(self.epsilon, 0.0, "replace_one")),
            guarantee_note=ground.doubt,
            warnings=ground.encoder.notes + watch.warnings,
            noise=tuple((f"epsilon_of_{step}", part) for step, part in parts.items()),
            seconds=watch.seconds,
        )

    def split(self) -> dict[str, float]:
        """The part of ε that each step gets.

        >>> DiffprivlibPCALogisticRegression(epsilon=2.0, scaler_share=0.25, pca_share=0.25).split()
        {'scaler': 0.5, 'pca': 0.5, 'model': 1.0}
        """
        rest = 1 - self.scaler_share - self.pca_share
        shares = {"scaler": self.scaler_share, "pca": self.pca_share, "model": rest}
        return {step: self.epsilon * share for step, share in shares.items()}


def scaled(X: Block, centre: Block, width: Block) -> Block:
    """Rows in units of the deviations, divided by the root of their number; none is longer than 1."""
    Z = (X - centre) / width / math.sqrt(X.shape[1])
    return np.asarray(Z / np.maximum(1.0, np.linalg.norm(Z, axis=1, keepdims=True)))


def coordinates(rows: Block, directions: Block) -> Block:
    """Rows along the directions, with a constant; a hair shorter than 1, so that the library never cuts one."""
    return np.column_stack([rows @ directions, np.ones(len(rows))]) / (math.sqrt(2) * (1 + 1e-12))


@dataclass
class ProjectedModel(Fitted):
    """What the three steps told: nothing else of the library's objects is kept."""

    centre: Block
    width: Block
    directions: Block
    weights: Block
    encoder: Encoder

    def predict_proba(self, data: Dataset) -> Array:
        rows = scaled(np.asarray(self.encoder.encode(data), dtype=np.float64), self.centre, self.width)
        z: Any = coordinates(rows, self.directions) @ self.weights
        if z.shape[1] == 1:
            return np.column_stack([expit(-z[:, 0]), expit(z[:, 0])])
        return np.asarray(softmax(z, axis=1))
