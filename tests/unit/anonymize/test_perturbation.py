"""Perturbing methods: worked examples, what they keep exactly, and what they keep in expectation."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ppml_core.anonymize.base import Anonymizer, Recoding
from ppml_core.anonymize.transforms.additive_noise import AdditiveNoise
from ppml_core.anonymize.transforms.full_domain import FullDomain
from ppml_core.anonymize.transforms.pram import Pram
from ppml_core.anonymize.transforms.record_suppression import RecordSuppression
from ppml_core.anonymize.transforms.rounding import Rounding, systematic
from ppml_core.anonymize.transforms.sampling import Sampling
from ppml_core.anonymize.transforms.top_bottom_coding import TopBottomCoding
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Column, Schema
from ppml_core.errors import BadInput, NotApplicable, Unreachable


def table(kind: str = "numeric", **columns: Any) -> Dataset:
    meaning = {name: Column(role="quasi_identifier", kind=kind) for name in columns}  # type: ignore[arg-type]
    return Dataset(pd.DataFrame(columns), Schema(columns=meaning))


def released(method: Anonymizer, data: Dataset, seed: int = 1) -> pd.DataFrame:
    return method.fit(data, np.random.default_rng(seed)).release.table


def bounded(data: Dataset, name: str, low: float, high: float) -> Dataset:
    column = dataclasses.replace(data.schema[name], bounds=(low, high))
    return data.with_schema(data.schema.replace_columns({name: column}))


def normal_people(rows: int = 20_000, correlation: float = 0.8) -> Dataset:
    draws = np.random.default_rng(7).multivariate_normal([10, -3], [[4, 2 * correlation], [2 * correlation, 1]], rows)
    return table(x=draws[:, 0], y=draws[:, 1])


# Top and bottom coding


def test_tails_become_their_threshold() -> None:
    """Ten people, 20 % above and 10 % below: the eighth value and the second are the thresholds."""
    out = released(TopBottomCoding(top_share=0.2, bottom_share=0.1), table(age=list(range(1, 11))))
    assert out["age"].tolist() == [2, 2, 3, 4, 5, 6, 7, 8, 8, 8]
    assert out["age"].dtype == np.int64


def test_tails_become_their_mean() -> None:
    data = table(pay=[1.0, 2.0, 3.0, 4.5, 11.0, np.nan])
    out = released(TopBottomCoding(top=3.5, bottom=1.5, replacement="mean"), data)
    assert out["pay"].tolist()[:5] == [1.0, 2.0, 3.0, 7.75, 7.75]
    assert out["pay"].mean() == pytest.approx(data.table["pay"].mean())
    assert out["pay"].isna().tolist() == [False] * 5 + [True]


def test_given_thresholds_code_unseen_people_alike_and_are_told() -> None:
    recoding = TopBottomCoding(top=60, bottom=20).fit(table(age=[10, 30, 99]), np.random.default_rng(0))
    assert recoding.transform(table(age=[5, 60, 61])).table["age"].tolist() == [20, 60, 60]
    assert recoding.mapping()["age"].to_dict("list") == {"value": [10.0, 30.0, 99.0], "published": [20.0, 30.0, 60.0]}
    assert recoding.statistics["thresholds"] == {"age": [20, 60]}


def test_no_more_than_the_share_is_cut() -> None:
    data = load("adult")
    for share in (0.0, 0.01, 0.05, 0.5):
        out = released(TopBottomCoding(top_share=share, bottom_share=share), data)
        assert (out["age"] != data.table["age"]).mean() <= 2 * share


def test_thresholds_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(BadInput, match="bottom must lie below top"):
        released(TopBottomCoding(top=1, bottom=2), table(age=[1, 2]))


# Rounding


def test_rounding_to_the_nearest_multiple() -> None:
    out = released(Rounding(base=5), table(age=[0, 2, 3, 7, 8, 12, 13, -3]))
    assert out["age"].tolist() == [0, 0, 5, 5, 10, 10, 15, -5]
    assert released(Rounding(base=10), table(age=[5, 15, 25]))["age"].tolist() == [10, 20, 30]


def test_rounding_leaves_no_binary_dust_and_keeps_absent_cells() -> None:
    out = released(Rounding(base=0.1), table(rate=[0.31, 0.449, np.nan, 0.7]))
    assert out["rate"].tolist()[:2] == [0.3, 0.4]
    assert np.isnan(out["rate"][2])
    assert out["rate"][3] == 0.7


@pytest.mark.parametrize("way", ["nearest", "random", "controlled"])
def test_multiples_stay_within_the_bounds(way: str) -> None:
    data = bounded(table(age=[17, 18, 22, 88, 90]), "age", 17, 90)
    for seed in range(5):
        out = released(Rounding(base=5, way=way), data, seed)["age"]
        assert set(out) <= set(range(20, 95, 5))


def test_a_base_that_does_not_fit_is_refused() -> None:
    with pytest.raises(BadInput, match="give a smaller base"):
        released(Rounding(base=100), bounded(table(age=[17, 18]), "age", 17, 90))
    with pytest.raises(BadInput, match="give a whole base"):
        released(Rounding(base=2.5), table(age=[17, 18]))


@pytest.mark.parametrize("way", ["random", "controlled"])
def test_drawn_multiples_are_unbiased_neighbours(way: str) -> None:
    data = table(age=[11, 12, 13, 14, 15] * 20)
    draws = np.array([released(Rounding(base=5, way=way), data, seed)["age"] for seed in range(300)])
    assert set(np.unique(draws)) == {10, 15}
    assert (draws[:, 4::5] == 15).all()
    means = draws.reshape(300, 20, 5).mean(axis=(0, 1))
    np.testing.assert_allclose(means, [11, 12, 13, 14, 15], atol=5 * 5 * 0.5 / np.sqrt(6000))


def test_controlled_rounding_keeps_the_total_within_one_base() -> None:
    values = np.random.default_rng(0).integers(0, 1000, 501)
    data = table(pay=values)
    moves = [released(Rounding(base=7, way="controlled"), data, seed)["pay"].sum() - values.sum() for seed in range(50)]
    assert max(abs(move) for move in moves) < 7
    assert len(set(moves)) > 1 or moves[0] == 0
    loose = [released(Rounding(base=7, way="random"), data, seed)["pay"].sum() - values.sum() for seed in range(50)]
    assert max(abs(move) for move in loose) > 7


def test_systematic_draws_each_share() -> None:
    shares = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
    draws = np.array([systematic(shares, np.random.default_rng(seed)) for seed in range(4000)])
    np.testing.assert_allclose(draws.mean(axis=0), shares, atol=5 * 0.5 / np.sqrt(4000))
    assert set(draws.sum(axis=1)) <= {2.0, 3.0}


# Additive noise


def test_noise_has_the_size_that_was_asked_for() -> None:
    data = normal_people()
    moved = released(AdditiveNoise(noise=0.5), data) - data.table
    np.testing.assert_allclose(moved.std() / data.table.std(), 0.5, rtol=0.03)
    np.testing.assert_allclose(moved.mean(), 0, atol=5 * 0.5 * 2 / np.sqrt(len(data)))
    assert abs(moved.corr().iloc[0, 1]) < 0.03


def test_correlated_noise_keeps_the_correlation_and_independent_noise_does_not() -> None:
    data = normal_people()
    true = data.table.corr().iloc[0, 1]
    alike = released(AdditiveNoise(noise=1.0, correlated=True), data)
    apart = released(AdditiveNoise(noise=1.0), data)
    assert alike.corr().iloc[0, 1] == pytest.approx(true, abs=0.02)
    assert apart.corr().iloc[0, 1] == pytest.approx(true / 2, abs=0.02)
    np.testing.assert_allclose(alike.cov(), 2 * data.table.cov(), rtol=0.05)


@pytest.mark.parametrize("correlated", [True, False])
def test_moments_are_kept_where_asked(correlated: bool) -> None:
    data = normal_people()
    out = released(AdditiveNoise(noise=1.0, correlated=correlated, keep_moments=True), data)
    np.testing.assert_allclose(out.mean(), data.table.mean(), atol=0.1)
    np.testing.assert_allclose(out.std(), data.table.std(), rtol=0.03)
    if correlated:
        np.testing.assert_allclose(out.cov(), data.table.cov(), rtol=0.05)


def test_correlated_noise_without_full_rank() -> None:
    """Two columns that say the same, one constant, and cells that are never there together."""
    x = np.arange(400.0) + 0.5
    data = table(x=x, thrice=3 * x, same=np.full(400, 1.5), odd=np.where(x < 200, x, np.nan))
    data.table["even"] = np.where(x >= 200, x, np.nan)
    data = Dataset(data.table, Schema({**data.schema.columns, "even": data.schema["x"]}))
    out = released(AdditiveNoise(noise=0.5, correlated=True), data)
    assert out["same"].eq(1.5).all()
    assert out["odd"].isna().equals(data.table["odd"].isna())
    assert np.isfinite(out["x"]).all()
    pair = released(AdditiveNoise(noise=0.5, correlated=True, columns=("x", "thrice")), data)
    np.testing.assert_allclose(pair["thrice"], 3 * pair["x"], rtol=1e-6)


def test_whole_numbers_stay_whole_within_their_bounds() -> None:
    data = load("adult")
    out = released(AdditiveNoise(noise=2.0), data)["age"]
    assert out.dtype == data.table["age"].dtype
    assert out.between(17, 90).all()
    assert released(AdditiveNoise(noise=2.0, within_bounds=False), data)["age"].min() < 17


def test_small_integers_do_not_wrap_around() -> None:
    data = table(x=np.array([0, 255] * 50, dtype=np.uint8))
    out = released(AdditiveNoise(noise=1.0), data)["x"]
    assert out.dtype == np.uint8
    assert (out[::2] < 200).mean() > 0.5
    assert (out[::2] == 0).any()


def test_new_numbers_may_be_generalized_afterwards() -> None:
    """Hierarchies over what occurs know the numbers before and after, for the release and for test people alike."""
    data = table(height=np.random.default_rng(0).normal(170, 9, 200).round(1))
    train, test = data.take(np.arange(150)), data.take(np.arange(150, 200))
    first = AdditiveNoise(noise=0.5).fit(train, np.random.default_rng(0))
    then = FullDomain(k=5).fit(first.release, np.random.default_rng(0))
    assert len(then.transform(first.transform(test))) == 50


# PRAM


def test_plain_pram_follows_its_matrix() -> None:
    data = table("categorical", color=["red"] * 6000 + ["blue"] * 3000 + ["green"] * 3000)
    recoding = Pram(p=0.7, invariant=False).fit(data, np.random.default_rng(1))
    matrix = recoding.transition("color")
    np.testing.assert_allclose(matrix, np.full((3, 3), 0.15) + 0.55 * np.eye(3))
    seen = pd.crosstab(data.table["color"], recoding.release.table["color"], normalize="index")
    np.testing.assert_allclose(seen.loc[matrix.index, matrix.columns], matrix, atol=5 * 0.5 / np.sqrt(3000))


def test_invariant_pram_keeps_expected_frequencies() -> None:
    """tR = t, and counts over many draws agree with it."""
    data = table("categorical", job=["a"] * 500 + ["b"] * 300 + ["c"] * 195 + ["d"] * 5)
    true = data.table["job"].value_counts().sort_index()
    counts = []
    for seed in range(200):
        recoding = Pram(p=0.5).fit(data, np.random.default_rng(seed))
        counts.append(recoding.release.table["job"].value_counts().reindex(true.index, fill_value=0))
    matrix = recoding.transition("job")
    np.testing.assert_allclose(true @ matrix, true, rtol=1e-12)
    np.testing.assert_allclose(matrix.sum(axis=1), 1, rtol=1e-12)
    assert (np.diag(matrix) >= 0.5).all()
    deviation = np.sqrt((matrix * (1 - matrix)).T @ true)
    assert (np.abs(np.mean(counts, axis=0) - true) < 5 * deviation / np.sqrt(200)).all()


def test_plain_pram_shifts_frequencies() -> None:
    data = table("categorical", job=["a"] * 9000 + ["b"] * 1000)
    out = released(Pram(p=0.8, invariant=False), data)["job"]
    assert (out == "b").mean() == pytest.approx(0.1 * 0.8 + 0.9 * 0.2, abs=0.02)


def test_pram_at_its_ends() -> None:
    data = table("categorical", job=pd.Categorical([*list("aabbc"), None], categories=list("abcde")))
    pd.testing.assert_frame_equal(released(Pram(p=1.0), data), data.table)
    out = released(Pram(p=0.0, invariant=False), data)["job"]
    assert out.dtype == data.table["job"].dtype
    assert (out[:5] != data.table["job"][:5]).all()
    assert out.isna().tolist() == [False] * 5 + [True]


def test_pram_promises_no_epsilon() -> None:
    recoding = Pram().fit(load("clinic"), np.random.default_rng(0))
    assert not any("epsilon" in name for name in (*recoding.statistics, *vars(recoding)))
    assert not Pram.fixed_in_advance


# Sampling and record suppression


def test_a_sample_is_of_that_size_and_of_everybody_alike() -> None:
    data = table(x=np.arange(20))
    drawn = [Sampling(share=0.25).fit(data, np.random.default_rng(seed)).kept for seed in range(400)]
    assert {len(kept) for kept in drawn} == {5}
    assert all((np.diff(kept) > 0).all() for kept in drawn)
    np.testing.assert_allclose(np.bincount(np.concatenate(drawn)) / 400, 0.25, atol=5 * 0.433 / 20)


def test_a_sample_holds_the_people_that_kept_names() -> None:
    data = load("clinic")
    recoding = Sampling(share=0.1).fit(data, np.random.default_rng(0))
    pd.testing.assert_frame_equal(recoding.release.table, data.table.iloc[recoding.kept].reset_index(drop=True))


def test_small_classes_leave() -> None:
    data = table("categorical", sex=["f", "f", "m", None, None], zip=["1", "1", "1", "2", "2"])
    recoding = RecordSuppression(k=2).fit(data, np.random.default_rng(0))
    assert recoding.kept.tolist() == [0, 1, 3, 4]
    assert recoding.statistics["dropped"] == 1
    assert recoding.statistics["min_class"] == 2


def test_a_limit_on_suppression_says_how_many_would_go() -> None:
    data = table("categorical", sex=["f", "f", "m", "m", "x"])
    with pytest.raises(Unreachable, match=r"20\.0%") as refused:
        RecordSuppression(k=2, suppression_limit=0.1).fit(data, np.random.default_rng(0))
    assert refused.value.best == pytest.approx(0.2)
    assert len(RecordSuppression(k=9).fit(data, np.random.default_rng(0)).release) == 0


# Choosing columns

NUMERIC_METHODS = [TopBottomCoding, Rounding, AdditiveNoise]


@pytest.mark.parametrize("method", NUMERIC_METHODS)
def test_a_column_that_does_not_fit_is_named(method: type[Anonymizer]) -> None:
    data = load("adult")
    with pytest.raises(BadInput, match="'sex' is categorical; age, "):
        released(method.from_values({"columns": ["sex"]}), data)
    with pytest.raises(BadInput, match="there is no column 'aeg'"):
        released(method.from_values({"columns": ["aeg"]}), data)
    with pytest.raises(BadInput, match="twice"):
        released(method.from_values({"columns": ["age", "age"]}), data)
    with pytest.raises(NotApplicable, match="numeric"):
        released(method(), table("categorical", sex=["f", "m"]))
    with pytest.raises(BadInput, match="holds no numbers"):
        released(method(), table("numeric", age=["young", "old"]))


@pytest.mark.parametrize("method", NUMERIC_METHODS)
def test_without_a_fitting_quasi_identifier_features_are_changed_but_never_the_target(
    method: type[Anonymizer],
) -> None:
    columns = {
        "sex": Column(role="quasi_identifier"),
        "pay": Column(kind="numeric", role="sensitive"),
        "y": Column(kind="numeric"),
    }
    table_ = pd.DataFrame({"sex": ["f", "m"] * 20, "pay": np.arange(40), "y": np.arange(40)})
    recoding: Recoding = method().fit(Dataset(table_, Schema(columns, target="y")), np.random.default_rng(0))
    assert recoding.statistics["columns"] == ["pay"]
