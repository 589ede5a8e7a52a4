"""Local recoding, whatever the strategy: every class keeps the models, nobody is lost, detail is as promised."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ppml_core.anonymize.local.bottom_up import bottom_up
from ppml_core.anonymize.local.cover import Cover
from ppml_core.anonymize.local.leftovers import place_leftovers
from ppml_core.anonymize.local.peel import peel
from ppml_core.anonymize.local.polish import blocks, polish
from ppml_core.anonymize.local.top_down import top_down
from ppml_core.anonymize.models.base import read_models
from ppml_core.anonymize.requirement import Requirement
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Column, Schema

Strategy = Callable[[Requirement, Mapping[str, float]], Cover]

STRATEGIES: tuple[Strategy, ...] = (top_down, bottom_up)
MODELS = (
    "k_anonymity(k=2)",
    "k_anonymity(k=5)",
    "distinct_l_diversity(l=2)",
    "k_anonymity(k=3) + distinct_l_diversity(l=3)",
    "entropy_l_diversity(l=1.7)",
    "recursive_l_diversity(c=1.0, l=2)",
    "k_anonymity(k=2) + equal_t_closeness(t=0.3)",
    "basic_beta_likeness(beta=0.8)",
    "k_anonymity(k=2, person_column='sick')",
)
ARX_NAMES = (
    "sex", "age", "race", "marital-status", "education", "native-country", "workclass", "occupation",
)  # fmt: skip
FLOORS = {
    top_down: {2: 0.972, 5: 0.932, 10: 0.898, 25: 0.840},
    bottom_up: {2: 0.9775, 5: 0.943, 10: 0.911, 25: 0.861},
}

people = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=60)


def table_of(rows: list[tuple[int, int, int]]) -> Dataset:
    """Ages with four levels, towns with three, and who is sick of what."""
    ages = (
        {str(age): f"pair {age // 2}" for age in range(8)},
        {f"pair {pair}": f"half {pair // 2}" for pair in range(4)},
        {"half 0": "*", "half 1": "*"},
    )
    towns = ({"a": "north", "b": "north", "c": "south", "d": "south"}, {"north": "*", "south": "*"})
    table = pd.DataFrame(
        [(str(age), "abcd"[town], f"s{sick}") for age, town, sick in rows], columns=["age", "town", "sick"]
    )
    columns = {
        "age": Column(role="quasi_identifier", kind="categorical", levels=ages),
        "town": Column(role="quasi_identifier", kind="categorical", levels=towns),
        "sick": Column(role="sensitive", kind="categorical"),
    }
    return Dataset(table, Schema(columns=columns))


def adult(folder: Path) -> Dataset:
    table = pd.read_csv(folder / "adult.csv", sep=";")
    columns = {
        name: Column(role="quasi_identifier", kind="categorical", hierarchy_file=f"adult_hierarchy_{name}.csv")
        for name in ARX_NAMES
    }
    return Dataset(table[list(ARX_NAMES)], Schema(columns=columns, folder=folder))


def in_one_class(cover: Cover) -> Cover:
    return Cover.of(cover.forest, np.where(cover.forest.counts > 0, 0, -1).astype(np.int32))


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("models", MODELS)
@given(rows=people)
@settings(max_examples=40)
def test_every_class_keeps_the_models_and_nobody_is_lost(
    strategy: Strategy, models: str, rows: list[tuple[int, int, int]]
) -> None:
    requirement = Requirement.of(read_models(models), table_of(rows))
    cover = place_leftovers(strategy(requirement, {}), requirement)
    assert cover.sizes.sum() == len(rows)
    top = in_one_class(cover)
    assert cover.loss <= top.loss + 1e-9
    if requirement.passing(top.classes(requirement)).all():
        assert requirement.passing(cover.classes(requirement)).all()
    else:
        assert len(cover) == 1 or requirement.passing(cover.classes(requirement)).all()


@pytest.mark.parametrize("strategy", STRATEGIES)
@given(rows=people)
@settings(max_examples=20)
def test_labels_stand_for_everybody_in_the_class(strategy: Strategy, rows: list[tuple[int, int, int]]) -> None:
    requirement = Requirement.of(read_models("k_anonymity(k=3)"), table_of(rows))
    cover = place_leftovers(strategy(requirement, {}), requirement)
    codes, leaves = cover.forest.codes, cover.forest.leaves
    for row, place in enumerate(cover.class_of):
        for attribute, level in enumerate(cover.levels[place]):
            own, published = leaves[row, attribute], leaves[cover.sample[place], attribute]
            assert codes[attribute, level, own] == codes[attribute, level, published]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_look_alikes_in_number_lose_nothing(strategy: Strategy) -> None:
    data = table_of([(age, town, 0) for age in range(8) for town in range(4) for _ in range(3)])
    requirement = Requirement.of(read_models("k_anonymity(k=3)"), data)
    assert strategy(requirement, {}).granularity() == 1.0


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_single_odd_person_costs_only_neighbours(strategy: Strategy) -> None:
    """Ten people aged 0, ten aged 6 and one aged 7, all of one town: only the last pair of ages may widen."""
    requirement = Requirement.of(
        read_models("k_anonymity(k=2)"), table_of([(0, 0, 0)] * 10 + [(6, 0, 0)] * 10 + [(7, 0, 0)])
    )
    cover = place_leftovers(strategy(requirement, {}), requirement)
    assert sorted(cover.sizes.tolist()) == [10, 11]
    assert cover.loss == pytest.approx(11 * (2 - 1) / 8)


def test_a_class_that_can_spare_somebody_lends_instead_of_merging() -> None:
    """Two aged 0, one 1, one 2: 1 joins the two, then 2 borrows 1 for 6/8, while one class of all four loses 12/8."""
    requirement = Requirement.of(read_models("k_anonymity(k=2)"), table_of([(0, 0, 0)] * 2 + [(1, 0, 0), (2, 0, 0)]))
    cover = bottom_up(requirement, {})
    assert sorted(cover.sizes.tolist()) == [2, 2]
    assert cover.loss == pytest.approx(2 * (4 - 1) / 8)


def test_weights_decide_what_is_kept() -> None:
    data = table_of([(0, 0, 0), (0, 1, 0), (1, 0, 0), (1, 1, 0)])
    requirement = Requirement.of(read_models("k_anonymity(k=2)"), data)
    for strategy in STRATEGIES:
        for kept, weights in enumerate(({"age": 3.0}, {"town": 3.0})):
            assert (strategy(requirement, weights).levels[:, kept] == 0).all()


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_people_of_a_population_alone_are_in_no_class(strategy: Strategy) -> None:
    data, population = (
        table_of([(0, 0, 0)] * 4 + [(1, 0, 0)]),
        table_of([(0, 0, 0)] * 4 + [(1, 0, 0)] * 3 + [(7, 3, 0)]),
    )
    requirement = Requirement.of(read_models("k_map(k=3)"), data, population=population)
    cover = place_leftovers(strategy(requirement, {}), requirement)
    assert ((cover.class_of < 0) == (requirement.tuples.counts == 0)).all()
    assert cover.granularity() == 1.0


@given(rows=people)
@settings(max_examples=40)
def test_polish_keeps_the_promise_and_never_loses_more(rows: list[tuple[int, int, int]]) -> None:
    requirement = Requirement.of(read_models("k_anonymity(k=3)"), table_of(rows))
    cover = place_leftovers(peel(requirement, {}), requirement)
    polished = polish(cover, requirement)
    assert polished.loss <= cover.loss + 1e-9
    assert polished.sizes.sum() == len(rows)
    assert len(polished) == 1 or polished.sizes.min() >= 3


def test_polish_moves_a_tuple_to_where_it_costs_less() -> None:
    """Ages {0, 0, 6} and {7, 7, 7}: the one aged 6 belongs to the sevens."""
    requirement = Requirement.of(
        read_models("k_anonymity(k=2)"), table_of([(0, 0, 0)] * 2 + [(6, 0, 0)] + [(7, 0, 0)] * 3)
    )
    cover = top_down(requirement, {})
    age_of = cover.forest.leaves[:, 0]
    wrong = Cover.of(cover.forest, (age_of == 7).astype(np.int32))
    polished = polish(wrong, requirement)
    assert sorted(polished.sizes.tolist()) == [2, 4]
    assert polished.loss == pytest.approx(4 * (2 - 1) / 8)
    assert wrong.loss == pytest.approx(3 * (8 - 1) / 8)


@given(rows=people, most=st.integers(1, 10))
@settings(max_examples=40)
def test_blocks_hold_at_most_so_many(rows: list[tuple[int, int, int]], most: int) -> None:
    requirement = Requirement.of(read_models("k_anonymity(k=2)"), table_of(rows))
    forest = top_down(requirement, {}).forest
    sizes = np.bincount(blocks(forest, np.arange(len(forest.counts), dtype=np.int32), most))
    assert sizes.max() <= most
    assert sizes.min() >= 1
    assert sizes.sum() == len(forest.counts)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_detail_kept_on_the_adult_table_of_arx(strategy: Strategy, arx_oracle: Path) -> None:
    data = adult(arx_oracle)
    for k, floor in FLOORS[strategy].items():
        requirement = Requirement.of(read_models(f"k_anonymity(k={k})"), data)
        cover = place_leftovers(strategy(requirement, {}), requirement)
        assert cover.granularity() >= floor
        assert cover.sizes.min() >= k
        assert cover.sizes.sum() == len(data)
        again = place_leftovers(strategy(requirement, {}), requirement)
        assert (again.class_of == cover.class_of).all()
