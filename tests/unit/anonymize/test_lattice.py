"""The lattice agrees with ARX where ARX has spoken, and with plain pandas on tables of its own."""

from __future__ import annotations

import itertools
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from ppml_core.anonymize.lattice import Lattice
from ppml_core.anonymize.models.k_anonymity import KAnonymity
from ppml_core.anonymize.nodes import Node
from ppml_core.anonymize.requirement import Requirement
from ppml_core.anonymize.search import Question, cheapest
from ppml_core.anonymize.transforms.full_domain import FullDomain, generalize
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Column, Schema
from ppml_core.errors import BadInput, NotApplicable, Unreachable

RNG = np.random.default_rng(0)


def arx_adult(oracle: Path, quasi_identifiers: list[str]) -> Dataset:
    table = pd.read_csv(oracle / "adult.csv", sep=";", dtype=str)
    columns = {
        name: Column(role="feature", hierarchy_file=str(oracle / f"adult_hierarchy_{name}.csv"))
        for name in table.columns
    }
    return Dataset(table, Schema(columns=columns).with_quasi_identifiers(quasi_identifiers), "ARX's Adult")


def pruned(data: Dataset, k: int, limit: float) -> Node:
    return cheapest(Requirement.of([KAnonymity(k=k)], data), Question(limit))


def test_all_optima_of_arx(arx_oracle: Path) -> None:
    expected = pd.read_csv(arx_oracle / "expected_k_anonymity.csv")
    assert len(expected) == 16
    for quasi_identifiers, rows in expected.groupby("qis"):
        lattice = Lattice.of(arx_adult(arx_oracle, str(quasi_identifiers).split("|")))
        for row in rows.itertuples():
            node = lattice.optimum(row.k, row.supp_limit)
            assert list(node.levels.values()) == [int(level) for level in row.optimum_levels.split("|")]
            assert node.loss == pytest.approx(row.optimum_score, abs=1e-9)
            assert node.suppressed == row.suppressed
            assert (node.classes, node.min_class) == (row.classes, row.min_class)
            assert lattice.granularity(node) == pytest.approx(row.q_granularity, abs=1e-6)


def toy(ages: list[int], sexes: list[str]) -> Dataset:
    columns = {
        "age": Column(role="quasi_identifier", kind="numeric", bounds=(0, 39), widths=(5, 10, 20)),
        "sex at birth": Column(role="quasi_identifier", categories=("F", "M"), missing=True),
        "job": Column(role="feature", kind="text"),
    }
    table = pd.DataFrame({"age": ages, "sex at birth": sexes, "job": [f"job {i}" for i in range(len(ages))]})
    return Dataset(table, Schema(columns=columns), "toy")


people = st.lists(st.tuples(st.integers(0, 39), st.sampled_from(["F", "M", None])), min_size=1, max_size=40)


@given(people, st.integers(1, 8), st.sampled_from([0.0, 0.1, 0.5]))
def test_no_node_beats_the_optimum_and_the_release_keeps_its_promise(
    rows: list[tuple[int, str | None]], k: int, limit: float
) -> None:
    data = toy([age for age, _ in rows], [sex for _, sex in rows])
    lattice = Lattice.of(data, [k])
    depths = [tree.depth for tree in data.hierarchies.values()]
    by_hand = {levels: recount(data, levels, k) for levels in itertools.product(*map(range, depths))}
    within = [loss for loss, gone in by_hand.values() if gone <= int(limit * len(rows))]
    if not within:
        with pytest.raises(Unreachable) as refusal:
            lattice.optimum(k, limit)
        assert refusal.value.best.suppressed == min(gone for _, gone in by_hand.values())
        return
    node = lattice.optimum(k, limit)
    loss, gone = by_hand[tuple(node.levels.values())]
    assert node.loss == pytest.approx(loss, abs=1e-9)
    assert node.loss == pytest.approx(min(within), abs=1e-9)
    assert node.suppressed == gone
    assert pruned(data, k, limit) == node, "the pruned search finds the same node"
    fitted = FullDomain(k=k, suppression_limit=limit).fit(data, RNG)
    published = fitted.release.table
    assert len(published) == len(rows) - gone
    if len(published):
        assert published.groupby(["age", "sex at birth"], dropna=False, observed=True).size().min() >= k
    whole = fitted.with_suppressed().table
    assert len(whole) == len(rows)
    assert int((whole["age"] == "*").sum()) >= gone


def recount(data: Dataset, levels: tuple[int, ...], k: int) -> tuple[float, int]:
    """ARX's geometric loss and the suppressed people of one node, the slow way."""
    frame, shares, domains = pd.DataFrame(), [], []
    for (name, tree), level in zip(data.hierarchies.items(), levels, strict=True):
        codes = tree.codes[level][data.leaf_codes(name, tree)]
        frame[name] = codes
        domains.append(len(tree.leaves))
        shares.append(tree.sizes[level][codes] / len(tree.leaves))
    kept = (frame.groupby(list(frame.columns))[frame.columns[0]].transform("size") >= k).to_numpy()
    rows = len(frame)
    losses = [
        max(0.0, (np.where(kept, share, 1.0).sum() - rows / domain) / (rows - rows / domain))
        for share, domain in zip(shares, domains, strict=True)
    ]
    return float(np.prod([1 + loss for loss in losses]) ** (1 / len(losses)) - 1), int((~kept).sum())


def test_unseen_people_are_recoded_as_the_release_was() -> None:
    data = toy([1, 2, 3, 11, 12, 13], ["F", "F", "F", "M", "M", "M"])
    fitted = FullDomain(k=3, suppression_limit=0.0).fit(data, RNG)
    level = fitted.statistics["levels"]["age"]
    recoded = fitted.transform(toy([4, 39], ["M", None])).table["age"].tolist()
    tree = data.hierarchies["age"]
    assert recoded == [tree.labels[level][tree.codes[level][4]], tree.labels[level][tree.codes[level][39]]]
    mapping = fitted.mapping()["age"]
    assert dict(zip(mapping["value"], mapping["published"], strict=True))["4"] == recoded[0]


def test_a_node_of_ones_own_choosing_can_be_published() -> None:
    data = toy([1, 2, 11, 12], ["F", "F", "M", "M"])
    fitted = generalize(data, Lattice.of(data, [2]), {"age": 1, "sex at birth": 0}, 2)
    assert fitted.release.table["age"].tolist() == ["0-4", "0-4", "10-14", "10-14"]


def test_unreachable_says_how_near_it_came() -> None:
    with pytest.raises(Unreachable, match="k=3") as refusal:
        FullDomain(k=3, suppression_limit=0.0).fit(toy([1, 2], ["F", "M"]), RNG)
    assert refusal.value.best.suppressed == 2


def test_too_many_values_or_nodes_are_refused_in_a_sentence() -> None:
    names = [f"column {i}" for i in range(9)]
    table = pd.DataFrame({name: [str(i) for i in range(300)] for name in names})
    data = Dataset(table, Schema(columns={name: Column(role="quasi_identifier") for name in names}))
    with pytest.raises(NotApplicable, match="bits"):
        Lattice.of(data)
    with pytest.raises(BadInput, match="quasi-identifier"):
        Lattice.of(data.with_schema(Schema(columns={name: Column() for name in names})))


@pytest.mark.slow
def test_the_pruned_search_agrees_with_the_sweep_on_adult() -> None:
    data = load("adult")
    lattice = Lattice.of(data)
    for k, limit in ((2, 0.0), (5, 0.05), (25, 0.01), (100, 0.1)):
        assert pruned(data, k, limit) == lattice.optimum(k, limit)


def test_one_sweep_answers_every_k_alike() -> None:
    rng = np.random.default_rng(3)
    data = toy(rng.integers(0, 40, 300).tolist(), rng.choice(["F", "M"], 300).tolist())
    every = Lattice.of(data)
    for k in (2, 7, 30):
        assert every.optimum(k, 0.05) == Lattice.of(data, [k]).optimum(k, 0.05)
