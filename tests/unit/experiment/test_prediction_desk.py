"""Restricted predictions: what is left of them, and that attacks through the desk find what is left to find."""

from __future__ import annotations

import numpy as np
import pytest

from ppml_core.attacks.membership.loss import Loss
from ppml_core.attacks.trainer import ChainTrainer
from ppml_core.catalog import methods
from ppml_core.data.dataset import Dataset
from ppml_core.data.reading import read_dataset
from ppml_core.errors import Unreachable
from ppml_core.experiment.prediction_desk import extraction_of, label_only_of, membership_of
from ppml_core.learn.decision_tree import DecisionTree
from ppml_core.learn.logistic_regression import LogisticRegression
from ppml_core.queries.predictions import PredictionDesk
from ppml_core.queries.restrictions.answer_limit import AnswerLimit
from ppml_core.queries.restrictions.base import Restriction
from ppml_core.queries.restrictions.label_only import LabelOnly
from ppml_core.queries.restrictions.rounded_confidence import RoundedConfidence
from ppml_core.queries.restrictions.top_1 import Top1

SAID = np.array([[0.62, 0.38, 0.0], [0.2, 0.3, 0.5], [0.0, 1.0, 0.0], [0.34, 0.33, 0.33]])


@pytest.fixture(scope="module")
def people() -> Dataset:
    return read_dataset("german_credit")


def test_every_restriction_keeps_the_label_and_adds_up() -> None:
    for cls in methods(Restriction).values():
        handed = cls().restricted(SAID)
        assert handed.sum(axis=1) == pytest.approx(1.0)
        assert (handed >= 0).all()
        assert (handed.argmax(axis=1) == SAID.argmax(axis=1)).all()
    assert LabelOnly().restricted(SAID)[0].tolist() == [1, 0, 0]
    assert Top1().restricted(SAID)[1].tolist() == [0.25, 0.25, 0.5]
    assert RoundedConfidence(step=0.1).restricted(SAID)[0, 0] == pytest.approx(0.6)


def test_an_analyst_gets_so_many_answers(people: Dataset) -> None:
    model = LogisticRegression().fit(people, np.random.default_rng(1))
    desk = PredictionDesk(model, [AnswerLimit(answers=100), LabelOnly()])
    assert set(np.unique(desk.ask(people.take(np.arange(60))))) == {0.0, 1.0}
    with pytest.raises(Unreachable, match="40 answers left"):
        desk.ask(people.take(np.arange(41)))
    assert desk.left() == 40
    assert len(desk.ask(people.take(np.arange(100)), "bob")) == 100


def test_labels_alone_betray_members_of_a_tree_that_memorised(people: Dataset) -> None:
    inside = np.random.default_rng(1).random(len(people)) < 0.5
    tree = DecisionTree().fit(people.take(np.flatnonzero(inside)), np.random.default_rng(1))
    found = label_only_of(PredictionDesk(tree, [LabelOnly()]), people, inside, np.random.default_rng(2))
    assert found.gap.auc.low > 0.55
    assert found.robustness.auc.low > 0.55
    assert found.null.auc.low < 0.5 < found.null.auc.high
    with pytest.raises(Unreachable):
        label_only_of(PredictionDesk(tree, [AnswerLimit(answers=1500)]), people, inside, np.random.default_rng(2))


def test_any_membership_attack_runs_through_the_desk(people: Dataset) -> None:
    for restrictions in ([], [LabelOnly()]):
        train = ChainTrainer(DecisionTree())
        report = membership_of(people, train, restrictions, Loss(), 2, np.random.default_rng(3), n=300)
        assert report.found.auc.low > 0.5
        assert report.null.auc.low < 0.5 < report.null.auc.high


def test_confidences_give_a_linear_model_away_and_few_labels_do_not(people: Dataset) -> None:
    order = np.random.default_rng(4).permutation(len(people))
    trained, asked, judged = (people.take(order[part]) for part in (slice(300), slice(300, 700), slice(700, None)))
    model = LogisticRegression(knots=1).fit(trained, np.random.default_rng(1))
    by = {
        name: extraction_of(PredictionDesk(model, restrictions), asked, judged)
        for name, restrictions in {
            "full": [], "rounded": [RoundedConfidence(step=0.5)], "labels": [LabelOnly()],
            "few labels": [LabelOnly(), AnswerLimit(answers=40)],
        }.items()
    }  # fmt: skip
    assert by["full"].agreement.low > 0.97
    assert by["full"].agreement.value > by["labels"].agreement.value > by["few labels"].agreement.value
    assert by["labels"].agreement.value > by["labels"].own_labels.value
    assert by["few labels"].answers == 40
    assert by["full"].guessing < 0.9
