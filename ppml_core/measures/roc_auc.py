"""Area under the ROC curve, with DeLong's error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from scipy.stats import rankdata

from ppml_core.errors import NotApplicable
from ppml_core.evidence import SHARE
from ppml_core.measures.base import Array, Measure, Score


@dataclass(frozen=True)
class RocAuc(Measure):
    """Chance that a person of a class scores above one who is not; several classes: the mean of one against the rest.

    Ties count half. The error is DeLong, DeLong & Clarke-Pearson 1988 in its influence form. Classes that no test
    person has are left out; raises NotApplicable where fewer than two occur.

    >>> RocAuc().score(np.array([0, 0, 1, 1]), np.array([[0.9, 0.1], [0.6, 0.4], [0.65, 0.35], [0.2, 0.8]])).value
    0.75
    """

    title: ClassVar[str] = "ROC AUC"
    task: ClassVar[Literal["classification", "regression"]] = "classification"
    unit: ClassVar[str] = "probability"
    accepts: ClassVar[tuple[float, float]] = SHARE
    also: ClassVar[tuple[str, ...]] = ("auc",)

    def score(self, truth: Any, scores: Array) -> Score:
        present = [label for label in range(scores.shape[1]) if 0 < (truth == label).sum() < len(truth)]
        if not present:
            raise NotApplicable("ROC AUC needs people of at least two classes in the test part.")
        ranked = present[-1:] if scores.shape[1] == 2 else present
        pairs = [_auc_and_influence(truth == label, scores[:, label]) for label in ranked]
        return Score.of_influence(
            float(np.mean([value for value, _ in pairs])), np.mean([influence for _, influence in pairs], axis=0)
        )


def _auc_and_influence(inside: Any, scores: Array) -> tuple[float, Array]:
    members, others = inside.sum(), (~inside).sum()
    ranks = rankdata(scores)
    beaten = np.empty(len(scores))
    beaten[inside] = (ranks[inside] - rankdata(scores[inside])) / others
    beaten[~inside] = 1 - (ranks[~inside] - rankdata(scores[~inside])) / members
    value = float(beaten[inside].mean())
    share = np.where(inside, members, others) / len(scores)
    return value, (beaten - value) / share
