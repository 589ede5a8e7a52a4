"""Sentences that people act on: the right number, said as what it is."""

from __future__ import annotations

import pandas as pd
import pytest

from ppml_core.accounting.gaussian import mu_of
from ppml_core.accounting.odds import best_guess
from ppml_core.charts import story
from ppml_core.charts.words import interval, measured, percent
from ppml_core.evidence import Guarantee

GAUSSIAN = Guarantee(1.0, 1e-5, "add_or_remove_one", mu=mu_of(1.0, 1e-5))
PURE = Guarantee(1.0, 0.0, "replace_one")
BASELINES = pd.DataFrame([("plain", 0.873, "no_privacy")], columns=["text", "value", "kind"])


def test_a_gaussian_learner_is_guessed_by_its_own_curve() -> None:
    assert best_guess(GAUSSIAN) == pytest.approx(0.553, abs=5e-4)
    assert best_guess(PURE) == pytest.approx(0.731, abs=5e-4)
    assert best_guess(Guarantee(1000.0, 1e-6, "replace_one")) <= 1


def test_odds_say_about_what_and_under_which_relation() -> None:
    about_membership, about_value = story.guarantee_story(GAUSSIAN)
    assert "are in the data" in about_membership
    assert "**55\u00a0%**" in about_membership
    assert "**61\u00a0%**" in about_value
    (only,) = story.guarantee_story(PURE)
    assert "**73\u00a0%**" in only
    assert "in the data" not in only


def test_no_guarantee_is_never_dressed_up() -> None:
    told = " ".join(story.epsilon_story(point(), BASELINES, "accuracy", None, "the step before read every row"))
    assert "Nothing is proved" in told
    assert "read every row" in told
    assert "at most" not in told


def test_accuracy_is_told_in_people() -> None:
    said = story.accuracy_story(point(), BASELINES, "accuracy")
    assert "**870 of 1,000** people (865 to 875)" in said
    assert "**3 fewer**" in said


def test_look_alikes_carry_no_epsilon() -> None:
    risk = pd.Series({"max": 0.2, "mean": 0.01})
    assert "carries no ε" in " ".join(story.k_story(point(), BASELINES, "accuracy", risk))


def test_no_sentence_promises_safety() -> None:
    told = [
        *story.guarantee_story(GAUSSIAN),
        *story.k_story(None, BASELINES, "accuracy", None),
        story.guarantee_line(PURE),
    ]
    assert not any(word in " ".join(told).lower() for word in ("safe", "compliant", "anonymous data"))


def test_a_guarantee_beside_seeded_models_says_that_it_is_not_theirs() -> None:
    assert "noise can be reproduced" in story.guarantee_line(PURE)
    assert "reproduced" not in story.guarantee_line(None)


def test_digits_follow_the_interval() -> None:
    assert measured(0.84567, 0.8, 0.9) == "0.85"
    assert interval(0.84567, 0.84467, 0.84667) == "0.846 (0.845 to 0.847)"
    assert percent(0.9996) == "99.9\u00a0%"


def point() -> pd.Series:
    return pd.Series({"x": 1.0, "value": 0.870, "low": 0.865, "high": 0.875, "repeats": 10, "error": ""})
