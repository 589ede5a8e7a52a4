"""Give-aways: the shuffled control stays at its baseline, and a column unlike for everybody gives nothing away."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from ppml_core.attacks.give_aways import give_aways
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Column, Schema

COLUMNS = {
    "sex": Column(role="quasi_identifier"),
    "job": Column(role="feature"),
    "code": Column(role="feature"),
}


def generalized(rows: int, seed: int) -> tuple[Dataset, Any]:
    """Seven in ten are women; nine in ten jobs tell the sex, which is published as `*`; every code occurs once."""
    rng = np.random.default_rng(seed)
    sex = rng.choice(["f", "m"], rows, p=[0.7, 0.3])
    same = rng.random(rows) < 0.9
    job = np.where((sex == "f") == same, "weaver", "smith")
    table = pd.DataFrame({"sex": sex, "job": job, "code": [f"c{at}" for at in range(rows)]})
    raw = Dataset(table, Schema(columns=COLUMNS))
    return raw, SimpleNamespace(kept=np.arange(rows), release=Dataset(table.assign(sex="*"), raw.schema))


def test_the_control_is_at_its_baseline_over_twenty_seeds() -> None:
    inside = 0
    for seed in range(20):
        (found,) = give_aways(*generalized(1_000, seed), np.random.default_rng(seed))
        assert found.column == "job", "a code that occurs once helps nobody"
        inside += found.control.low <= 0.7 <= found.control.high
    assert inside >= 17


def test_the_sentence_counts_people() -> None:
    (found,) = give_aways(*generalized(2_000, 3), np.random.default_rng(0))
    assert found.sentence().startswith("job gives away sex: with it ")
    assert "of 2,000 people" in found.sentence()
