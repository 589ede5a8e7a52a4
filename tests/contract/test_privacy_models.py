"""What every privacy model owes: its definition over plain pandas holds of what it keeps.

A model without a definition in `model_definitions` fails here.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from model_definitions import MARGINS, Released, generalized, order_of, texts

from ppml_core.anonymize.classes import Classes
from ppml_core.anonymize.models.base import ClassModel, PrivacyModel, read_models
from ppml_core.anonymize.requirement import Requirement
from ppml_core.calls import write_calls
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
TEXTS = texts(HALF)


@cache
def published(levels: tuple[int, ...]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Half of the people and all of them at a node."""
    named = dict(zip(QI, levels, strict=True))
    return generalized(HALF, named), generalized(WHOLE, named)


def variants(name: str) -> list[PrivacyModel]:
    cls = methods(PrivacyModel)[name]
    return [cls(), *(cls(**settings) for settings in OTHERS.get(name, []))]


def test_every_model_has_a_definition_and_every_definition_a_model() -> None:
    assert sorted(MARGINS) == NAMES


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
    assert read_models(write_calls(variants(name))) == tuple(variants(name))


@pytest.mark.parametrize("levels", [*NODES[:2], *(pytest.param(node, marks=pytest.mark.slow) for node in NODES[2:])])
@pytest.mark.parametrize("name", NAMES)
def test_what_it_keeps_satisfies_its_definition_and_nothing_that_does_is_refused(
    name: str, levels: tuple[int, ...]
) -> None:
    for model in variants(name):
        case = Case(model, levels)
        if isinstance(model, ClassModel):
            for group, kept in case.groups():
                margin = MARGINS[name](group, case.released)
                assert margin >= -1e-9 if kept else margin <= 1e-9, (model.text(), levels)
        else:
            people = case.published[case.kept]
            if len(people):
                assert MARGINS[name](people, case.released) >= -1e-9, (model.text(), levels)
            if case.kept.all():
                continue
            assert MARGINS[name](case.published, case.released) < 0, (
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
        kinds = {leaf: (kind, "*") for leaf, kind in GROUPS.items()}
        self.published, everybody = published(levels)
        self.released = Released(
            self.model, QI, TEXTS, self.published, ["diagnosis"],
            {name: order_of(HALF, name) for name in ("diagnosis", "smoker")}, {"diagnosis": kinds},
            everybody,
        )  # fmt: skip

    def groups(self) -> list[tuple[pd.DataFrame, bool]]:
        found = []
        for _, rows in self.published.groupby(QI).indices.items():
            kept = self.kept[rows]
            assert kept.all() or not kept.any(), "a class stays or goes as a whole"
            found.append((self.published.iloc[rows], bool(kept[0])))
        return found
