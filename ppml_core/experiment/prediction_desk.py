"""What restricting a model's answers is worth: membership and extraction, measured through the desk.

In: a table, a road to a model, restrictions. Out: areas and agreements with intervals. `RestrictedTrainer` puts the
desk around every model of a road, the attacker's shadow models too, so that each membership attack of the product runs
against restricted answers and knows it. The label-only attack and extraction ask through a desk that counts.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ppml_core.attacks.base import Trainer
from ppml_core.attacks.membership.attacking import report_of
from ppml_core.attacks.membership.base import MembershipAttack
from ppml_core.attacks.membership.game import play
from ppml_core.attacks.membership.report import MembershipReport, nulled
from ppml_core.attacks.rates import Separation, separation
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput
from ppml_core.evidence import Estimate
from ppml_core.learn.base import Array, Fitted, Masks
from ppml_core.learn.encoding import Encoder
from ppml_core.learn.target import encode_target
from ppml_core.queries.predictions import PredictionDesk, RestrictedModel
from ppml_core.queries.restrictions.base import Restriction

CHANGED = 0.15
SURE = 1e-3
RIDGE = 1e-3


@dataclass(frozen=True)
class RestrictedTrainer:
    """A road whose models answer under restrictions."""

    train: Trainer
    restrictions: tuple[Restriction, ...]

    def __call__(self, people: Dataset, masks: Masks, rngs: Sequence[np.random.Generator]) -> list[Fitted]:
        return [RestrictedModel(model, self.restrictions) for model in self.train(people, masks, rngs)]

    def answers(self, people: Dataset, masks: Masks, rngs: Sequence[np.random.Generator], asked: Dataset) -> Array:
        said = self.train.answers(people, masks, rngs, asked)
        for restriction in self.restrictions:
            said = np.array([restriction.restricted(one) for one in said])
        return said


@dataclass(frozen=True)
class LabelOnlyFound:
    """How well members are told by labels alone: by whether the label is right, and by how often it stays right.

    `robustness` is under small changes of the person; `null` is the same against membership by lot.
    """

    gap: Separation
    robustness: Separation
    null: Separation
    answers: int


@dataclass(frozen=True)
class Extracted:
    """How often a copy made from the desk's answers agrees with the model on people neither saw.

    `guessing` is the agreement of the class that the desk names most often, `own_labels` that of a copy made from the
    same people's true classes, without the desk: what the desk gave away is the difference.
    """

    agreement: Estimate
    own_labels: Estimate
    guessing: float
    answers: int


def membership_of(
    data: Dataset, train: Trainer, restrictions: Sequence[Restriction], attack: MembershipAttack, shadows: int,
    rng: np.random.Generator, n: int | None = None,
) -> MembershipReport:  # fmt: skip
    """A membership attack on a model behind the desk, with shadow models behind desks of the same kind."""
    road = RestrictedTrainer(train, tuple(restrictions))
    return report_of(attack, play(data, road, shadows, rng, n), rng)


def label_only_of(
    desk: PredictionDesk, people: Dataset, inside: npt.NDArray[np.bool_], rng: np.random.Generator, copies: int = 20
) -> LabelOnlyFound:
    """The label-only attack on people of whom some were trained on.

    Each person is asked about as is and in `copies` changed versions: every input column is replaced, with a chance of
    .15, by another person's value. Members' labels hold longer (Choquette-Choo et al. 2021, section 3.2; robustness to
    noise). Raises Unreachable where the desk gives fewer answers.
    """
    truth = encode_target(people, desk.model.classes)
    right = (desk.ask(people).argmax(axis=1) == truth).astype(float)
    held = np.mean(
        [desk.ask(changed(people, rng)).argmax(axis=1) == truth for _ in range(copies)], axis=0, dtype=np.float64
    )
    scores = right + held
    return LabelOnlyFound(
        gap=separation(right, inside),
        robustness=separation(scores, inside),
        null=nulled(scores, inside, rng),
        answers=len(people) * (1 + copies),
    )


def changed(people: Dataset, rng: np.random.Generator) -> Dataset:
    """The people with some of their input values exchanged for other people's; their targets stay."""
    table = people.table.copy()
    for name in people.schema.inputs:
        other = table[name].to_numpy()[rng.permutation(len(table))]
        table[name] = table[name].where(rng.random(len(table)) >= CHANGED, other)
    return dataclasses.replace(people, table=table)


def extraction_of(desk: PredictionDesk, asked: Dataset, judged: Dataset) -> Extracted:
    """A linear copy of a two-class model from its answers about `asked`, judged on other people.

    With confidences the copy solves for log-odds (equation solving, Tramèr et al. 2016, section 4.1), with labels alone
    it is fitted to them (section 4.2, retraining). Past the desk's limit nobody is asked about.
    """
    if len(desk.model.classes) != 2:
        raise BadInput(f"a copy is made of models of two classes, not {len(desk.model.classes)}.")
    limit = desk.left()
    asked = asked if limit is None or limit >= len(asked) else asked.take(np.arange(limit))
    said = desk.ask(asked)[:, 1]
    encoder = Encoder.of(asked.schema)
    X, X_judged = _with_constant(encoder.encode(asked)), _with_constant(encoder.encode(judged))
    shown = desk.model.model.predict_proba(judged).argmax(axis=1)
    truth = encode_target(asked, desk.model.classes).astype(float)
    copy, own = _solved(X, said), _solved(X, truth)
    most = float((said > 0.5).mean() > 0.5)
    return Extracted(
        agreement=Estimate.of_share(float(((X_judged @ copy > 0) == shown).mean()), len(judged), "people judged"),
        own_labels=Estimate.of_share(float(((X_judged @ own > 0) == shown).mean()), len(judged), "people judged"),
        guessing=float((shown == most).mean()),
        answers=len(asked),
    )


def _solved(X: Array, said: Array) -> Array:
    """Weights whose log-odds come nearest to those said, with a small ridge."""
    kept = np.clip(said, SURE, 1 - SURE)
    if np.isin(said, (0.0, 1.0)).all():
        from sklearn.linear_model import LogisticRegression

        if len(np.unique(said)) == 1:
            return np.append(np.zeros(X.shape[1] - 1), 2 * said[0] - 1)
        model = LogisticRegression(max_iter=2000, fit_intercept=False).fit(X, said.astype(int))
        return np.asarray(model.coef_[0])
    odds = np.log(kept / (1 - kept))
    return np.asarray(np.linalg.solve(X.T @ X + RIDGE * np.eye(X.shape[1]), X.T @ odds))


def _with_constant(X: Any) -> Array:
    return np.hstack([X, np.ones((len(X), 1))])
