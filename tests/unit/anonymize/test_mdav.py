"""MDAV's groups are those of the paper's algorithm done slowly, and plain pandas counts k people in each."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from ppml_core.anonymize.transforms.mdav import Mdav
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Column, Schema
from ppml_core.errors import BadInput, Unreachable

RNG = np.random.default_rng(0)
QIS = ["age at visit", "town", "stage", "born"]
TOWNS = [*(f"Straße {i}" for i in range(300)), " ", "{a, b}", None]
columns = {
    "age at visit": Column(role="quasi_identifier", kind="numeric", missing=True),
    "town": Column(role="quasi_identifier"),
    "stage": Column(role="quasi_identifier", kind="ordinal", categories=("low", "middle", "high")),
    "born": Column(role="quasi_identifier", kind="date"),
    "illness": Column(role="sensitive"),
}
Row = tuple[float | None, str | None, str | None, str | None, str]


def visits(rows: list[Row]) -> Dataset:
    table = pd.DataFrame(rows, columns=list(columns)).astype({"age at visit": "float64"})
    return Dataset(table.astype(dict.fromkeys(QIS[1:], object)), Schema(columns=columns), "visits")


person = st.tuples(
    st.none() | st.integers(0, 90).map(float),
    st.sampled_from(TOWNS),
    st.sampled_from(["low", "middle", "high", None]),
    st.sampled_from(["1950-01-31", "1999-12-31", "2001-02-03", None]),
    st.sampled_from(["flu", "gout"]),
)
equal = st.tuples(st.integers(1, 30), person).map(lambda of: [of[1]] * of[0])
unique = st.integers(1, 300).map(
    lambda n: [(i + 0.5, TOWNS[i], "low", f"19{i % 100:02}-01-01", "flu") for i in range(n)]
)


@pytest.mark.slow
@given(st.lists(person, min_size=1, max_size=60) | equal | unique, st.integers(2, 6), st.sampled_from([100, 10_000]))
def test_every_published_combination_is_shared_by_k(rows: list[Row], k: int, block: int) -> None:
    data = visits(rows)
    if len(rows) < k:
        with pytest.raises(Unreachable, match=f"k={k}") as refusal:
            Mdav(k=k, block=block).fit(data, RNG)
        assert refusal.value.best == len(rows)
        return
    fitted = Mdav(k=k, block=block).fit(data, RNG)
    published = fitted.release.table
    sizes = published.groupby(QIS, dropna=False, observed=True).size()
    assert len(published) == len(rows)
    assert sizes.min() >= k
    assert (len(sizes), sizes.min()) == (fitted.statistics["classes"], fitted.statistics["min_class"])
    for name in QIS:
        assert fitted.mapping()[name]["people"].sum() == len(rows)
        assert published[name].dtype == data.table[name].dtype
    for name in ("town", "stage"):
        assert set(fitted.release.texts(name)) <= set(data.texts(name)), "medians and modes are values of somebody"
    assert fitted.release.table["illness"].tolist() == [row[4] for row in rows]
    assert all(len(tree.leaves) for tree in fitted.release.hierarchies.values()), "the release can be recoded again"


def numbers(table: dict[str, list[float]]) -> Dataset:
    schema = Schema(columns={name: Column(role="quasi_identifier", kind="numeric") for name in table})
    return Dataset(pd.DataFrame(table), schema)


def test_groups_by_hand() -> None:
    """100.5 lies farthest out and takes 12.5; farthest from it is 1.5, which takes 2.5; three are left."""
    data = numbers({"pay": [1.5, 2.5, 3.5, 10.5, 11.5, 12.5, 100.5]})
    fitted = Mdav(k=2).fit(data, RNG)
    assert fitted.release.table["pay"].tolist() == [2.0, 2.0, 8.5, 8.5, 8.5, 56.5, 56.5]
    errors = 2 * 0.5**2 + 5**2 + 2**2 + 3**2 + 2 * 44**2
    assert fitted.statistics["sse_share"] == pytest.approx(errors / (7 * data.table["pay"].var(ddof=0)))
    assert fitted.mapping()["pay"].query("published == '8.5'")["value"].tolist() == ["10.5", "11.5", "3.5"]


def mdav_slowly(points: np.ndarray, k: int) -> list[set[int]]:
    """Domingo-Ferrer & Torra 2005, MDAV-generic, person by person."""
    left, groups = list(range(len(points))), []

    def take(center: np.ndarray) -> None:
        near = sorted(left, key=lambda row: ((points[row] - center) ** 2).sum())[:k]
        groups.append(set(near))
        left[:] = [row for row in left if row not in near]

    def farthest(center: np.ndarray) -> np.ndarray:
        return points[max(left, key=lambda row: ((points[row] - center) ** 2).sum())]

    while len(left) >= 3 * k:
        first = farthest(points[left].mean(axis=0))
        take(first)
        take(farthest(first))
    if len(left) >= 2 * k:
        take(farthest(points[left].mean(axis=0)))
    return [*groups, set(left)]


@pytest.mark.parametrize(("people", "k"), [(7, 3), (9, 3), (40, 4), (101, 5), (64, 2)])
def test_the_compiled_groups_are_those_of_the_paper(people: int, k: int) -> None:
    points = np.random.default_rng(people).normal(size=(people, 3))
    points = (points - points.mean(axis=0)) / points.std(axis=0)
    fitted = Mdav(k=k).fit(numbers({f"x{place}": points[:, place].tolist() for place in range(3)}), RNG)
    found = {frozenset(group.tolist()) for group in fitted.release.table.groupby(["x0", "x1", "x2"]).indices.values()}
    assert found == {frozenset(group) for group in mdav_slowly(points, k)}


def test_centres_of_other_kinds_by_hand() -> None:
    rows: list[Row] = [
        (1.0, "A", "low", "2000-01-01", "flu"), (2.0, "B", "low", "2000-01-02", "flu"),
        (4.0, "B", "high", "2000-01-06", "flu"), (None, "C", "high", None, "flu"),
    ]  # fmt: skip
    table = Mdav(k=4).fit(visits(rows), RNG).release.table
    assert table.drop(columns="illness").drop_duplicates().to_numpy().tolist() == [[2.0, "B", "low", "2000-01-03"]]


def test_absent_where_most_are_absent() -> None:
    rows: list[Row] = [(None, "A", None, None, "flu"), (None, "A", None, None, "flu"), (5.0, "A", "low", None, "flu")]
    table = Mdav(k=3).fit(visits(rows), RNG).release.table
    assert table[["age at visit", "stage", "born"]].isna().all(axis=None)


def test_blocks_hold_back_neighbours_and_nothing_else() -> None:
    data = load("adult")
    whole, cut = (Mdav(k=5, block=block).fit(data.take(np.arange(6000)), RNG).statistics for block in (6000, 1000))
    assert whole["min_class"] >= 5
    assert cut["min_class"] >= 5
    assert cut["sse_share"] < 2 * whole["sse_share"] < 0.2


def test_without_quasi_identifiers_nothing_can_be_grouped() -> None:
    data = Dataset(pd.DataFrame({"x": [1, 2]}), Schema(columns={"x": Column()}))
    with pytest.raises(BadInput, match="quasi-identifier"):
        Mdav().fit(data, RNG)


def test_numbers_whose_squares_overflow_are_grouped_like_others() -> None:
    points = np.random.default_rng(1).normal(size=60)
    small, huge = (Mdav(k=5).fit(numbers({"x": (points * size).tolist()}), RNG) for size in (1.0, 1e300))
    assert huge.statistics["sse_share"] == pytest.approx(small.statistics["sse_share"])
    groups = [fitted.release.table["x"].rank(method="dense") for fitted in (small, huge)]
    assert groups[0].equals(groups[1])


def test_numbers_whose_sums_overflow_have_a_mean() -> None:
    published = Mdav(k=5).fit(numbers({"x": [1.7e308] * 5 + [-1.7e308] * 5 + [1.5] * 5}), RNG).release.table["x"]
    assert published.tolist() == pytest.approx([1.7e308] * 5 + [-1.7e308] * 5 + [1.5] * 5)
