"""The pruned and the bounded search against trying every node, for every loss, model, weight and level range."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ppml_core.anonymize import bounded
from ppml_core.anonymize.judge import Judge
from ppml_core.anonymize.lattice import Lattice
from ppml_core.anonymize.losses.base import Loss
from ppml_core.anonymize.models.base import PrivacyModel, read_models
from ppml_core.anonymize.requirement import Requirement
from ppml_core.anonymize.search import Question, cheapest, unreachable
from ppml_core.catalog import method, methods
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput, Unreachable

LOSSES = sorted(methods(Loss))
UNWEIGHTED = ("aecs", "discernibility", "kl_divergence")
ASKED = (
    "k_anonymity(k=3)",
    "k_anonymity(k=2) + distinct_l_diversity(l=2, sensitive=['health'])",
    "k_anonymity(k=2) + equal_t_closeness(t=0.25, sensitive=['health'])",
    "recursive_l_diversity(c=1.5, l=2, sensitive=['health'])",
    "delta_disclosure(delta=1.5, sensitive=['health'])",
    "average_risk(threshold=0.2)",
    "k_anonymity(k=2) + sample_uniqueness(threshold=0.01) + entropy_l_diversity(l=1.5, sensitive=['health'])",
)
WEIGHTS: tuple[dict[str, float], ...] = ({}, {"age": 3.0}, {"age": 0.2, "race": 2.5})
RANGES: tuple[dict[str, tuple[int, int]], ...] = ({}, {"age": (1, 2)}, {"race": (0, 0), "education": (1, 1)})


def wage(people: int, seed: int) -> Dataset:
    """Some of the people of wage: 288 nodes over age, race, marital status and education."""
    whole = load("wage")
    return whole.take(np.random.default_rng(seed).permutation(len(whole))[:people])


@dataclass(frozen=True, eq=False)
class Asked:
    """A question to a table, and the answer from trying every node one by one."""

    requirement: Requirement
    question: Question

    @classmethod
    def of(cls, data: Dataset, models: str, **question: object) -> Asked:
        return cls(Requirement.of(read_models(models), data), Question(**question))  # type: ignore[arg-type]

    @property
    def allowed(self) -> int:
        return int(self.question.suppression_limit * self.requirement.ground.people)

    def nodes(self) -> dict[tuple[int, ...], tuple[float, int]]:
        """(loss, people suppressed) of every node within the ranges, without any pruning."""
        tuples = self.requirement.tuples
        loss = self.question.loss.bind(tuples, self.question.weights)
        low, top = self.question.box(self.requirement)
        found = {}
        for levels in itertools.product(*(range(first, last + 1) for first, last in zip(low, top, strict=True))):
            classes = self.requirement.at(dict(zip(tuples.names, levels, strict=True)))
            assert classes.keys is not None
            kept = self.requirement.keep(classes, loss.per_person(levels, classes.keys))
            gone = int(classes.sizes[~kept].sum())
            found[levels] = (loss.of(levels, classes.keys, classes.sizes, kept), gone)
        return found

    def best(self) -> float | None:
        """The least loss within the limit, None where no node is."""
        within = [loss for loss, gone in self.nodes().values() if gone <= self.allowed]
        return min(within) if within else None

    def check_cheapest(self) -> None:
        best = self.best()
        if best is None:
            with pytest.raises(Unreachable) as refusal:
                cheapest(self.requirement, self.question)
            assert refusal.value.best.suppressed >= min(gone for _, gone in self.nodes().values())
            return
        node = cheapest(self.requirement, self.question)
        loss, gone = self.nodes()[tuple(node.levels.values())]
        assert node.loss == pytest.approx(best, abs=1e-9)
        assert (node.loss, node.suppressed) == (pytest.approx(loss, abs=1e-12), gone)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("models", ASKED)
def test_no_node_loses_less_than_the_one_that_is_found(models: str, loss: str) -> None:
    for seed, limit in ((1, 0.0), (2, 0.05), (3, 0.4)):
        Asked.of(wage(150, seed), models, loss=method(Loss, loss)(), suppression_limit=limit).check_cheapest()


@pytest.mark.parametrize("loss", LOSSES)
def test_nor_with_weights_and_level_ranges(loss: str) -> None:
    data = wage(120, 4)
    for weights, levels in itertools.product(WEIGHTS, RANGES):
        made = method(Loss, loss)()
        if weights and loss in UNWEIGHTED:
            with pytest.raises(BadInput, match="weight"):
                made.bind(Requirement.of(read_models(ASKED[0]), data).tuples, weights)
            continue
        Asked.of(data, ASKED[0], loss=made, suppression_limit=0.1, weights=weights, levels=levels).check_cheapest()


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(ASKED), st.sampled_from(LOSSES), st.sampled_from([0.0, 0.02, 0.2, 1.0]),
    st.integers(1, 90), st.integers(0, 99),
)  # fmt: skip
def test_any_question(models: str, loss: str, limit: float, people: int, seed: int) -> None:
    Asked.of(wage(people, seed), models, loss=method(Loss, loss)(), suppression_limit=limit).check_cheapest()


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("models", ASKED)
def test_the_bounded_search_says_truly_how_far_off_it_may_be(models: str, loss: str) -> None:
    for seed, limit in ((1, 0.0), (2, 0.1)):
        asked = Asked.of(wage(150, seed), models, loss=method(Loss, loss)(), suppression_limit=limit)
        best = asked.best()
        for budget in (1, 5, 20, 10_000):
            try:
                node, gap = bounded.search(asked.requirement, asked.question, budget)
            except Unreachable:
                assert best is None or budget < 10_000
                continue
            assert best is not None
            assert best - 1e-9 <= node.loss <= best + gap + 1e-9
            assert node.suppressed <= asked.allowed
            if budget == 10_000:
                assert gap == 0.0


def test_a_larger_budget_is_never_worse_and_progress_is_told() -> None:
    asked = Asked.of(wage(400, 6), ASKED[1], suppression_limit=0.02)
    told: list[tuple[int, int]] = []
    losses, gaps = [], []
    for budget in (20, 40, 100, 1_000):
        node, gap = bounded.search(asked.requirement, asked.question, budget, lambda *at: told.append(at))
        losses.append(node.loss)
        gaps.append(gap)
    assert losses == sorted(losses, reverse=True)
    assert gaps == sorted(gaps, reverse=True)
    assert all(done <= budget for done, budget in told)
    assert [done for done, budget in told if budget == 100] == sorted(done for done, budget in told if budget == 100)


def test_a_search_that_was_cut_short_does_not_say_that_there_is_none() -> None:
    asked = Asked.of(wage(40, 6), "k_anonymity(k=41)")
    with pytest.raises(Unreachable, match=r"^no generalization reaches") as refusal:
        bounded.search(asked.requirement, asked.question, 10_000)
    cut_short = unreachable(asked.requirement, 0.05, refusal.value.best, tried=7)
    assert str(cut_short).startswith("none of the 7 generalizations that were tried reaches k_anonymity(k=41)")


def test_who_cancels_gets_the_best_so_far() -> None:
    asked = Asked.of(wage(400, 6), ASKED[0], suppression_limit=0.02)
    looked = 0

    def cancelled() -> bool:
        nonlocal looked
        looked += 1
        return looked > 12

    node, gap = bounded.search(asked.requirement, asked.question, 10_000, cancelled=cancelled)
    best = asked.best()
    assert best is not None
    assert best <= node.loss <= best + gap + 1e-9


@pytest.mark.parametrize("models", ["distinct_l_diversity(l=2, sensitive=['health'])", *ASKED[3:5]])
def test_the_sweep_with_further_models_answers_as_the_search_does(models: str) -> None:
    data = wage(600, 8)
    further: Sequence[PrivacyModel] = read_models(models)
    for loss in LOSSES:
        lattice = Lattice.of(data, [2, 5, 9], further, method(Loss, loss)())
        for k, limit in itertools.product((2, 5, 9), (0.0, 0.05)):
            asked = Asked.of(data, f"k_anonymity(k={k}) + {models}", loss=method(Loss, loss)(), suppression_limit=limit)
            try:
                expected = cheapest(asked.requirement, asked.question)
            except Unreachable:
                with pytest.raises(Unreachable):
                    lattice.optimum(k, limit)
                continue
            found = lattice.optimum(k, limit)
            assert found.levels == expected.levels
            assert found.loss == pytest.approx(expected.loss, abs=1e-12)
            assert (found.suppressed, found.classes) == (expected.suppressed, expected.classes)


def test_a_judge_answers_alike_in_any_order() -> None:
    """Class lists are rolled up from whichever was known below."""
    asked = Asked.of(wage(300, 9), ASKED[2])
    loss = asked.question.loss.bind(asked.requirement.tuples, {})
    every = list(asked.nodes())
    upward = Judge(asked.requirement, loss, 300)
    shuffled = Judge(asked.requirement, loss, 300)
    first = {levels: upward(levels) for levels in every}
    order = np.random.default_rng(1).permutation(len(every))
    second = {every[at]: shuffled(every[at]) for at in order}
    for levels in every:
        assert first[levels].gone == second[levels].gone
        assert first[levels].loss == pytest.approx(second[levels].loss, abs=1e-12)


def test_ranges_that_no_hierarchy_has_are_refused() -> None:
    data = wage(50, 1)
    for levels, hint in (
        ({"age": (0, 9)}, "between 0 and 5"),
        ({"age": (3, 1)}, "low before high"),
        ({"x": (0, 1)}, "'x'"),
    ):
        asked = Asked.of(data, ASKED[0], levels=levels)
        with pytest.raises(BadInput, match=hint):
            cheapest(asked.requirement, asked.question)
