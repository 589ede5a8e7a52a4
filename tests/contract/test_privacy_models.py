"""What every privacy model owes: its definition, written down a second time over plain pandas, holds of what it keeps.

`MARGINS` holds the definitions: a number that is positive where a release, or a class alone, satisfies the model. A
model without one fails here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import wasserstein_distance

from ppml_core.anonymize.classes import Classes
from ppml_core.anonymize.models.base import ClassModel, PrivacyModel, read_models, write_models
from ppml_core.anonymize.requirement import Requirement
from ppml_core.catalog import methods
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.measures.uniqueness import ESTIMATORS

NAMES = sorted(methods(PrivacyModel))
QI = ["birth_date", "zip", "sex"]
GROUPS = {
    "asthma": "lung", "COPD": "lung", "pneumonia": "lung", "anxiety disorder": "mind", "depression": "mind",
    "epilepsy": "nerves", "migraine": "nerves", "breast cancer": "cancer", "prostate cancer": "cancer",
    "heart failure": "heart", "hypertension": "heart", "chronic kidney disease": "other", "hip fracture": "other",
    "HIV infection": "other", "type 2 diabetes": "other",
}  # fmt: skip
OTHERS = {
    "k_anonymity": [{"k": 20}],
    "k_map": [{"k": 30}],
    "alpha_k_anonymity": [{"alpha": 0.2, "k": 3}, {"alpha": 0.1, "sensitive_values": ("COPD", "asthma")}],
    "distinct_l_diversity": [{"l": 9}],
    "entropy_l_diversity": [{"l": 2.5}, {"l": 7.0}],
    "recursive_l_diversity": [{"c": 1.0, "l": 4}, {"c": 0.5, "l": 1}],
    "equal_t_closeness": [{"t": 0.35}],
    "ordered_t_closeness": [{"t": 0.08}],
    "hierarchical_t_closeness": [{"t": 0.25}],
    "basic_beta_likeness": [{"beta": 0.8}, {"beta": 4.0, "sensitive": ("smoker",)}],
    "enhanced_beta_likeness": [{"beta": 0.8}, {"beta": 4.0, "sensitive": ("smoker", "diagnosis")}],
    "delta_disclosure": [{"delta": 2.0}, {"delta": 2.0, "absent": True, "sensitive": ("smoker",)}],
    "delta_presence": [{"high": 0.6, "low": 0.3}],
    "average_risk": [{"threshold": 0.02}],
    "sample_uniqueness": [{"threshold": 0.0}],
    "population_uniqueness": [
        {"estimator": name, "population_size": 20_000, "threshold": 0.001} for name in sorted(ESTIMATORS)
    ],
    "lkc_privacy": [
        {"l": 1, "k": 30, "c": 0.2},
        {"l": 3, "k": 3, "c": 0.5},
        {"l": 2, "sensitive": ("smoker",), "c": 0.6},
    ],
}
NEEDS_A_HIERARCHY = {"hierarchical_t_closeness"}
NODES = [(5, 4, 1), (4, 3, 0), (4, 4, 1), (3, 4, 1)]


def without_levels() -> Dataset:
    return load("clinic")


def clinic() -> Dataset:
    """Half of the clinic's people, with a hierarchy of diagnoses; the whole clinic is the population."""
    whole = load("clinic")
    diagnosis = whole.schema["diagnosis"]
    levels = (GROUPS, dict.fromkeys(GROUPS.values(), "*"))
    schema = whole.schema.replace_columns({"diagnosis": replaced(diagnosis, levels=levels)})
    return whole.with_schema(schema)


def replaced(column: Any, **entries: Any) -> Any:
    return type(column)(**{**vars(column), **entries})


WHOLE = clinic()
HALF = WHOLE.take(np.arange(0, len(WHOLE), 2))


def variants(name: str) -> list[PrivacyModel]:
    cls = methods(PrivacyModel)[name]
    return [cls(), *(cls(**settings) for settings in OTHERS.get(name, []))]


@pytest.mark.parametrize("name", NAMES)
def test_it_binds_to_a_bundled_table_or_says_in_a_sentence_why_not(name: str) -> None:
    data = without_levels()
    model = methods(PrivacyModel)[name]()
    population = data if model.needs_population else None
    if name in NEEDS_A_HIERARCHY:
        with pytest.raises(NotApplicable, match=r"'diagnosis' has no hierarchy.*\.$"):
            Requirement.of([model], data)
        return
    requirement = Requirement.of([model], data, population=population)
    top = {name: tree.depth - 1 for name, tree in data.hierarchies.items()}
    assert requirement.keep(requirement.at(top)).shape == (1,)


@pytest.mark.parametrize("name", [name for name in NAMES if methods(PrivacyModel)[name].needs_population])
def test_a_population_that_is_needed_is_asked_for(name: str) -> None:
    with pytest.raises(BadInput, match="population"):
        Requirement.of([methods(PrivacyModel)[name]()], HALF)


@pytest.mark.parametrize("name", NAMES)
def test_its_text_gives_it_back(name: str) -> None:
    for model in variants(name):
        assert read_models(model.text()) == (model,)
    assert read_models(write_models(variants(name))) == tuple(variants(name))


@pytest.mark.parametrize("levels", NODES)
@pytest.mark.parametrize("name", NAMES)
def test_what_it_keeps_satisfies_its_definition_and_nothing_that_does_is_refused(
    name: str, levels: tuple[int, ...]
) -> None:
    for model in variants(name):
        case = Case(model, levels)
        if isinstance(model, ClassModel):
            for group, kept in case.groups():
                margin = MARGINS[name](group, case)
                assert margin >= -1e-9 if kept else margin <= 1e-9, (model.text(), levels)
        else:
            people = case.published[case.kept]
            if len(people):
                assert MARGINS[name](people, case) >= -1e-9, (model.text(), levels)
            if case.kept.all():
                continue
            assert MARGINS[name](case.published, case) < 0, (
                f"{model.text()} drops people of a release that satisfies it"
            )


@pytest.mark.parametrize("name", NAMES)
def test_something_passes_at_some_node(name: str) -> None:
    assert any(Case(model, levels).kept.any() for model in variants(name) for levels in NODES)


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_class_and_no_class_at_all_are_judged_without_a_warning(name: str) -> None:
    for model in variants(name):
        case = Case(model, NODES[1])
        classes = case.classes
        none = np.zeros((1, classes.table.shape[1]), dtype=np.int64)
        assert classes.keys is not None
        keys = np.append(classes.keys, classes.keys.max() + 1)
        more = Classes(np.vstack([classes.table, none]), classes.layout, keys, None, classes.tuples)
        kept = case.requirement.keep(more)
        assert not kept[-1]
        np.testing.assert_array_equal(kept[:-1], case.requirement.keep(classes))
        empty = Classes(classes.table[:0], classes.layout, classes.keys[:0], None, classes.tuples)
        assert case.requirement.keep(empty).shape == (0,)


class Case:
    """A model at one node: the published people, who is kept, the table and the population beside it."""

    def __init__(self, model: PrivacyModel, levels: tuple[int, ...]) -> None:
        self.model: Any = model
        population = WHOLE if model.needs_population else None
        self.requirement = Requirement.of([model], HALF, population=population)
        named = dict(zip(QI, levels, strict=True))
        self.classes = self.requirement.at(named)
        assert self.classes.keys is not None
        stays = set(self.classes.keys[self.requirement.keep(self.classes)].tolist())
        packed = self.requirement.tuples.raised(named)[self.requirement.tuples.row_of]
        self.kept = np.array([key in stays for key in packed.tolist()])
        self.published = published(HALF, named)
        self.population = published(WHOLE, named)

    @property
    def sensitive(self) -> list[str]:
        return list(self.model.sensitive) or ["diagnosis"]

    def groups(self) -> list[tuple[pd.DataFrame, bool]]:
        found = []
        for _, rows in self.published.groupby(QI).indices.items():
            kept = self.kept[rows]
            assert kept.all() or not kept.any(), "a class stays or goes as a whole"
            found.append((self.published.iloc[rows], bool(kept[0])))
        return found

    def shares(self, column: str) -> pd.Series:
        return HALF.table[column].value_counts(normalize=True)

    def of_group(self, group: pd.DataFrame, column: str) -> pd.DataFrame:
        """Shares p of the table and q of the group for each value that the table has."""
        p = self.shares(column)
        return pd.DataFrame({"p": p, "q": group[column].value_counts(normalize=True).reindex(p.index, fill_value=0.0)})


def published(data: Dataset, levels: dict[str, int]) -> pd.DataFrame:
    table = data.table.copy()
    for name, level in levels.items():
        tree = data.hierarchies[name]
        table[name] = [tree.labels[level][code] for code in tree.codes[level][data.leaves[name]]]
    return table


def every_class(margin: Callable[[pd.DataFrame, str, Case], float]) -> Callable[[pd.DataFrame, Case], float]:
    """The least margin over classes and sensitive attributes."""

    def least(people: pd.DataFrame, case: Case) -> float:
        return min(margin(group, name, case) for _, group in people.groupby(QI) for name in case.sensitive)

    return least


def of_sizes(people: pd.DataFrame, case: Case) -> float:
    return float(people.groupby(QI).size().min() - case.model.k + 0.5)


def of_population_sizes(people: pd.DataFrame, case: Case) -> float:
    fits = case.population.groupby(QI).size()
    return float(min(fits[key] for key in people.groupby(QI).indices) - case.model.k + 0.5)


def bounded(case: Case, name: str) -> list[str]:
    return list(case.model.sensitive_values) or list(HALF.table[name].unique())


def of_alpha_k(group: pd.DataFrame, name: str, case: Case) -> float:
    shares = group[name].value_counts(normalize=True)
    most = max(shares.get(value, 0.0) for value in bounded(case, name))
    return float(min(case.model.alpha - most, len(group) - case.model.k + 0.5))


def of_distinct(group: pd.DataFrame, name: str, case: Case) -> float:
    return float(group[name].nunique() - case.model.l + 0.5)


def of_entropy(group: pd.DataFrame, name: str, case: Case) -> float:
    shares = group[name].value_counts(normalize=True)
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum() - math.log(case.model.l))


def of_recursive(group: pd.DataFrame, name: str, case: Case) -> float:
    counts = sorted(group[name].value_counts(), reverse=True)
    return float(case.model.c * sum(counts[case.model.l - 1 :]) - counts[0])


def of_equal_t(group: pd.DataFrame, name: str, case: Case) -> float:
    shares = case.of_group(group, name)
    return float(case.model.t - (shares["p"] - shares["q"]).abs().sum() / 2)


def of_ordered_t(group: pd.DataFrame, name: str, case: Case) -> float:
    present = [value for value in HALF.schema[name].categories or () if value in set(HALF.table[name])]
    rank = {value: place / (len(present) - 1) for place, value in enumerate(present)}
    return float(case.model.t - wasserstein_distance(group[name].map(rank), HALF.table[name].map(rank)))


def of_hierarchical_t(group: pd.DataFrame, name: str, case: Case) -> float:
    """Li et al.'s own sum: at every inner node the lesser of what its children have too much and too little."""
    shares = case.of_group(group, name)
    extra = (shares["p"] - shares["q"]).to_frame("extra")
    extra["above"] = extra.index.map(GROUPS)
    cost = 0.0
    for _, leaves in extra.groupby("above")["extra"]:
        cost += 1 / 2 * min(leaves.clip(lower=0).sum(), -leaves.clip(upper=0).sum())
    kinds = extra.groupby("above")["extra"].sum()
    return float(case.model.t - cost - min(kinds.clip(lower=0).sum(), -kinds.clip(upper=0).sum()))


def of_basic_beta(group: pd.DataFrame, name: str, case: Case) -> float:
    shares = case.of_group(group, name)
    return float(case.model.beta - ((shares["q"] - shares["p"]) / shares["p"]).max())


def of_enhanced_beta(group: pd.DataFrame, name: str, case: Case) -> float:
    shares = case.of_group(group, name)
    most = np.minimum(case.model.beta, -np.log(shares["p"]))
    return float((most - (shares["q"] - shares["p"]) / shares["p"]).min())


def of_delta_disclosure(group: pd.DataFrame, name: str, case: Case) -> float:
    shares = case.of_group(group, name)
    absent = shares["q"] == 0
    if case.model.absent and absent.any():
        return -1.0
    present = shares[~absent]
    return float(case.model.delta - np.log2(present["q"] / present["p"]).abs().max())


def of_presence(people: pd.DataFrame, case: Case) -> float:
    population, here = case.population.groupby(QI).size(), case.published.groupby(QI).size()
    chances = [size / population[key] for key, size in people.groupby(QI).size().items()]
    nobody_here = set(population.index) - set(here.index)
    lowest = 0.0 if nobody_here else min(chances)
    return float(min(case.model.high - max(chances), lowest - case.model.low))


def of_average_risk(people: pd.DataFrame, case: Case) -> float:
    return float(case.model.threshold - people.groupby(QI).ngroups / len(people))


def of_sample_uniqueness(people: pd.DataFrame, case: Case) -> float:
    return float(case.model.threshold - (people.groupby(QI).size() == 1).sum() / len(people))


def of_population_uniqueness(people: pd.DataFrame, case: Case) -> float:
    """By the product's own estimators: those are checked against ARX and by simulation where they stand."""
    share = ESTIMATORS[case.model.estimator](people.groupby(QI).size().to_numpy(), case.model.population_size)
    return -1.0 if math.isnan(share) else float(case.model.threshold - share)


def of_lkc(people: pd.DataFrame, case: Case) -> float:
    margins = [1.0]
    for number in range(1, min(case.model.l, len(QI)) + 1):
        for known in combinations(QI, number):
            for _, group in people.groupby(list(known)):
                margins.append(len(group) - case.model.k + 0.5)
                for name in case.sensitive:
                    shares = group[name].value_counts(normalize=True)
                    margins += [case.model.c - shares.get(value, 0.0) for value in bounded(case, name)]
    return float(min(margins))


MARGINS: dict[str, Callable[[pd.DataFrame, Case], float]] = {
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
