"""Journalist, population, column sets, special uniques and few values: ARX's figures, brute force, and by hand."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from ppml_core.attacks.column_sets import column_sets, special_uniques
from ppml_core.attacks.exposure import Exposure, exposure
from ppml_core.attacks.journalist import expected_inverse, individual_risk
from ppml_core.data.counts import count_table
from ppml_core.data.dataset import Dataset
from ppml_core.data.hierarchy import hierarchy_from_file
from ppml_core.data.schema import Column, Schema
from ppml_core.errors import BadInput
from ppml_core.measures.uniqueness import USA


def told(table: pd.DataFrame, population: pd.DataFrame | None = None, size: int | None = None) -> Exposure:
    names = list(table.columns)
    schema = Schema({name: Column(role="quasi_identifier") for name in names})
    others = None if population is None else count_table(population, names)
    return exposure(count_table(table, names), schema, names, population=others, population_size=size)


# ARX


@pytest.fixture(scope="module")
def rows(arx_oracle: Path) -> pd.DataFrame:
    return pd.read_csv(arx_oracle / "expected_input_risk.csv")


def read(folder: Path, name: str, names: list[str]) -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.csv", sep=";", dtype=str)[names]


def check_against_arx(found: Exposure, row: dict[str, float]) -> None:
    assert found.journalist.max == pytest.approx(row["jour_highest"], abs=1e-9)
    assert found.journalist.mean == pytest.approx(row["jour_success"], abs=1e-9)
    assert found.journalist.share_above == pytest.approx(row["jour_at_risk_0.2"], abs=1e-9)
    unique = found.population_uniqueness
    assert unique is not None
    assert unique.population_size == USA
    for name, estimate in (("pitman", unique.pitman), ("zayatz", unique.zayatz), ("dankar", unique.chosen)):
        assert estimate == pytest.approx(row[f"popuniq_{name}"], abs=1e-6), name


def test_the_rows_of_the_raw_table(rows: pd.DataFrame, arx_oracle: Path) -> None:
    """All but SNB: ARX's solver finds no root of its equations here and prints 0, its word for "no estimate"; the
    published formulas (Chen & Keller-McNulty 1998) have a solution, which ours gives. Without a table of the
    population ARX takes the table's own look-alikes as the journalist's: so do we, and call it a bound.
    """
    checked = rows[rows["sample"] == "full"].to_dict("records")
    assert len(checked) == 2
    for row in checked:
        found = told(read(arx_oracle, "adult", row["qis"].split("|")), size=USA)
        check_against_arx(found, row)
        assert row["popuniq_snb"] == 0
        assert found.population_uniqueness is not None
        assert 0 < found.population_uniqueness.snb < 1
        assert found.journalist.known == "this table alone"


def test_the_rows_of_a_sample_of_the_population(rows: pd.DataFrame, arx_oracle: Path) -> None:
    checked = rows[rows["sample"] == "subset_input"].to_dict("records")
    assert len(checked) == 2
    for row in checked:
        names = row["qis"].split("|")
        found = told(read(arx_oracle, "adult_subset", names), read(arx_oracle, "adult", names), USA)
        check_against_arx(found, row)
        assert found.journalist.known == "population table"
        assert found.journalist.not_in_population == 0


def test_the_rows_of_a_generalized_sample(rows: pd.DataFrame, arx_oracle: Path) -> None:
    """The population is given raw, with hierarchies: it is brought to the levels that the release shows."""
    checked = rows[rows["sample"].str.startswith("subset_output")].to_dict("records")
    assert len(checked) == 2
    for row in checked:
        names, levels = row["qis"].split("|"), [int(level) for level in row["sample"].rpartition("_")[2].split("|")]
        table, population = read(arx_oracle, "adult_subset", names), read(arx_oracle, "adult", names)
        columns = {}
        for name, level in zip(names, levels, strict=True):
            file = arx_oracle / f"adult_hierarchy_{name}.csv"
            tree = hierarchy_from_file(file, name)
            columns[name] = Column(role="quasi_identifier", hierarchy_file=str(file))
            table[name] = [tree.labels[level][tree.codes[level][tree.leaf_of(text)]] for text in table[name]]
        kept = table[table.groupby(names)[names[0]].transform("size") >= 5]
        starred = pd.DataFrame("*", index=range(int(row["suppressed"])), columns=names)
        release = pd.concat([kept, starred], ignore_index=True)
        known = Schema({name: Column(role="quasi_identifier") for name in names})
        found = exposure(
            count_table(release, names), known, names, (), count_table(population, names), Schema(columns), USA
        )
        check_against_arx(found, row)
        assert len(table) - len(kept) == row["suppressed"]


def test_every_set_of_columns_of_arx(arx_oracle: Path) -> None:
    table = pd.read_csv(arx_oracle / "adult.csv", sep=";", dtype=str)
    expected = pd.read_csv(arx_oracle / "expected_attribute_risk.csv")
    found = {
        frozenset(one.columns): one for one in column_sets(count_table(table, list(table)), list(table), largest=3)
    }
    assert len(found) == len(expected) == 129
    for names, distinction, separation in expected.itertuples(index=False):
        one = found[frozenset(names.split("|"))]
        assert one.distinction == pytest.approx(distinction, abs=1e-9)
        assert one.separation == pytest.approx(separation, abs=1e-9)


# By hand, and by brute force


def test_a_journalist_counts_look_alikes_in_the_population() -> None:
    table = pd.DataFrame({"sex": ["F", "F", "M"], "age": [30, 30, 40]})
    population = pd.DataFrame({"sex": ["F"] * 5 + ["M"] * 4 + ["M"], "age": [30] * 5 + [40] * 4 + [50]})
    found = told(table, population)
    assert found.journalist.max == 1 / 4
    assert found.journalist.mean == pytest.approx((2 / 5 + 1 / 4) / 3)
    assert found.journalist.share_above == pytest.approx(1 / 3), "at exactly 1/5 is not above it"
    assert found.journalist.k_map == 4
    assert found.population_uniqueness is not None
    assert found.population_uniqueness.counted == pytest.approx(1 / 10)
    assert found.population_uniqueness.population_size == 10


def test_people_who_fit_nobody_of_the_population_are_counted() -> None:
    table = pd.DataFrame({"sex": ["F", "X"], "age": [30, 30]})
    found = told(table, pd.DataFrame({"sex": ["F", "F"], "age": [30, 30]}))
    assert (found.journalist.not_in_population, found.journalist.max) == (1, 1.0)
    with pytest.raises(BadInput, match="nobody of the table fits"):
        told(table, pd.DataFrame({"sex": ["U", "U"], "age": [1, 2]}))


def test_absent_values_fit_absent_values() -> None:
    table = pd.DataFrame({"sex": ["F", None], "age": [30.0, np.nan]})
    population = pd.DataFrame({"sex": ["F", None, None], "age": [30.0, np.nan, np.nan]})
    found = told(table, population)
    assert (found.journalist.not_in_population, found.journalist.k_map) == (0, 1)
    assert found.journalist.mean == pytest.approx((1 + 1 / 2) / 2)


def test_a_population_smaller_than_its_sample_is_refused() -> None:
    table = pd.DataFrame({"sex": ["F", "M", "M"]})
    with pytest.raises(BadInput, match="a population of 2 is smaller than a table of 3 people"):
        told(table, size=2)
    with pytest.raises(BadInput, match="has no column 'sex'"):
        exposure(
            count_table(table, ["sex"]), Schema({"sex": Column()}), ["sex"],
            population=count_table(pd.DataFrame({"age": [1]}), ["age"]),
        )  # fmt: skip


@pytest.mark.parametrize("sampled", [0.0001, 0.03, 0.5, 0.99])
@pytest.mark.parametrize("size", [1, 2, 7, 400])
def test_expected_risk_is_the_mean_over_its_posterior(size: int, sampled: float) -> None:
    """E[1/F] where F - f is negative binomial: summed up term by term, or as its integral where too many count."""
    found = expected_inverse(np.array([size]), sampled)[0]
    numeric, _ = quad(lambda u: sampled * u ** (size - 1) / (sampled + (1 - sampled) * u), 0, 1, epsabs=1e-13)
    assert found == pytest.approx(numeric, rel=1e-8)
    if sampled >= 0.03:
        from scipy.stats import nbinom

        extra = np.arange(200_000)
        assert found == pytest.approx(float(nbinom.pmf(extra, size, sampled) @ (1 / (size + extra))), rel=1e-6)


def test_expected_risk_is_met_by_sampling() -> None:
    """Classes of an even spread of sizes, half sampled: 1 / F of sampled people agrees with what was expected."""
    rng = np.random.default_rng(3)
    classes = np.repeat(np.arange(1, 200), 60)
    sample = rng.binomial(classes, 0.5)
    there = sample > 0
    true = float((sample[there] / classes[there]).sum() / sample.sum())
    expected = individual_risk(sample[there], int(sample.sum() / 0.5), 0.2).mean
    assert expected == pytest.approx(true, rel=0.03)


def brute_force(table: list[tuple[int, ...]], width: int) -> list[list[tuple[int, ...]]]:
    """Every record's minimal sample uniques, by looking at everything."""
    sets = [places for size in range(1, width) for places in itertools.combinations(range(width), size)]
    counts = {places: Counter(tuple(row[place] for place in places) for row in table) for places in sets}
    found = []
    for row in table:
        alone = [places for places in sets if counts[places][tuple(row[place] for place in places)] == 1]
        found.append([one for one in alone if not any(set(other) < set(one) for other in alone)])
    return found


@settings(max_examples=40)
@given(st.lists(st.tuples(*[st.integers(0, 2)] * 4), min_size=2, max_size=12))
def test_special_uniques_are_those_of_brute_force(table: list[tuple[int, ...]]) -> None:
    names = list("abcd")
    counts = count_table(pd.DataFrame(table, columns=names), names)
    found = special_uniques(counts, names)
    by_tuple = {tuple(row): at for at, row in enumerate(counts.table().to_numpy().tolist())}
    for row, sets in zip(table, brute_force(table, 4), strict=True):
        at = by_tuple[row]
        assert found.number[at] == len(sets)
        assert found.smallest[at] == min((len(one) for one in sets), default=0)
        assert found.score[at] == sum(math.prod(4 - i for i in range(len(one), 4)) for one in sets)


def test_scores_of_four_columns() -> None:
    """Up to three of four columns: a minimal unique of 1 column scores 3*2*1, of 2 columns 2*1, of 3 columns 1."""
    table = pd.DataFrame({"a": [1, 0, 0, 0], "b": [0, 0, 1, 1], "c": [0, 0, 0, 0], "d": [0, 0, 0, 1]})
    counts = count_table(table, list(table))
    found = special_uniques(counts, list(table))
    scores = dict(zip(map(tuple, counts.table().to_numpy().tolist()), found.score, strict=True))
    assert scores == {(1, 0, 0, 0): 6.0, (0, 0, 0, 0): 2.0, (0, 1, 0, 0): 2.0, (0, 1, 0, 1): 6.0}
    assert found.contribution["c"] == 0


def test_few_values_by_hand() -> None:
    table = pd.DataFrame({"sex": ["F", "F", "M", "M", "M"], "ill": ["flu", "flu", "flu", "none", None]})
    schema = Schema({"sex": Column(role="quasi_identifier"), "ill": Column(role="sensitive")})
    found = exposure(count_table(table, ["sex", "ill"]), schema, ["sex"], ["ill"]).l_diversity
    assert [(few.l, few.people) for few in found] == [(2, 2), (3, 2)]


def test_more_columns_tell_more_people_apart() -> None:
    rng = np.random.default_rng(1)
    table = pd.DataFrame(rng.integers(0, 4, (300, 5)), columns=list("abcde"))
    found = {frozenset(one.columns): one for one in column_sets(count_table(table, list(table)), list(table))}
    assert len(found) == 31
    for names, one in found.items():
        for other in (names | {name} for name in "abcde"):
            assert found[other].separation >= one.separation
            assert found[other].unique >= one.unique


def test_a_dataset_with_ages_over_a_schema_fits_its_population() -> None:
    """Numbers against intervals: the population is raised to the widths that the release shows."""
    schema = Schema({"age": Column(role="quasi_identifier", kind="numeric", bounds=(0, 99), widths=(5, 10))})
    ages = Dataset(pd.DataFrame({"age": [3, 4, 17, 18]}), schema)
    shown = Schema({"age": Column(role="quasi_identifier")})
    release = count_table(pd.DataFrame({"age": ["0-4", "15-19"]}), ["age"])
    found = exposure(release, shown, ["age"], population=count_table(ages.table, ["age"]), meaning=schema)
    assert (found.journalist.k_map, found.journalist.not_in_population) == (2, 0)
