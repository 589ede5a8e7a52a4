"""IBM diffprivlib's decision tree: random splits, private labels in the leaves, pure epsilon."""

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
class DiffprivlibDecisionTree(Learner):
    """A tree with random splits whose leaves name a class chosen privately: pure ε under replacing one record.

    On one-hot columns random splits seldom part people: on Adult it names the majority at every ε. Fletcher, Islam
    2017, "Differentially private random decision forests using smooth sensitivity".
    """

    title: ClassVar[str] = "diffprivlib decision tree"
    private: ClassVar[bool] = True

    epsilon: float = epsilon_setting()
    max_depth: int = setting(5, 1, 20, slider=(1, 12), help="splits from the root to a leaf, at most")

    def fit(self, data: Dataset, rng: np.random.Generator) -> Fitted:
        return fit_library_tree("DecisionTreeClassifier", data, rng, self.epsilon, max_depth=self.max_depth)
