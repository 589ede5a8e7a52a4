"""Accuracy of the private learner on Adult's own test part, with settings that were not chosen on it."""

from __future__ import annotations

import pytest

from ppml_core.data.bundled import load
from ppml_core.experiment.results import summarise
from ppml_core.experiment.scenario import Scenario, expand
from ppml_core.experiment.sweep import sweep

BARS = {0.1: 0.830, 1.0: 0.843, 10.0: 0.845}


@pytest.mark.parametrize("delta", [None, 1e-5])
def test_dp_gd_reaches_its_bars(delta: float | None) -> None:
    base = Scenario.of("adult", "dp_gd", {"delta": delta}, repeats=10, measures=("accuracy",))
    rows = sweep(expand(base, {"learner.epsilon": list(BARS)}), load("adult"), swept=["learner.epsilon"])
    reached = summarise(rows).query("measure == 'accuracy'").set_index("learner.epsilon")
    for epsilon, bar in BARS.items():
        assert reached.loc[epsilon, "value"] >= bar, (epsilon, reached.loc[epsilon, "value"])
        assert reached.loc[epsilon, "repeats"] == 10
    covered = rows[rows["measure"].isin(["accuracy", "roc_auc", "log_loss", "train_accuracy"])]
    assert (covered["guarantee_epsilon"] == covered["learner.epsilon"]).all()
    assert rows[rows["measure"].str.startswith("baseline")]["guarantee_epsilon"].isna().all()
