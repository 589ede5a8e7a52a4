"""What every learner owes to odd tables: a result or a sentence, at any budget."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ppml_core.catalog import methods
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Schema
from ppml_core.errors import PPMLError
from ppml_core.learn.base import Learner
from ppml_core.settings import settings_of

LEARNERS = methods(Learner)
CASES = [(name, task) for name, learner in LEARNERS.items() for task in learner.tasks]
EXTREMES = (1e-3, 1e3)
FAULTS_OF_ARITHMETIC = ("overflow", "divide", "invalid value", "nan")

Row = tuple[Any, ...]


def person(i: int) -> Row:
    return (float(i % 10), float(i * 1000), 0.5, "abc"[i % 3])


def people(rows: int, change: Callable[[int], Row] = person) -> list[Row]:
    return [change(i) for i in range(rows)]


ODD: dict[str, list[Row]] = {
    "ten people": people(10),
    "one person": people(1),
    "all zero": people(30, lambda _: (0.0, 0.0, 0.0, "?")),
    "all alike": people(30, lambda _: person(3)),
    "all missing": people(30, lambda _: (np.nan, np.nan, np.nan, None)),
    "far outside": people(30, lambda i: (1e300 * (-1) ** i, 1e308, -1e308, "zzz")),
    "without end": people(30, lambda i: (np.inf * (-1) ** i, -np.inf, np.inf, "a")),
    "one answer": people(30),
    "wide bounds": people(30, lambda i: (i * 3e306, *person(i)[1:])),
}


@cache
def table(name: str, task: str) -> Dataset:
    """So many people with a target of that kind; a column that is constant is always among them."""
    rows, wide = ODD[name], name == "wide bounds"
    columns: dict[str, Any] = {
        "x": {"kind": "numeric", "bounds": [0, 1e308] if wide else [0, 10]},
        "amount": {"kind": "numeric", "bounds": [0, 1e6]},
        "constant": {"kind": "numeric", "bounds": [0, 1]},
        "group": {"categories": ["a", "b", "c"]},
        "y": {"categories": ["no", "yes"]} if task == "classification" else {"kind": "numeric", "bounds": [0, 100]},
    }
    schema = Schema.from_values({"target": "y", "expected_rows": max(len(rows), 2), "columns": columns})
    answers = [0 if name == "one answer" else i % 3 == 0 for i in range(len(rows))]
    target = (
        ["yes" if answer else "no" for answer in answers] if task == "classification" else [90.0 * a for a in answers]
    )
    frame = pd.DataFrame(rows, columns=["x", "amount", "constant", "group"]).assign(y=target)
    return Dataset(frame, schema)


def check(learner: Learner, data: Dataset) -> None:
    """A finite prediction for everybody, and no warning of failed arithmetic; or a sentence."""
    said = ""
    try:
        model = learner.fit(data, np.random.default_rng(0))
        predicted = model.predict_proba(data)
    except PPMLError as refused:
        said = str(refused)
    if said:
        assert said.endswith(".")
        return
    assert np.isfinite(predicted).all()
    assert not model.classes or np.allclose(predicted.sum(axis=1), 1)
    assert not [w for w in model.warnings if any(fault in w for fault in FAULTS_OF_ARITHMETIC)]
    if model.guarantee is not None and "delta" not in settings_of(type(learner)):
        assert model.guarantee.delta == 0, "a pure method promises no delta"


@pytest.mark.parametrize(("name", "task"), CASES)
def test_odd_tables_give_a_result_or_a_sentence(name: str, task: str) -> None:
    """Each at one end of the budget, in turn."""
    cls = LEARNERS[name]
    for place, odd in enumerate(ODD):
        budget = {"epsilon": EXTREMES[place % 2]} if "epsilon" in settings_of(cls) else {}
        check(cls.from_values(budget), table(odd, task))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "task"), CASES)
def test_odd_tables_at_every_budget_and_relation(name: str, task: str) -> None:
    cls = LEARNERS[name]
    known = settings_of(cls)
    for odd in ODD:
        for epsilon in (*EXTREMES, 1.0) if "epsilon" in known else (None,):
            for delta in (None, 1e-15, 0.1) if "delta" in known else (None,):
                for neighbours in known["neighbours"].choices if "neighbours" in known else (None,):
                    values = {"epsilon": epsilon, "delta": delta, "neighbours": neighbours}
                    given = {setting: value for setting, value in values.items() if value is not None}
                    check(cls.from_values(given), table(odd, task))
