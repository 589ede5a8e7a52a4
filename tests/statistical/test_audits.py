"""Audits of everything that claims a guarantee, found by the catalog; planted faults that must be caught.

All audits of the suite together contradict a true claim with probability 1 % at most: each is made at 1 % divided by
their number. Gaussian claims are audited at mu = 1, where noise two times too small is caught by a few hundred runs; at
epsilon = 1 (mu = .268) it takes ten times as many. Pure claims are audited at epsilon = 1.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from ppml_core.accounting.gaussian import epsilon_of, mu_of
from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.synthetic.marginals import noisy
from ppml_core.anonymize.transforms.dp_synthetic import exponential
from ppml_core.anonymize.transforms.randomized_response import respond
from ppml_core.attacks.audits import views, worlds
from ppml_core.attacks.audits.running import (
    Report,
    audit_anonymizer,
    audit_canaries,
    audit_learner,
    audit_release,
    audit_views,
    telling,
)
from ppml_core.attacks.audits.worlds import built_in
from ppml_core.catalog import methods
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Schema
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.evidence import Guarantee
from ppml_core.learn import descent
from ppml_core.learn.base import Fitted, Learner
from ppml_core.learn.dp_additive import DPAdditive
from ppml_core.learn.dp_gd import DPGradientDescent
from ppml_core.learn.gradients import ClippedSums
from ppml_core.learn.output_perturbation import spherical
from ppml_core.settings import settings_of

DELTA = 1e-5
GAUSSIAN_EPSILON = epsilon_of(1.0, DELTA)
MANY, FEW, RUNS_AT_ONE = 600, 120, 6000

PRIVATE = {name: cls for name, cls in methods(Learner).items() if cls.private}
ANONYMIZERS = methods(Anonymizer)
LEARNER_CASES = [(name, {}) for name in PRIVATE] + [
    (name, telling(cls)) for name, cls in PRIVATE.items() if telling(cls)
]
RELEASED = [name for name, cls in PRIVATE.items() if cls.has_release_path()]
MECHANISMS = ("gaussian", "spherical", "exponential", "k-ary response")
AUDITS = 2 * len(PRIVATE) + len(LEARNER_CASES) + 2 * len(ANONYMIZERS) + len(RELEASED) + len(MECHANISMS)
ERROR = 0.01 / AUDITS

slow = pytest.mark.slow


def budget(cls: Any) -> dict[str, float]:
    if "epsilon" not in settings_of(cls):
        return {}
    return {"epsilon": GAUSSIAN_EPSILON, "delta": DELTA} if "delta" in settings_of(cls) else {"epsilon": 1.0}


def runs_for(cls: type[Learner], settings: dict[str, Any]) -> int:
    """Many where the weights are the noisy sums themselves; fewer for a library's fits."""
    if not settings:
        return FEW
    return MANY if "delta" in settings_of(cls) else MANY // 3


def ids(cases: Sequence[tuple[str, dict[str, Any]]]) -> list[str]:
    return [f"{name}-{'telling' if settings else 'default'}" for name, settings in cases]


@slow
@pytest.mark.parametrize(("name", "settings"), LEARNER_CASES, ids=ids(LEARNER_CASES))
def test_no_learner_leaks_more_than_it_claims(name: str, settings: dict[str, Any]) -> None:
    cls = PRIVATE[name]
    found = audit_learner(cls.from_values(budget(cls) | settings), runs_for(cls, settings), error=ERROR)
    assert not found.contradicted, found


@slow
@pytest.mark.parametrize("name", PRIVATE)
def test_no_learner_gives_away_more_canaries_than_it_claims(name: str) -> None:
    cls = PRIVATE[name]
    found = audit_canaries(cls.from_values(budget(cls) | telling(cls)), 300, error=ERROR)
    assert not found.contradicted, found


@slow
@pytest.mark.parametrize("inputs", [False, True], ids=["target alone", "all columns"])
@pytest.mark.parametrize("name", ANONYMIZERS)
def test_no_anonymizer_leaks_more_than_it_claims(name: str, inputs: bool) -> None:
    """Those without a guarantee claim nothing, and none of them takes a budget."""
    cls = ANONYMIZERS[name]
    for settings in ({}, telling(cls)) if "delta" in settings_of(cls) else ({},):
        if "epsilon" not in settings_of(cls):
            with pytest.raises((NotApplicable, BadInput)):
                audit_anonymizer(cls(), FEW, schema=built_in(inputs=inputs))
            return
        method = cls.from_values(({"rows": 2000} if "rows" in settings_of(cls) else {}) | budget(cls) | settings)
        found = audit_anonymizer(method, FEW, error=ERROR / 2, schema=built_in(inputs=inputs))
        assert not found.contradicted, found


@slow
@pytest.mark.parametrize("name", RELEASED)
def test_what_leaves_leaks_no_more_than_it_claims(name: str) -> None:
    """Noise of the operating system: the discrete Gaussian of OpenDP on exact sums."""
    cls: Any = PRIVATE[name]
    found = audit_release(cls.from_values(budget(cls) | telling(cls)), name, FEW, error=ERROR)
    assert not found.contradicted, found


def drawn(
    mechanism: str, scale: float, runs: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, Guarantee]:
    """Outputs of a noise as it is used here in two worlds, and its claim; `scale` times the noise that it owes."""
    pure = Guarantee(1.0, 0.0, "replace_one")
    if mechanism == "gaussian":
        sums = [[noisy(np.array([world, 0.0]), scale, rng) for _ in range(runs)] for world in (0.0, 1.0)]
        return np.array(sums[0]), np.array(sums[1]), Guarantee(GAUSSIAN_EPSILON, DELTA, "replace_one", mu=1.0)
    if mechanism == "spherical":
        step = np.array([1.0, 0.0, 0.0])
        made = [np.array([spherical(3, scale, rng) + world * step for _ in range(runs)]) for world in (0, 1)]
        ratio = [np.linalg.norm(side, axis=1) - np.linalg.norm(side - step, axis=1) for side in made]
        return ratio[0][:, None], ratio[1][:, None], pure
    if mechanism == "exponential":
        scores = np.eye(10)[0], 1 - np.eye(10)[0]
        picks = [[[exponential(score, 1 / scale, rng) == 0] for _ in range(runs)] for score in scores]
        return np.array(picks[0], dtype=float), np.array(picks[1], dtype=float), pure
    answers = [(respond(np.full(runs, world), 5, 1 / scale, rng) == 1)[:, None] for world in (0, 1)]
    return answers[0].astype(float), answers[1].astype(float), pure


@slow
@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_noise_as_it_is_used_keeps_its_claim_and_half_of_it_is_caught(mechanism: str) -> None:
    """Power with 4,000 runs in each world: at least 8 of 10 audits catch half of the noise."""
    rng = np.random.default_rng(3)

    def audited(scale: float) -> Report:
        first, second, claim = drawn(mechanism, scale, 4000, rng)
        return audit_views(mechanism, claim, first, second, ERROR)

    assert not any(audited(1.0).contradicted for _ in range(3))
    assert sum(audited(0.5).contradicted for _ in range(10)) >= 8


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


@slow
@pytest.mark.parametrize("fault", FAULTS)
def test_planted_faults_are_caught(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Power with 600 runs in each world, measured: at least 8 of 10 audits catch it, at the suite's own error."""
    cls, break_it, schema = FAULTS[fault]
    break_it(monkeypatch)
    learner = cls.from_values(budget(cls) | telling(cls))
    caught = sum(audit_learner(learner, MANY, seed=seed, error=ERROR, schema=schema).contradicted for seed in range(10))
    assert caught >= 8, caught


@slow
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


@slow
def test_the_same_learners_without_the_faults_pass_every_time() -> None:
    for cls, schema in ((DPGradientDescent, None), (DPAdditive, with_amounts())):
        learner = cls.from_values(budget(cls) | telling(cls))
        assert not any(audit_learner(learner, MANY, seed, ERROR, schema).contradicted for seed in range(5))


@slow
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
