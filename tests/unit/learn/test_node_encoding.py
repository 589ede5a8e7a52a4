"""One feature per node of a hierarchy: a release and raw people in one space, within the norm that privacy rests on."""

from __future__ import annotations

import dataclasses
import math
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppml_core.catalog import methods
from ppml_core.data import published as module
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.hierarchy import hierarchy_from_rows, hierarchy_from_widths, names_of
from ppml_core.data.published import Published
from ppml_core.data.schema import Column, Schema
from ppml_core.data.split import split
from ppml_core.errors import NotApplicable
from ppml_core.learn.base import Learner
from ppml_core.learn.encoding import Encoder
from ppml_core.learn.target import encode_target

LETTERS = hierarchy_from_rows([["a", "vowel", "*"], ["b", "consonant", "*"], ["c", "consonant", "*"]], "letter")
SCHEMA = Schema.from_values(
    {
        "columns": {
            "age": {"kind": "numeric", "bounds": [0, 100]},
            "letter": {"role": "quasi_identifier", "categories": ["a", "b", "c"], "missing": True},
            "sex": {"categories": ["F", "M"]},
        }
    }
)
TABLES = {"classification": "adult", "regression": "wage"}
LEARNERS = methods(Learner)


def people(letters: list[str | None], published: bool = True, schema: Schema = SCHEMA) -> Dataset:
    table = pd.DataFrame({"age": [50] * len(letters), "letter": letters, "sex": ["M"] * len(letters)})
    return Dataset(table, schema, published={"letter": Published.of_tree(LETTERS)} if published else {})


@cache
def parts(name: str) -> tuple[Dataset, Dataset]:
    """Training people with about half of their cells generalized, each to a level of its own, and raw test people."""
    train, test = (part.take(np.arange(min(1500, len(part)))) for part in split(load(name), 1))
    rng, table, columns, published = np.random.default_rng(5), train.table.copy(), {}, {}
    for column, tree in train.hierarchies.items():
        names = names_of(tree)
        levels = rng.integers(0, tree.depth, len(train)) * rng.integers(0, 2, len(train))
        leaves = train.leaves_of(column)
        table[column] = [names[level][tree.codes[level][leaf]] for level, leaf in zip(levels, leaves, strict=True)]
        columns[column] = dataclasses.replace(train.schema[column], kind="categorical", bounds=None, widths=None)
        published[column] = Published.of_tree(tree)
    schema = train.schema.replace_columns(columns)
    release = dataclasses.replace(train, table=table, schema=schema, published=published)
    return release, dataclasses.replace(test, schema=schema, published=published)


def test_raw_values_and_published_ones_speak_of_the_same_nodes() -> None:
    data = people(["c", "consonant", "*", "d"])
    encoder = Encoder.of(SCHEMA, published=data.published)
    X = encoder.encode(data)
    half = 1 / math.sqrt(2)
    assert encoder.feature_names[1:-2] == ("letter=a", "letter=b", "letter=c", "letter=consonant")
    expected = [
        [0, 0, 1, 1],
        [0, 0.5, 0.5, 1],
        [1 / 3, 1 / 3, 1 / 3, 2 / 3],
        [0, 0, 0, 0],
    ]
    assert np.allclose(X[:, 1:-2], np.array(expected) * half)
    assert X[:, [0, -2, -1]].tolist() == [[0.5, 0, 1]] * 4


def test_the_release_and_raw_people_make_the_same_encoder() -> None:
    release, test = parts("adult")
    assert Encoder.reading(release) == Encoder.reading(test) == Encoder.of(release.schema, published=release.published)
    raw = dataclasses.replace(test, published={}, schema=split(load("adult"), 1)[1].schema)
    encoder = Encoder.reading(release)
    assert np.array_equal(encoder.encode(test), encoder.encode(raw)), "a model needs nothing but the cells"


def test_a_release_that_generalizes_nothing_is_encoded_as_raw_people_are() -> None:
    train, _ = (part.take(np.arange(300)) for part in split(load("adult"), 1))
    published = {name: Published.of_tree(tree) for name, tree in train.hierarchies.items()}
    release = dataclasses.replace(
        train, published=published, table=train.table.assign(**{name: train.texts(name) for name in published})
    )
    encoder = Encoder.reading(release)
    assert np.array_equal(encoder.encode(train), encoder.encode(release))


def test_a_missing_value_is_a_leaf_with_a_readable_name() -> None:
    tree = hierarchy_from_rows([["a", "*"], ["", "*"]], "letter")
    data = dataclasses.replace(people(["a", None]), published={"letter": Published.of_tree(tree)})
    encoder = Encoder.reading(data)
    assert encoder.feature_names[1:3] == ("letter=a", "letter missing")
    assert encoder.encode(data)[:, 1:3].tolist() == [[1, 0], [0, 1]]


def test_numbers_are_leaves_by_their_text() -> None:
    tree = hierarchy_from_widths(range(4), [2], "n")
    published = {"n": Published.of_tree(tree)}
    schema = Schema({"n": Column()})
    release = Dataset(pd.DataFrame({"n": ["0-1", "3"]}), schema, published=published)
    raw = Dataset(pd.DataFrame({"n": [3.0, np.nan]}), schema, published=published)
    encoder = Encoder.reading(release)
    assert encoder.feature_names == ("n=0", "n=1", "n=2", "n=3", "n=0-1", "n=2-3")
    assert np.allclose(encoder.encode(release) * math.sqrt(2), [[0.5, 0.5, 0, 0, 1, 0], [0, 0, 0, 1, 0, 1]])
    assert np.array_equal(encoder.encode(raw)[0], encoder.encode(release)[1])
    assert not encoder.encode(raw)[1].any()


@given(st.lists(st.sampled_from(["a", "b", "c", "vowel", "consonant", "*", "d", None]), max_size=12), st.integers(1, 4))
def test_no_row_is_longer_than_promised_and_all_forms_agree(letters: list[str | None], knots: int) -> None:
    data = people(letters)
    encoder = Encoder.of(SCHEMA, knots, data.published)
    X = encoder.encode(data)
    assert X.shape == (len(letters), encoder.width)
    assert np.linalg.norm(X, axis=1).max(initial=0) <= encoder.row_norm + 1e-12
    assert encoder.row_norm == math.sqrt(3)
    assert X.min(initial=0) >= 0
    assert X.max(initial=0) <= 1
    sparse = encoder.encode_sparse(data)
    assert np.array_equal(sparse.toarray(), X)
    assert sparse.has_canonical_format
    assert (sparse.data != 0).all()
    columns = encoder.encode_columns(data)
    assert columns.shape == (len(letters), 6)
    assert np.array_equal(columns[:, 1:5], X[:, knots : knots + 4][:, ::-1])


def test_hierarchies_too_large_for_a_feature_each_are_spoken_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_NODES", 3)
    data = people(["b", "vowel"])
    encoder = Encoder.reading(data)
    assert encoder.feature_names[1:-2] == ("letter=a", "letter=consonant")
    assert "'letter' has 3 values and is used from level 1" in encoder.notes[0]
    monkeypatch.setattr(module, "MOST_NODES", 1)
    none = Encoder.reading(people(["b", "vowel"]))
    assert none.feature_names == ("age", "sex=F", "sex=M")
    assert "'letter' is not used" in none.notes[0]
    alone = Schema({"letter": SCHEMA["letter"]})
    with pytest.raises(NotApplicable, match="no column to learn from"):
        Encoder.reading(Dataset(data.table[["letter"]], alone, published=people([]).published))


def test_without_recoding_nothing_changes() -> None:
    data = people(["b", "vowel"], published=False)
    assert Encoder.reading(data) == Encoder.of(SCHEMA)
    assert Encoder.of(SCHEMA).feature_names == (
        "age", "letter=a", "letter=b", "letter=c", "letter missing", "sex=F", "sex=M"
    )  # fmt: skip


@pytest.mark.parametrize("name", LEARNERS)
def test_every_learner_trains_on_the_release_and_is_tested_on_raw_people(name: str) -> None:
    learner = LEARNERS[name]
    task = learner.tasks[0]
    release, test = parts(TABLES[task])
    if name == "local_naive_bayes":  # everyone randomizes their own cells, by a public list of raw values
        with pytest.raises(NotApplicable, match="may not be read off the rows"):
            learner().fit(release, np.random.default_rng(1))
        return
    model = learner().fit(release, np.random.default_rng(1))
    predicted = model.predict_proba(test)
    assert np.isfinite(predicted).all()
    assert len(predicted) == len(test)
    assert model.guarantee is None
    if learner.private:
        assert "generalized one by one" in model.guarantee_note
    if task == "classification" and not learner.private:
        least = 0.77 if name == "decision_tree" else 0.79  # one unlimited tree remembers more than it learns
        assert (predicted.argmax(axis=1) == encode_target(test, model.classes)).mean() > least


@pytest.mark.parametrize("name", ["logistic_regression", "hist_gradient_boosting", "random_forest", "dp_gd"])
def test_what_hides_in_a_node_is_learned_from_it(name: str) -> None:
    """The class depends on the node alone: a model that saw nodes only must know raw people by their ancestors."""
    rng = np.random.default_rng(2)
    leaves = [[f"{group}{i}", group, "*"] for group in ("left", "right") for i in range(5)]
    published = {"x": Published.of_tree(hierarchy_from_rows(leaves, "x"))}
    schema = Schema.from_values(
        {"columns": {"x": {}, "y": {"categories": ["no", "yes"]}}, "target": "y", "expected_rows": 1000}
    )
    groups = np.array(["left", "right"])[rng.integers(0, 2, 1000)]
    answers = np.where(groups == "right", "yes", "no")
    release = Dataset(pd.DataFrame({"x": groups, "y": answers}), schema, published=published)
    raw = Dataset(pd.DataFrame({"x": [row[0] for row in leaves], "y": ["no"] * 10}), schema, published=published)
    model = LEARNERS[name]().fit(release, np.random.default_rng(3))
    assert model.predict_proba(raw).argmax(axis=1).tolist() == [0] * 5 + [1] * 5


def test_neither_the_order_of_people_nor_that_of_columns_matters() -> None:
    release, test = parts("adult")
    encoder = Encoder.reading(release)
    order = np.random.default_rng(0).permutation(len(release))
    assert np.array_equal(encoder.encode(release.take(order)), encoder.encode(release)[order])
    again = Encoder.reading(
        dataclasses.replace(
            release, published={name: Published.of_tree(p.tree) for name, p in reversed(release.published.items())}
        )
    )
    assert again.feature_names == encoder.feature_names
    assert np.array_equal(again.encode(test), encoder.encode(test))
