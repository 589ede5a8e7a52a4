"""Random forest without privacy: accurate, and apt to remember the people it was trained on."""

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
class RandomForest(Learner):
    """Votes of trees grown on resampled people and columns, by scikit-learn (Breiman 2001); trees unlimited by default.

    Unlimited trees end in leaves of single people, which a membership attack reads.
    """

    title: ClassVar[str] = "Random forest"
    tasks: ClassVar[tuple[Task, ...]] = ("classification", "regression")

    n_estimators: int = setting(100, 1, 5000, slider=(10, 500), help="trees in the forest", unit="trees")
    max_depth: int | None = setting(None, 1, 1000, slider=(1, 40), help="most splits above a leaf; none is unlimited")
    min_samples_leaf: int = setting(1, 1, None, slider=(1, 100), help="fewest people in a leaf", unit="people")
    class_weight: str = setting(
        "none", choices=("none", "balanced"), help="whether rare classes count as much as frequent ones in the training"
    )
    calibrated: str | None = setting(
        None,
        choices=("sigmoid", "isotonic"),
        help="probabilities calibrated by cross-validation within the training part; none leaves them as they are",
    )

    def fit(self, data: Dataset, rng: np.random.Generator) -> Fitted:
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        settings = self.values() | {"random_state": seed_of(rng)}
        weight, calibrated = settings.pop("class_weight"), settings.pop("calibrated")
        classifier = RandomForestClassifier(class_weight=None if weight == "none" else weight, **settings)
        return fit_trees(classifier, RandomForestRegressor(**settings), data, "columns", calibrated)
