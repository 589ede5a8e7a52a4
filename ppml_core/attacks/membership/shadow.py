"""Shadow training: a classifier learns from shadow models what answers about members look like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ppml_core.attacks.membership.base import MembershipAttack
from ppml_core.attacks.membership.evidence import Evidence, confidences, logits
from ppml_core.attacks.rates import Scores
from ppml_core.learn.base import Array
from ppml_core.learn.models import seed_of, watched
from ppml_core.settings import setting

MARGIN = 1e-6


@dataclass(frozen=True)
class Shadow(MembershipAttack):
    """Chance of membership by a classifier trained on shadow models' answers about their members and others.

    Shokri, Stronati, Song, Shmatikov 2017, with one boosted classifier that sees the true class instead of one network
    for each class. It knows what members' answers look like on average, not what is usual for one person.
    """

    title: ClassVar[str] = "Shadow training"
    fewest_shadows: ClassVar[int] = 2
    needs_training: ClassVar[bool] = True

    examples: int = setting(
        50_000, 100, 10_000_000, slider=(1_000, 200_000), log=True,
        help="most answers of shadow models that the classifier is trained on", unit="answers",
    )  # fmt: skip

    def scores(self, evidence: Evidence, rng: np.random.Generator) -> Scores:
        from sklearn.ensemble import HistGradientBoostingClassifier

        shadows, used = evidence.shadows, np.array(evidence.shadows_in_use)
        people = len(evidence.truth)
        drawn = rng.choice(len(used) * people, min(self.examples, len(used) * people), replace=False)
        model, person = used[drawn // people], drawn % people
        X = _features(shadows.said[model, person], evidence.truth[person])
        with watched():
            classifier = HistGradientBoostingClassifier(max_iter=60, random_state=seed_of(rng), early_stopping=False)
            classifier.fit(X, shadows.inside[model, person])
            found = classifier.predict_proba(_features(evidence.said, evidence.truth))
        return np.asarray(found[:, 1], dtype=np.float64)


def _features(said: Array, truth: npt.NDArray[Any]) -> Array:
    """The answer, the confidence in the truth, and the truth, shape (people, classes + 2)."""
    if said.shape[1] == 1:
        return np.column_stack([said, confidences(said, truth), truth])
    return np.column_stack([logits(said, MARGIN), logits(confidences(said, truth), MARGIN), truth])
