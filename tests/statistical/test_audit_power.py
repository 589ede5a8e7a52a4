"""Planted faults: what the audits of the suite would catch, with the power stated beside each."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from audited import DELTA, ERROR, LEARNERS, Case, Overspent, budget, relations

from ppml_core.accounting.gaussian import mu_of
from ppml_core.attacks.audits import views, worlds
from ppml_core.attacks.audits.running import audit_learner, audit_views, telling
from ppml_core.attacks.audits.worlds import built_in
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Schema
from ppml_core.evidence import Guarantee
from ppml_core.learn import descent
from ppml_core.learn.base import Fitted, Learner
from ppml_core.learn.dp_additive import DPAdditive
from ppml_core.learn.dp_gd import DPGradientDescent
from ppml_core.learn.gradients import ClippedSums
from ppml_core.settings import settings_of

pytestmark = pytest.mark.slow

RUNS, RUNS_AT_ONE, ENOUGH = 600, 6000, 3000


def is_told_whole(case: Case) -> bool:
    """One case of each learner that may claim a curve, under settings by which its noisy sums are seen."""
    first = case.task == "two classes" and case.relation == relations(case.cls)[0]
    return first and case.settings == "telling" and "delta" in settings_of(case.cls)


@pytest.mark.parametrize("case", [case for case in LEARNERS if is_told_whole(case)], ids=str)
def test_half_of_the_noise_is_caught_in_every_learner_with_a_gaussian_claim(case: Case) -> None:
    """Power with 3,000 runs in each world: all of three audits. The claims are audited with a third of these runs."""
    overspent: Any = Overspent(case.method, case.schema, 2)
    found = [audit_learner(overspent, ENOUGH, seed, ERROR, case.schema) for seed in range(3)]
    assert all(one.claim.mu is not None and one.contradicted for one in found), found


class Planted(DPGradientDescent):
    """What a broken learner claims is what `dp_gd` claims."""


class LeakingIntercept(Planted):
    """Its constant is the share of the positive class, without noise."""

    @classmethod
    def fit_many(cls, learners: Any, data: Dataset, rngs: Sequence[np.random.Generator]) -> list[Fitted]:
        models: Any = DPGradientDescent.fit_many([DPGradientDescent(**one.values()) for one in learners], data, rngs)
        share = (data.texts("y") == "yes").mean()
        for model in models:
            model.weights[-1] = np.log(share / (1 - share))
        return list(models)


class BoundsFromTheData(Planted):
    """It takes the least and the largest number that occur for public bounds."""

    @classmethod
    def fit_many(cls, learners: Any, data: Dataset, rngs: Sequence[np.random.Generator]) -> list[Fitted]:
        seen = (float(data.table["x"].min()), float(data.table["x"].max()))
        schema = data.schema.replace_columns({"x": dataclasses.replace(data.schema["x"], bounds=seen)})
        plain = [DPGradientDescent(**one.values()) for one in learners]
        return list(DPGradientDescent.fit_many(plain, data.with_schema(schema), rngs))


def half_the_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = descent._descend

    def half(rows: Any, plans: Any, *rest: Any) -> Any:
        return whole(rows, [dataclasses.replace(plan, noise=plan.noise / 2) for plan in plans], *rest)

    monkeypatch.setattr(descent, "_descend", half)


def clipping_without_length(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ClippedSums.__init__

    def same_for_all(self: ClippedSums, *rest: Any) -> None:
        whole(self, *rest)
        self.per_norm = np.ones_like(self.per_norm)

    monkeypatch.setattr(ClippedSums, "__init__", same_for_all)


def nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The learner's own fault suffices."""


def with_amounts() -> Schema:
    """Amounts make rows longer than 1."""
    schema = built_in()
    return schema.replace_columns({"x": dataclasses.replace(schema["x"], bounds=(0, 10_000), widths=None)})


FAULTS: dict[str, tuple[type[Learner], Callable[[pytest.MonkeyPatch], None], Schema | None]] = {
    "noise two times too small": (DPGradientDescent, half_the_noise, None),
    "noise two times too small, additive model": (DPAdditive, half_the_noise, None),
    "leaking intercept": (LeakingIntercept, nothing, None),
    "bounds read from the data": (BoundsFromTheData, nothing, None),
    "clipping that ignores the row's length": (DPAdditive, clipping_without_length, with_amounts()),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_faults_are_caught(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Power with 600 runs in each world, measured: at least 8 of 10 audits catch it, at the suite's own error."""
    cls, break_it, schema = FAULTS[fault]
    break_it(monkeypatch)
    learner = cls.from_values(budget(cls) | telling(cls))
    caught = sum(audit_learner(learner, RUNS, seed=seed, error=ERROR, schema=schema).contradicted for seed in range(10))
    assert caught >= 8, caught


def test_noise_two_times_too_small_is_caught_at_epsilon_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """There mu is .268, and it takes ten times the runs: measured on 10 simulated audits, then for real."""
    claim = Guarantee(1.0, DELTA, "add_or_remove_one", mu=mu_of(1.0, DELTA))
    rng = np.random.default_rng(4)
    caught = 0
    for _ in range(10):
        first, second = rng.normal(0, 1, (RUNS_AT_ONE, 1)), rng.normal(2 * mu_of(1.0, DELTA), 1, (RUNS_AT_ONE, 1))
        caught += audit_views("half the noise", claim, first, second, ERROR).contradicted
    assert caught >= 8, caught
    half_the_noise(monkeypatch)
    learner = DPGradientDescent.from_values({"epsilon": 1.0, "delta": DELTA} | telling(DPGradientDescent))
    assert audit_learner(learner, RUNS_AT_ONE, error=ERROR).contradicted


def test_the_same_learners_without_the_faults_pass_every_time() -> None:
    for cls, schema in ((DPGradientDescent, None), (DPAdditive, with_amounts())):
        learner = cls.from_values(budget(cls) | telling(cls))
        assert not any(audit_learner(learner, RUNS, seed, ERROR, schema).contradicted for seed in range(5))


def test_bounds_read_from_the_data_are_not_seen_by_a_canary_within_them() -> None:
    """Why worst-case neighbours are needed: between the others, the one who comes moves no bound."""
    schema = built_in().replace_columns({"x": dataclasses.replace(built_in()["x"], bounds=(0.0, 1.0))})
    learner = BoundsFromTheData.from_values(budget(BoundsFromTheData) | telling(BoundsFromTheData))
    pair = worlds.pairs(schema, "add_or_remove_one")[0]
    inner = pair.second.table.copy()
    inner.loc[len(inner) - 1, ["x", "group"]] = [0.5, "a"]
    sides = [
        views.as_matrix(
            [
                views.of_model(model, pair)
                for model in BoundsFromTheData.fit_many(
                    [learner] * 200, data, [np.random.default_rng([side, run]) for run in range(200)]
                )
            ]
        )
        for side, data in enumerate((pair.first, dataclasses.replace(pair.second, table=inner)))
    ]
    claim = learner.fit(pair.first, np.random.default_rng(0)).guarantee
    assert claim is not None
    assert not audit_views("within", claim, sides[0], sides[1], ERROR).contradicted
