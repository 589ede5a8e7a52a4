"""Linear regression without privacy, for a target that is a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.data.dataset import Dataset
from ppml_core.learn.base import Fitted, Learner, Task
from ppml_core.learn.encoding import Encoder
from ppml_core.learn.models import LibraryModel, watched
from ppml_core.learn.target import target_numbers
from ppml_core.settings import setting


@dataclass(frozen=True)
class LinearRegression(Learner):
    """Least squares with a ridge penalty, by scikit-learn; one-hot columns add up to one, so some penalty is needed."""

    title: ClassVar[str] = "Linear regression"
    tasks: ClassVar[tuple[Task, ...]] = ("regression",)

    alpha: float = setting(1.0, 1e-9, 1e9, slider=(0.001, 100.0), log=True, help="strength of the ridge penalty")
    knots: int = setting(
        8, 1, 64, slider=(1, 32), help="bends of the curve that each numeric column contributes; 1 is a straight line"
    )

    def fit(self, data: Dataset, rng: np.random.Generator) -> Fitted:
        from sklearn.linear_model import Ridge

        y = target_numbers(data)
        encoder = Encoder.reading(data, self.knots)
        X = encoder.encode(data)
        with watched() as watch:
            model = Ridge(alpha=self.alpha).fit(X, y)
        return LibraryModel(
            model, encoder, warnings=encoder.notes + watch.warnings, seconds=watch.seconds, form="dense"
        )
