"""IBM diffprivlib's logistic regression: noise added to the objective, pure epsilon."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ppml_core.accounting.budget_settings import epsilon_setting
from ppml_core.data.dataset import Dataset
from ppml_core.evidence import Guarantee
from ppml_core.learn.base import Fitted, Learner
from ppml_core.learn.deadline import fit_in_time
from ppml_core.learn.encoding import Encoder
from ppml_core.learn.models import LibraryModel, imported, seed_of, watched, with_one_of_each
from ppml_core.learn.promise import Ground
from ppml_core.learn.target import encode_target
from ppml_core.settings import setting


@dataclass(frozen=True)
class DiffprivlibLogisticRegression(Learner):
    """Logistic regression whose objective is perturbed by a random linear term: pure ε under replacing one record.

    The number of rows is public here; for several classes ε is shared between one-against-the-rest fits. Rows,
    with a constant as their last feature, are divided by the longest that public knowledge allows. On rows of norm 1
    two faults of diffprivlib 0.6.6 have no effect: it multiplies the curvature by the norm instead of its square, and
    it leaves an intercept of its own unregularized, which the proof does not allow. The proof speaks of the exact
    minimum; the solver stops near it and says so in `warnings`. How many steps it took is read off private rows without
    noise and is not kept. A made-up row of zeros of each class always takes part. Chaudhuri, Monteleoni, Sarwate 2011,
    algorithm 2.
    """

    title: ClassVar[str] = "diffprivlib logistic regression"
    version: ClassVar[int] = 2
    private: ClassVar[bool] = True

    epsilon: float = epsilon_setting()
    C: float = setting(1.0, 1e-6, 1e6, slider=(1e-3, 1e3), log=True, help="inverse strength of the ridge penalty")
    max_iter: int = setting(100, 1, 100_000, slider=(50, 2000), help="most iterations of the solver")
    knots: int = setting(
        8, 1, 64, slider=(1, 32), help="bends of the curve that each numeric column contributes; 1 is a straight line"
    )

    def fit(self, data: Dataset, rng: np.random.Generator) -> Fitted:
        library = imported("diffprivlib.models")
        with watched() as watch:
            ground = Ground.of(data, needs_size=False, knots=self.knots)
            y = encode_target(data, ground.classes)
            model = library.LogisticRegression(
                epsilon=self.epsilon,
                data_norm=1.0,
                C=self.C,
                fit_intercept=False,
                max_iter=self.max_iter,
                random_state=seed_of(rng),
            )
            rows = _unit_rows(ground.encoder, ground.encoder.encode(data))
            fit_in_time(model, *with_one_of_each(rows, y, len(ground.classes)))
            del model.n_iter_
        return LibraryModel(
            _OnUnitRows(model, ground.encoder),
            ground.encoder,
            classes=ground.classes,
            guarantee=ground.promised(Guarantee(self.epsilon, 0.0, "replace_one")),
            guarantee_note=ground.doubt,
            warnings=ground.encoder.notes + watch.warnings,
            seconds=watch.seconds,
            form="dense",
        )


@dataclass(frozen=True)
class _OnUnitRows:
    """The library's model, asked about encoded rows."""

    model: Any
    encoder: Encoder

    @property
    def classes_(self) -> npt.NDArray[np.int64]:
        return np.asarray(self.model.classes_)

    def predict_proba(self, X: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.asarray(self.model.predict_proba(_unit_rows(self.encoder, X)))


def _unit_rows(encoder: Encoder, X: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
    """Rows with a constant, none longer than 1; a hair shorter, so that rounding never makes the library clip one."""
    longest = math.hypot(encoder.row_norm, 1.0) * (1 + 1e-12)
    return np.column_stack([X, np.ones(len(X))]) / longest
