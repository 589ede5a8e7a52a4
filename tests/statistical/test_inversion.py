"""Reading records of Adult out of updates: must-show 5 of federated learning."""

from __future__ import annotations

import numpy as np
import pytest

from ppml_core.data.bundled import load
from ppml_core.federated.inversion_study import inversion_study


@pytest.mark.slow
def test_of_adult_a_clear_update_gives_all_a_masked_one_nothing_and_sums_less_and_less() -> None:
    study = inversion_study(load("adult"), np.random.default_rng(8), repeats=20)
    shares = [one.found.value for one in study.sums]
    assert [one.records for one in study.sums] == [1, 2, 5, 20, 100]
    assert shares[0] == study.sums[0].whole.value == 1.0
    assert shares == sorted(shares, reverse=True)
    assert study.sums[2].found.low > study.sums[2].guessing.high, "five records in a sum do not hide each other"
    assert abs(shares[-1] - study.sums[-1].control.value) < 0.03, "a hundred do"
    assert study.masked.found.value < study.masked.guessing.value
    assert study.masked.whole.value == 0.0
    for one in study.noisy:
        assert one.bound is not None
        assert one.found.low <= one.bound
    assert study.noisy[0].found.low <= study.noisy[0].guessing.high
