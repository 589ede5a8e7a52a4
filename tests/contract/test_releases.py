"""Every privacy model under every method that takes models, on any table: what is released satisfies its definition.

Releases are recounted over plain pandas (`model_definitions`). Where there is none, the sentence says what was best,
and for full-domain generalization every node of the lattice is tried to see that none would have done.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from model_definitions import Released, generalized, margin, order_of, texts

from ppml_core.anonymize.base import Anonymizer, Recoding
from ppml_core.anonymize.models.base import ClassModel, PrivacyModel
from ppml_core.catalog import method, methods
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Column, Schema
from ppml_core.errors import NotApplicable, Unreachable
from ppml_core.measures.uniqueness import ESTIMATORS

AGE, PLACE, SIZE = "age in years", "plz / größe", "size"
QI = [AGE, PLACE, SIZE]
SENSITIVE = ["diagnosis ⚕", "income"]
LEVELS = (
    {"flu": "lung", "asthma": "lung", "migraine": "head", "": "head"},
    {"lung": "*", "head": "*"},
)
SCHEMA = Schema(
    columns={
        AGE: Column(role="quasi_identifier", kind="numeric", bounds=(0, 99), widths=(10, 50), missing=True),
        PLACE: Column(role="quasi_identifier"),
        SIZE: Column(role="quasi_identifier", kind="ordinal", categories=("S", "M", "L")),
        SENSITIVE[0]: Column(role="sensitive", levels=LEVELS),
        SENSITIVE[1]: Column(role="sensitive", kind="numeric", bounds=(0, 9)),
        "person": Column(role="feature"),
    }
)
SMALL: dict[str, list[dict[str, Any]]] = {
    "k_anonymity": [{"k": 2}, {"k": 3}, {"k": 2, "person_column": "person"}],
    "k_map": [{"k": 2}, {"k": 4}],
    "alpha_k_anonymity": [{"alpha": 0.6, "k": 2}, {"alpha": 0.5, "sensitive_values": ("flu",)}],
    "distinct_l_diversity": [{"l": 2}, {"l": 3, "sensitive": ("income",)}],
    "entropy_l_diversity": [{"l": 1.5}, {"l": 2.0, "sensitive": ("income",)}],
    "recursive_l_diversity": [{"c": 2.0, "l": 2}, {"c": 0.8, "l": 1}],
    "equal_t_closeness": [{"t": 0.3}, {"t": 0.0}],
    "ordered_t_closeness": [{"t": 0.2}, {"t": 0.05, "sensitive": ("income",)}],
    "hierarchical_t_closeness": [{"t": 0.3, "sensitive": (SENSITIVE[0],)}, {"t": 0.1, "sensitive": (SENSITIVE[0],)}],
    "basic_beta_likeness": [{"beta": 1.0}, {"beta": 0.4}],
    "enhanced_beta_likeness": [{"beta": 1.0}, {"beta": 0.4}],
    "delta_disclosure": [{"delta": 1.0}, {"delta": 1.5, "absent": True}],
    "delta_presence": [{"high": 0.5}, {"high": 0.9, "low": 0.2}],
    "average_risk": [{"threshold": 0.5}, {"threshold": 0.2}],
    "sample_uniqueness": [{"threshold": 0.0}, {"threshold": 0.3}],
    "population_uniqueness": [
        {"estimator": name, "population_size": 400, "threshold": 0.05} for name in sorted(ESTIMATORS)
    ],
    "lkc_privacy": [{"l": 1, "k": 2, "c": 0.7}, {"l": 2, "k": 2, "c": 0.9, "sensitive": ("income",)}],
}
OVERLAPPING = ("local", "mondrian")
ONE_CLASS_A_PERSON = {"delta_presence"}
Row = tuple[float | None, str | None, str | None, str | None, int, str]

rows_of_people = st.lists(
    st.tuples(
        st.sampled_from([None, 0.0, 7.0, 30.0, 34.0, 71.0, 99.0]),
        st.sampled_from([None, "04103", "04109", "10115", " 1", "Köln", "東京", "a, b", 'x"y']),
        st.sampled_from([None, "S", "M", "L"]),
        st.sampled_from([None, "flu", "asthma", "migraine"]),
        st.integers(0, 3),
        st.sampled_from("abcd"),
    ),
    min_size=1,
    max_size=14,
)


def people(rows: list[Row]) -> Dataset:
    table = pd.DataFrame(rows, columns=list(SCHEMA.columns))
    table[AGE] = table[AGE].astype(float)
    for name in (PLACE, SIZE, SENSITIVE[0]):
        table[name] = table[name].astype(object)
    return Dataset(table, SCHEMA, "people")


EDGES: dict[str, list[Row]] = {
    "one row": [(30.0, "04103", "S", "flu", 1, "a")],
    "one row of blanks": [(None, None, None, None, 0, "a")],
    "all equal": [(30.0, "04103", "S", "flu", 1, "a")] * 9,
    "all unique": [
        (float(at), f"{at:05}", "SML"[at % 3], "flu" if at % 2 else None, at % 5, str(at)) for at in range(40)
    ],
    "300 different values": [
        (float(at % 100), f"Größe {at}", "M", ("flu", "asthma", "migraine")[at % 3], at % 7, str(at))
        for at in range(300)
    ],
    "nothing but blanks in one column": [(float(at), None, "S", "flu", at, "a") for at in range(6)],
}  # fmt: skip


def variants(name: str) -> list[PrivacyModel]:
    return [method(PrivacyModel, name)(**given) for given in SMALL[name]]


def release_or_refusal(anonymizer: Anonymizer, data: Dataset) -> Recoding | Unreachable:
    try:
        return anonymizer.fit(data, np.random.default_rng(1))
    except Unreachable as fault:
        return fault


@dataclass
class Case:
    """One model asked of one method over one table."""

    anonymizer: Anonymizer
    model: Any
    data: Dataset

    def check(self) -> None:
        found = release_or_refusal(self.anonymizer, self.data)
        if isinstance(found, Recoding):
            self.check_release(found)
            return
        assert str(found).endswith(".")
        assert found.best is not None, "what was best is said"
        if self.is_full_domain:
            self.check_unreachable()

    def check_release(self, recoding: Recoding) -> None:
        release = recoding.release
        assert len(recoding.kept) == len(release)
        shown = texts(release)
        pd.testing.assert_frame_equal(
            shown[SENSITIVE], texts(self.data.take(recoding.kept))[SENSITIVE], check_dtype=False
        )
        published = generalized(self.data, recoding.statistics["levels"]) if self.is_full_domain else shown
        if self.is_full_domain:
            pd.testing.assert_frame_equal(
                shown[QI], published.iloc[recoding.kept][QI].reset_index(drop=True), check_dtype=False
            )
        case = self.released(published, fits_of(recoding, self.data))
        assert margin(shown, case) >= -1e-9, (self.model.text(), shown[[*QI, *SENSITIVE]])
        limit = getattr(self.anonymizer, "suppression_limit", 1.0)
        assert len(self.data) - len(release) <= limit * len(self.data)

    def check_unreachable(self) -> None:
        """No node keeps enough people: of each class the definition is asked, or, for release models, of all."""
        limit = int(self.anonymizer.suppression_limit * len(self.data))  # type: ignore[attr-defined]
        trees = self.data.hierarchies
        for levels in itertools.product(*(range(tree.depth) for tree in trees.values())):
            published = generalized(self.data, dict(zip(trees, levels, strict=True)))
            case = self.released(published, lambda name, text, raw: False)
            if isinstance(self.model, ClassModel) and not self.model.needs_population:
                broken = [group for _, group in published.groupby(QI) if margin(group, case) < -1e-9]
                assert sum(map(len, broken)) > limit, (self.model.text(), levels)
            elif limit == 0 and not self.model.needs_population:
                assert margin(published, case) < 1e-9, (self.model.text(), levels)

    @property
    def is_full_domain(self) -> bool:
        return self.anonymizer.name() == "full_domain"

    def released(self, published: pd.DataFrame, fits: Callable[[str, str, str], bool]) -> Released:
        paths = {leaf: (kind, "*") for leaf, kind in LEVELS[0].items()}
        orders = {name: order_of(self.data, name) for name in SENSITIVE}
        population = None if self.data.population is None else self.population_of(published)
        return Released(
            self.model, QI, texts(self.data), published, SENSITIVE, orders, {SENSITIVE[0]: paths}, population, fits
        )

    def population_of(self, published: pd.DataFrame) -> pd.DataFrame:
        assert self.data.population is not None
        return texts(self.data.population)


def fits_of(recoding: Recoding, data: Dataset) -> Callable[[str, str, str], bool]:
    """Whether a published cell may stand for a raw value."""
    trees = {name: data.hierarchies[name] for name in QI}

    def fits(name: str, text: str, raw: str) -> bool:
        tree = trees[name]
        leaf = tree.leaf_of(raw)
        if leaf < 0:
            return text == raw
        if "levels" in recoding.statistics:
            level = recoding.statistics["levels"][name]
            return bool(tree.labels[level][tree.codes[level][leaf]] == text)
        spans = recoding.release.published.get(name)
        return text == raw if spans is None else leaf in spans.leaves_under(text)

    return fits


def with_population(data: Dataset, others: Dataset) -> Dataset:
    both = Dataset(pd.concat([data.table, others.table], ignore_index=True), SCHEMA, "everybody")
    return Dataset(data.table, data.schema, data.name, population=both)


def cases(name: str, anonymizer: str, data: Dataset, others: Dataset, limit: float) -> list[Case]:
    found = []
    for model in variants(name):
        held = with_population(data, others) if model.needs_population else data
        more = {} if anonymizer == "mondrian" else {"suppression_limit": limit}
        found.append(Case(method(Anonymizer, anonymizer)(k=1, models=model.text(), **more), model, held))
    return found


def refuses(name: str, anonymizer: str) -> bool:
    return anonymizer in OVERLAPPING and name in ONE_CLASS_A_PERSON


def smallest_class(release: Dataset) -> float:
    return float(texts(release).groupby(QI).size().min()) if len(release) else math.inf


WITH_MODELS = ("full_domain", "local", "mondrian")
PAIRS = [(name, way) for name in SMALL for way in WITH_MODELS if not refuses(name, way)]


def test_no_model_and_no_method_is_left_out() -> None:
    assert sorted(SMALL) == sorted(methods(PrivacyModel))
    assert sorted(WITH_MODELS) == sorted(
        name for name, cls in methods(Anonymizer).items() if "models" in cls.__dataclass_fields__
    )


@pytest.mark.slow
@pytest.mark.parametrize(("name", "anonymizer"), PAIRS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=rows_of_people, others=rows_of_people, limit=st.sampled_from([0.0, 0.3, 1.0]))
def test_any_table(name: str, anonymizer: str, rows: list[Row], others: list[Row], limit: float) -> None:
    for case in cases(name, anonymizer, people(rows), people(others), limit):
        case.check()


@pytest.mark.parametrize("name", WITH_MODELS)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=rows_of_people,
    others=rows_of_people,
    limit=st.sampled_from([0.0, 0.3, 1.0]),
    model=st.sampled_from(sorted(SMALL)),
)
def test_any_model_on_any_table(name: str, rows: list[Row], others: list[Row], limit: float, model: str) -> None:
    if not refuses(model, name):
        for case in cases(model, name, people(rows), people(others), limit):
            case.check()


@pytest.mark.parametrize(
    "edge", [pytest.param(edge, marks=pytest.mark.slow if edge.startswith("300") else ()) for edge in EDGES]
)
@pytest.mark.parametrize(("name", "anonymizer"), PAIRS)
def test_tables_at_the_edge(name: str, anonymizer: str, edge: str) -> None:
    data = people(EDGES[edge])
    for case in cases(name, anonymizer, data, data, 0.1):
        case.check()


@pytest.mark.parametrize("anonymizer", OVERLAPPING)
@pytest.mark.parametrize("name", sorted(ONE_CLASS_A_PERSON))
def test_what_needs_one_class_a_person_is_refused_where_classes_overlap(name: str, anonymizer: str) -> None:
    for case in cases(name, anonymizer, people(EDGES["all unique"]), people(EDGES["all equal"]), 0.0):
        with pytest.raises(NotApplicable, match=rf"{name}.*\.$"):
            case.check()


@pytest.mark.parametrize("name", ["mdav", "cell_suppression", "record_suppression"])
@settings(max_examples=40, deadline=None)
@given(rows=rows_of_people, k=st.integers(2, 4))
def test_k_alone(name: str, rows: list[Row], k: int) -> None:
    data = people(rows)
    found = release_or_refusal(method(Anonymizer, name)(k=k), data)
    if isinstance(found, Unreachable):
        assert len(data) < k, found
    else:
        assert smallest_class(found.release) >= k


@pytest.mark.parametrize("name", ["mdav", "cell_suppression", "record_suppression"])
@pytest.mark.parametrize("edge", EDGES)
def test_k_alone_at_the_edge(name: str, edge: str) -> None:
    data = people(EDGES[edge])
    for k in (2, 5):
        found = release_or_refusal(method(Anonymizer, name)(k=k), data)
        if isinstance(found, Unreachable):
            assert len(data) < k, found
        else:
            assert smallest_class(found.release) >= k


def test_several_models_hold_together() -> None:
    rng = np.random.default_rng(5)
    rows = [
        (float(rng.integers(0, 99)), f"{rng.integers(0, 30):05}", "SML"[rng.integers(3)],
         ("flu", "asthma", "migraine", None)[rng.integers(4)], int(rng.integers(0, 9)), str(at))
        for at in range(200)
    ]  # fmt: skip
    data = people(rows)
    asked = "distinct_l_diversity(l=2) + equal_t_closeness(t=0.4) + average_risk(threshold=0.2)"
    for name in WITH_MODELS:
        recoding = method(Anonymizer, name)(k=3, models=asked).fit(data, np.random.default_rng(1))
        for text in (*asked.split(" + "), "k_anonymity(k=3)"):
            (model,) = method(Anonymizer, name)(k=1, models=text).asked()
            Case(method(Anonymizer, name)(), model, data).check_release(recoding)
