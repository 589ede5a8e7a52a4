"""Roads walked side by side give each the numbers that it has alone, and the same people are asked about in all."""

from __future__ import annotations

import pandas as pd

from ppml_core.attacks.base import Attack
from ppml_core.data.bundled import load
from ppml_core.experiment.scenario import Scenario, Step
from ppml_core.experiment.sweep import sweep

ATTACK = (Step.of(Attack, "membership_inference", {"attack": "lira_offline", "shadows": 4, "n": 100}),)


def plan() -> list[Scenario]:
    learners = (("logistic_regression", {}), ("dp_gd", {"epsilon": 1.0}), ("dp_gd", {"epsilon": 30.0}))
    return [
        Scenario.of("german_credit", name, settings, [("full_domain", {"k": 3})], repeats=1, attack=ATTACK)
        for name, settings in learners
    ]


def found(rows: pd.DataFrame) -> pd.DataFrame:
    kept = rows[rows["measure"].str.contains("membership")]
    return kept[["scenario_id", "measure", "value", "low", "high"]].reset_index(drop=True)


def test_several_attacked_together_find_what_each_finds_alone() -> None:
    data = load("german_credit")
    together = found(sweep(plan(), data))
    alone = pd.concat([found(sweep([one], data)) for one in plan()], ignore_index=True)
    assert together["value"].notna().all()
    pd.testing.assert_frame_equal(together, alone)
    assert together["value"].nunique() > 3, "each model is attacked by shadow models of its own"
