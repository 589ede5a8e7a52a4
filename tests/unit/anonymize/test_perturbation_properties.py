"""What every perturbing method owes on any table: absent cells, kinds, bounds, categories and types stay true."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.columns import differs
from ppml_core.anonymize.transforms.additive_noise import AdditiveNoise
from ppml_core.anonymize.transforms.cell_suppression import CellSuppression
from ppml_core.anonymize.transforms.pram import Pram
from ppml_core.anonymize.transforms.rank_swapping import RankSwapping
from ppml_core.anonymize.transforms.record_suppression import RecordSuppression
from ppml_core.anonymize.transforms.record_swapping import RecordSwapping
from ppml_core.anonymize.transforms.rounding import Rounding
from ppml_core.anonymize.transforms.sampling import Sampling
from ppml_core.anonymize.transforms.shuffling import Shuffling
from ppml_core.anonymize.transforms.top_bottom_coding import TopBottomCoding
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Column, Schema
from ppml_core.errors import PPMLError, Unreachable

LETTERS = ("ä ", " ", "猫", "a b", "?")
STEPS = ("low", "middle", "high")
BOUNDS = (-20, 120)

CHANGING: list[Anonymizer] = [
    TopBottomCoding(),
    TopBottomCoding(top_share=0.3, bottom_share=0.5, replacement="mean"),
    TopBottomCoding(top=50, bottom=0),
    Rounding(),
    Rounding(way="random", base=3),
    Rounding(way="controlled", base=7),
    AdditiveNoise(noise=1.0),
    AdditiveNoise(noise=2.0, correlated=True, keep_moments=True),
    Pram(p=0.3),
    Pram(p=0.3, invariant=False),
    RankSwapping(window=0.5),
    RecordSwapping(swap_rate=0.5),
    RecordSwapping(columns=("a letter", "weight"), similar=("Stufe",), k=2),
    Shuffling(),
    Shuffling(together=True),
    Shuffling(way="model"),
]
KEEPING_MARGINALS = (RankSwapping, RecordSwapping, Shuffling)
DROPPING: list[Anonymizer] = [Sampling(share=0.3), RecordSuppression(k=2)]

rows = st.tuples(
    st.one_of(st.none(), st.integers(*BOUNDS)),
    st.one_of(st.none(), st.floats(0, 1e6, allow_nan=False).map(lambda x: round(x, 3))),
    st.one_of(st.none(), st.sampled_from(LETTERS)),
    st.one_of(st.none(), st.sampled_from(STEPS)),
    st.one_of(st.none(), st.dates(datetime.date(1900, 1, 1), datetime.date(2020, 1, 1)).map(str)),
)


@st.composite
def datasets(draw: st.DrawFn) -> Dataset:
    """Any few rows, or all equal, or all unique; numbers as integers, floats or nullable integers."""
    shape = draw(st.sampled_from(["any", "equal", "unique"]))
    drawn: list[Any] = draw(st.lists(rows, min_size=1, max_size=30, unique=shape == "unique"))
    if shape == "equal":
        drawn = [drawn[0]] * len(drawn)
    names = ["âge", "weight", "a letter", "Stufe", "jour"]
    table = pd.DataFrame(drawn, columns=names)
    table["âge"] = table["âge"].astype("float64")
    if draw(st.booleans()):
        table["âge"] = table["âge"].astype("Int64")
    elif table["âge"].notna().all():
        table["âge"] = table["âge"].astype("int64")
    table["weight"] = table["weight"].astype("float64")
    if draw(st.booleans()):
        table["a letter"] = pd.Categorical(table["a letter"], categories=LETTERS)
    columns = {
        "âge": Column(role="quasi_identifier", kind="numeric", bounds=BOUNDS),
        "weight": Column(role="quasi_identifier", kind="numeric"),
        "a letter": Column(role="quasi_identifier", kind="categorical", categories=LETTERS),
        "Stufe": Column(role="quasi_identifier", kind="ordinal", categories=STEPS),
        "jour": Column(role="quasi_identifier", kind="date"),
    }
    return Dataset(table, Schema(columns))


def name_of(method: Anonymizer) -> str:
    return f"{method.name()}-{'-'.join(str(value) for value in method.values().values())}"


@pytest.mark.parametrize("method", CHANGING, ids=name_of)
@settings(max_examples=20)
@given(data=datasets(), seed=st.integers(0, 1000))
def test_cells_stay_of_their_kind(method: Anonymizer, data: Dataset, seed: int) -> None:
    before = data.table.copy(deep=True)
    recoding = method.fit(data, np.random.default_rng(seed))
    out = recoding.release.table
    pd.testing.assert_frame_equal(data.table, before)
    assert recoding.release.schema == data.schema
    assert (out.dtypes == before.dtypes).all()
    assert out.isna().equals(before.isna())
    assert recoding.kept.tolist() == list(range(len(data)))
    assert out["âge"].dropna().between(*BOUNDS).all() or isinstance(method, TopBottomCoding)
    ages = out["âge"].dropna().to_numpy(dtype=float)
    assert (ages == np.rint(ages)).all()
    for name in ("a letter", "Stufe", "jour"):
        assert set(out[name].dropna()) <= set(before[name].dropna())
    untouched = [name for name in out.columns if name not in recoding.statistics["columns"]]
    assert out[untouched].equals(before[untouched])
    assert recoding.release.hierarchies.keys() == data.hierarchies.keys()
    assert recoding.release.leaves.keys() == data.leaves.keys()


@pytest.mark.parametrize(
    "method", [method for method in CHANGING if isinstance(method, KEEPING_MARGINALS)], ids=name_of
)
@settings(max_examples=20)
@given(data=datasets(), seed=st.integers(0, 1000))
def test_marginals_stay_exactly(method: Anonymizer, data: Dataset, seed: int) -> None:
    out = method.fit(data, np.random.default_rng(seed)).release.table
    for name in out.columns:
        assert sorted(out[name].dropna().astype(str)) == sorted(data.table[name].dropna().astype(str))


@pytest.mark.parametrize("method", CHANGING, ids=name_of)
@settings(max_examples=10)
@given(data=datasets(), unseen=datasets())
def test_unseen_people_stay_raw_or_are_coded_by_the_mapping(method: Anonymizer, data: Dataset, unseen: Dataset) -> None:
    recoding = method.fit(data, np.random.default_rng(0))
    out = recoding.transform(unseen)
    assert out.schema == recoding.release.schema
    mapping = recoding.mapping()
    raw = [name for name in unseen.table.columns if name not in mapping]
    pd.testing.assert_frame_equal(out.table[raw], unseen.table[raw])
    again = recoding.transform(data)
    for name, table in mapping.items():
        published = dict(zip(table["value"], table["published"], strict=True))
        coded = data.table[name].dropna().astype(float).map(published)
        np.testing.assert_allclose(coded, again.table[name].dropna().astype(float), atol=1e-9)
        assert again.table[name].equals(recoding.release.table[name])


@pytest.mark.parametrize("method", DROPPING, ids=name_of)
@settings(max_examples=20)
@given(data=datasets(), seed=st.integers(0, 1000))
def test_who_stays_stays_unchanged(method: Anonymizer, data: Dataset, seed: int) -> None:
    recoding = method.fit(data, np.random.default_rng(seed))
    pd.testing.assert_frame_equal(recoding.release.table, data.table.iloc[recoding.kept].reset_index(drop=True))
    assert recoding.statistics["dropped"] == len(data) - len(recoding.kept)
    if isinstance(method, RecordSuppression) and len(recoding.kept):
        sizes = recoding.release.table.groupby(list(data.table.columns), dropna=False, observed=True).size()
        assert sizes.min() >= method.k
    if isinstance(method, Sampling):
        assert len(recoding.kept) >= 1


@settings(max_examples=30)
@given(data=datasets(), k=st.integers(1, 6))
def test_blanks_make_any_table_k_anonymous(data: Dataset, k: int) -> None:
    try:
        recoding = CellSuppression(k=k).fit(data, np.random.default_rng(0))
    except Unreachable:
        assert len(data) < k
        return
    out = recoding.release
    assert out.table.groupby(data.quasi_identifiers, dropna=False, observed=True).size().min() >= k
    assert (data.table.isna() <= out.table.isna()).all(axis=None)
    for name in data.quasi_identifiers:
        shown = out.table[name].notna()
        assert not differs(data.table[name][shown], out.table[name][shown]).any()
    assert out.leaves.keys() == data.leaves.keys()


@pytest.mark.parametrize("method", [*CHANGING, *DROPPING, CellSuppression()], ids=name_of)
def test_a_table_without_people_is_refused_or_stays_empty(method: Anonymizer) -> None:
    schema = Schema({"âge": Column("quasi_identifier", "numeric"), "Stufe": Column("quasi_identifier", "ordinal")})
    columns = schema.columns | {"a letter": Column("quasi_identifier"), "weight": Column("feature", "numeric")}
    nobody = pd.DataFrame({name: [] for name in columns}, dtype="float64")
    try:
        recoding = method.fit(Dataset(nobody, Schema(columns)), np.random.default_rng(0))
    except PPMLError:
        return
    assert len(recoding.release) == 0
