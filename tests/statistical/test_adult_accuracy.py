"""Accuracy of the private learners on Adult's own test part, with settings that were not chosen on it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from ppml_core.data.bundled import load
from ppml_core.experiment.results import summarise
from ppml_core.experiment.scenario import Scenario, expand
from ppml_core.experiment.sweep import sweep

DELTA = 1e-5
BARS = {
    "dp_gd": {0.1: 0.833, 0.3: 0.843, 1.0: 0.845, 3.0: 0.845, 10.0: 0.845},
    "dp_additive": {0.1: 0.848, 0.3: 0.860, 1.0: 0.866, 3.0: 0.868, 10.0: 0.869},
    "dp_sufficient_statistics": {0.1: 0.787, 0.3: 0.818, 1.0: 0.835, 3.0: 0.842, 10.0: 0.843},
    "dp_network": {0.3: 0.835, 1.0: 0.862},
    "dp_boosting": {0.3: 0.835, 1.0: 0.850, 10.0: 0.852},
}
CASES = [
    ("dp_gd", {}, 10), ("dp_additive", {"features": "schema"}, 10),
    ("dp_sufficient_statistics", {}, 10),
    pytest.param("dp_network", {}, 10, marks=pytest.mark.slow),
    pytest.param("dp_boosting", {}, 5, marks=pytest.mark.slow),
]  # fmt: skip


def reached(learner: str, settings: dict[str, Any], epsilons: list[float], repeats: int) -> pd.DataFrame:
    base = Scenario.of("adult", learner, {"delta": DELTA} | settings, repeats=repeats, measures=("accuracy",))
    rows = sweep(expand(base, {"learner.epsilon": epsilons}), load("adult"), swept=["learner.epsilon"])
    own = rows[rows["measure"].isin(["accuracy", "train_accuracy"])]
    assert (own["guarantee_epsilon"] == own["learner.epsilon"]).all()
    assert rows[rows["measure"].str.startswith("baseline")]["guarantee_epsilon"].isna().all()
    return summarise(rows).query("measure == 'accuracy'").set_index("learner.epsilon")


@pytest.mark.parametrize(("learner", "settings", "repeats"), CASES)
def test_a_learner_reaches_its_bars(learner: str, settings: dict[str, Any], repeats: int) -> None:
    bars = BARS[learner]
    found = reached(learner, settings, list(bars), repeats)
    for epsilon, bar in bars.items():
        assert found.loc[epsilon, "value"] >= bar, (epsilon, found.loc[epsilon, "value"])
        assert found.loc[epsilon, "repeats"] == repeats


@pytest.mark.slow
def test_generic_bins_are_within_a_hundredth_of_those_that_were_chosen() -> None:
    """The additive model needs no column names: grids that follow from bounds alone do nearly as well."""
    found = reached("dp_additive", {"features": "generic"}, list(BARS["dp_additive"]), 10)
    for epsilon, bar in BARS["dp_additive"].items():
        assert found.loc[epsilon, "value"] >= bar - 0.01
