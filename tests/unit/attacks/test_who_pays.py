"""Who pays for a release, and which kept columns give it away: by hand, both ways, and nothing where nothing is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ppml_core.anonymize.base import Anonymizer
from ppml_core.attacks.give_aways import give_aways
from ppml_core.attacks.who_pays import who_loses_detail, who_pays
from ppml_core.catalog import method
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Column, Schema

COLUMNS = {
    "town": Column(role="quasi_identifier"),
    "sex": Column(role="quasi_identifier"),
    "job": Column(role="feature"),
    "number": Column(role="feature", kind="numeric"),
    "name": Column(role="identifier", kind="text"),
}


def people(rows: int, seed: int = 1) -> Dataset:
    """Men are smiths and women weavers, with one exception in ten; all else is independent."""
    rng = np.random.default_rng(seed)
    sex = rng.choice(["f", "m"], rows)
    usual = np.where(sex == "f", "weaver", "smith")
    unusual = np.where(sex == "f", "smith", "weaver")
    table = pd.DataFrame(
        {
            "town": rng.choice(["Ulm", "Bonn", "Kiel"], rows), "sex": sex,
            "job": np.where(rng.random(rows) < 0.1, unusual, usual), "number": np.arange(rows),
            "name": [f"person {at}" for at in range(rows)],
        }
    )  # fmt: skip
    return Dataset(table, Schema(columns=COLUMNS), "people")


def released(raw: Dataset, kept: np.ndarray, **changed: Any) -> Any:
    data = raw.take(kept)
    return SimpleNamespace(kept=kept, release=Dataset(data.table.assign(**changed), data.schema))


def test_who_is_left_out_more_often_is_told_with_both_shares() -> None:
    raw = people(400)
    ulm = (raw.table["town"] == "Ulm").to_numpy()
    gone = ulm & (np.arange(400) % 2 == 0)
    gone[np.flatnonzero(~ulm)[:2]] = True
    found = who_pays(raw, released(raw, np.flatnonzero(~gone)))
    assert (found[0].column, found[0].value) == ("town", "Ulm")
    assert found[0].left_out.value == pytest.approx(gone[ulm].mean())
    assert found[0].others_left_out == pytest.approx(2 / (~ulm).sum())
    assert found[0].left_out.low > found[0].others_left_out
    assert "town = Ulm" in found[0].sentence()
    assert "name" not in {one.column for one in found}


def test_nobody_pays_where_nobody_is_left_out_or_chance_decides() -> None:
    raw = people(600)
    assert who_pays(raw, released(raw, np.arange(600))) == ()
    told = 0
    for seed in range(40):
        some = people(600, seed)
        kept = np.sort(np.random.default_rng(seed).permutation(600)[:540])
        told += bool(who_pays(some, released(some, kept)))
    assert told <= 6, "5 % of releases that treat all alike, over forty"


def test_a_kept_column_that_tells_the_generalized_one_is_found() -> None:
    raw = people(2_000)
    (job,) = give_aways(raw, released(raw, np.arange(2_000), sex="*"), np.random.default_rng(0))
    assert (job.column, job.quasi_identifier, job.people) == ("job", "sex", 2_000)
    assert job.guessed_with.value == pytest.approx(0.9, abs=0.03)
    assert job.guessed_without.value == pytest.approx(0.5, abs=0.04)
    assert job.control.value == pytest.approx(0.5, abs=0.05)
    assert job.certain == 0, "one in ten is an exception"
    assert "job gives away sex" in job.sentence()
    assert job.sentence().count(" to ") == 3, "three shares, each with its interval"


def test_certainty_needs_five_who_agree() -> None:
    raw = people(2_000)
    raw = Dataset(raw.table.assign(job=raw.table["sex"]), raw.schema)
    (job,) = give_aways(raw, released(raw, np.arange(2_000), sex="*"), np.random.default_rng(0))
    assert job.certain == 2_000
    assert job.guessed_with.value == 1.0


def test_nothing_is_given_away_where_columns_are_independent_or_nothing_was_generalized() -> None:
    told = 0
    for seed in range(20):
        raw = people(1_000, seed)
        told += len(give_aways(raw, released(raw, np.arange(1_000), town="*"), np.random.default_rng(seed)))
    assert told <= 1
    raw = people(500)
    assert give_aways(raw, released(raw, np.arange(500)), np.random.default_rng(0)) == ()


def test_on_adult_relationship_gives_away_sex_and_marital_status() -> None:
    data = load("adult")
    asked = method(Anonymizer, "full_domain")(k=5, levels="sex=1; marital_status=2")
    recoding = asked.fit(data, np.random.default_rng(0))
    found = give_aways(data, recoding, np.random.default_rng(0))
    told = {(one.column, one.quasi_identifier) for one in found}
    assert {("relationship", "sex"), ("relationship", "marital_status")} <= told
    assert all(abs(one.control.value - one.guessed_without.value) < 0.02 for one in found)
    costs = who_pays(data, recoding)
    assert costs
    assert all(cost.left_out.value > cost.others_left_out for cost in costs)


def test_who_is_generalized_most_is_told_and_equal_treatment_is_not() -> None:
    raw = people(2_000)
    everybody = np.arange(len(raw))
    coarse = raw.table["town"].where(raw.table["sex"] == "m", "*")
    unequal = released(raw, everybody, town=coarse)
    worst = who_loses_detail(raw, unequal, ["town", "sex", "number"])
    assert [(one.column, one.value) for one in worst] == [("sex", "f")]
    assert worst[0].lost.value == pytest.approx(0.5)
    assert worst[0].others_lost == pytest.approx(0.0)
    assert "50.0 % of the detail is lost" in worst[0].sentence()
    alike = released(raw, everybody, town=pd.Series("*", index=raw.table.index))
    assert who_loses_detail(raw, alike) == ()


def test_detail_lost_at_random_is_no_finding() -> None:
    raw = people(2_000)
    found = 0
    for seed in range(20):
        blanked = np.random.default_rng(seed).random(len(raw)) < 0.3
        hidden = released(raw, np.arange(len(raw)), town=raw.table["town"].where(~blanked, "*"))
        found += bool(who_loses_detail(raw, hidden, ["sex", "job", "number"]))
    assert found <= 4, "at most 1 in 20 by chance; more than 4 of 20 would be seen by chance in 0.3 % of runs"
