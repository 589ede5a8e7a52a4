"""The solver on planted problems: what it finds is shown on people it never saw, and "none" names the nearest."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from planted_problem import planted, problem, true_accuracy, true_risk

from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput
from ppml_core.experiment.axes import axis_of
from ppml_core.experiment.designs import family_of
from ppml_core.experiment.families import families_for, map_plan
from ppml_core.experiment.needs import needs_of
from ppml_core.experiment.prepare import parts
from ppml_core.experiment.scenario import Scenario
from ppml_core.experiment.search import people_to_search_on
from ppml_core.experiment.solve import FRESH, solve
from ppml_core.experiment.sweep import Forgetful


@pytest.fixture(autouse=True)
def _planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with planted(tmp_path, monkeypatch):
        yield


@pytest.fixture(scope="module")
def people() -> Dataset:
    adult = load("adult")
    return adult.take(np.random.default_rng(0).permutation(len(adult))[:6000])


class Noting(Forgetful):
    """Notes which repeats of which table are kept, and can be stopped."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[tuple[str, int]] = []

    def keep(self, key: str, scenario: Scenario, repeat: int, record: object) -> None:
        self.kept.append((scenario.id, repeat))
        super().keep(key, scenario, repeat, record)  # type: ignore[arg-type]


def test_it_finds_and_shows_and_resumes(people: Dataset) -> None:
    needs = needs_of(["accuracy>=0.75", "membership.tpr_at_0.01<=0.25", "epsilon<=10"])
    memory = Noting()
    found = solve([family_of(problem())], needs, people, memory, budget=36)
    assert found.feasible
    assert found.nearest is None
    assert found.best is not None
    assert true_accuracy(found.best.scenario) >= 0.75
    assert true_risk(found.best.scenario) <= 0.25
    assert found.evaluations <= 36
    assert found.best.misses == {}
    fresh = {repeat for _, repeat in memory.kept if repeat >= FRESH}
    assert len(fresh) >= 4, "it is shown on seeds of its own"
    kept = len(memory.kept)
    again = solve([family_of(problem())], needs, people, memory, budget=36)
    assert len(memory.kept) == kept, "nothing computed is thrown away"
    assert again.best == found.best
    calls: list[int] = []
    half = Noting()
    solve([family_of(problem())], needs, people, half, budget=36, cancelled=lambda: len(half.kept) > 20)
    solve([family_of(problem())], needs, people, half, budget=36, progress=lambda done, _: calls.append(done))
    assert set(half.records) >= set(memory.records), "what was stopped goes the same way in the end"


def test_none_names_the_nearest_and_what_it_misses(people: Dataset) -> None:
    needs = needs_of(["accuracy>=0.95", "membership.tpr<=0.2"])
    found = solve([family_of(problem())], needs, people, budget=18)
    assert not found.feasible
    assert found.nearest is not None
    missed = found.nearest.misses["accuracy"]
    assert missed is not None
    assert missed > 0.03
    assert "misses accuracy by" in found.sentence


def test_without_a_proof_a_need_of_epsilon_is_not_met(people: Dataset) -> None:
    base = problem().with_setting("learner.proved", False)
    found = solve(
        [family_of(dataclasses.replace(base, attack=()))], needs_of(["accuracy>=0.6", "epsilon<=100"]), people, budget=9
    )
    assert not found.feasible
    assert found.nearest is not None
    assert found.nearest.misses["epsilon"] is None
    assert "nothing is proved" in found.sentence


def test_the_search_never_sees_those_who_test(people: Dataset) -> None:
    train, test = parts(people, 1)
    searched = people_to_search_on(people, 1)
    assert set(searched.table.index) == set(train.table.index)
    assert len(searched) + len(test) == len(people)
    for part in parts(searched, 1):
        assert len(part) < len(train)


def test_the_objective_is_the_askers(people: Dataset) -> None:
    needs = needs_of(["accuracy>=0.65", "membership.tpr<=0.45"])
    families = [family_of(problem())]
    safest = solve(families, needs, people, budget=36)
    best = solve(families, needs, people, budget=36, objective=[axis_of("accuracy")])
    assert safest.best is not None
    assert best.best is not None
    assert true_accuracy(best.best.scenario) > true_accuracy(safest.best.scenario)


def test_families_follow_the_needs() -> None:
    base = Scenario.of("adult", "dp_gd")
    table = families_for(base, needs_of(["accuracy>=0.8", "prosecutor.max<=0.2"]))
    assert [family.base.anonymize[0].method for family in table] == ["full_domain", "local"]
    model = families_for(base, needs_of(["accuracy>=0.8", "epsilon<=1"]))
    assert [len(family.base.anonymize) for family in model] == [0]
    linked = needs_of(["linkage<=0.1"])
    withheld = families_for(dataclasses.replace(base, releases=("model",)), linked)
    with pytest.raises(BadInput, match="handed out"):
        solve(withheld, linked, load("german_credit"), budget=9)
    with pytest.raises(BadInput, match="at least 5"):
        solve(model, needs_of(["accuracy>=0.8"]), load("german_credit"), budget=4)


def test_the_map_of_adult_has_at_least_200_scenarios() -> None:
    plan = map_plan("adult", load("adult").schema)
    assert len(plan) >= 200
    assert len({scenario.id for scenario in plan}) == len(plan)
    assert {scenario.setting("anonymize.k") for scenario in plan} > {None, 2, 100}
