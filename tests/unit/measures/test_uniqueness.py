"""Population uniqueness: ARX's figures, populations that were drawn from each model, and edges."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from ppml_core.measures.uniqueness import ESTIMATORS, USA, dankar, pitman, snb, zayatz

MODELS_OF_ARX = {"dankar": dankar, "pitman": pitman, "zayatz": zayatz}


def test_arx_finds_the_same_in_its_census_tables(arx_oracle: Path) -> None:
    """All but SNB: ARX reports 0, its word for "no estimate", in every row; ours has one."""
    rows = pd.read_csv(arx_oracle / "expected_input_risk.csv")
    assert (rows["popuniq_snb"] == 0).all()
    raw = {"full": "adult.csv", "subset_input": "adult_subset.csv"}
    checked = 0
    for row in rows[rows["sample"].isin(raw)].to_dict("records"):
        table = pd.read_csv(arx_oracle / raw[row["sample"]], sep=";", dtype=str)
        sizes = table.groupby(row["qis"].split("|")).size().to_numpy()
        for name, estimate in MODELS_OF_ARX.items():
            assert estimate(sizes, USA) == pytest.approx(row[f"popuniq_{name}"], rel=1e-8), (row["sample"], name)
            checked += 1
    assert checked == 12
    nobody_unique = rows[rows["sample"].str.startswith("subset_output")]
    assert (nobody_unique[[f"popuniq_{name}" for name in ESTIMATORS]] == 0).all(axis=None)
    for estimate in ESTIMATORS.values():
        assert estimate(np.array([2, 5, 40]), USA) == 0


def test_arx_finds_the_same_with_all_that_it_released(arx_oracle: Path) -> None:
    """The optima that leave the table as it is; ARX prints the uniqueness of their output."""
    rows = pd.read_csv(arx_oracle / "expected_models.csv").query("optimum_score == 0")
    assert len(rows) == 4
    table = pd.read_csv(arx_oracle / "adult.csv", sep=";", dtype=str)
    for row in rows.to_dict("records"):
        sizes = table.groupby(row["qis"].split("|")).size().to_numpy()
        assert dankar(sizes, USA) == pytest.approx(row["popuniq_dankar"], rel=1e-8)


def test_zayatz_by_hand() -> None:
    """4 of 8 people: P(1) = 1/2; of a class of 2, one is drawn with chance 2 * 4 * 4 / (8 * 7) = 4/7."""
    certain = 2 * (1 / 2) / (2 * (1 / 2) + 1 * (4 / 7))
    assert zayatz(np.array([1, 1, 2]), 8) == pytest.approx(2 * certain / 4)


def drawn_from(classes: np.ndarray, sampled: float, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """(class sizes of a uniform sample, share of the population that is unique)."""
    people = np.repeat(np.arange(len(classes)), classes)
    sample = rng.choice(people, int(sampled * len(people)), replace=False)
    sizes = np.bincount(sample)
    return sizes[sizes > 0], float((classes == 1).sum() / len(people))


def test_snb_finds_the_uniques_of_a_population_of_its_kind() -> None:
    rng = np.random.default_rng(5)
    for alpha, beta, sampled in ((0.6, 0.3, 0.5), (1.5, 0.4, 0.7), (0.3, 0.1, 0.5)):
        classes = 1 + rng.negative_binomial(alpha, beta, 40_000)
        sizes, truth = drawn_from(classes, sampled, rng)
        assert snb(sizes, int(classes.sum())) == pytest.approx(truth, rel=0.05)


def pitman_classes(theta: float, alpha: float, people: int, rng: np.random.Generator) -> np.ndarray:
    """Class sizes of people who come one after another and join a class with a chance that grows with its size.

    The next of n people in c classes opens one with chance (θ + α c) / (θ + n), else joins one of size s with a chance
    in proportion to s - α.
    """
    class_of, sizes = [0], [1]
    for number in range(1, people):
        if rng.random() < (theta + alpha * len(sizes)) / (theta + number):
            class_of.append(len(sizes))
            sizes.append(1)
            continue
        chosen = class_of[rng.integers(number)]
        while rng.random() < alpha / sizes[chosen]:
            chosen = class_of[rng.integers(number)]
        class_of.append(chosen)
        sizes[chosen] += 1
    return np.array(sizes)


def test_pitman_finds_the_uniques_of_a_population_of_its_kind() -> None:
    rng = np.random.default_rng(6)
    for theta, alpha in ((50.0, 0.6), (300.0, 0.2)):
        classes = pitman_classes(theta, alpha, 60_000, rng)
        sizes, truth = drawn_from(classes, 0.1, rng)
        assert pitman(sizes, 60_000) == pytest.approx(truth, rel=0.15)
        assert dankar(sizes, 60_000) == pitman(sizes, 60_000), "at most a tenth is sampled"


def test_above_a_tenth_the_lower_of_two_is_taken() -> None:
    rng = np.random.default_rng(7)
    classes = 1 + rng.negative_binomial(0.6, 0.3, 5_000)
    sizes, _ = drawn_from(classes, 0.4, rng)
    population = int(classes.sum())
    assert dankar(sizes, population) == min(snb(sizes, population), zayatz(sizes, population))


def test_who_samples_everybody_knows() -> None:
    sizes = np.array([1, 1, 2, 6])
    for name in ("zayatz", "snb", "dankar"):
        assert ESTIMATORS[name](sizes, 10) == pytest.approx(0.2)


@pytest.mark.parametrize("name", sorted(ESTIMATORS))
@given(st.lists(st.integers(1, 30), min_size=1, max_size=60), st.sampled_from([1.0, 1.5, 8, 100, 1e5]))
def test_an_estimate_is_a_share_or_none(name: str, sizes: list[int], times: float) -> None:
    share = ESTIMATORS[name](np.array(sizes), int(sum(sizes) * times))
    assert np.isnan(share) or 0 <= share <= 1
    if 1 not in sizes:
        assert share == 0
