"""The answer under a moving slider: a few models from noisy sums, trained and measured in milliseconds."""

from __future__ import annotations

from typing import cast

import numpy as np

from ppml_core.catalog import method
from ppml_core.data.dataset import Dataset
from ppml_core.evidence import Estimate
from ppml_core.experiment.prepare import parts, truth_of
from ppml_core.experiment.results import estimate_of
from ppml_core.learn.dp_sufficient_statistics import DPSufficientStatistics, NoisyLeastSquares
from ppml_core.measures.base import Measure

SEEDS = 10


def quick_look(data: Dataset, epsilon: float, delta: float | None, measure: str, seed: int = 1) -> Estimate | None:
    """The measure of DP sufficient statistics at that budget on the scenario's test people; None where undefined.

    The same question gets the same noise. Raises what the learner raises.
    """
    train, test = parts(data, seed)
    learner = DPSufficientStatistics(epsilon=epsilon, delta=delta)
    rngs = [np.random.default_rng([seed, run]) for run in range(SEEDS)]
    models = [cast(NoisyLeastSquares, model) for model in learner.fit_many([learner] * SEEDS, train, rngs)]
    key = ("rows of a quick look", models[0].features)
    if key not in test.memo:
        test.memo[key] = models[0].features.rows(test)
    stacked = np.hstack([model.weights for model in models])
    scores = np.split(np.asarray(test.memo[key] @ stacked), SEEDS, axis=1)
    scorer, truth = method(Measure, measure)(), truth_of(test)
    found = [scorer.score(truth, model.answers(score)) for model, score in zip(models, scores, strict=True)]
    return estimate_of([score.value for score in found], [score.std_error for score in found])
