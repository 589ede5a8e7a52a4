"""The definition of every privacy model, written down a second time over plain pandas.

In: the people of a release as plain texts, and `Released`, what is known beside it. Out: `MARGINS`, a number for each
model that is positive where a release, or a class alone, satisfies it.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import wasserstein_distance

from ppml_core.data.dataset import Dataset
from ppml_core.measures.uniqueness import ESTIMATORS

Paths = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class Released:
    """A release and what it was made of; all frames hold texts, an absent value is the empty text.

    `table` are all people as they were, `published` all of them as the recoding shows them, those it leaves out
    included. `population` are its people as they were, and `fits` (name, published text, raw text) says whether a
    raw value may be what a published one stands for. `orders` lists each sensitive attribute's values from first to
    last, `paths` maps a value to its labels from level 1 to the root where it has a hierarchy.
    """

    model: Any
    qi: list[str]
    table: pd.DataFrame
    published: pd.DataFrame
    roles: list[str]
    orders: Mapping[str, list[str]]
    paths: Mapping[str, Paths]
    population: pd.DataFrame | None = None
    fits: Callable[[str, str, str], bool] = lambda name, published, raw: published == raw

    @property
    def sensitive(self) -> list[str]:
        return list(self.model.sensitive) or self.roles

    def classes(self, people: pd.DataFrame) -> list[pd.DataFrame]:
        return [group for _, group in people.groupby(self.qi, sort=False)]

    def shares(self, group: pd.DataFrame, column: str) -> pd.DataFrame:
        """Shares p of the table and q of the group for each value that the table has."""
        p = self.table[column].value_counts(normalize=True)
        return pd.DataFrame({"p": p, "q": group[column].value_counts(normalize=True).reindex(p.index, fill_value=0.0)})

    def fitting(self, group: pd.DataFrame) -> np.ndarray:
        """Which people of the population a class's published values fit."""
        assert self.population is not None
        fit = np.ones(len(self.population), dtype=bool)
        for name in self.qi:
            text = group[name].iloc[0]
            fit &= self.population[name].map(lambda raw, name=name, text=text: self.fits(name, text, raw)).to_numpy()
        return fit


Margin = Callable[[pd.DataFrame, Released], float]


def texts(data: Dataset) -> pd.DataFrame:
    """Every column as texts."""
    return pd.DataFrame({name: data.texts(name) for name in data.schema.columns}, dtype=object)


def generalized(data: Dataset, levels: Mapping[str, int]) -> pd.DataFrame:
    """Everybody at one node of the lattice, as texts."""
    frame = texts(data)
    for name, level in levels.items():
        tree = data.hierarchies[name]
        labels = np.array(tree.labels[level], dtype=object)
        frame[name] = labels[tree.codes[level][data.leaf_codes(name, tree)]]
    return frame


def order_of(data: Dataset, name: str) -> list[str]:
    """The values of a sensitive attribute: as listed, else numbers by size, else by the alphabet; absent comes last."""
    present = set(data.texts(name))
    listed = [value for value in data.schema[name].categories or () if value in present]
    rest = sorted(present - set(listed) - {""})
    with contextlib.suppress(ValueError):
        rest = rest if data.schema[name].categories else sorted(rest, key=float)
    return [*listed, *rest, *([""] if "" in present else [])]


def every_class(margin: Callable[[pd.DataFrame, str, Released], float]) -> Margin:
    """The least margin over classes and sensitive attributes."""

    def least(people: pd.DataFrame, case: Released) -> float:
        return min(margin(group, name, case) for group in case.classes(people) for name in case.sensitive)

    return least


def of_sizes(people: pd.DataFrame, case: Released) -> float:
    person = case.model.person_column
    sizes = [group[person].nunique() if person else len(group) for group in case.classes(people)]
    return float(min(sizes) - case.model.k + 0.5)


def of_population_sizes(people: pd.DataFrame, case: Released) -> float:
    return float(min(case.fitting(group).sum() for group in case.classes(people)) - case.model.k + 0.5)


def bounded(case: Released, name: str) -> list[str]:
    return list(case.model.sensitive_values) or list(case.table[name].unique())


def of_alpha_k(group: pd.DataFrame, name: str, case: Released) -> float:
    shares = group[name].value_counts(normalize=True)
    most = max(shares.get(value, 0.0) for value in bounded(case, name))
    return float(min(case.model.alpha - most, len(group) - case.model.k + 0.5))


def of_distinct(group: pd.DataFrame, name: str, case: Released) -> float:
    return float(group[name].nunique() - case.model.l + 0.5)


def of_entropy(group: pd.DataFrame, name: str, case: Released) -> float:
    shares = group[name].value_counts(normalize=True)
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum() - math.log(case.model.l))


def of_recursive(group: pd.DataFrame, name: str, case: Released) -> float:
    counts = sorted(group[name].value_counts(), reverse=True)
    return float(case.model.c * sum(counts[case.model.l - 1 :]) - counts[0])


def of_equal_t(group: pd.DataFrame, name: str, case: Released) -> float:
    shares = case.shares(group, name)
    return float(case.model.t - (shares["p"] - shares["q"]).abs().sum() / 2)


def of_ordered_t(group: pd.DataFrame, name: str, case: Released) -> float:
    values = case.orders[name]
    if len(values) == 1:
        return float(case.model.t)
    rank = {value: place / (len(values) - 1) for place, value in enumerate(values)}
    return float(case.model.t - wasserstein_distance(group[name].map(rank), case.table[name].map(rank)))


def of_hierarchical_t(group: pd.DataFrame, name: str, case: Released) -> float:
    """Li et al.'s own sum: at every inner node the lesser of what its children have too much and too little."""
    shares, paths = case.shares(group, name), case.paths[name]
    extra = shares["p"] - shares["q"]
    height = len(next(iter(paths.values())))
    cost, below = 0.0, pd.Series(extra.index, index=extra.index)
    for level in range(height):
        above = pd.Series({value: paths[value][level] for value in extra.index})
        children = pd.DataFrame({"above": above, "below": below, "extra": extra}).groupby(["above", "below"])["extra"]
        for _, of_node in children.sum().groupby(level="above"):
            cost += (level + 1) / height * min(of_node.clip(lower=0).sum(), -of_node.clip(upper=0).sum())
        below = above
    return float(case.model.t - cost)


def of_basic_beta(group: pd.DataFrame, name: str, case: Released) -> float:
    shares = case.shares(group, name)
    return float(case.model.beta - ((shares["q"] - shares["p"]) / shares["p"]).max())


def of_enhanced_beta(group: pd.DataFrame, name: str, case: Released) -> float:
    shares = case.shares(group, name)
    most = np.minimum(case.model.beta, -np.log(shares["p"]))
    return float((most - (shares["q"] - shares["p"]) / shares["p"]).min())


def of_delta_disclosure(group: pd.DataFrame, name: str, case: Released) -> float:
    shares = case.shares(group, name)
    absent = shares["q"] == 0
    if case.model.absent and absent.any():
        return -1.0
    present = shares[~absent]
    return float(case.model.delta - np.log2(present["q"] / present["p"]).abs().max())


def of_presence(people: pd.DataFrame, case: Released) -> float:
    chances = [len(group) / fits if (fits := int(case.fitting(group).sum())) else 1.0 for group in case.classes(people)]
    somebody_here = np.any([case.fitting(group) for group in case.classes(case.published)], axis=0)
    lowest = min(chances) if somebody_here.all() else 0.0
    return float(min(case.model.high - max(chances), lowest - case.model.low))


def of_average_risk(people: pd.DataFrame, case: Released) -> float:
    return float(case.model.threshold - len(case.classes(people)) / len(people))


def of_sample_uniqueness(people: pd.DataFrame, case: Released) -> float:
    return float(case.model.threshold - sum(len(group) == 1 for group in case.classes(people)) / len(people))


def of_population_uniqueness(people: pd.DataFrame, case: Released) -> float:
    """By the product's own estimators: those are checked against ARX and by simulation where they stand."""
    sizes = np.array([len(group) for group in case.classes(people)])
    share = ESTIMATORS[case.model.estimator](sizes, case.model.population_size)
    return -1.0 if math.isnan(share) else float(case.model.threshold - share)


def of_lkc(people: pd.DataFrame, case: Released) -> float:
    margins = [1.0]
    for number in range(1, min(case.model.l, len(case.qi)) + 1):
        for known in combinations(case.qi, number):
            for _, group in people.groupby(list(known)):
                margins.append(len(group) - case.model.k + 0.5)
                for name in case.sensitive:
                    shares = group[name].value_counts(normalize=True)
                    margins += [case.model.c - shares.get(value, 0.0) for value in bounded(case, name)]
    return float(min(margins))


MARGINS: dict[str, Margin] = {
    "k_anonymity": of_sizes,
    "k_map": of_population_sizes,
    "alpha_k_anonymity": every_class(of_alpha_k),
    "distinct_l_diversity": every_class(of_distinct),
    "entropy_l_diversity": every_class(of_entropy),
    "recursive_l_diversity": every_class(of_recursive),
    "equal_t_closeness": every_class(of_equal_t),
    "ordered_t_closeness": every_class(of_ordered_t),
    "hierarchical_t_closeness": every_class(of_hierarchical_t),
    "basic_beta_likeness": every_class(of_basic_beta),
    "enhanced_beta_likeness": every_class(of_enhanced_beta),
    "delta_disclosure": every_class(of_delta_disclosure),
    "delta_presence": of_presence,
    "average_risk": of_average_risk,
    "sample_uniqueness": of_sample_uniqueness,
    "population_uniqueness": of_population_uniqueness,
    "lkc_privacy": of_lkc,
}


def margin(people: pd.DataFrame, case: Released) -> float:
    """By how much a release satisfies its model; one without anybody does."""
    return MARGINS[case.model.name()](people, case) if len(people) else math.inf
