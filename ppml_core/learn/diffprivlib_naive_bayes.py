"""IBM diffprivlib's Gaussian naive Bayes: noisy counts, means and variances per class, pure epsilon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.accounting.budget_settings import epsilon_setting
from ppml_core.data.dataset import Dataset
from ppml_core.evidence import Guarantee
from ppml_core.learn.base import Fitted, Learner
from ppml_core.learn.deadline import fit_in_time
from ppml_core.learn.models import LibraryModel, imported, seed_of, watched, with_one_of_each
from ppml_core.learn.promise import Ground
from ppml_core.learn.target import encode_target

CLASSES_TOUCHED = 2


@dataclass(frozen=True)
class DiffprivlibNaiveBayes(Learner):
    """Gaussian naive Bayes from noisy counts, means and variances of every class: pure ε under replacing one record.

    The number of rows is public here, and all features lie in [0, 1] by public bounds. A person replaced by one of
    another class changes the statistics of both classes, so diffprivlib 0.6.6, which accounts for one, is given half
    of ε. The budget is shared between all features: with many of them little is left for each. A made-up row of zeros
    of each class always takes part. Vaidya et al. 2013.
    """

    title: ClassVar[str] = "diffprivlib naive Bayes"
    version: ClassVar[int] = 2
    private: ClassVar[bool] = True

    epsilon: float = epsilon_setting()

    def fit(self, data: Dataset, rng: np.random.Generator) -> Fitted:
        library = imported("diffprivlib.models")
        with watched() as watch:
            ground = Ground.of(data, needs_size=False)
            y = encode_target(data, ground.classes)
            model = library.GaussianNB(
                epsilon=self.epsilon / CLASSES_TOUCHED, bounds=(0.0, 1.0), random_state=seed_of(rng)
            )
            fit_in_time(model, *with_one_of_each(ground.encoder.encode(data), y, len(ground.classes)))
        return LibraryModel(
            model,
            ground.encoder,
            classes=ground.classes,
            guarantee=ground.promised(Guarantee(self.epsilon, 0.0, "replace_one")),
            guarantee_note=ground.doubt,
            warnings=ground.encoder.notes + watch.warnings,
            seconds=watch.seconds,
            form="dense",
        )
