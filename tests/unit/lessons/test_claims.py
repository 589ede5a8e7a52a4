"""Each lesson's claim holds on the numbers that it shows, and what it asks to move moves them."""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest

from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.lessons.base import Found, lessons
from ppml_core.lessons.coin_flips import CoinFlips
from ppml_core.lessons.learning_apart import PRIME, LearningApart, additive_shares, pairwise_masks
from ppml_core.lessons.names_removed import NamesRemoved
from ppml_core.lessons.noise import DELTA, Noise

SEED = 1


@functools.cache
def table(name: str) -> Dataset:
    return load(name)


@functools.cache
def shown(name: str, **settings: object) -> Found:
    cls = lessons()[name]
    return cls.from_values(settings).run(table(cls.dataset), SEED)


def test_there_are_eight_in_order() -> None:
    assert [cls.number for cls in lessons().values()] == list(range(1, 9))


def test_names_removed_leaves_most_of_those_on_the_list_named_and_less_detail_fewer() -> None:
    found = shown("names_removed").numbers
    assert found["unique"] > 0.9, "birth date, ZIP code and sex tell nearly everyone apart"
    assert found["right"] > 0.5 > 10 * found["wrong"]
    assert found["right_day"] > found["right_month"] > found["right_year"] > found["right_decade"]
    fewer = NamesRemoved(zip_digits=2).run(table("clinic"), SEED).numbers
    assert fewer["right"] < found["right"]


def test_k_hides_the_row_and_not_the_secret_l_stops_certainty_and_t_what_is_nearly_certain() -> None:
    found = shown("look_alikes").numbers
    assert found["certain_k"] > 0.05
    assert found["certain_l"] == 0 == found["certain_t"]
    assert found["nearly_l"] > 0.2, "two values are there, and one of them is rare"
    assert found["nearly_t"] < found["nearly_l"] / 2


def test_people_whom_a_release_never_saw_are_read_as_well() -> None:
    """The control of the homogeneity attack is on the screen's table: most of it is learnt without the record."""
    row = shown("look_alikes").table.iloc[0]
    assert row["never in the data, certain"] > 0


def test_coins_cancel_over_many_people_and_one_answer_is_deniable() -> None:
    few, many = (shown("coin_flips", people=people).numbers for people in (50, 5_000))
    assert few["width"] > 5 * many["width"]
    assert many["low"] <= many["true"] <= many["high"]
    assert many["epsilon"] == pytest.approx(math.log(3))


def test_the_interval_of_the_coins_holds_the_share_as_often_as_it_says() -> None:
    inside = 0
    for seed in range(60):
        found = CoinFlips(people=200).run(table("adult"), seed).numbers
        inside += found["low"] <= found["share"] <= found["high"]
    assert inside >= 52, "95 % of 60 is 57; 52 or more in all but one of a thousand such runs"


def test_a_class_undoes_its_own_coins() -> None:
    found = CoinFlips(class_people=40, class_yes=16).run(table("adult"), SEED)
    assert found.numbers["class"] == pytest.approx((16 / 40 - 0.25) / 0.5)
    assert any("your class" in name for _, name, _ in found.facts)


def test_laplace_keeps_the_ratio_in_every_bin_and_gaussian_but_for_delta() -> None:
    for epsilon in (0.1, 1.0, 5.0):
        laplace = Noise(epsilon=epsilon).run(table("adult"), SEED).numbers
        assert laplace["ratio"] <= laplace["bound"] * (1 + 1e-9)
        gaussian = Noise(epsilon=epsilon, mechanism="gaussian").run(table("adult"), SEED).numbers
        assert gaussian["excess"] <= DELTA * (1 + 1e-6)
        assert gaussian["guess"] < laplace["guess"]


def test_one_more_draw_leaves_those_before_it_as_they_were() -> None:
    two, five = (Noise(draws=draws).run(table("adult"), SEED).table.attrs["seen"] for draws in (2, 5))
    assert five[:2] == two


def test_fresh_noise_averages_away_and_one_budget_holds() -> None:
    found = shown("budget", asked=100).numbers
    assert found["fresh_low"] > 0.8
    assert found["held_low"] <= found["held_exact"] <= found["held_high"]
    assert found["held_exact"] <= found["bound"]
    assert found["spent"] == pytest.approx(50)


def test_an_overfit_tree_gives_members_away_and_a_private_model_hardly() -> None:
    found = shown("memory").numbers
    assert found["low_tree"] > 0.5 < found["seen_tree"] - found["unseen_tree"] + 0.5
    assert found["seen_tree"] == 1.0
    assert found["auc_private"] < found["auc_tree"]
    assert found["auc_pruned"] < found["auc_tree"]
    assert found["low_private"] <= found["guess"], "the private model keeps what is proved"
    for model in ("tree", "pruned", "private"):
        assert found[f"null_low_{model}"] <= 0.56, "membership by lot is guessing"
        assert found[f"null_high_{model}"] >= 0.44


def test_masks_cancel_in_the_sum_and_nowhere_else() -> None:
    found = shown("learning_apart").numbers
    assert found["sum"] == found["true"]
    assert found["sent"] != found["first"]
    assert found["shared"] == found["first"]
    assert not found["shows"]
    all_others = LearningApart(hospitals=4, colluding=3).run(table("clinic"), SEED).numbers
    assert all_others["shows"]
    assert all_others["left"] == all_others["first"]


def test_what_is_sent_is_as_likely_any_number_whatever_the_count() -> None:
    """Masked counts and shares of 0 and of a million fall evenly into ten parts of the field."""
    for secret in (0, 1_000_000):
        sent = [
            (secret + int(pairwise_masks(3, np.random.default_rng(seed))[0].sum())) % PRIME for seed in range(2_000)
        ]
        last = [int(additive_shares(secret, 3, np.random.default_rng(seed))[-1]) for seed in range(2_000)]
        for numbers in (sent, last):
            parts = np.bincount(np.array(numbers) * 10 // PRIME, minlength=10)
            assert ((parts - 200) ** 2 / 200).sum() < 30, (
                "chi-square with 9 degrees of freedom: beyond 30 once in 2,000"
            )


def test_some_points_are_beaten_and_the_unbeaten_trade_risk_for_accuracy() -> None:
    found = shown("choosing")
    kept = found.table[~found.table["beaten"]].sort_values("right guesses at most")
    assert 2 <= len(kept) < len(found.table)
    assert kept["accuracy"].iloc[-1] > kept["accuracy"].iloc[0]
    assert found.numbers["within"] == 1
    tighter = shown("choosing", most=0.55, least=0.82).numbers
    assert tighter["inside"] < found.numbers["inside"], "limits that are tighter keep fewer points"
