"""Privacy models against answers worked out by hand or printed in a paper, and the closures that they claim."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from ppml_core.anonymize.classes import Classes
from ppml_core.anonymize.models.alpha_k_anonymity import AlphaKAnonymity
from ppml_core.anonymize.models.average_risk import AverageRisk
from ppml_core.anonymize.models.base import ClassModel, PrivacyModel, ReleaseModel
from ppml_core.anonymize.models.basic_beta_likeness import BasicBetaLikeness
from ppml_core.anonymize.models.delta_disclosure import DeltaDisclosure
from ppml_core.anonymize.models.delta_presence import DeltaPresence
from ppml_core.anonymize.models.distinct_l_diversity import DistinctLDiversity
from ppml_core.anonymize.models.enhanced_beta_likeness import EnhancedBetaLikeness
from ppml_core.anonymize.models.entropy_l_diversity import EntropyLDiversity
from ppml_core.anonymize.models.equal_t_closeness import EqualTCloseness
from ppml_core.anonymize.models.hierarchical_t_closeness import HierarchicalTCloseness
from ppml_core.anonymize.models.k_map import KMap
from ppml_core.anonymize.models.lkc_privacy import LkcPrivacy
from ppml_core.anonymize.models.ordered_t_closeness import OrderedTCloseness
from ppml_core.anonymize.models.population_uniqueness import PopulationUniqueness
from ppml_core.anonymize.models.recursive_l_diversity import RecursiveLDiversity
from ppml_core.anonymize.models.sample_uniqueness import SampleUniqueness
from ppml_core.anonymize.requirement import Requirement
from ppml_core.catalog import methods
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Column, Schema
from ppml_core.errors import BadInput, NotApplicable

DISEASES = (
    {"gastric ulcer": "stomach disease", "gastritis": "stomach disease", "stomach cancer": "stomach disease",
     "flu": "respiratory infection", "bronchitis": "respiratory infection", "pneumonia": "respiratory infection"},
    {"stomach disease": "digestive system disease", "respiratory infection": "vascular lung disease"},
    {"digestive system disease": "*", "vascular lung disease": "*"},
)  # fmt: skip


def table(classes: Sequence[str] | str, values: Sequence[Any] | str, **entries: Any) -> Dataset:
    """People in classes named by their quasi-identifier, each with a sensitive value."""
    columns = {
        "class": Column(role="quasi_identifier", categories=tuple("abcdefgh")),
        "value": Column(role="sensitive", **entries),
    }
    return Dataset(pd.DataFrame({"class": list(classes), "value": list(values)}), Schema(columns=columns))


def kept(model: PrivacyModel, data: Dataset, population: Dataset | None = None) -> str:
    """The names of the classes that stay, at level 0."""
    requirement = Requirement.of([model], data, population=population)
    classes = requirement.at(dict.fromkeys(requirement.tuples.names, 0))
    assert classes.keys is not None
    leaves = requirement.tuples.trees[0].leaves
    return "".join(sorted(leaves[key] for key in classes.keys[requirement.keep(classes)]))


def li(column: str) -> Dataset:
    """Li et al. 2007: the 9 patients of table 3 in the three classes (a, b, c) of table 5."""
    classes = "abacccbab"
    if column == "salary":
        return table(classes, [3, 4, 5, 6, 11, 8, 7, 9, 10], kind="numeric")
    diseases = [
        "gastric ulcer", "gastritis", "stomach cancer", "gastritis", "flu", "bronchitis", "bronchitis", "pneumonia",
        "stomach cancer",
    ]  # fmt: skip
    return table(classes, diseases, levels=DISEASES)


def test_t_closeness_of_the_example_table_of_its_paper() -> None:
    assert kept(OrderedTCloseness(t=0.167), li("salary")) == "abc"
    assert kept(OrderedTCloseness(t=0.166), li("salary")) != "abc"
    assert kept(HierarchicalTCloseness(t=0.297), li("disease")) == "abc"
    assert kept(HierarchicalTCloseness(t=0.296), li("disease")) == "ab"  # gastritis, flu, bronchitis: 8 / 27


def test_hierarchical_distances_in_the_text_of_their_paper() -> None:
    """The paper takes the six diseases as equally frequent: .278 and .5."""
    spread = table(
        "aabbab", ["gastric ulcer", "stomach cancer", "gastritis", "flu", "pneumonia", "bronchitis"], levels=DISEASES
    )
    assert kept(HierarchicalTCloseness(t=0.278), spread) == "ab"
    assert kept(HierarchicalTCloseness(t=0.277), spread) == ""
    apart = table("aaabbb", [*DISEASES[0]], levels=DISEASES)
    assert kept(HierarchicalTCloseness(t=0.5), apart) == "ab"
    assert kept(HierarchicalTCloseness(t=0.499), apart) == ""


def test_ordered_distance_of_the_example_in_the_text_of_its_paper() -> None:
    """Li et al., section 4.1: {3k, 4k, 5k} is .375 from the table of nine salaries, {6k, 8k, 11k} .167."""
    data = table("aaabccbbc"[:9], [3, 4, 5, 6, 7, 9, 8, 11, 10], kind="numeric")
    assert kept(OrderedTCloseness(t=0.374), data) == "bc"
    assert kept(OrderedTCloseness(t=0.375), data) == "abc"
    assert "b" not in kept(OrderedTCloseness(t=0.166), data)
    assert "b" in kept(OrderedTCloseness(t=0.167), data)


def test_equal_distance_is_half_the_sum_of_differences() -> None:
    data = table("aaaabbbb", "xxxyxyyy")
    assert kept(EqualTCloseness(t=0.25), data) == "ab"
    assert kept(EqualTCloseness(t=0.2499), data) == ""


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("uvwx")), min_size=1, max_size=30), st.floats(0, 1))
def test_a_hierarchy_of_a_root_alone_has_equal_distances(people: list[tuple[str, str]], t: float) -> None:
    classes, values = zip(*people, strict=True)
    flat = table(classes, values, levels=(dict.fromkeys("uvwx", "*"),))
    assert kept(HierarchicalTCloseness(t=t), flat) == kept(EqualTCloseness(t=t), flat)


def test_hierarchical_distance_needs_a_hierarchy() -> None:
    with pytest.raises(NotApplicable, match="'value' has no hierarchy"):
        kept(HierarchicalTCloseness(), table("ab", "xy"))


def test_entropy_is_that_of_equally_likely_values() -> None:
    data = table("aaabbbccccc", "xyzxxyxxyyz")
    assert kept(EntropyLDiversity(l=3), data) == "a"
    assert kept(EntropyLDiversity(l=2.87), data) == "ac"  # counts 2, 2, 1: entropy 1.0549 = ln 2.872
    assert kept(EntropyLDiversity(l=2.88), data) == "a"
    assert kept(EntropyLDiversity(l=1), data) == "abc"


def test_recursive_diversity_is_strict_and_counts_from_the_lth_value() -> None:
    data = table("aaaaaaaaaabbbbbb", "wwwwxxxyyz" + "wwwxxy")
    assert kept(RecursiveLDiversity(c=1, l=2), data) == "a"  # a: 4 < 6; b: 3 < 3 is wrong
    assert kept(RecursiveLDiversity(c=1.01, l=2), data) == "ab"
    assert kept(RecursiveLDiversity(c=2, l=3), data) == "a"  # a: 4 < 6; b: 3 < 2 is wrong
    assert kept(RecursiveLDiversity(c=100, l=4), data) == "a"
    assert kept(RecursiveLDiversity(c=100, l=9), data) == ""


def test_alpha_bounds_the_named_values_alone() -> None:
    data = table("aaaabbbbcc", "xxxyxyyyxy")
    assert kept(AlphaKAnonymity(alpha=0.75, k=2), data) == "abc"
    assert kept(AlphaKAnonymity(alpha=0.74, k=2), data) == "c"
    assert kept(AlphaKAnonymity(alpha=0.74, k=2, sensitive_values=("x",)), data) == "bc"
    assert kept(AlphaKAnonymity(alpha=0.75, k=3), data) == "ab"
    with pytest.raises(BadInput, match="'z' is no value of value"):
        kept(AlphaKAnonymity(sensitive_values=("z",)), data)


def test_beta_bounds_the_gain_and_its_enhanced_form_certainty_as_well() -> None:
    data = table("aaaabbbbbbbb", "xxyy" + "xyyyyyyy")  # x: a quarter of all
    assert kept(BasicBetaLikeness(beta=1), data) == "ab"  # a: share 1/2 = (1 + 1) / 4
    assert kept(BasicBetaLikeness(beta=0.99), data) == "b"
    frequent = table("aaaaabbbbb", "xxxxx" + "xxxyy")  # x: .8, may rise to .8 (1 - ln .8) = .979
    assert kept(BasicBetaLikeness(beta=2), frequent) == "ab"
    assert kept(EnhancedBetaLikeness(beta=2), frequent) == "b"


def test_delta_disclosure_is_strict_in_bits_and_silent_on_absent_values() -> None:
    data = table("aaaabbbbbbbb", "xxyy" + "xyyyyyyy")
    assert kept(DeltaDisclosure(delta=1), data) == ""  # a: x doubles; b: x halves
    assert kept(DeltaDisclosure(delta=1.001), data) == "ab"
    absent = table("aabbbb", "xxxxyy")
    assert kept(DeltaDisclosure(delta=2), absent) == "ab"
    assert kept(DeltaDisclosure(delta=2, absent=True), absent) == "b"


def test_delta_disclosure_makes_no_claim_about_merged_classes() -> None:
    """w has a share of .4, so at least .4 / 2^1.5 = .141 in a class that has it: 1 of 2 is enough, 1 of 8 is not."""
    values = "wx" + "xxxxxx" + "wwwwwxx"
    assert kept(DeltaDisclosure(delta=1.5), table("aabbbbbbccccccc", values)) == "abc"
    assert kept(DeltaDisclosure(delta=1.5), table("aaaaaaaaccccccc", values)) == "c"
    assert not DeltaDisclosure.closed_under_merging


def test_several_sensitive_attributes_must_all_pass() -> None:
    columns = {"class": Column(role="quasi_identifier")} | {
        name: Column(role="sensitive") for name in ("illness", "income")
    }
    frame = pd.DataFrame({"class": list("aabb"), "illness": list("xyxy"), "income": list("uuuv")})
    data = Dataset(frame, Schema(columns=columns))
    assert kept(DistinctLDiversity(l=2), data) == "b"
    assert kept(EntropyLDiversity(l=2), data) == "b"
    assert kept(EntropyLDiversity(l=2, sensitive=("illness",)), data) == "ab"
    with pytest.raises(BadInput, match="'shoe size'"):
        kept(EntropyLDiversity(sensitive=("shoe size",)), data)


def test_k_map_and_presence_look_at_the_population() -> None:
    sample, everybody = table("aabc", "xxxx"), table("aaaabbbbbccd", "x" * 12)
    assert kept(KMap(k=4), sample, everybody) == "ab"
    assert kept(KMap(k=5), sample, everybody) == "b"
    assert kept(DeltaPresence(high=0.5), sample, everybody) == "abc"
    assert kept(DeltaPresence(high=0.49), sample, everybody) == "b"
    assert kept(DeltaPresence(high=0.5, low=0.1), sample, everybody) == "", "nobody of d is here, and that shows"
    assert kept(DeltaPresence(high=0.5, low=0.3), sample, table("aaaabbbbbcc", "x" * 11)) == "ac"
    with pytest.raises(BadInput, match="low must be at most high"):
        DeltaPresence(high=0.2, low=0.3)


def test_average_risk_gives_up_the_smallest_classes_and_of_these_the_costliest() -> None:
    classes, requirement = sized(AverageRisk(threshold=0.5), [1, 1, 2, 4])
    losses = np.array([0.1, 0.9, 1.0, 1.0])
    assert requirement.keep(classes, losses).all()  # 4 classes, 8 people
    assert names(AverageRisk(threshold=0.43), [1, 1, 2, 4], losses) == [0, 2, 3]  # 3 of 7
    assert names(AverageRisk(threshold=0.42), [1, 1, 2, 4], losses) == [2, 3]  # 2 of 6
    assert names(AverageRisk(threshold=0.2), [1, 1, 2, 4], losses) == []


def test_sample_uniqueness_gives_up_the_costliest_unique_people() -> None:
    losses = np.array([0.1, 0.9, 0.5, 1.0])
    assert names(SampleUniqueness(threshold=0.5), [1, 1, 1, 3], losses) == [0, 1, 2, 3]
    assert names(SampleUniqueness(threshold=0.4), [1, 1, 1, 3], losses) == [0, 2, 3]  # 2 of 5
    assert names(SampleUniqueness(threshold=0.2), [1, 1, 1, 3], losses) == [3]
    assert names(SampleUniqueness(threshold=0), [1, 2], np.zeros(2)) == [1]


def test_population_uniqueness_gives_up_no_more_unique_people_than_needed() -> None:
    """Zayatz: with c of 10 people unique in the sample, about c² / 100 of a large population are."""
    sizes, losses = [1, 1, 1, 1, 2, 4], np.arange(6.0)
    assert names(PopulationUniqueness(threshold=0.17, estimator="zayatz"), sizes, losses) == [0, 1, 2, 3, 4, 5]
    assert names(PopulationUniqueness(threshold=0.12, estimator="zayatz"), sizes, losses) == [0, 1, 2, 4, 5]  # 9 / 81
    assert names(PopulationUniqueness(threshold=0.0, estimator="zayatz"), sizes, losses) == [4, 5]
    with pytest.raises(BadInput, match="population_size must be at least the 10 people"):
        names(PopulationUniqueness(population_size=9), sizes, losses)


def sized(model: PrivacyModel, sizes: Sequence[int]) -> tuple[Classes, Requirement]:
    """Classes a, b, c … of these sizes, in this order."""
    people = "".join(letter * size for letter, size in zip("abcdefgh", sizes, strict=False))
    requirement = Requirement.of([model], table(people, "x" * len(people)))
    classes = requirement.at({"class": 0})
    assert classes.sizes.tolist() == list(sizes)
    return classes, requirement


def names(model: PrivacyModel, sizes: Sequence[int], losses: np.ndarray) -> list[int]:
    classes, requirement = sized(model, sizes)
    return np.flatnonzero(requirement.keep(classes, losses)).tolist()


def two(rows: Sequence[tuple[str, str, str]]) -> Dataset:
    columns = {
        "left": Column(role="quasi_identifier"),
        "right": Column(role="quasi_identifier"),
        "value": Column(role="sensitive"),
    }
    return Dataset(pd.DataFrame(list(rows), columns=["left", "right", "value"]), Schema(columns=columns))


def kept_people(requirement: Requirement) -> np.ndarray:
    classes = requirement.at({"left": 0, "right": 0})
    assert classes.keys is not None
    stays = classes.keys[requirement.keep(classes)]
    return np.isin(requirement.tuples.raised({"left": 0, "right": 0})[requirement.tuples.row_of], stays)


def test_an_intruder_who_knows_less_is_held_off_more_easily() -> None:
    data = two([("a", "u", "x"), ("a", "v", "y"), ("b", "u", "y"), ("b", "v", "x")])
    assert kept_people(Requirement.of([LkcPrivacy(l=1, k=2, c=0.5)], data)).all()
    assert not kept_people(Requirement.of([LkcPrivacy(l=2, k=2, c=0.5)], data)).any()
    assert not kept_people(Requirement.of([LkcPrivacy(l=1, k=3, c=0.5)], data)).any()
    assert not kept_people(Requirement.of([LkcPrivacy(l=1, k=2, c=0.49)], data)).any()


def test_lkc_follows_what_suppression_does_to_other_groups() -> None:
    """c goes for it is one person; then v is one person; then b is."""
    data = two([("a", "u", "x"), ("a", "u", "y"), ("b", "u", "y"), ("b", "v", "x"), ("c", "v", "x")])
    assert kept_people(Requirement.of([LkcPrivacy(l=1, k=2, c=1)], data)).tolist() == [True, True, False, False, False]


def test_lkc_drops_no_more_of_a_certain_group_than_it_must() -> None:
    rows = [("a", str(i), "x") for i in range(6)] + [("a", str(i), "y") for i in range(6, 10)]
    left = kept_people(Requirement.of([LkcPrivacy(l=1, k=1, c=0.5, sensitive_values=("x",))], two(rows)))
    assert not left[:6].any(), "alone by the right attribute, x is certain"
    everybody = [("a", "u", value) for value in "xy"] + [("a", "v", value) for value in "xxxy"]
    everybody += [("a", "w", value) for value in "yyyyx"]
    model = LkcPrivacy(l=1, k=1, c=0.6, sensitive_values=("x",))
    assert kept_people(Requirement.of([model], two(everybody))).tolist() == [True] * 2 + [False] * 4 + [True] * 5


def test_lkc_drops_first_the_class_in_which_the_value_is_most_certain() -> None:
    """x has 5 of the 7 people of a, above .7: without the one person of (a, u) it has 4 of 6."""
    rows = [("a", "u", "x"), *(("a", "v", value) for value in "xxxy"), ("a", "w", "x"), ("a", "w", "y")]
    rows += [("b", right, "y") for right in "uvvvvw"]
    model = LkcPrivacy(l=1, k=1, c=0.7, sensitive_values=("x",))
    assert kept_people(Requirement.of([model], two(rows))).tolist() == [False] + [True] * 12


def test_lkc_judges_each_class_alone_where_no_node_holds_them() -> None:
    crossed = two([("a", "u", "x"), ("a", "v", "y"), ("b", "u", "y"), ("b", "v", "x")] * 2)
    requirement = Requirement.of([LkcPrivacy(l=1, k=2, c=0.5)], crossed)
    here = requirement.at({"left": 0, "right": 0})
    assert requirement.keep(here).all()
    scattered = Classes(here.table, here.layout)
    assert not requirement.keep(scattered).any(), "each class holds one value"


people = st.lists(
    st.tuples(st.sampled_from("0123"), st.sampled_from("uv"), st.sampled_from("wxyz")), min_size=1, max_size=40
)
STRICTNESS = {
    "k": st.integers(1, 6), "l": st.integers(1, 4), "c": st.floats(0.1, 1.0), "t": st.floats(0, 0.6),
    "alpha": st.floats(0.2, 1), "beta": st.floats(0.01, 3), "delta": st.floats(0.1, 3), "threshold": st.floats(0, 0.6),
    "low": st.floats(0, 0.3), "high": st.floats(0.3, 1),
}  # fmt: skip


def nested(rows: Sequence[tuple[str, str, str]]) -> Dataset:
    """Two quasi-identifiers and a sensitive value; the left one has levels 0123, {01, 23}, *."""
    columns = {
        "left": Column(role="quasi_identifier", levels=({"0": "01", "1": "01", "2": "23", "3": "23"},)),
        "right": Column(role="quasi_identifier", categories=("u", "v")),
        "value": Column(role="sensitive", levels=({"w": "wx", "x": "wx", "y": "yz", "z": "yz"},)),
    }
    return Dataset(pd.DataFrame(list(rows), columns=["left", "right", "value"]), Schema(columns=columns))


CLAIMS = [name for name, cls in methods(PrivacyModel).items() if cls.upward_closed or cls.closed_under_merging]


@pytest.mark.parametrize("name", CLAIMS)
@given(data=st.data())
def test_what_is_claimed_of_merged_classes_holds(name: str, data: st.DataObject) -> None:
    cls = methods(PrivacyModel)[name]
    settings = {key: data.draw(strategy) for key, strategy in STRICTNESS.items() if key in cls.__dataclass_fields__}
    model, rows = cls(**settings), data.draw(people)
    population = nested([*rows, *data.draw(people)]) if model.needs_population else None
    requirement = Requirement.of([model], nested(rows), population=population)
    nodes = [{"left": left, "right": right} for left in range(3) for right in range(2)]
    passes = [stays(requirement, node) for node in nodes]
    for low, passes_low in zip(nodes, passes, strict=True):
        for high, passes_high in zip(nodes, passes, strict=True):
            if all(low[key] <= high[key] for key in low):
                check_closure(requirement, low, high, passes_low, passes_high)


def check_closure(
    requirement: Requirement,
    low: dict[str, int],
    high: dict[str, int],
    passes_low: np.ndarray,
    passes_high: np.ndarray,
) -> None:
    (model,) = requirement.models
    if isinstance(model, ReleaseModel):
        assert passes_high.all() or not passes_low.all()
        return
    assert isinstance(model, ClassModel)
    if model.upward_closed:
        assert passes_high[passes_low & (requirement.at(low).sizes > 0)[place(requirement, low)]].all()
    for key in np.unique(passes_high_keys := requirement.tuples.raised(high)):
        inside = passes_high_keys == key
        assert passes_high[inside].all() or not passes_low[inside].all()


def place(requirement: Requirement, levels: dict[str, int]) -> np.ndarray:
    """The class of each distinct tuple at a node."""
    keys = requirement.at(levels).keys
    assert keys is not None
    order = np.argsort(keys)
    return np.asarray(order[np.searchsorted(keys[order], requirement.tuples.raised(levels))])


def stays(requirement: Requirement, levels: dict[str, int]) -> np.ndarray:
    """Whether the class of each distinct tuple stays at a node; a class of nobody costs nobody."""
    classes = requirement.at(levels)
    return np.asarray((requirement.keep(classes) | (classes.sizes == 0))[place(requirement, levels)])


def test_what_one_promise_leaves_out_does_not_break_another() -> None:
    """The class of six keeps the average risk at 3 / 10 until its certain value drives it out; then it is 2 / 4."""
    rows = [("a", "u", "x")] * 6 + [("b", "v", "x"), ("b", "v", "y"), ("c", "w", "x"), ("c", "w", "y")]
    certain = LkcPrivacy(l=2, k=1, c=0.9)
    assert kept_people(Requirement.of([AverageRisk(threshold=0.4)], two(rows))).all()
    assert kept_people(Requirement.of([certain], two(rows))).sum() == 4
    assert not kept_people(Requirement.of([AverageRisk(threshold=0.4), certain], two(rows))).any()


@given(people, st.integers(1, 2), st.integers(1, 5), st.floats(0.3, 0.9), st.floats(0.1, 0.9))
def test_promises_about_the_release_hold_together(
    rows: list[tuple[str, str, str]], known: int, k: int, c: float, threshold: float
) -> None:
    data = nested(rows)
    models: list[PrivacyModel] = [AverageRisk(threshold=threshold), LkcPrivacy(l=known, k=k, c=c)]
    left = kept_people(Requirement.of([*models, SampleUniqueness(threshold=0.2)], data))
    release = data.table[left]
    if not len(release):
        return
    sizes = release.groupby(["left", "right"]).size()
    assert len(sizes) <= threshold * len(release) + 1e-9
    assert (sizes == 1).sum() <= 0.2 * len(release) + 1e-9
    for group in [["left", "right"]] if known == 2 else [["left"], ["right"]]:
        assert release.groupby(group).size().min() >= k
        assert release.groupby(group)["value"].value_counts(normalize=True).max() <= c + 1e-9
