"""Mondrian's classes keep what was asked when plain pandas counts them again, and publish what they hold."""

from __future__ import annotations

import dataclasses

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from ppml_core.anonymize.partition import leaf_order, leaf_values
from ppml_core.anonymize.spans import span_classes
from ppml_core.anonymize.transforms.mondrian import Boxes, Mondrian
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.hierarchy import hierarchy_from_rows
from ppml_core.data.schema import Column, Schema
from ppml_core.errors import BadInput, NotApplicable, Unreachable

RNG = np.random.default_rng(0)
TOWNS = ["Łódź", "東京", "New York", "São Paulo", "{A, B}", "1-2", None]
QIS = ["age at visit", "town", "code"]


def visits(rows: list[tuple[int | None, str | None, int, str]]) -> Dataset:
    columns = {
        "age at visit": Column(role="quasi_identifier", kind="numeric", bounds=(-5, 40), widths=(5, 10), missing=True),
        "town": Column(role="quasi_identifier"),
        "code": Column(role="quasi_identifier", kind="text"),
        "illness": Column(role="sensitive"),
    }
    table = pd.DataFrame(rows, columns=list(columns)).astype({"age at visit": "Float64", "code": str})
    return Dataset(table.astype({"town": object}), Schema(columns=columns), "visits")


def same(number: int) -> st.SearchStrategy[list[tuple[int | None, str | None, int, str]]]:
    return st.tuples(st.integers(1, 30), st.sampled_from(TOWNS)).map(lambda at: [(3, at[1], number, "flu")] * at[0])


person = st.tuples(
    st.none() | st.integers(-5, 40), st.sampled_from(TOWNS), st.integers(0, 300), st.sampled_from(["flu", "gout", "a"])
)
unique = st.integers(1, 300).map(lambda n: [(i % 40, TOWNS[i % 7], i, "flu" if i % 3 else "gout") for i in range(n)])
tables = st.lists(person, min_size=1, max_size=60) | same(7) | unique
MODELS = [
    "", "distinct_l_diversity(l=2)", "entropy_l_diversity(l=1.5)", "equal_t_closeness(t=0.3)", "delta_disclosure",
    "recursive_l_diversity(l=2, c=3)", "average_risk(threshold=0.2)", "sample_uniqueness", "lkc_privacy(l=2, k=3)",
]  # fmt: skip


@given(tables, st.integers(1, 6), st.sampled_from(MODELS), st.booleans())
def test_the_release_keeps_the_models_or_says_why_not(
    rows: list[tuple[int | None, str | None, int, str]], k: int, models: str, relaxed: bool
) -> None:
    data = visits(rows)
    try:
        fitted = Mondrian(k=k, models=models, relaxed=relaxed).fit(data, RNG)
    except Unreachable:
        may_refuse = k > len(data) or models != ""
        assert may_refuse, "one class of all people is k-anonymous where there are k of them"
        return
    published = fitted.release.table
    classes = published.groupby(QIS, dropna=False, observed=True)
    sizes = classes.size()
    assert sizes.min() >= k
    assert (len(sizes), sizes.min()) == (fitted.statistics["classes"], fitted.statistics["min_class"])
    assert len(published) + fitted.statistics["suppressed"] == len(data)
    shares = [group.value_counts(normalize=True) for _, group in classes["illness"]]
    overall = pd.Series([row[3] for row in rows]).value_counts(normalize=True)
    if models.startswith("distinct"):
        assert min(len(share) for share in shares) >= 2
    if models.startswith("entropy"):
        assert min(-(share * np.log(share)).sum() for share in shares) >= np.log(1.5) - 1e-9
    if models.startswith("equal_t"):
        assert max(share.sub(overall, fill_value=0).abs().sum() / 2 for share in shares) <= 0.3 + 1e-9
    if models.startswith("average_risk"):
        assert len(sizes) / sizes.sum() <= 0.2 + 1e-9
    check_spans(data, fitted)


def check_spans(data: Dataset, fitted: Boxes) -> None:
    """Every person's value lies under what is published of it, and the mapping counts everybody once."""
    for name, tree in data.hierarchies.items():
        texts = fitted.release.texts(name)
        for person_, text in zip(fitted.kept, texts, strict=True):
            assert data.leaves[name][person_] in fitted.release.published[name].leaves_under(text)
        mapping = fitted.mapping()[name]
        assert mapping["people"].sum() == len(fitted.kept)
        assert set(mapping["value"]) <= set(tree.leaves)
        assert set(mapping["published"]) == set(texts)


def ages(numbers: list[int]) -> Dataset:
    columns = {"age": Column(role="quasi_identifier", kind="numeric", bounds=(0, 9), widths=(5,))}
    return Dataset(pd.DataFrame({"age": numbers}), Schema(columns=columns))


def test_cuts_by_hand() -> None:
    """k=2 on 1 2 2 2 7 9: the median 2 stays with the 1; four more cannot be cut, for all but one have 2."""
    fitted = Mondrian(k=2).fit(ages([1, 2, 2, 2, 7, 9]), RNG)
    assert fitted.release.table["age"].tolist() == ["1-2"] * 4 + ["7-9"] * 2
    spans = fitted.release.published["age"]
    assert spans.leaves_under("1-2").tolist() == [1, 2]
    assert fitted.statistics["granularity"] == pytest.approx(1 - ((4 * 2 + 2 * 3) / 6 / 10 - 0.1) / 0.9)


def test_relaxed_cuts_part_people_who_are_equal() -> None:
    """Two of the three 2s make a class of their own; one stays with the 1."""
    fitted = Mondrian(k=2, relaxed=True).fit(ages([1, 2, 2, 2, 7, 9]), RNG)
    assert fitted.release.table["age"].tolist() == ["1-2", "1-2", "2", "2", "7-9", "7-9"]
    assert fitted.mapping()["age"].query("value == '2'")["people"].tolist() == [1, 2]


def test_relaxed_never_loses_more_than_strict_on_adult() -> None:
    data = load("adult")
    strict, relaxed = (Mondrian(relaxed=relaxed).fit(data, RNG).statistics for relaxed in (False, True))
    assert relaxed["granularity"] >= strict["granularity"] >= 0.96
    assert relaxed["classes"] >= strict["classes"]


def test_a_set_is_told_in_the_fewest_words() -> None:
    rows = [
        ["pt", "south", "europe", "*"], ["es", "south", "europe", "*"], ["it", "south", "europe", "*"],
        ["no", "north", "europe", "*"], ["se", "north", "europe", "*"], ["jp", "asia", "asia", "*"],
        ["", "unknown", "unknown", "*"],
    ]  # fmt: skip
    tree = hierarchy_from_rows(rows, "country")
    values = leaf_values(tree, "categorical")
    held = [["pt", "es", "it"], ["pt", "es", "no", "se"], ["pt", "jp"], ["es", ""], ["it"], [""], list(tree.leaves)]
    pairs = [(number, tree.index[leaf]) for number, leaves in enumerate(held) for leaf in leaves]
    class_of, leaf_of = np.array(pairs).T
    spanned = span_classes(tree, values, leaf_order(tree, values), class_of, leaf_of.astype(np.int32))
    texts = [spanned.texts[code] for code in spanned.code_of]
    assert texts == ["south", "europe but {it}", "{pt, jp}", "{es, unknown}", "it", "", "*"]
    for text, leaves in zip(texts, held, strict=True):
        assert [tree.leaves[leaf] for leaf in spanned.published.leaves_under(text)] == leaves
    assert spanned.shares.tolist() == [len(leaves) / 7 for leaves in held]


def test_days_and_negative_numbers_are_ranges_with_to() -> None:
    days = pd.DataFrame({"day": ["2001-02-03", "2001-02-05", None, "2009-01-01"], "change": [-3, -1, -1, 2]})
    columns = {
        name: Column(role="quasi_identifier", kind=kind) for name, kind in (("day", "date"), ("change", "numeric"))
    }
    fitted = Mondrian(k=2).fit(Dataset(days, Schema(columns=columns)), RNG)
    assert set(fitted.release.table["day"]) == {"2001-02-03 to 2001-02-05", "2009-01-01 or unknown"}
    assert set(fitted.release.table["change"]) == {"-3 to -1", "-1 to 2"}


def test_unseen_people_keep_their_values_under_the_meaning_of_the_release() -> None:
    data = load("clinic")
    fitted = Mondrian().fit(data.take(np.arange(1000)), RNG)
    unseen = fitted.transform(data.take(np.arange(1000, 1010)))
    assert unseen.schema == fitted.release.schema
    assert unseen.published is fitted.release.published
    assert unseen.texts("birth_date").tolist() == data.texts("birth_date")[1000:1010].tolist()


def test_unreachable_says_what_was_asked_and_of_how_many() -> None:
    with pytest.raises(Unreachable, match=r"all 6 people satisfies k_anonymity\(k=7\)"):
        Mondrian(k=7).fit(ages([1, 2, 2, 2, 7, 9]), RNG)
    with pytest.raises(BadInput):
        Mondrian(models="no_such_model(l=2)")


def test_a_population_is_counted_inside_the_boxes() -> None:
    """2-map over 1 2 | 6 7: alone the 6 would be one of 1, but two in the population could be it."""
    people = ages([1, 2, 6])
    everyone = ages([1, 1, 2, 2, 6, 7])
    fitted = Mondrian(k=1, models="k_map(k=2)").fit(dataclasses.replace(people, population=everyone), RNG)
    assert fitted.release.table["age"].tolist() == ["1", "2", "6-7"]
    with pytest.raises(NotApplicable, match="population"):
        Mondrian(k=1, models="k_map(k=2)", relaxed=True).fit(dataclasses.replace(people, population=everyone), RNG)


def test_rows_of_one_person_count_once() -> None:
    columns = {
        "age": Column(role="quasi_identifier", kind="numeric", bounds=(0, 9), widths=(5,)),
        "person": Column(role="ignore"),
    }
    data = Dataset(pd.DataFrame({"age": [1, 1, 2, 2, 8, 8], "person": list("aabbcd")}), Schema(columns=columns))
    for relaxed in (False, True):
        fitted = Mondrian(k=1, models="k_anonymity(k=2, person_column='person')", relaxed=relaxed).fit(data, RNG)
        assert fitted.release.table["age"].tolist() == ["1-2"] * 4 + ["8"] * 2
