"""Audits of whole methods: the worlds, what is seen of a release, and what the report says."""

from __future__ import annotations

import numpy as np
import pytest

from ppml_core.anonymize.transforms.randomized_response import RandomizedResponse
from ppml_core.attacks.audits.running import audit_anonymizer, audit_canaries, audit_learner, audit_views, telling
from ppml_core.attacks.audits.worlds import ORDINARY_PEOPLE, built_in, coins_and_canaries, pairs
from ppml_core.catalog import method
from ppml_core.data.bundled import names, schema_of
from ppml_core.errors import NotApplicable
from ppml_core.evidence import Guarantee
from ppml_core.learn.base import Learner
from ppml_core.learn.dp_sufficient_statistics import DPSufficientStatistics
from ppml_core.learn.target import target_of


@pytest.mark.parametrize("relation", ["add_or_remove_one", "replace_one"])
@pytest.mark.parametrize("name", names())
def test_worlds_of_every_bundled_schema_differ_by_one_person(name: str, relation: str) -> None:
    """Made up from public bounds and categories; the private rows are not looked at."""
    schema = schema_of(name)
    for pair in pairs(schema, relation):
        first, second = pair.first.table, pair.second.table
        assert first.equals(second.iloc[: len(first)]) if relation == "add_or_remove_one" else len(first) == len(second)
        differs = ORDINARY_PEOPLE if relation == "add_or_remove_one" else len(second) - 1
        assert first.iloc[:differs].equals(second.iloc[:differs])
        assert len(second) == ORDINARY_PEOPLE + 1
        assert pair.first.schema.expected_rows == ORDINARY_PEOPLE


def test_a_schema_that_says_too_little_is_refused() -> None:
    schema = built_in()
    bare = schema.replace_columns({"x": type(schema["x"])(kind="numeric")})
    with pytest.raises(NotApplicable, match="'x'"):
        pairs(bare, "replace_one")


def test_coins_decide_who_is_in() -> None:
    people, shown, coins = coins_and_canaries(built_in(), 50, "add_or_remove_one", np.random.default_rng(1))
    own = people.table["canary of the audit"]
    assert set(own) - {"nobody"} == {f"canary {place}" for place in np.flatnonzero(coins)}
    everybody, shown, coins = coins_and_canaries(built_in(), 50, "replace_one", np.random.default_rng(1))
    told = everybody.table.set_index("canary of the audit")["y"]
    asked = shown.table[target_of(shown.schema)]
    assert [told[f"canary {place}"] == asked[place] for place in range(50)] == coins.tolist()


def test_a_report_says_what_a_page_draws() -> None:
    learner = DPSufficientStatistics.from_values({"epsilon": 1.0, "delta": 1e-5})
    report = audit_learner(learner, 40, seed=2, error=0.05)
    assert report.claim.epsilon == 1.0
    assert report.runs == 80
    assert report.confidence == 0.95
    assert 0 <= report.lower_bound <= 1
    assert report.fpr.low <= report.fpr.value <= report.fpr.high
    assert report.tpr.low <= report.tpr.value <= report.tpr.high
    assert len(report.roc_fpr) == len(report.roc_tpr) == len(report.curve)
    assert (np.diff(report.roc_fpr) >= 0).all()
    assert report.roc_tpr[-1] == report.curve[-1] == 1
    again = audit_learner(learner, 40, seed=2, error=0.05)
    assert again.roc_tpr.tolist() == report.roc_tpr.tolist()


def test_a_plain_learner_has_nothing_to_audit() -> None:
    with pytest.raises(NotApplicable, match="no guarantee that could be audited"):
        audit_learner(method(Learner, "logistic_regression")(), 40)


def test_one_training_with_canaries() -> None:
    cls = method(Learner, "dp_gd")
    report = audit_canaries(cls.from_values({"epsilon": 8.0, "delta": 1e-5} | telling(cls)), 400, error=0.05)
    assert report.method == "one_run"
    assert report.runs == 1
    assert not report.contradicted
    assert report.gaussian_bound is not None
    assert report.gaussian_bound > 0.3


def test_randomized_response_of_one_column_is_seen_to_the_full() -> None:
    """The audit of a table: one answer, epsilon 3, and a bound close to it, never above."""
    report = audit_anonymizer(RandomizedResponse(epsilon=3.0), 100, error=0.05, schema=built_in(inputs=False))
    assert 1.2 < report.lower_bound <= 3.0
    assert not report.contradicted


def test_a_number_that_is_told_without_noise_gives_everything_away() -> None:
    rng = np.random.default_rng(1)
    first, second = (np.column_stack([rng.normal(size=200), np.full(200, world)]) for world in (0.0, 1.0))
    report = audit_views("count", Guarantee(1.0, 0.0, "replace_one"), first, second)
    assert report.contradicted
    assert report.tpr.value == 1
