"""Swapping and shuffling: values stay what they were as a column, and go where the method says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.transforms.rank_swapping import RankSwapping
from ppml_core.anonymize.transforms.record_swapping import RecordSwapping
from ppml_core.anonymize.transforms.shuffling import Shuffling
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Column, Schema
from ppml_core.errors import BadInput, NotApplicable


def table(kind: str = "numeric", **columns: Any) -> Dataset:
    meaning = {name: Column(role="quasi_identifier", kind=kind) for name in columns}  # type: ignore[arg-type]
    return Dataset(pd.DataFrame(columns), Schema(columns=meaning))


def released(method: Anonymizer, data: Dataset, seed: int = 1) -> pd.DataFrame:
    return method.fit(data, np.random.default_rng(seed)).release.table


def normal_people(rows: int = 20_000, correlation: float = 0.8) -> Dataset:
    draws = np.random.default_rng(7).multivariate_normal([10, -3], [[4, 2 * correlation], [2 * correlation, 1]], rows)
    return table(x=draws[:, 0], y=draws[:, 1])


# Rank swapping


def test_swapped_values_are_near_in_rank_and_marginals_stay() -> None:
    data = table(x=np.random.default_rng(3).permutation(1000))
    out = released(RankSwapping(window=0.05), data)["x"]
    assert sorted(out) == sorted(data.table["x"])
    apart = (out - data.table["x"]).abs()
    assert apart.max() <= 50
    assert (apart > 0).mean() > 0.95
    assert out[out.to_numpy()].to_numpy().tolist() != out.to_numpy().tolist()
    assert out.mean() == data.table["x"].mean()


def test_swapping_is_mutual() -> None:
    data = table(x=np.arange(500))
    out = released(RankSwapping(window=0.1), data)["x"].to_numpy()
    assert (out[out] == np.arange(500)).all()


def test_a_wider_window_costs_more_correlation() -> None:
    data = normal_people(5000)
    kept = [released(RankSwapping(window=window), data).corr().iloc[0, 1] for window in (0.0, 0.05, 0.3, 1.0)]
    assert kept[0] == data.table.corr().iloc[0, 1]
    assert kept == sorted(kept, reverse=True)
    assert kept[1] > 0.75


def test_dates_and_ordered_categories_swap_by_their_order() -> None:
    columns = {
        "day": Column(role="quasi_identifier", kind="date"),
        "size": Column(role="quasi_identifier", kind="ordinal", categories=("small", "medium", "large")),
    }
    days = pd.Series(pd.date_range("2000-01-01", periods=90).strftime("%d.%m.%Y"))
    data = Dataset(pd.DataFrame({"day": days, "size": ["large", "small", "medium"] * 30}), Schema(columns))
    out = released(RankSwapping(window=0.1), data)
    read = pd.to_datetime(out["day"], format="%d.%m.%Y") - pd.to_datetime(days, format="%d.%m.%Y")
    assert read.abs().max().days <= 9
    assert (out["day"] != days).any()
    assert not ((out["size"] == "large") & (data.table["size"] == "small")).any()
    assert out["size"].value_counts().to_dict() == {"large": 30, "small": 30, "medium": 30}


# Record swapping


def region_people() -> Dataset:
    columns = {
        "region": Column(role="quasi_identifier", kind="categorical"),
        "age": Column(role="quasi_identifier", kind="numeric"),
        "size": Column(kind="numeric"),
    }
    regions, ages, sizes = ["n"] * 50 + ["s"] * 50, [30] * 49 + [80] + [30] * 49 + [90], [1, 2] * 50
    return Dataset(pd.DataFrame({"region": regions, "age": ages, "size": sizes}), Schema(columns))


def test_only_people_at_risk_and_their_partners_are_swapped() -> None:
    data = region_people()
    recoding = RecordSwapping(k=3, swap_rate=0.0).fit(data, np.random.default_rng(0))
    out = recoding.release.table
    assert out["region"][49] == "s"
    assert out["region"][99] == "n"
    assert recoding.statistics["high_risk"] == 2
    assert recoding.statistics["high_risk_left"] == 0
    assert (out["region"] != data.table["region"]).sum() == recoding.statistics["swapped"] <= 4
    assert out[["age", "size"]].equals(data.table[["age", "size"]])


def test_counts_by_region_and_by_what_partners_share_stay() -> None:
    data = region_people()
    for seed in range(10):
        out = released(RecordSwapping(columns=("region",), similar=("size",), swap_rate=0.5), data, seed)
        pd.testing.assert_frame_equal(
            pd.crosstab(out["region"], out["size"]), pd.crosstab(data.table["region"], data.table["size"])
        )
        assert (out["region"] != data.table["region"]).sum() >= 50


def test_nobody_to_swap_with_leaves_all_as_it_was() -> None:
    data = table("categorical", region=["here"] * 4 + [None])
    recoding = RecordSwapping(k=10).fit(data, np.random.default_rng(0))
    pd.testing.assert_frame_equal(recoding.release.table, data.table)
    assert recoding.statistics["high_risk_left"] == 5


def test_region_columns_travel_together() -> None:
    data = table("categorical", county=list("aabbcc") * 20, town=["a1", "a2", "b1", "b2", "c1", "c2"] * 20)
    out = released(RecordSwapping(columns=("county", "town"), swap_rate=0.8), data)
    assert (out["county"] == out["town"].str[0]).all()
    assert (out["town"] != data.table["town"]).mean() >= 0.8


def test_swapped_and_similar_at_once_is_refused() -> None:
    with pytest.raises(BadInput, match="'region' cannot be swapped and similar"):
        released(RecordSwapping(columns=("region",), similar=("region",)), region_people())
    with pytest.raises(NotApplicable, match="region"):
        released(RecordSwapping(), table(age=[1, 2]))


# Shuffling


def test_a_full_shuffle_keeps_the_values_and_drops_the_relation() -> None:
    data = normal_people()
    out = released(Shuffling(columns=("x",)), data)
    assert sorted(out["x"]) == sorted(data.table["x"])
    assert out["y"].equals(data.table["y"])
    assert abs(out.corr().iloc[0, 1]) < 0.04


def test_columns_that_move_together_keep_their_relation() -> None:
    data = normal_people(500)
    out = released(Shuffling(together=True), data)
    assert set(zip(out["x"], out["y"], strict=True)) == set(zip(data.table["x"], data.table["y"], strict=True))
    assert (out["x"] != data.table["x"]).mean() > 0.98


def test_data_shuffling_keeps_monotonic_relations_and_little_of_the_person() -> None:
    """A curved relation survives; what is left between a person's old and new value is what the other column tells."""
    base = normal_people(20_000, correlation=0.6).table
    data = table(pay=np.exp(base["x"]), other=base["y"] ** 3, third=np.tanh(base["x"]))
    out = released(Shuffling(columns=("pay", "third"), way="model"), data)
    ranks = data.table.rank().corr()
    assert sorted(out["pay"]) == sorted(data.table["pay"])
    np.testing.assert_allclose(out.rank().corr(), ranks, atol=0.02)
    assert out["pay"].rank().corr(data.table["pay"].rank()) < 0.6**2 + 0.03


def test_data_shuffling_uses_categories_and_skips_what_is_absent() -> None:
    rng = np.random.default_rng(0)
    group = rng.integers(0, 3, 6000)
    columns = {"pay": Column(kind="numeric", role="sensitive"), "group": Column(role="quasi_identifier")}
    pay = np.where(rng.random(6000) < 0.1, np.nan, group * 5 + rng.normal(size=6000))
    data = Dataset(pd.DataFrame({"pay": pay, "group": np.array(list("abc"))[group]}), Schema(columns))
    out = released(Shuffling(columns=("pay",), way="model"), data)
    assert out["pay"].isna().equals(data.table["pay"].isna())
    np.testing.assert_allclose(out.groupby("group")["pay"].mean(), data.table.groupby("group")["pay"].mean(), atol=0.75)


def test_given_and_shuffled_at_once_is_refused() -> None:
    with pytest.raises(BadInput, match="'x' cannot be shuffled and given"):
        released(Shuffling(columns=("x",), given=("x",), way="model"), normal_people(10))
