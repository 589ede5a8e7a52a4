"""Published texts: one name per set of leaves, membership worked out by hand, and what travels with a dataset."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppml_core.data import published as module
from ppml_core.data.dataset import Dataset
from ppml_core.data.hierarchy import (
    Hierarchy,
    flat_hierarchy,
    hierarchy_from_levels,
    hierarchy_from_rows,
    hierarchy_from_widths,
    names_of,
)
from ppml_core.data.published import Published
from ppml_core.data.schema import Schema
from ppml_core.data.split import split
from ppml_core.errors import BadInput

COUNTRIES = hierarchy_from_rows(
    [
        ["France", "Europe", "Other", "*"],
        ["Italy", "Europe", "Other", "*"],
        ["Japan", "Other", "Other", "*"],
        ["India", "Other", "Other", "*"],
        ["Canada", "Canada", "America", "*"],
        ["Peru", "South", "America", "*"],
    ],
    "country",
)
NODES = ("France", "Italy", "Japan", "India", "Canada", "Peru", "Europe", "Other", "Other (level 2)", "America")


@st.composite
def trees(draw: st.DrawFn) -> Hierarchy:
    """Random trees in which labels repeat across levels."""
    leaves = draw(st.integers(1, 9))
    codes = [np.arange(leaves)]
    for _ in range(draw(st.integers(0, 3))):
        groups = int(codes[-1].max()) + 1
        merged = np.array(draw(st.lists(st.integers(0, groups - 1), min_size=groups, max_size=groups)))
        codes.append(np.unique(merged[codes[-1]], return_inverse=True)[1])
    texts = ["a", "b", "a (level 1)", "c", "", "b (level 2)", "d", "*", "e"]
    rows = [[texts[level[leaf]] for level in codes] + ["*"] for leaf in range(leaves)]
    return hierarchy_from_rows(rows, "x")


def leaf_sets(tree: Hierarchy) -> dict[tuple[int, int], frozenset[int]]:
    return {
        (level, code): frozenset(np.flatnonzero(codes == code).tolist())
        for level, codes in enumerate(tree.codes)
        for code in range(len(tree.labels[level]))
    }


def people(values: list[str], published: dict[str, Published] | None = None) -> Dataset:
    schema = Schema.from_values({"columns": {"country": {"role": "quasi_identifier"}}})
    return Dataset(pd.DataFrame({"country": values}), schema, published=published or {})


def test_a_label_with_two_meanings_says_its_level_and_equal_sets_share_a_name() -> None:
    names = names_of(COUNTRIES)
    assert names[0] == COUNTRIES.leaves
    assert names[1] == ("Europe", "Other", "Canada", "Peru")
    assert names[2] == ("Other (level 2)", "America")
    assert names[3] == ("*",)


@given(trees())
def test_names_and_sets_of_leaves_correspond_one_to_one(tree: Hierarchy) -> None:
    names = names_of(tree)
    pairs = {(leaves, names[level][code]) for (level, code), leaves in leaf_sets(tree).items()}
    assert len(pairs) == len({leaves for leaves, _ in pairs}) == len({name for _, name in pairs})


@given(trees())
def test_every_node_may_be_published_under_its_name(tree: Hierarchy) -> None:
    published, names = Published.of_tree(tree), names_of(tree)
    for (level, code), leaves in leaf_sets(tree).items():
        assert set(published.leaves_under(names[level][code]).tolist()) == leaves
    proper = {leaves for leaves in leaf_sets(tree).values() if len(leaves) < len(tree.leaves)}
    assert len(published.node_names) == len(proper)


@given(trees(), st.data())
def test_membership_is_the_share_of_leaves_and_no_row_is_longer_than_promised(
    tree: Hierarchy, data: st.DataObject
) -> None:
    chosen = data.draw(st.sets(st.integers(0, len(tree.leaves) - 1), min_size=1))
    published = Published(
        tree, Published.of_tree(tree).spans | {"some of them": np.array(sorted(chosen), dtype=np.int32)}
    )
    texts = [*tree.leaves, *published.spans, "unheard of"]
    found = published.membership(texts)
    assert found.shape == (len(texts), len(published.node_names))
    for row, text in zip(found, texts, strict=True):
        under = set(published.leaves_under(text).tolist())
        for value, node in zip(row, published.node_names, strict=True):
            inside = under & set(published.leaves_under(node).tolist())
            assert value == (len(inside) / len(under) if under else 0)
    assert np.linalg.norm(found, axis=1).max(initial=0) <= published.norm + 1e-12
    longest = np.linalg.norm(published.membership(tree.leaves), axis=1).max(initial=0)
    assert longest == pytest.approx(published.norm), "the bound is reached"


def test_each_set_of_leaves_is_one_node_and_the_whole_is_none() -> None:
    assert Published.of_tree(COUNTRIES).node_names == NODES


def test_a_raw_value_is_a_member_of_itself_and_of_all_above() -> None:
    row = Published.of_tree(COUNTRIES).membership(["Italy"])[0]
    assert dict(zip(NODES, row, strict=True)) == dict.fromkeys(NODES, 0.0) | {
        "Italy": 1.0,
        "Europe": 1.0,
        "Other (level 2)": 1.0,
    }


def test_a_published_node_is_shared_evenly_among_what_it_may_mean() -> None:
    row = Published.of_tree(COUNTRIES).membership(["Other (level 2)"])[0]
    quarters = dict.fromkeys(("France", "Italy", "Japan", "India"), 0.25)
    halves = {"Europe": 0.5, "Other": 0.5, "Other (level 2)": 1.0}
    assert dict(zip(NODES, row, strict=True)) == dict.fromkeys(NODES, 0.0) | quarters | halves


def test_the_published_root_is_the_uniform_distribution() -> None:
    row = Published.of_tree(COUNTRIES).membership(["*"])[0]
    assert row.tolist() == [1 / 6] * 6 + [2 / 6, 2 / 6, 4 / 6, 2 / 6]


def test_any_set_of_values_may_be_published() -> None:
    published = Published(COUNTRIES, {"Italy or Peru": np.array([5, 1, 1])})
    assert published.leaves_under("Italy or Peru").tolist() == [1, 5]
    row = published.membership(["Italy or Peru"])[0]
    assert row.tolist() == [0, 0.5, 0, 0, 0, 0.5, 0.5, 0, 0.5, 0.5]


def test_unknown_texts_are_under_nothing_and_empty_ones_under_their_mark() -> None:
    assert not Published.of_tree(COUNTRIES).membership(["Atlantis", ""]).any()
    marked = hierarchy_from_levels([{"a": "vowel", "b": "consonant"}], "letter", missing=True)
    assert Published.of_tree(marked).leaves_under("").tolist() == [2]
    listed = Published.of_tree(hierarchy_from_rows([["a", "*"], ["?", "*"]], "letter"))
    assert listed.membership(["", "?"]).tolist() == [[0, 1], [0, 1]]


@pytest.mark.parametrize(
    ("spans", "sentence"),
    [
        ({"nowhere": []}, "stands for no value"),
        ({"beyond": [6]}, "stands for no value"),
        ({"below": [-1]}, "stands for no value"),
        ({"Italy": [0, 1]}, "is a value of its hierarchy and a group"),
    ],
)
def test_what_can_stand_for_nothing_is_refused(spans: dict[str, list[int]], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        Published(COUNTRIES, {text: np.array(leaves, dtype=np.int32) for text, leaves in spans.items()})


def test_large_hierarchies_are_told_apart_from_the_first_level_that_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_NODES", 9)
    small = Published.of_tree(COUNTRIES)
    assert small.first_level == 1
    assert small.node_names == ("Europe", "Other", "Canada", "Peru", "Other (level 2)", "America")
    assert small.membership(["Canada"])[0].tolist() == [0, 0, 1, 0, 0, 1]
    assert small.norm == pytest.approx(2**0.5)
    monkeypatch.setattr(module, "MOST_NODES", 1)
    assert Published.of_tree(COUNTRIES).node_names == ()
    assert Published.of_tree(COUNTRIES).membership(["Italy"]).shape == (1, 0)
    monkeypatch.undo()
    codes = Published.of_tree(hierarchy_from_widths(range(3000), [10, 100], "code"))
    assert (codes.first_level, len(codes.node_names)) == (1, 330)
    assert Published.of_tree(flat_hierarchy([str(i) for i in range(3000)], "code")).node_names == ()


def test_parts_of_a_dataset_mean_the_same_texts() -> None:
    published = {"country": Published.of_tree(COUNTRIES)}
    data = people(["Italy", "Europe", "*", "Peru"], published)
    parts = [data.take(np.array([1])), data.with_schema(data.schema), dataclasses.replace(data), *split(data, 1)]
    assert all(part.published is published for part in parts)
    assert people(["Italy"]).published == {}


def test_equal_cells_that_mean_something_else_are_another_table() -> None:
    other = hierarchy_from_rows([[leaf, "Europe", "*"] for leaf in COUNTRIES.leaves], "country")
    meanings = [
        None,
        {"country": Published.of_tree(COUNTRIES)},
        {"country": Published(COUNTRIES, {"Europe": np.array([0, 1, 2])})},
        {"country": Published(COUNTRIES, {"Europe": np.array([0, 1])})},
        {"country": Published.of_tree(other)},
    ]
    prints = [people(["Italy", "Europe"], meaning).fingerprint for meaning in meanings]
    assert all(one != two for one, two in itertools.combinations(prints, 2))
    again = people(["Italy", "Europe"], {"country": Published.of_tree(COUNTRIES)})
    assert again.fingerprint == prints[1]
