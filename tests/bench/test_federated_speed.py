"""A round of five clients on Adult takes milliseconds of one processor, with masks or noise as well."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from ppml_core.data.bundled import load
from ppml_core.data.split import split
from ppml_core.federated.engine import compiled, dealt, rounds
from ppml_core.federated.model import model_of
from ppml_core.federated.plan import Plan
from ppml_core.learn.logistic_regression import LogisticRegression
from ppml_core.learn.models import one_thread

pytestmark = pytest.mark.bench


@pytest.mark.parametrize(("how", "most"), [({}, 0.03), ({"secagg": True}, 0.09), ({"dp": "central"}, 0.03)])
def test_a_round_takes_milliseconds(how: dict[str, Any], most: float) -> None:
    train, _ = split(load("adult"), 1)
    model, plan = model_of(LogisticRegression(), train), Plan(rounds=15, **how)
    parts = [model.rows(part) for part in dealt(plan, train, 1)]
    compiled(model, plan, parts)
    seconds, start = [], time.process_time()
    with one_thread():
        for _ in rounds(model, plan, parts, 1):
            seconds.append(time.process_time() - start)
            start = time.process_time()
    print(f"{how}: {1000 * np.median(seconds):.1f} ms a round")
    assert np.median(seconds) < most
