"""A model's answers under each restriction, attacked for a page: membership, labels alone, and a copy of the model.

In: a scenario's road to a model, a table, restrictions. Out: one `RestrictedFound` for each, all of the same model and
the same people; what an attack cannot do here is a gap with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from ppml_core.attacks.base import Trainer
from ppml_core.attacks.membership.loss import Loss
from ppml_core.catalog import methods
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput, NotApplicable, Unreachable
from ppml_core.evidence import Estimate
from ppml_core.experiment.attacked import road
from ppml_core.experiment.prediction_desk import extraction_of, label_only_of, membership_of
from ppml_core.experiment.scenario import Scenario
from ppml_core.learn.base import Fitted
from ppml_core.learn.target import task_of
from ppml_core.queries.predictions import PredictionDesk
from ppml_core.queries.restrictions.base import Restriction

MEMBERS = 500
ASKED = 1_000
JUDGED = 1_000
SHADOWS = 2
COPIES = 10

T = TypeVar("T")


@dataclass(frozen=True)
class RestrictedFound:
    """What was found behind a restriction (None: none). A number is None where its attack could not run: `left_out`.

    `membership` and `labels` are areas, one half is guessing: by what is handed out (loss threshold), and by how long
    labels hold under small changes. `copied` is the agreement of a copy with the model; `own_labels` that of a copy
    made without the desk.
    """

    restriction: Restriction | None
    membership: Estimate | None = None
    labels: Estimate | None = None
    copied: Estimate | None = None
    own_labels: Estimate | None = None
    answers: int = 0
    left_out: tuple[str, ...] = ()


def restrictions() -> list[Restriction | None]:
    """Nothing, and each restriction with its default settings."""
    return [None, *(cls() for cls in methods(Restriction).values())]


def attack_restricted(scenario: Scenario, data: Dataset) -> Iterator[RestrictedFound]:
    """One by one, for the caller to stop between them. Raises NotApplicable for a model that predicts numbers."""
    if task_of(data.schema) != "classification":
        raise NotApplicable("answers of a model that predicts numbers are not restricted: there are no classes.")
    members = min(MEMBERS, len(data) // 4)
    order = np.random.default_rng([scenario.seed, 2]).permutation(len(data))
    people = data.take(order[: 2 * members])
    asked, judged = (data.take(order[2 * members :][part]) for part in (slice(ASKED), slice(ASKED, ASKED + JUDGED)))
    if not len(judged):
        rest = order[2 * members :]
        asked, judged = data.take(rest[::2]), data.take(rest[1::2])
    train = road(scenario)
    inside = np.random.default_rng([scenario.seed, 3]).random(len(people)) < 0.5
    model = train(people, inside[None, :], [np.random.default_rng([scenario.seed, 4])])[0]
    parts = _Parts(people, inside, asked, judged)
    for restriction in restrictions():
        yield _attacked(train, model, restriction, parts, np.random.default_rng([scenario.seed, 5]))


@dataclass(frozen=True, eq=False)
class _Parts:
    """Whom the attacks are about: of `people` those `inside` were trained on; a copy is made on `asked`."""

    people: Dataset
    inside: npt.NDArray[np.bool_]
    asked: Dataset
    judged: Dataset


def _attacked(
    train: Trainer, model: Fitted, restriction: Restriction | None, parts: _Parts, rng: np.random.Generator
) -> RestrictedFound:
    chosen = () if restriction is None else (restriction,)
    reasons: list[str] = []
    report = _or_reason(
        lambda: membership_of(parts.people, train, chosen, Loss(), SHADOWS, rng, len(parts.people) // 2), reasons
    )
    labels = _or_reason(
        lambda: label_only_of(PredictionDesk(model, chosen), parts.people, parts.inside, rng, COPIES), reasons
    )
    copy = _or_reason(lambda: extraction_of(PredictionDesk(model, chosen), parts.asked, parts.judged), reasons)
    return RestrictedFound(
        restriction=restriction,
        membership=None if report is None else report.found.auc,
        labels=None if labels is None else labels.robustness.auc,
        copied=None if copy is None else copy.agreement,
        own_labels=None if copy is None else copy.own_labels,
        answers=0 if copy is None else copy.answers,
        left_out=tuple(reasons),
    )


def _or_reason(work_out: Callable[[], T], reasons: list[str]) -> T | None:
    try:
        return work_out()
    except (BadInput, NotApplicable, Unreachable) as fault:
        reasons.append(str(fault))
        return None
