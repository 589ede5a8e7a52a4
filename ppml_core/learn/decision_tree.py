"""One decision tree without privacy: easy to read, and by default it remembers everybody it was trained on."""

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
class DecisionTree(Learner):
    """Questions about one column at a time until a leaf answers, by scikit-learn (CART, Breiman et al. 1984).

    Without a limit leaves hold people of one class only: the training people are answered with certainty.
    """

    title: ClassVar[str] = "Decision tree"
    tasks: ClassVar[tuple[Task, ...]] = ("classification", "regression")

    max_depth: int | None = setting(None, 1, 1000, slider=(1, 40), help="most splits above a leaf; none is unlimited")
    min_samples_leaf: int = setting(1, 1, None, slider=(1, 100), help="fewest people in a leaf", unit="people")
    class_weight: str = setting(
        "none", choices=("none", "balanced"), help="whether rare classes count as much as frequent ones in the training"
    )

    def fit(self, data: Dataset, rng: np.random.Generator) -> Fitted:
        from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

        settings = self.values() | {"random_state": seed_of(rng)}
        weight = settings.pop("class_weight")
        classifier = DecisionTreeClassifier(class_weight=None if weight == "none" else weight, **settings)
        return fit_trees(classifier, DecisionTreeRegressor(**settings), data, "columns")
