"""What every membership attack owes: it finds members where answers give them away, and nobody where they cannot."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from ppml_core.attacks.membership.attacking import report_of, scores_of, settled, strongest
from ppml_core.attacks.membership.base import MembershipAttack
from ppml_core.attacks.membership.evidence import Evidence, Shadows, confidences, logits
from ppml_core.attacks.membership.game import Game
from ppml_core.attacks.membership.rmia import RMIA
from ppml_core.attacks.membership_inference import CHOSEN, MembershipInference
from ppml_core.attacks.rates import separation
from ppml_core.catalog import methods
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Schema
from ppml_core.errors import NotApplicable
from ppml_core.settings import settings_of

PEOPLE, PUBLIC, SHADOWS = 1000, 400, 12
ATTACKS = methods(MembershipAttack)
each = pytest.mark.parametrize("attack", ATTACKS.values(), ids=list(ATTACKS))

SCHEMA = Schema.from_values(
    {
        "target": "y",
        "positive": "yes",
        "columns": {
            "x": {"kind": "numeric", "bounds": [0, 1]},
            "group": {"categories": ["a", "b"], "source": "public"},
            "y": {"categories": ["no", "yes"]},
        },
    }
)


def game(leak: float, seed: int = 0) -> Game:
    """Models whose log-odds for the truth are a person's own level and noise, and for members `leak` higher."""
    rng = np.random.default_rng(seed)
    x, truth = rng.random(PEOPLE + PUBLIC), rng.integers(0, 2, PEOPLE + PUBLIC)
    table = pd.DataFrame({"x": x, "group": np.where(x > 0.5, "a", "b"), "y": np.where(truth == 1, "yes", "no")})
    everyone = Dataset(table, SCHEMA)
    inside = rng.random((SHADOWS // 2, PEOPLE)) < 0.5
    pairs = np.stack([inside, ~inside], axis=1).reshape(SHADOWS, PEOPLE)
    who = rng.random((1, PEOPLE)) < 0.5

    def said(masks: np.ndarray) -> np.ndarray:
        z = 6 * x - 2 + 0.5 * rng.standard_normal((len(masks), PEOPLE + PUBLIC))
        z[:, :PEOPLE] += leak * masks
        p = 1 / (1 + np.exp(-z))
        ours = np.where(truth == 1, p, 1 - p)
        return np.stack([1 - ours, ours], axis=2)

    return Game(
        people=everyone.take(np.arange(PEOPLE)),
        public=everyone.take(np.arange(PEOPLE, PEOPLE + PUBLIC)),
        rows=np.arange(PEOPLE) + 7,
        inside=who,
        said=said(who),
        shadows=Shadows(said(pairs)[:, :PEOPLE], pairs, truth[:PEOPLE]),
        drawn="independently",
        guarantee=None,
        seconds=0.0,
    )


@pytest.fixture(scope="module")
def leaking() -> Game:
    return game(2.0)


@pytest.fixture(scope="module")
def tight() -> Game:
    return game(0.0)


@each
def test_members_are_found_where_answers_give_them_away(attack: type[MembershipAttack], leaking: Game) -> None:
    report = report_of(attack(), leaking, np.random.default_rng(1))
    assert report.found.auc.low > 0.5
    assert report.null.auc.low < 0.55
    assert report.members + report.others == PEOPLE
    assert report.attack == attack.name()
    assert report.found.at[0].false_positives <= 5


@each
def test_nobody_is_found_where_they_do_not(attack: type[MembershipAttack], tight: Game) -> None:
    """Answers that have nothing to do with membership, over 20 draws of it (EVIDENCE 13)."""
    rng = np.random.default_rng(1)
    scores = scores_of(settled(attack(), tight, rng), tight, rng)
    found = [separation(scores, rng.random(PEOPLE) < 0.5).auc for _ in range(20)]
    assert sum(area.low <= 0.5 <= area.high for area in found) >= 17


@each
def test_scores_do_not_know_the_membership(attack: type[MembershipAttack], leaking: Game) -> None:
    """The same answers, other members: the same scores, and the same settings chosen."""
    flipped = dataclasses.replace(leaking, inside=~leaking.inside)
    found = [
        scores_of(settled(attack(), one, np.random.default_rng(3)), one, np.random.default_rng(3))
        for one in (leaking, flipped)
    ]
    assert found[0].tobytes() == found[1].tobytes()
    assert found[0].shape == (PEOPLE,)
    assert np.isfinite(found[0]).all()


@each
def test_it_says_what_it_is(attack: type[MembershipAttack]) -> None:
    assert attack.title
    assert attack.summary().endswith(".")
    assert attack.from_values(attack().values()) == attack()
    assert all(declared.help for declared in settings_of(attack).values())


def test_likelihood_ratios_beat_the_loss_threshold(leaking: Game) -> None:
    """Each person has a level of their own, which a single threshold cannot know."""
    areas = {
        name: report_of(ATTACKS[name](), leaking, np.random.default_rng(1)).found.auc.value
        for name in ("loss", "lira_online", "lira_offline", "rmia")
    }
    assert areas["loss"] < min(areas["lira_online"], areas["lira_offline"], areas["rmia"]) - 0.1


def test_the_strongest_is_chosen_on_shadow_models_alone(leaking: Game) -> None:
    chosen = strongest(leaking, np.random.default_rng(1))
    assert chosen.name() != "loss"
    elsewhere = dataclasses.replace(leaking, said=np.full_like(leaking.said, 0.5))
    assert strongest(elsewhere, np.random.default_rng(1)) == chosen
    assert "chosen" not in chosen.values().values()


def test_open_settings_are_said_to_be_chosen(leaking: Game) -> None:
    report = report_of(RMIA(), leaking, np.random.default_rng(1))
    assert "shadow models" in report.chosen_on
    assert dict(report.settings)["a"] is not None
    given = report_of(RMIA(reference="without", a=0.5, gamma=1.0), leaking, np.random.default_rng(1))
    assert given.chosen_on == ""


def test_the_most_exposed_are_members_by_row(leaking: Game) -> None:
    report = report_of(ATTACKS["lira_online"](), leaking, np.random.default_rng(1))
    members = set((np.flatnonzero(leaking.inside[0]) + 7).tolist())
    assert {one.row for one in report.exposed} <= members
    scores = [one.score for one in report.exposed]
    assert scores == sorted(scores, reverse=True)
    groups = [group for group in report.groups if group.column == "group"]
    assert {group.value for group in groups} == {"a", "b"}
    assert sum(group.members for group in groups) == report.members


def test_a_pair_laid_aside_leaves_everybody_in_half(leaking: Game) -> None:
    evidence = leaking.evidence().as_if(5)
    assert evidence.laid_aside == (4, 5)
    without, inside = (evidence.moments("p", lambda p: p, side) for side in (False, True))
    assert (without.models == SHADOWS // 2 - 1).all()
    assert (inside.models == SHADOWS // 2 - 1).all()
    said, masks = (np.delete(array, [4, 5], axis=0) for array in (leaking.shadows.said, leaking.shadows.inside))
    fewer = Shadows(said, masks, evidence.truth)
    by_hand = Evidence(evidence.people, evidence.truth, evidence.said, fewer).moments("p", lambda p: p, True)
    assert np.allclose(by_hand.mean, inside.mean)
    assert np.allclose(by_hand.variance, inside.variance)


def test_relative_membership_orders_people_by_their_ratio(leaking: Game) -> None:
    evidence = leaking.evidence()
    scores = RMIA(reference="without", a=1.0, gamma=1.0).scores(evidence, np.random.default_rng(0))
    ratio = evidence.confidence / evidence.moments("p", lambda p: p, False).mean
    assert (np.argsort(scores, kind="stable") == np.argsort(ratio, kind="stable")).all()
    assert scores.max() == 1.0


def test_answers_of_a_regression_are_confidences_too() -> None:
    truth = np.array([0.0, 10.0])
    near = confidences(np.array([[1.0], [10.0]]), truth)
    assert near[1] == 1.0
    assert 0 < near[0] < 1
    assert (np.diff(logits(np.array([0.0, 0.5, 1.0]), 1e-6)) > 0).all()


def test_too_few_shadow_models_are_refused_in_words(leaking: Game) -> None:
    few = dataclasses.replace(
        leaking, shadows=Shadows(leaking.shadows.said[:2], leaking.shadows.inside[:2], leaking.shadows.truth)
    )
    with pytest.raises(NotApplicable, match="at least 4 shadow models, not 2"):
        report_of(ATTACKS["lira_online"](), few, np.random.default_rng(0))
    alone = dataclasses.replace(leaking, public=leaking.public.take(np.arange(0)))
    with pytest.raises(NotApplicable, match="known not to be members"):
        report_of(ATTACKS["quantile"](), alone, np.random.default_rng(0))


def test_scenarios_offer_every_attack() -> None:
    assert settings_of(MembershipInference)["attack"].choices == (CHOSEN, *ATTACKS)
