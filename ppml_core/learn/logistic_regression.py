"""Logistic regression without privacy: the plain model that a private one is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.data.dataset import Dataset
from ppml_core.learn.base import Fitted, Learner
from ppml_core.learn.encoding import Encoder
from ppml_core.learn.models import LibraryModel, require_all_classes, seed_of, watched
from ppml_core.learn.target import encode_target, target_classes
from ppml_core.settings import setting


@dataclass(frozen=True)
class LogisticRegression(Learner):
    """Linear log-odds of each class, by scikit-learn, with a ridge penalty of 1/C.

    On the same features as DP gradient descent, so that the gap between the two is what privacy costs.
    """

    title: ClassVar[str] = "Logistic regression"

    C: float = setting(1.0, 1e-6, 1e6, slider=(0.001, 100.0), log=True, help="inverse strength of the ridge penalty")
    max_iter: int = setting(1000, 1, 100_000, slider=(100, 2000), help="most steps of the solver (L-BFGS)")
    knots: int = setting(
        8, 1, 64, slider=(1, 32), help="bends of the curve that each numeric column contributes; 1 is a straight line"
    )
    class_weight: str = setting(
        "none", choices=("none", "balanced"), help="whether rare classes count as much as frequent ones in the training"
    )

    def fit(self, data: Dataset, rng: np.random.Generator) -> Fitted:
        from sklearn.linear_model import LogisticRegression as Model

        encoder, classes = Encoder.reading(data, self.knots), target_classes(data.schema, data)
        y = encode_target(data, classes)
        require_all_classes(y, classes, 2)
        X = encoder.encode_sparse(data)
        with watched() as watch:
            weight = None if self.class_weight == "none" else self.class_weight
            model = Model(C=self.C, max_iter=self.max_iter, class_weight=weight, random_state=seed_of(rng)).fit(X, y)
        return LibraryModel(model, encoder, classes, warnings=encoder.notes + watch.warnings, seconds=watch.seconds)
