"""Quantile regression: how sure would the model be of people like this one, had it never seen them?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ppml_core.attacks.membership.base import MembershipAttack
from ppml_core.attacks.membership.evidence import Evidence, Vector, logits
from ppml_core.attacks.rates import Scores
from ppml_core.data.dataset import Dataset
from ppml_core.errors import NotApplicable
from ppml_core.learn.encoding import Encoder
from ppml_core.learn.models import seed_of, watched

MARGIN = 1e-6
LEAST_PUBLIC = 100
LEAST_SPREAD = 1e-3
FOLDS = 3


@dataclass(frozen=True)
class Quantile(MembershipAttack):
    """Quantile of a person's logit among non-members like them, by a normal distribution regressed on their columns.

    Bertran, Tang, Kearns, Morgenstern, Roth, Wu 2023, with a mean and a spread for each person (their section 4.1) by
    boosted trees. It trains no shadow model: it asks the attacked one about people who are known not to be members.
    """

    title: ClassVar[str] = "Quantile regression"
    fewest_public: ClassVar[int] = LEAST_PUBLIC
    needs_training: ClassVar[bool] = True

    def scores(self, evidence: Evidence, rng: np.random.Generator) -> Scores:
        if evidence.public is None or evidence.public_said is None or evidence.public_truth is None:
            raise NotApplicable("quantile regression needs people who are known not to be members: ask about fewer.")
        encoder = Encoder.reading(evidence.public)
        known = _columns(encoder, evidence.public, evidence.public_truth)
        asked = _columns(encoder, evidence.people, evidence.truth)
        public = Evidence(evidence.public, evidence.public_truth, evidence.public_said, evidence.shadows)
        with watched():
            mean, spread = _normal(known, logits(public.confidence, MARGIN), asked, seed_of(rng))
        return (logits(evidence.confidence, MARGIN) - mean) / spread


def _columns(encoder: Encoder, people: Dataset, truth: npt.NDArray[Any]) -> Vector:
    return np.column_stack([encoder.encode_columns(people), truth])


def _normal(known: Vector, values: Vector, asked: Vector, seed: int) -> tuple[Vector, Vector]:
    """Mean and spread for each person asked about; residuals come from folds that did not see them."""
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.model_selection import cross_val_predict

    model = HistGradientBoostingRegressor(max_iter=60, max_leaf_nodes=15, min_samples_leaf=40, random_state=seed)
    residuals = np.abs(values - cross_val_predict(model, known, values, cv=FOLDS))
    mean = model.fit(known, values).predict(asked)
    spread = model.fit(known, residuals).predict(asked) * np.sqrt(np.pi / 2)
    return np.asarray(mean), np.maximum(spread, LEAST_SPREAD)
