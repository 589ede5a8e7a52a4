"""Attacks on one point of a sweep: what is handed out, the people behind it, and the findings as result rows.

In: a trained point and its prepared table. Out: one record per attack, kept apart from the model's, so that an attack
that is added later adds to what is known. An attack that is defined for nothing that is handed out is a gap with its
reason (EVIDENCE 14).
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from ppml_core.anonymize.base import Anonymizer
from ppml_core.attacks.base import Attack, Finding, Subject, Trainer
from ppml_core.attacks.side_by_side import SideBySide
from ppml_core.attacks.trainer import ChainTrainer, Recoded
from ppml_core.catalog import method
from ppml_core.data.dataset import Dataset
from ppml_core.errors import NotApplicable, in_a_sentence
from ppml_core.evidence import Z95, Estimate
from ppml_core.experiment.points import Point, Record, gap, promised, row_of
from ppml_core.experiment.prepare import Prepared, depends_on_repeat
from ppml_core.experiment.scenario import Scenario, Step
from ppml_core.learn.base import Array, Fitted, Learner
from ppml_core.venues.base import Venue

IN_WORDS = {"table": "a table", "synthetic": "a synthetic table", "model": "a model"}
TABLE_RISKS = ("prosecutor", "unique", "certain", "linkage")


def attack_points(scenario: Scenario, repeat: int, fingerprint: str) -> list[Point]:
    """A point for each attack of the scenario that applies to what is handed out."""
    return [
        _attack_point(scenario, step, repeat, fingerprint) for step in scenario.attack if not why_not(scenario, step)
    ]


def attack_rows(scenario: Scenario, repeat: int, fingerprint: str) -> list[tuple[str | None, list[Record]]]:
    """For each attack in order: the key of its record and no rows, or no key and its gaps with their reason."""
    found: list[tuple[str | None, list[Record]]] = []
    for step in scenario.attack:
        reason = why_not(scenario, step)
        if reason:
            found.append((None, gaps(step, reason)))
        else:
            found.append((_attack_point(scenario, step, repeat, fingerprint).key, []))
    return found


def why_not(scenario: Scenario, step: Step) -> str:
    """Why an attack says nothing about this scenario; "" where it applies."""
    cls = method(Attack, step.method)
    if set(cls.against) & set(scenario.things):
        return ""
    defined = " or ".join(IN_WORDS[thing] for thing in cls.against)
    handed = " and ".join(IN_WORDS[thing] for thing in scenario.things)
    return f"{cls.title} is defined for {defined} that is handed out; this scenario hands out {handed}."


def gaps(step: Step, reason: str) -> list[Record]:
    """The rows of an attack that found nothing."""
    attack: Attack = step.make(Attack)
    return [gap(name, reason) for name in attack.measures()]


def shares_shadows(point: Point) -> bool:
    """Whether scenarios that prepare the same table save time when the attack is run on all of them together."""
    assert point.attack is not None
    scenario = point.scenario
    return (
        method(Attack, point.attack.method).trains_shadows
        and _asks_model(scenario, point.attack)
        and bool(scenario.anonymize)
        and not depends_on_repeat(scenario)
    )


def attack_all(points: Sequence[Point], prepared: Prepared) -> list[Record]:
    """The records of one attack on points that share a prepared table, with the numbers that each has alone."""
    if len(points) == 1 or not all(shares_shadows(point) for point in points):
        return [attacked(point, prepared) for point in points]
    roads = [road(point.scenario) for point in points]
    trainers = SideBySide(roads, [partial(_attack_rng, point) for point in points]).trainers()
    return [attacked(point, prepared, trainer) for point, trainer in zip(points, trainers, strict=True)]


def attacked(point: Point, prepared: Prepared, train: Trainer | None = None) -> Record:
    """The record of one attack on a point: its findings, what guessing reaches, and its control."""
    assert point.attack is not None
    attack: Attack = point.attack.make(Attack)
    asks_model = _asks_model(point.scenario, point.attack)
    rng = _attack_rng(point)
    try:
        subject = _subject(point, prepared, asks_model, train or road(point.scenario))
        started = time.perf_counter()
        found = attack.run(subject, rng)
    except Exception as fault:
        return attack_failure(point, fault)
    guarantee = subject.guarantee
    return {
        "protocol": prepared.protocol,
        "guarantee": None if guarantee is None else promised(guarantee),
        "note": "",
        "seconds": time.perf_counter() - started,
        "warnings": [],
        "error": None,
        "rows": [row for finding in found for row in _rows(finding)],
    }


def attack_failure(point: Point, fault: Exception) -> Record:
    """The record of an attack that could not be run; its reason stands in a gap for each finding."""
    assert point.attack is not None
    reason = in_a_sentence(fault)
    return {
        "protocol": "", "guarantee": None, "seconds": 0.0, "warnings": [], "error": reason,
        "rows": gaps(point.attack, reason),
    }  # fmt: skip


def _attack_rng(point: Point) -> np.random.Generator:
    assert point.attack is not None
    seeding = _seeding(point.scenario, _asks_model(point.scenario, point.attack))
    return seeding.rng(point.repeat, f"attack.{point.attack.method}")


def _lot(point: Point) -> int:
    """What a game's people are drawn by: all scenarios on the same split are attacked on the same people."""
    bare = dataclasses.replace(point.scenario.chain(), anonymize=())
    return int(bare.rng(point.repeat, "people of a game").integers(2**63))


def _subject(point: Point, prepared: Prepared, asks_model: bool, train: Trainer) -> Subject:
    model: Fitted = Withheld()
    if asks_model:
        learner = point.scenario.trainee()
        rng = point.scenario.rng(point.repeat, "learner")
        model = Recoded.of(type(learner).fit_many([learner], prepared.train, [rng])[0], prepared.recodings)
    return Subject(
        members=prepared.members,
        others=prepared.others,
        release=prepared.train,
        kept=prepared.kept,
        model=model,
        train=train,
        things=point.scenario.things,
        guarantee=prepared.promise(model),
        lot=_lot(point),
    )


def road(scenario: Scenario) -> ChainTrainer:
    """The whole road of a scenario, from raw people to a model of raw people, to be walked again on others."""
    return ChainTrainer(scenario.trainee(), tuple(step.make(Anonymizer) for step in scenario.anonymize))


class Withheld(Fitted):
    """A model that was not handed out: who asks it is told so."""

    def predict_proba(self, data: Dataset) -> Array:
        raise NotApplicable("the scenario does not hand out its model, so that nobody can ask it.")


def _asks_model(scenario: Scenario, step: Step) -> bool:
    return "model" in method(Attack, step.method).against and "model" in scenario.things


def _seeding(scenario: Scenario, asks_model: bool) -> Scenario:
    """What an attack's randomness and key grow from: learners share what is found in the table alone."""
    return scenario if asks_model else scenario.chain()


def _attack_point(scenario: Scenario, step: Step, repeat: int, fingerprint: str) -> Point:
    """The attack with the key under which its record is known; one for all repeats where they share the table."""
    asks_model = _asks_model(scenario, step)
    if not asks_model and not depends_on_repeat(scenario):
        repeat = 0
    used: list[type[Any]] = [method(Anonymizer, one.method) for one in scenario.anonymize]
    used += [method(Learner, scenario.learner.method)] if asks_model else []
    used += [method(Venue, scenario.venue.method)] if asks_model and scenario.venue else []
    used.append(method(Attack, step.method))
    deciding = [
        _seeding(scenario, asks_model).id, repeat, fingerprint, step.values(), sorted(scenario.things),
        [(cls.name(), cls.version) for cls in used],
    ]  # fmt: skip
    only = dataclasses.replace(scenario, attack=(step,))
    return Point(only, repeat, hashlib.sha256(json.dumps(deciding).encode()).hexdigest(), step)


def _rows(finding: Finding) -> list[Record]:
    rows = [_estimated(finding.measure, finding.estimate, finding.unit)]
    if finding.control is not None:
        rows.append(_estimated(f"control_{finding.measure}", finding.control, finding.unit))
    if finding.baseline is not None:
        rows.append(row_of(f"baseline_guessing_{finding.measure}", finding.baseline, 0.0, finding.unit))
    return rows


def _estimated(measure: str, estimate: Estimate, unit: str) -> Record:
    """A finding keeps its own interval, which need not lie evenly around the value."""
    row = row_of(measure, estimate.value, estimate.width / 2 / Z95, unit)
    return row | {"low": estimate.low, "high": estimate.high}


def not_handed_out(scenario: Scenario) -> Callable[[Record], Record]:
    """Makes gaps of figures about finding people in a table, where no table of real people is handed out."""
    if "table" in scenario.things:
        return lambda row: row
    reason = (
        "the people of a synthetic table are made up: nobody's record is in it"
        if "synthetic" in scenario.things
        else "the model is handed out and not the table, in which nobody can be looked up"
    )

    def withheld(row: Record) -> Record:
        about = row["measure"].partition("release_")[2].startswith(TABLE_RISKS)
        return gap(row["measure"], reason, row["unit"]) if about else row

    return withheld
