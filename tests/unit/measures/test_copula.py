"""The Gaussian copula's population uniqueness: independent columns, a known correlation, samples of a known table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal
from sklearn.metrics.cluster import expected_mutual_information

from ppml_core.data.bundled import load
from ppml_core.data.counts import Counts, count_table
from ppml_core.data.dataset import Dataset
from ppml_core.measures.copula import GaussianCopula, by_chance, copula, fitted

Rows = np.ndarray
LETTERS = "abcdefghijkl"


def counted(rows: Rows) -> tuple[Counts, list[str]]:
    """The counts of a table of numbers, and its columns; below 0 is absent."""
    names = list(LETTERS[: rows.shape[1]])
    table = pd.DataFrame(rows, columns=names, dtype="Int64")
    return count_table(table.mask(table < 0), names), names


def test_independent_columns_by_hand() -> None:
    """All combinations as often as independence makes them: p is a product, and the share is a sum over cells."""
    shares = [np.array([0.5, 0.3, 0.2]), np.array([0.6, 0.4]), np.array([0.4, 0.3, 0.2, 0.1])]
    cells = np.einsum("i,j,k->ijk", *shares)
    rows = np.repeat(np.indices(cells.shape).reshape(3, -1).T, np.round(cells.ravel() * 1000).astype(int), axis=0)
    for population in (1, 2, 30, 1000, 100_000):
        truth = float((cells * (1 - cells) ** (population - 1)).sum())
        assert copula(*counted(rows), population) == pytest.approx(truth, abs=0.002)


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.6, 0.9])
def test_a_correlation_is_found_again(rho: float) -> None:
    """Normal variables, cut so that values are in order of frequency."""
    rng = np.random.default_rng(1)
    normal = rng.multivariate_normal([0, 0], [[1, rho], [rho, 1]], 20_000)
    cuts = [-0.2, 0.5, 1.0, 1.5, 2.0]
    rows = np.stack([np.searchsorted(cuts[:at], normal[:, at - 4]) for at in (4, 5)], axis=1)
    assert fitted(*counted(rows)).correlation[0, 1] == pytest.approx(rho, abs=0.05 if rho else 0.08)


def test_chances_are_those_of_normal_boxes() -> None:
    """Three columns of two values each: the eight chances by SciPy's distribution function, and people as often."""
    correlation = np.array([[1, 0.5, 0.3], [0.5, 1, 0.7], [0.3, 0.7, 1]])
    model = GaussianCopula((np.array([0.7, 0.3]), np.array([0.6, 0.4]), np.array([0.8, 0.2])), correlation)
    first = multivariate_normal(np.zeros(3), correlation).cdf([0.524400512708041, 0.253347103135800, 0.841621233572914])
    found = model.chances(4000)
    assert np.abs(found - first).min() < 0.002
    assert (np.abs(found - first) < 0.005).mean() == pytest.approx(first, abs=0.02)
    assert (1 / found).mean() == pytest.approx(8, rel=0.03), "the mean of 1 / p(x) is the number of cells"


@pytest.mark.parametrize(("people", "sizes"), [(300, (20, 15)), (3_000, (40, 30)), (3_000, (3, 4))])
def test_what_chance_shows_is_near_the_exact_sum(people: int, sizes: tuple[int, int]) -> None:
    rng = np.random.default_rng(2)
    one, other = (rng.choice(size, people, p=rng.dirichlet(np.ones(size))) for size in sizes)
    table = np.zeros(sizes, dtype=np.int64)
    np.add.at(table, (one, other), 1)
    table = table[table.any(axis=1)][:, table.any(axis=0)]
    exact = expected_mutual_information(table, people)
    assert by_chance(table.sum(1) / people, table.sum(0) / people, people) == pytest.approx(exact, rel=0.07)


@pytest.fixture(scope="module")
def adult() -> Dataset:
    return load("adult")


@pytest.mark.parametrize("sampled", [0.01, 0.1])
def test_samples_of_adult_tell_of_all_of_adult(adult: Dataset, sampled: float) -> None:
    """Mean of three samples; Zayatz and SNB say .87 at 1 % (truth .42)."""
    names = adult.quasi_identifiers
    whole = count_table(adult.table, names).people
    found = []
    for seed in range(3):
        chosen = np.random.default_rng(seed).permutation(len(adult))[: int(sampled * len(adult))]
        counts = count_table(adult.take(chosen).table, names)
        found.append(copula(counts, names, len(adult)))
    assert np.mean(found) == pytest.approx((whole == 1).sum() / len(adult), abs=0.03)


def test_it_falls_with_the_population_and_forgets_the_order_of_rows() -> None:
    rng = np.random.default_rng(3)
    rows = rng.geometric(0.2, (500, 4))
    shares = [copula(*counted(rows), population) for population in (500, 5_000, 317_238_626)]
    assert shares == sorted(shares, reverse=True)
    assert all(0 <= share <= 1 for share in shares)
    assert shares[0] == copula(*counted(rng.permutation(rows)), 500)


@pytest.mark.parametrize(
    ("rows", "population", "share"),
    [
        (np.array([[0, 0]]), 1, 1.0),  # one person, the whole population
        (np.array([[0, 0]]), 5, 0.0),
        (np.array([[-1, 2], [-1, 2], [-1, 2]]), 3, 0.0),  # absent values are alike
        (np.repeat(np.arange(1000)[:, None], 2, axis=1), 1000, None),  # the same column twice, as many values as people
        (np.repeat(np.arange(4)[:, None], 12, axis=1), 10**9, None),
    ],
)
def test_edges(rows: Rows, population: int, share: float | None) -> None:
    found = copula(*counted(rows), population)
    assert 0 <= found <= 1
    assert share is None or found == share
