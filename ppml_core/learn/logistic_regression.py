"""Logistic regression without privacy: the plain model that a private one is compared with."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ppml_core.data.dataset import Dataset
from ppml_core.errors import NotApplicable
from ppml_core.learn.base import Fitted, Learner, Masks
from ppml_core.learn.encoding import Encoder
from ppml_core.learn.logistic_subsets import Block, Parts
from ppml_core.learn.models import LibraryModel, calibrating, require_all_classes, seed_of, watched
from ppml_core.learn.target import encode_target, target_classes, target_of
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
    calibrated: str | None = setting(
        None,
        choices=("sigmoid", "isotonic"),
        help="probabilities calibrated by cross-validation within the training part; none leaves them as they are",
    )

    def fit(self, data: Dataset, rng: np.random.Generator) -> Fitted:
        from sklearn.linear_model import LogisticRegression as Model

        encoder, classes = Encoder.reading(data, self.knots), target_classes(data.schema, data)
        y = encode_target(data, classes)
        require_all_classes(y, classes, 2)
        X = encoder.encode_sparse(data)
        with watched() as watch:
            weight = None if self.class_weight == "none" else self.class_weight
            model = Model(C=self.C, max_iter=self.max_iter, class_weight=weight, random_state=seed_of(rng))
            model = calibrating(model, self.calibrated, y).fit(X, y)
        return LibraryModel(
            model, encoder, classes=classes, warnings=encoder.notes + watch.warnings, seconds=watch.seconds
        )

    def fit_subsets(self, data: Dataset, masks: Masks, rngs: Sequence[np.random.Generator]) -> list[Fitted]:
        """Side by side where two classes and all features are declared, else one by one.

        Side by side ends nearer to the exact minimum than scikit-learn's solver does, which stops up to .2 away from it
        in somebody's log-odds (5,000 people of Adult); a part for which it is not reached is fitted by itself.
        """
        together = self._declared(data)
        if together is None:
            return super().fit_subsets(data, masks, rngs)
        encoder, classes = together
        y = encode_target(data, classes)
        for mask in masks:
            require_all_classes(y[mask], classes, 2)
        start = time.perf_counter()
        key = (self, "parts")
        if key not in data.memo:
            data.memo[key] = Parts(encoder.encode_sparse(data), y, self.C)
        found = list(data.memo[key].minima(masks))
        share = (time.perf_counter() - start) / max(len(masks), 1)
        return [
            self.fit(data.take(np.flatnonzero(mask)), rng)
            if weights is None
            else LibraryModel(self._model_of(weights), encoder, classes=classes, warnings=encoder.notes, seconds=share)
            for mask, rng, weights in zip(masks, rngs, found, strict=True)
        ]

    def _declared(self, data: Dataset) -> tuple[Encoder, tuple[str, ...]] | None:
        """Features and the two classes, where no part of the table could tell of others."""
        not_plain = self.class_weight != "none" or self.calibrated is not None
        if not_plain or data.schema[target_of(data.schema)].categories is None:
            return None
        classes = target_classes(data.schema)
        try:
            encoder = Encoder.of(data.schema, self.knots, data.published)
        except NotApplicable:
            return None
        return (encoder, classes) if len(classes) == 2 else None

    def _model_of(self, weights: Block) -> Any:
        from sklearn.linear_model import LogisticRegression as Model

        model = Model(C=self.C, max_iter=self.max_iter)
        model.classes_, model.n_features_in_ = np.array([0, 1]), len(weights) - 1
        model.coef_, model.intercept_ = weights[None, :-1], weights[-1:]
        return model
