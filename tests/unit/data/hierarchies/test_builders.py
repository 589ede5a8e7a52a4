"""Every builder gives entries that a table accepts, and groups that nest."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppml_core.data.dataset import Dataset
from ppml_core.data.hierarchies.builders import (
    Entries,
    Side,
    flat,
    from_dates,
    from_intervals,
    from_maps,
    from_order,
    from_prefix,
    from_redaction,
    with_entries,
)
from ppml_core.data.hierarchy import Hierarchy
from ppml_core.data.schema import Column, Kind, Schema
from ppml_core.errors import BadInput

WORDS = st.lists(st.text("ab*c12 to", min_size=1, max_size=5), min_size=1, max_size=12, unique=True)


def tree_of(values: list[str] | list[float], entries: Entries, kind: Kind = "categorical") -> Hierarchy:
    """The hierarchy that a table of these values gets; every value has its leaf."""
    data = Dataset(pd.DataFrame({"x": values}), Schema({"x": with_entries(Column("quasi_identifier", kind), entries)}))
    tree = data.hierarchies["x"]
    assert len(data.leaves["x"]) == len(values)
    return tree


def labels_of(tree: Hierarchy, value: str) -> list[str]:
    return [labels[codes[tree.index[value]]] for labels, codes in zip(tree.labels, tree.codes, strict=True)]


def nests(tree: Hierarchy) -> bool:
    counts = [len(labels) for labels in tree.labels]
    return all(finer >= coarser for finer, coarser in pairwise(counts)) and counts[-1] == 1


def test_widths_are_nested_and_aligned() -> None:
    tree = tree_of([17.0, 38.0, 90.0], from_intervals(widths=[5, 10, 20]), "numeric")
    assert labels_of(tree, "38") == ["38", "35-39", "30-39", "20-39", "*"]
    with pytest.raises(BadInput, match="not a multiple"):
        from_intervals(widths=[5, 7])
    with pytest.raises(BadInput, match="rising"):
        from_intervals(widths=[10, 5])


def test_cut_points_may_be_uneven_and_must_nest() -> None:
    ages = [float(age) for age in range(101)]
    tree = tree_of(ages, from_intervals(ages, cuts=[[18, 25, 65], [18, 65], [65]]), "numeric")
    assert labels_of(tree, "17") == ["17", "<18", "<18", "<65", "*"]
    assert labels_of(tree, "24") == ["24", "18-24", "18-64", "<65", "*"]
    assert labels_of(tree, "65") == ["65", ">=65", ">=65", ">=65", "*"]
    assert [len(labels) for labels in tree.labels] == [101, 4, 3, 2, 1]
    with pytest.raises(BadInput, match="30 is missing one level below"):
        from_intervals(ages, cuts=[[18, 65], [30]])


def test_cut_points_between_decimals_are_half_open() -> None:
    tree = tree_of([0.5, 1.0, 2.5], from_intervals([0.5, 1.0, 2.5], cuts=[[1, 2.5]]), "numeric")
    assert [labels_of(tree, value)[1] for value in ("0.5", "1", "2.5")] == ["<1", "[1, 2.5)", ">=2.5"]


def test_runs_of_an_order_are_as_long_as_asked() -> None:
    values = ["none", "primary", "secondary", "bachelor", "master", "doctorate"]
    tree = tree_of(values, from_order(values, [[2, 1, 3], [2, 1]]))
    assert labels_of(tree, "primary") == ["primary", "none to primary", "none to secondary", "*"]
    assert labels_of(tree, "master")[1:] == ["bachelor to doctorate", "bachelor to doctorate", "*"]
    with pytest.raises(BadInput, match="runs for 5 groups, but there are 6"):
        from_order(values, [[2, 3]])


@given(st.data(), WORDS)
def test_random_groups_of_an_order_nest(data: st.DataObject, values: list[str]) -> None:
    runs: list[list[int]] = []
    left = len(values)
    for _ in range(data.draw(st.integers(1, 4))):
        lengths: list[int] = []
        while sum(lengths) < left:
            lengths.append(data.draw(st.integers(1, left - sum(lengths))))
        runs.append(lengths)
        left = len(lengths)
    tree = tree_of(values, from_order(values, runs))
    assert nests(tree)
    assert [len(labels) for labels in tree.labels[1:-1]] == [len(lengths) for lengths in runs]


def test_maps_give_groups_of_groups() -> None:
    tree = tree_of(["Ulm", "Bonn", "Lyon"], from_maps([{"Ulm": "DE", "Bonn": "DE", "Lyon": "FR"}]))
    assert labels_of(tree, "Bonn") == ["Bonn", "DE", "*"]
    with pytest.raises(BadInput, match="does not say what 'FR' becomes"):
        from_maps([{"Ulm": "DE", "Lyon": "FR"}, {"DE": "Europe"}])


def test_days_follow_the_calendar() -> None:
    days = ["1979-12-31", "1980-01-01", "1980-04-30"]
    tree = tree_of(days, from_dates(days))
    assert labels_of(tree, "1980-04-30") == ["1980-04-30", "1980-04", "1980-Q2", "1980", "1980s", "*"]
    with pytest.raises(BadInput, match="'1980-02-30' is no day"):
        from_dates(["1980-02-30"])
    with pytest.raises(BadInput, match="in that order"):
        from_dates(days, ["year", "month"])


def test_postal_codes_lose_digits_from_the_right() -> None:
    codes = ["81667", "81925", "10115"]
    assert labels_of(tree_of(codes, from_prefix(codes)), "81667") == ["81667", "8166*", "816**", "81***", "8****", "*"]
    assert labels_of(tree_of(codes, from_prefix(codes, [3, 1])), "81667") == ["81667", "816**", "8****", "*"]


@pytest.mark.parametrize(
    ("side", "step", "padded", "expected"),
    [
        ("right", 1, True, ["12", "12**", "12**", "1***", "*"]),
        ("left", 1, True, ["12", "**12", "**12", "***2", "*"]),
        ("right", 1, False, ["12", "1*", "**", "**", "*"]),
        ("left", 2, False, ["12", "**", "*"]),
        ("right", 3, True, ["12", "1***", "*"]),
    ],
)
def test_redaction_takes_signs_from_either_side(side: Side, step: int, padded: bool, expected: list[str]) -> None:
    values = ["1234", "12"]
    assert labels_of(tree_of(values, from_redaction(values, side, step, padded)), "12") == expected


@given(WORDS, st.sampled_from(["left", "right"]), st.integers(1, 3), st.booleans())
def test_redaction_nests_whatever_the_values(values: list[str], side: Side, step: int, padded: bool) -> None:
    assert nests(tree_of(values, from_redaction(values, side, step, padded)))
    assert nests(tree_of(values, from_prefix(values)))


def test_flat_has_two_levels() -> None:
    assert labels_of(tree_of(["a", "b"], flat(["a", "b"])), "b") == ["b", "*"]
