"""IBM diffprivlib's random forest: trees with random splits on disjoint parts of the people, pure epsilon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.accounting.budget_settings import epsilon_setting
from ppml_core.data.dataset import Dataset
from ppml_core.learn.base import Fitted, Learner
from ppml_core.learn.diffprivlib_trees import fit_library_tree
from ppml_core.settings import setting


@dataclass(frozen=True)
class DiffprivlibRandomForest(Learner):
    """Trees with random splits on disjoint parts of the people, private labels in the leaves: pure ε, replace-one.

    The number of people, by which they are dealt to the trees, is public here, and a replaced record stays in its tree.
    On one-hot columns random splits seldom part people: on Adult it names the majority at every ε. Fletcher, Islam
    2017, "Differentially private random decision forests using smooth sensitivity".
    """

    title: ClassVar[str] = "diffprivlib random forest"
    private: ClassVar[bool] = True

    epsilon: float = epsilon_setting()
    n_estimators: int = setting(10, 1, 200, slider=(1, 50), help="trees; each learns from its own part of the people")
    max_depth: int = setting(5, 1, 20, slider=(1, 12), help="splits from the root to a leaf, at most")

    def fit(self, data: Dataset, rng: np.random.Generator) -> Fitted:
        return fit_library_tree(
            "RandomForestClassifier",
            data,
            rng,
            self.epsilon,
            n_estimators=self.n_estimators,
            max_depth=self.max_depth,
            shuffle=True,
        )
