"""Each lesson's claim holds on the numbers that it shows, and what it asks to move moves them."""

from __future__ import annotations

import functools
import math
import sys

import numpy as np
import pytest

from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.lessons.base import Found, lessons
from ppml_core.lessons.coin_flips import CoinFlips
from ppml_core.lessons.learning_apart import LearningApart, pairwise_masks
from ppml_core.lessons.names_removed import NamesRemoved
from ppml_core.lessons.noise import DELTA, Noise
from ppml_core.mpc.sharing import P, shamir_shares

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


def test_who_rules_out_values_needs_fewer_to_share_them_and_l_two_above_withstands_it() -> None:
    none, one, three = (shown("look_alikes", ruled_out=number).numbers for number in (0, 1, 3))
    assert 0.02 < none["background_k"] < one["background_k"] < three["background_k"]
    assert none["background_l"] == one["background_l"] == three["background_l"] == 0


def test_masks_cancel_in_the_sum_and_nowhere_else() -> None:
    found = shown("learning_apart").numbers
    assert found["sum"] == found["true"]
    assert found["sent"] != found["first"]
    assert not found["shows"]
    all_others = LearningApart(hospitals=4, colluding=3).run(table("clinic"), SEED).numbers
    assert all_others["shows"]
    assert all_others["left"] == all_others["first"]


def test_a_threshold_of_shares_says_nothing_and_one_more_says_all() -> None:
    few, enough = (shown("learning_apart", way="shares", threshold=2, hospitals=6, colluding=n).numbers for n in (2, 3))
    assert few["sum"] == few["again"] == few["true"], "any three of the sums of shares give the sum"
    assert few["fit"] == len(table("clinic")) + 1, "two shares rule out no count at all"
    assert not few["shows"]
    assert enough["fit"] == 1
    assert enough["left"] == enough["first"]


def test_ciphertexts_add_up_and_one_key_opens_them() -> None:
    hidden, told = (shown("learning_apart", way="encryption", colluding=number).numbers for number in (0, 1))
    assert hidden["sum"] == hidden["true"]
    assert hidden["kilobytes"] > 10
    assert not hidden["shows"]
    assert told["left"] == told["first"]
    with pytest.raises(BadInput, match="at least 3"):
        shown("learning_apart", way="encryption", hospitals=2)


def test_without_the_extra_encryption_says_in_a_sentence_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tenseal.sealapi", None)
    with pytest.raises(NotApplicable, match=r"pip install 'ppml-explorer\[encrypted\]'"):
        LearningApart(way="encryption").run(table("clinic"), SEED)
    assert LearningApart(way="shares").run(table("clinic"), SEED).numbers["fit"] > 1


def test_what_is_sent_is_as_likely_any_number_whatever_the_count() -> None:
    """Masked counts and shares of 0 and of a million fall evenly into ten parts of the field."""
    for secret in (0, 1_000_000):
        sent = [(secret + int(pairwise_masks(3, np.random.default_rng(seed))[0].sum())) % P for seed in range(2_000)]
        points = [shamir_shares(secret, 3, 1, np.random.default_rng(seed))[2] for seed in range(2_000)]
        for numbers in (sent, points):
            parts = np.bincount(np.array(numbers) * 10 // P, minlength=10)
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
