"""Risk to someone of whom nobody knows that they are in the table: look-alikes in the population count.

In: the class sizes of a table, and a table of its population or only the size of it. Out: `Journalist`, exact where the
population is known and a bound where it is not, and `IndividualRisk`, an estimate under an assumption that it names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import hyp2f1

from ppml_core.data.coded import Coded
from ppml_core.data.counts import Counts
from ppml_core.data.dataset import Dataset
from ppml_core.data.hierarchy import MISSING, ROOT
from ppml_core.data.packing import Ints, number_groups
from ppml_core.data.schema import Schema
from ppml_core.errors import BadInput

Floats = npt.NDArray[np.float64]

LARGE, TERMS = 50, 100  # from such a size on the series below has converged, and SciPy's function may not have

SAMPLED_AT_RANDOM = "each person of the population was drawn with the same chance, independently of the others"


@dataclass(frozen=True)
class Journalist:
    """Risk of a person whose membership is not known: 1 / people of the population who look alike, over people.

    `k_map` is the fewest of them: the release is k-map anonymous for that k (Sweeney 2001). `known` says whether they
    were counted in a table of the population, or the table's own look-alikes were taken, of which there are at least so
    many: then the figures are bounds, and the prosecutor's. `not_in_population` people fit nobody of the population, so
    that they are alone with their own look-alikes. El Emam & Dankar 2008.
    """

    max: float
    mean: float
    share_above: float
    k_map: int
    known: Literal["population table", "this table alone"]
    not_in_population: int = 0


@dataclass(frozen=True)
class IndividualRisk:
    """Expected 1 / look-alikes in the population, estimated from those in the sample.

    `expected_reidentified` people are found when everybody is linked. Benedetti & Franconi 1998.
    """

    max: float
    mean: float
    share_above: float
    expected_reidentified: float
    assumption: str = SAMPLED_AT_RANDOM


def journalist(sizes: Ints, population: Ints | None, threshold: float) -> Journalist:
    """The risk from people in each class of the table and, in the same order, of the population (0: nobody).

    >>> journalist(np.array([1, 3]), np.array([4, 3]), 0.3)
    Journalist(max=0.3333333333333333, mean=0.3125, share_above=0.75, k_map=3, known='population table', \
not_in_population=0)
    """
    alike = sizes if population is None else np.maximum(population, sizes)
    absent = 0 if population is None else int(sizes[population == 0].sum())
    maximum, mean, above = _over_people(1 / alike, sizes, threshold)
    known: Literal["population table", "this table alone"] = (
        "this table alone" if population is None else "population table"
    )
    return Journalist(maximum, mean, above, int(alike.min()), known, absent)


def individual_risk(sizes: Ints, population_size: int, threshold: float) -> IndividualRisk:
    """The estimate for a sample of a population of that size, drawn uniformly.

    With a fraction p sampled, F of a class of f has a negative binomial posterior, and E[1/F] is the integral of
    p u^(f-1) / (p + (1-p) u) over 0 < u < 1, which is p/f 2F1(1, 1; f + 1; 1 - p); for f = 1 p / (1-p) ln(1/p)
    (Benedetti & Franconi 1998; Polettini 2003).

    >>> round(individual_risk(np.array([1, 1]), 4, 0.2).max, 6)
    0.693147
    """
    sampled = float(sizes.sum()) / population_size
    values, inverse = np.unique(sizes, return_inverse=True)
    risks = expected_inverse(values, sampled)[inverse]
    maximum, mean, above = _over_people(risks, sizes, threshold)
    return IndividualRisk(maximum, mean, above, float(risks @ sizes))


def expected_inverse(sizes: Ints, sampled: float) -> Floats:
    """E[1/F] for classes of these sizes in a sample of that fraction; 1 / size where everybody was sampled."""
    if sampled >= 1:
        return np.asarray(1 / sizes)
    few = np.minimum(sizes, LARGE)
    series = hyp2f1(1, 1, few + 1, 1 - sampled)
    term, total = np.ones(len(sizes)), np.ones(len(sizes))
    for n in range(1, TERMS):
        term = term * (1 - sampled) * n / (sizes + n)
        total += term
    return np.asarray(sampled / sizes * np.where(sizes < LARGE, series, total))


def population_sizes(
    counts: Counts, schema: Schema, population: Counts, meaning: Schema, names: Sequence[str]
) -> tuple[Ints, Ints]:
    """(people in each class of the table, people of the population who fit it), for all classes of the table.

    `schema` and `meaning` describe the columns of the table and of the population. Where a column of the table is
    generalized, the population is brought to the finest level of its hierarchy that has all its texts. Raises BadInput
    where nobody of the table fits anybody, or the population lacks a column.
    """
    for name in names:
        if name not in population.values:
            raise BadInput(f"the population has no column {name!r}: give it every quasi-identifier of the table.")
    columns = [_aligned(name, counts, schema, population, meaning) for name in names]
    groups, _ = number_groups(columns, len(counts) + len(population))
    own, theirs = groups[: len(counts)], groups[len(counts) :]
    size = int(groups.max()) + 1
    mine = np.bincount(own, weights=counts.people, minlength=size).astype(np.int64)
    others = np.bincount(theirs, weights=population.people, minlength=size).astype(np.int64)
    if not others[mine > 0].any():
        raise BadInput(
            f"nobody of the table fits anybody of the population by {', '.join(names)}: "
            f"give the population the same values, or hierarchies that lead to them."
        )
    return mine[mine > 0], others[mine > 0]


def _aligned(name: str, counts: Counts, schema: Schema, population: Counts, meaning: Schema) -> Coded:
    """The column of both tables, one below the other, as codes of the same texts."""
    shown, raw = _texts(counts, schema, name), _texts(population, meaning, name)
    used = {shown[code] for code in np.unique(counts.codes[name]) if code >= 0} - {MISSING}
    if not used <= set(raw):
        raw = _raised(used, population, meaning, name, raw)
    places: dict[str, int] = {}
    for text in (*shown, *raw):
        places.setdefault(text, len(places))
    own = np.array([*(places[text] for text in shown), places.setdefault(MISSING, len(places))], dtype=np.int64)
    theirs = np.array([*(places[text] for text in raw), places[MISSING]], dtype=np.int64)
    codes = np.concatenate([own[counts.codes[name]], theirs[population.codes[name]]])
    return Coded(codes, 0, len(places), lambda: pd.Series(list(places)))


def _texts(counts: Counts, schema: Schema, name: str) -> list[str]:
    return [str(text) for text in _values(counts, schema, name).texts(name)]


def _values(counts: Counts, schema: Schema, name: str) -> Dataset:
    table = pd.DataFrame({name: counts.values[name]})
    return Dataset(table, Schema({name: schema[name]}, folder=schema.folder))


def _raised(wanted: set[str], population: Counts, meaning: Schema, name: str, raw: list[str]) -> list[str]:
    """The population's texts at the lowest level that publishes all that is wanted; as they are where none does.

    A `*` beside other texts is a suppressed cell and asks for no level.
    """
    tree = _values(population, meaning, name).hierarchy(name)
    leaves = np.array([tree.leaf_of(text) for text in raw], dtype=np.int64)
    asked = wanted - {ROOT} or wanted
    for level in range(1, tree.depth):
        if asked <= set(tree.labels[level]):
            labels = tree.labels[level]
            return [
                labels[tree.codes[level][leaf]] if leaf >= 0 else text for leaf, text in zip(leaves, raw, strict=True)
            ]
    return raw


def _over_people(risks: Floats, sizes: Ints, threshold: float) -> tuple[float, float, float]:
    """(largest, mean, share strictly above) of one risk for each class, over people."""
    people = float(sizes.sum())
    return float(risks.max()), float(risks @ sizes / people), float(sizes[risks > threshold].sum() / people)
