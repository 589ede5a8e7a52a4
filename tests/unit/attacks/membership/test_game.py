"""The game: who is drawn and how, pairs of shadow models, the curve that goes with it, and the attack of a scenario."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from ppml_core.attacks.base import Subject
from ppml_core.attacks.membership.attacking import report_of
from ppml_core.attacks.membership.game import against, play
from ppml_core.attacks.membership.rmia import RMIA
from ppml_core.attacks.membership_inference import MembershipInference
from ppml_core.attacks.trainer import ChainTrainer
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.split import split
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.learn.base import Fitted, Masks
from ppml_core.learn.decision_tree import DecisionTree
from ppml_core.learn.dp_sufficient_statistics import DPSufficientStatistics
from ppml_core.learn.output_perturbation import OutputPerturbation


class Recording(ChainTrainer):
    """Remembers who was trained on."""

    def __call__(self, people: Dataset, masks: Masks, rngs: Sequence[np.random.Generator]) -> list[Fitted]:
        seen.append((people, masks))
        return super().__call__(people, masks, rngs)


seen: list[tuple[Dataset, Masks]] = []


@pytest.fixture(scope="module")
def credit() -> Dataset:
    return load("german_credit")


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def subject_of(data: Dataset, learner: DecisionTree | DPSufficientStatistics) -> Subject:
    members, others = split(data, 1)
    model = learner.fit(members, rng())
    kept = np.arange(len(members))
    return Subject(members, others, members, kept, model, ChainTrainer(learner), ("model",), model.guarantee)


def test_each_person_is_in_exactly_half_of_the_shadow_models(credit: Dataset) -> None:
    game = play(credit, ChainTrainer(DPSufficientStatistics()), 6, rng(), n=200)
    assert (game.shadows.inside.sum(axis=0) == 3).all()
    assert len(game.people) == 400
    assert len(set(game.rows.tolist())) == 400
    assert game.people.table["age"].tolist() == credit.table["age"].iloc[game.rows].tolist()
    assert len(game.public) == 200
    assert game.drawn == "independently"
    assert game.guarantee is not None
    assert game.inside.sum() != 200, "drawn independently, the number is by chance"


def test_a_guarantee_for_replacing_one_gets_a_fixed_number(credit: Dataset) -> None:
    game = play(credit, ChainTrainer(OutputPerturbation()), 2, rng(), n=100, targets=3)
    assert game.drawn == "fixed number"
    assert (game.inside.sum(axis=1) == 100).all()
    assert (game.shadows.inside.sum(axis=1) == 100).all()
    report = report_of(RMIA(), game, rng())
    assert report.bound == game.guarantee
    assert report.auc_bound == pytest.approx(np.exp(1) / (1 + np.exp(1)), abs=1e-3)


def test_the_public_are_never_trained_on(credit: Dataset) -> None:
    seen.clear()
    play(credit, Recording(DPSufficientStatistics()), 4, rng(), n=150)
    for people, masks in seen:
        assert not masks[:, 300:].any()
        assert people.schema.expected_rows == 150


def test_one_seed_gives_one_game(credit: Dataset) -> None:
    first, second = (play(credit, ChainTrainer(DecisionTree()), 4, rng(5), n=100) for _ in range(2))
    assert first.said.tobytes() == second.said.tobytes()
    assert first.shadows.said.tobytes() == second.shadows.said.tobytes()
    assert first.inside.tobytes() == second.inside.tobytes()


@pytest.mark.parametrize(
    ("shadows", "n", "said"), [(5, 100, "pairs"), (0, 100, "pairs"), (4, 501, "half"), (4, 3, "20")]
)
def test_impossible_games_are_refused(credit: Dataset, shadows: int, n: int, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        play(credit, ChainTrainer(DecisionTree()), shadows, rng(), n=n)


def test_the_subjects_own_model_is_attacked_by_models_of_its_size(credit: Dataset) -> None:
    seen.clear()
    subject = subject_of(credit, DecisionTree())
    recording = Subject(
        subject.members, subject.others, subject.release, subject.kept, subject.model, Recording(DecisionTree()),
        subject.things,
    )  # fmt: skip
    game = against(recording, 6, rng(), n=150)
    for _, masks in seen:
        assert (masks.sum(axis=1) == len(subject.members)).all()
    assert game.said[0, :300].tobytes() == subject.model.predict_proba(game.people).tobytes()
    assert game.inside[0].tolist() == [True] * 150 + [False] * 150
    members = subject.members.table["age"].iloc[game.rows[:150]].tolist()
    assert game.people.table["age"].iloc[:150].tolist() == members
    assert len(game.public) == 100
    assert report_of(RMIA(), game, rng()).found.auc.low > 0.55, "an unlimited tree gives its members away"


def test_the_bound_of_a_fixed_number_is_that_of_replacing_one(credit: Dataset) -> None:
    subject = subject_of(credit, DPSufficientStatistics())
    report = report_of(RMIA(), against(subject, 4, rng(), n=100), rng())
    assert subject.guarantee is not None
    assert report.bound is not None
    assert report.bound.neighbours == "replace_one"
    assert report.bound.mu == pytest.approx(2 * (subject.guarantee.mu or 0))


def test_findings_are_named_as_rows_are(credit: Dataset) -> None:
    attack = MembershipInference(shadows=8, n=200)
    found = attack.run(subject_of(credit, DecisionTree()), rng())
    assert tuple(finding.measure for finding in found) == attack.measures()
    assert [finding.baseline for finding in found] == [0.5, 0.01, 0.001]
    area = found[0]
    assert area.control is not None
    assert area.estimate.low > 0.5
    assert area.control.low < 0.5 < area.control.high


def test_too_few_people_and_odd_shadows_are_refused(credit: Dataset) -> None:
    with pytest.raises(BadInput, match="even number"):
        MembershipInference(shadows=5)
    subject = subject_of(credit.take(np.arange(50)), DPSufficientStatistics())
    with pytest.raises(NotApplicable, match="at least 20"):
        MembershipInference(shadows=2).run(subject, rng())
