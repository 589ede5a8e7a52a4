"""Membership attacks on Adult: 5,000 members and 5,000 others, 64 shadow models, means over 5 target models.

The bars for the forest and the tree were measured on all fourteen columns that were published with Adult: their models
then get 1.00 of their own people right, and .991 on the twelve columns of the schema that we bundle. That leaves out
the survey weight, which is next to unique, and the years of schooling; without those less is remembered, and the same
forest gives RMIA an area of .83 and finds 6 % at .1 %. So those two tests give both columns back, and say so by their
names; the others attack what is shipped. The control is played in full size twenty times; every private learner of
the catalog once more with 500 people and 16 shadow models.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from ppml_core.attacks.membership.attacking import report_of, settled, strongest
from ppml_core.attacks.membership.base import MembershipAttack
from ppml_core.attacks.membership.game import Game, play
from ppml_core.attacks.membership.lira_online import LiraOnline
from ppml_core.attacks.membership.report import MembershipReport
from ppml_core.attacks.membership.rmia import RMIA
from ppml_core.attacks.rates import mean_of
from ppml_core.attacks.trainer import ChainTrainer
from ppml_core.catalog import method, methods
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.evidence import Estimate
from ppml_core.experiment.membership_view import offered
from ppml_core.learn.base import Learner
from ppml_core.learn.decision_tree import DecisionTree
from ppml_core.learn.logistic_regression import LogisticRegression
from ppml_core.learn.random_forest import RandomForest
from ppml_core.settings import settings_of

PEOPLE, SHADOWS, TARGETS = 5_000, 64, 5
FEW_PEOPLE, FEW_SHADOWS = 500, 16
MODELS = "target models"


def as_published(adult: Dataset) -> Dataset:
    """With every column that Adult was published with."""
    more = {
        name: dataclasses.replace(adult.schema[name], role="feature", kind="numeric")
        for name in ("fnlwgt", "education_num")
    }
    return adult.with_schema(adult.schema.replace_columns(more))


def played(data: Dataset, learner: Learner, processes: int = 1, shadows: int = SHADOWS, people: int = PEOPLE) -> Game:
    trainer = ChainTrainer(learner, processes=processes)
    return play(data, trainer, shadows, np.random.default_rng(1), people, targets=TARGETS)


def reports(game: Game, attack: MembershipAttack) -> list[MembershipReport]:
    rng = np.random.default_rng(2)
    ready = settled(attack, game, rng)
    return [report_of(ready, game, rng, target) for target in range(game.targets)]


def area(found: list[MembershipReport]) -> Estimate:
    return mean_of([report.found.auc for report in found], MODELS)


def rate(found: list[MembershipReport], place: int) -> Estimate:
    """At 1 % false positives (place 0) or .1 % (place 1); no threshold lets more than that through."""
    for report in found:
        at = report.found.at[place]
        assert at.false_positives <= at.asked * report.others
    return mean_of([report.found.at[place].tpr for report in found], MODELS)


@pytest.fixture(scope="module")
def adult() -> Dataset:
    return load("adult")


@pytest.mark.slow
def test_a_default_forest_on_every_published_column_gives_its_members_away(adult: Dataset) -> None:
    found = reports(played(as_published(adult), RandomForest(), processes=2), RMIA())
    print(area(found), rate(found, 1), [report.found.at[1].false_positives for report in found], found[0].settings)
    assert area(found).value >= 0.86
    assert rate(found, 1).value >= 0.10
    assert rate(found, 1).low > 0.01
    assert found[0].groups


@pytest.mark.slow
def test_an_unlimited_tree_on_every_published_column_gives_its_members_away(adult: Dataset) -> None:
    found = reports(played(as_published(adult), DecisionTree(), processes=2), LiraOnline())
    print(area(found), rate(found, 0), found[0].settings)
    assert area(found).value >= 0.64


@pytest.mark.slow
def test_logistic_regression_leaks_more_than_guessing(adult: Dataset) -> None:
    game = played(adult, LogisticRegression())
    found = reports(game, strongest(game, np.random.default_rng(2)))
    print(found[0].attack, found[0].settings, area(found), rate(found, 0))
    assert rate(found, 0).value >= 0.015
    assert rate(found, 0).low > 0.01


@pytest.mark.slow
def test_shuffled_membership_covers_guessing(adult: Dataset) -> None:
    """Twenty games with seeds in a row, each with models of its own."""
    covered = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        game = play(adult, ChainTrainer(LogisticRegression()), SHADOWS, rng, PEOPLE)
        null = report_of(strongest(game, rng), game, rng).null.auc
        covered += null.low <= 0.5 <= null.high
    print(covered)
    assert covered >= 17


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dp_gd", "dp_additive"])
def test_no_attack_exceeds_the_curve_of_a_private_learner(name: str, adult: Dataset) -> None:
    """At ε = 1 and δ = 1e-5 the area is .575 at most; what is measured lies below it, by every attack."""
    game = played(adult, method(Learner, name).from_values({"epsilon": 1.0, "delta": 1e-5}))
    for attack in methods(MembershipAttack).values():
        found = reports(game, attack())
        print(name, attack.name(), area(found), found[0].auc_bound)
        assert found[0].auc_bound == pytest.approx(0.575, abs=1e-3)
        assert area(found).value <= found[0].auc_bound


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, cls in methods(Learner).items() if cls.private])
def test_no_quick_attack_exceeds_what_a_private_learner_claims(name: str, adult: Dataset) -> None:
    """Every one of the catalog at ε = 1, in a small game; where its claim is Gaussian the area is .566 at most."""
    cls = method(Learner, name)
    budget = {"epsilon": 1.0} | ({"delta": 1e-6} if "delta" in settings_of(cls) else {})
    game = played(adult, cls.from_values(budget), shadows=FEW_SHADOWS, people=FEW_PEOPLE)
    for attack in offered().values():
        found = reports(game, attack())
        print(name, attack.name(), area(found), found[0].auc_bound)
        assert found[0].auc_bound is not None
        assert not cls.gaussian or found[0].auc_bound == pytest.approx(0.566, abs=1e-3)
        assert area(found).value <= found[0].auc_bound
