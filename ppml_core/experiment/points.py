"""One point of a sweep: a scenario and a repeat, computed to a plain record that can be stored."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ppml_core.anonymize.base import Anonymizer
from ppml_core.catalog import method
from ppml_core.data.dataset import Dataset
from ppml_core.errors import NotApplicable, in_a_sentence
from ppml_core.evidence import Z95, Guarantee
from ppml_core.experiment.prepare import Figure, Prepared, hands_out_table, truth_of
from ppml_core.experiment.scenario import Scenario, Step
from ppml_core.learn.base import Fitted, Learner
from ppml_core.learn.target import task_of
from ppml_core.measures.base import Measure
from ppml_core.venues.base import Venue

Record = dict[str, Any]


@dataclass(frozen=True)
class Point:
    """A scenario's repeat, or one attack on it. `key` also holds the table's fingerprint and the methods' versions."""

    scenario: Scenario
    repeat: int
    key: str
    attack: Step | None = None


def point_of(scenario: Scenario, repeat: int, fingerprint: str) -> Point:
    """The point, with the key under which its record is known."""
    used: list[type[Any]] = [method(Anonymizer, step.method) for step in scenario.anonymize]
    used += [method(Learner, scenario.learner.method), *(method(Measure, name) for name in scenario.measures)]
    used += [method(Venue, scenario.venue.method)] if scenario.venue else []
    deciding = [scenario.id, repeat, fingerprint, [(cls.name(), cls.version) for cls in used]]
    if hands_out_table(scenario) and not scenario.anonymize:
        deciding.append("figures of the raw table")
    return Point(scenario, repeat, hashlib.sha256(json.dumps(deciding).encode()).hexdigest())


def compute(points: Sequence[Point], prepared: Prepared) -> list[Record]:
    """Records of points that share a learner class, a venue and a prepared table, trained together.

    A learner that refuses one of a batch is asked again one by one, so that each point keeps its own reason.
    """
    learners = [point.scenario.trainee() for point in points]
    rngs = [point.scenario.rng(point.repeat, "learner") for point in points]
    try:
        fitted = type(learners[0]).fit_many(learners, prepared.train, rngs)
    except Exception as fault:
        if len(points) == 1:
            return [failure(points[0], fault, prepared.protocol)]
        return [record for point in points for record in compute([point], prepared)]
    return [record_of(point, model, prepared) for point, model in zip(points, fitted, strict=True)]


def failure(point: Point, fault: Exception, protocol: str = "") -> Record:
    """The record of a point that could not be computed: its reason, and a gap for each measure."""
    reason = in_a_sentence(fault)
    gaps = [gap(name, reason, method(Measure, name).unit) for name in point.scenario.measures]
    return {"protocol": protocol, "guarantee": None, "seconds": 0.0, "warnings": [], "error": reason, "rows": gaps}


def record_of(point: Point, fitted: Fitted, prepared: Prepared) -> Record:
    """The record of a trained point: its guarantee, its measures and what is known of the release."""
    guarantee = prepared.promise(fitted)
    note = f"the step before, {prepared.voided_by}, read every row" if prepared.voided_by else fitted.guarantee_note
    rows = _measured(point, fitted, prepared)
    rows += [row_of(name, value, 0.0, name) for name, value in fitted.costs]
    rows += [_figure_row(figure) for figure in prepared.figures]
    return {
        "protocol": prepared.protocol,
        "guarantee": None if guarantee is None else promised(guarantee),
        "note": note if guarantee is None else "",
        "seconds": fitted.seconds,
        "warnings": list(fitted.warnings),
        "error": None,
        "rows": rows,
    }


def promised(guarantee: Guarantee) -> list[Any]:
    """A guarantee as a record keeps it."""
    return [guarantee.epsilon, guarantee.delta, guarantee.neighbours, guarantee.unit]


def _measured(point: Point, fitted: Fitted, prepared: Prepared) -> list[Record]:
    task = task_of(prepared.train.schema)
    names = [name for name in point.scenario.measures if method(Measure, name).task == task]
    test = fitted.predict_proba(prepared.test)
    rows = _scored("", names, truth_of(prepared.test), test)
    rows += _scored("train_", names, truth_of(prepared.train), fitted.predict_proba(prepared.train))
    guess, kind = _best_guess(prepared.train, task, test.shape[1])
    constant = np.broadcast_to(guess, test.shape)
    return rows + _scored(f"baseline_{kind}_", names, truth_of(prepared.test), constant)


def _scored(prefix: str, names: Sequence[str], truth: Any, scores: Any) -> list[Record]:
    rows = []
    for name in names:
        measure = method(Measure, name)()
        try:
            score = measure.score(truth, scores)
        except NotApplicable as fault:
            rows.append(gap(prefix + name, str(fault), measure.unit))
        else:
            rows.append(row_of(prefix + name, score.value, score.std_error, measure.unit))
    return rows


def _best_guess(train: Dataset, task: str, width: int) -> tuple[Any, str]:
    """What someone predicts who never looks at a person: class shares, or the mean."""
    truth = truth_of(train)
    if task == "regression":
        return np.array([truth.mean()]), "mean"
    return np.bincount(truth, minlength=width) / len(truth), "majority"


def _figure_row(figure: Figure) -> Record:
    """A figure with an interval of its own keeps it, for it need not lie evenly around the value."""
    if figure.low is None or figure.high is None:
        return row_of(figure.measure, figure.value, 0.0, figure.unit)
    row = row_of(figure.measure, figure.value, (figure.high - figure.low) / 2 / Z95, figure.unit)
    return row | {"low": figure.low, "high": figure.high}


def gap(measure: str, reason: str, unit: str = "") -> Record:
    """A row without a value, which says why."""
    return row_of(measure, None, 0.0, unit, reason)


def row_of(measure: str, value: float | None, std_error: float, unit: str, error: str | None = None) -> Record:
    """A row with a value and its standard error; a value that is no finite number is a gap."""
    finite = value is not None and bool(np.isfinite(value))
    return {
        "measure": measure,
        "value": value if finite else None,
        "std_error": std_error if finite else None,
        "unit": unit,
        "error": error if finite or error else "the value is not finite",
    }
