"""What a private model loses, by group of people: paired with a model without privacy on the same test people.

In: test people, predictions of both. Out: per group the private model's error and how much larger it is, with 95 %
intervals over noise seeds and the group's people. Small groups lose more under differential privacy: Bagdasaryan,
Poursaeed, Shmatikov 2019, "Differential privacy has disparate impact on model accuracy".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ppml_core.attacks.who_pays import groups_of, telling_columns
from ppml_core.data.dataset import Dataset
from ppml_core.errors import NotApplicable
from ppml_core.evidence import Estimate
from ppml_core.experiment.results import estimate_of
from ppml_core.learn.base import Array
from ppml_core.learn.target import encode_target, target_classes, target_numbers, target_of, task_of

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class GroupLoss:
    """Test people with `value` in `column` (everybody: both empty), the private model's error and what privacy adds.

    The error is a share of wrong answers, or in a regression the mean absolute error in the target's unit.
    """

    column: str
    value: str
    people: int
    error: Estimate
    lost: Estimate


def group_losses(
    test: Dataset, private: Sequence[Array], plain: Array, columns: Sequence[str] | None = None
) -> tuple[GroupLoss, ...]:
    """Everybody first, then each group of at least 20 test people, the largest loss first.

    `private` holds one array of predictions for each noise seed. Raises NotApplicable without any.
    """
    if not private:
        raise NotApplicable("there is no private model to compare.")
    errors = np.array([_errors(test, scores) for scores in private])
    extra = errors - _errors(test, plain)
    names = [name for name in columns or telling_columns(test) if name != target_of(test.schema)]
    groups = [("", "", np.ones(len(test), dtype=bool)), *(group for name in names for group in groups_of(test, name))]
    everybody, *others = (_loss(column, value, who, errors, extra) for column, value, who in groups)
    return everybody, *sorted(others, key=lambda group: -group.lost.value)


def _loss(column: str, value: str, who: Bools, errors: Array, extra: Array) -> GroupLoss:
    return GroupLoss(column, value, int(who.sum()), _mean(errors[:, who]), _mean(extra[:, who]))


def _mean(values: Array) -> Estimate:
    """Mean over seeds and people; every seed's standard error is over the same people."""
    spread = values.std(axis=1, ddof=1) / np.sqrt(values.shape[1])
    found = estimate_of(values.mean(axis=1), spread)
    assert found is not None
    return found


def _errors(test: Dataset, scores: Array) -> Array:
    if task_of(test.schema) == "regression":
        return np.abs(scores[:, 0] - target_numbers(test))
    return np.asarray(scores.argmax(axis=1) != encode_target(test, target_classes(test.schema)), dtype=np.float64)
