"""Histogram gradient boosting without privacy: the most accurate plain model here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.data.dataset import Dataset
from ppml_core.learn.base import Fitted, Learner, Task
from ppml_core.learn.models import seed_of
from ppml_core.learn.trees import fit_trees
from ppml_core.settings import setting


@dataclass(frozen=True)
class HistGradientBoosting(Learner):
    """Trees that correct one another on binned columns, by scikit-learn (after Ke et al. 2017, LightGBM)."""

    title: ClassVar[str] = "Gradient boosting"
    tasks: ClassVar[tuple[Task, ...]] = ("classification", "regression")

    learning_rate: float = setting(0.1, 1e-4, 10.0, slider=(0.01, 1.0), log=True, help="share of each correction")
    max_iter: int = setting(100, 1, 10_000, slider=(10, 500), help="trees, one after the other", unit="trees")
    max_leaf_nodes: int = setting(31, 2, 10_000, slider=(2, 127), help="most leaves of a tree")
    class_weight: str = setting(
        "none", choices=("none", "balanced"), help="whether rare classes count as much as frequent ones in the training"
    )
    calibrated: str | None = setting(
        None,
        choices=("sigmoid", "isotonic"),
        help="probabilities calibrated by cross-validation within the training part; none leaves them as they are",
    )

    def fit(self, data: Dataset, rng: np.random.Generator) -> Fitted:
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        settings = self.values() | {"random_state": seed_of(rng)}
        weight, calibrated = settings.pop("class_weight"), settings.pop("calibrated")
        classifier = HistGradientBoostingClassifier(class_weight=None if weight == "none" else weight, **settings)
        return fit_trees(classifier, HistGradientBoostingRegressor(**settings), data, "columns", calibrated)
