"""Sweeps: many scenarios and repeats at once, each point computed once, here or on a cluster, to tidy rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

import pandas as pd

from ppml_core.catalog import method
from ppml_core.data.dataset import Dataset
from ppml_core.experiment.attacked import attack_points, shares_shadows
from ppml_core.experiment.points import Point, Record, point_of
from ppml_core.experiment.results import tidy
from ppml_core.experiment.scenario import Scenario
from ppml_core.experiment.workers import Batch, Done, in_processes, in_turn, table_of
from ppml_core.learn.base import Learner

BATCH = 64


class Memory(Protocol):
    """What remembers finished points between runs."""

    def known(self, keys: Sequence[str]) -> dict[str, Record]: ...

    def keep(self, key: str, scenario: Scenario, repeat: int, record: Record) -> None: ...


class Forgetful:
    """A memory for one run: nothing outlives it."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}

    def known(self, keys: Sequence[str]) -> dict[str, Record]:
        return {key: self.records[key] for key in keys if key in self.records}

    def keep(self, key: str, scenario: Scenario, repeat: int, record: Record) -> None:
        self.records[key] = record


def sweep(
    scenarios: Sequence[Scenario],
    data: Dataset,
    memory: Memory | None = None,
    *,
    swept: Sequence[str] = (),
    processes: int = 1,
    cluster: str | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    on_rows: Callable[[pd.DataFrame], None] | None = None,
    on_failure: Callable[[Point, str], None] | None = None,
) -> pd.DataFrame:
    """Tidy rows, one per scenario × repeat × measure or finding, for all points that are known in the end.

    Points that `memory` knows are not computed again; each finished batch is kept at once. `progress(done, total)`
    counts points, `on_rows` gets all rows so far after each batch, `cancelled` is asked between batches. A point that
    fails stays as a gap with its reason, which `on_failure` is told. The rows are the same (but for seconds) whatever
    the number of processes, whatever else is swept beside them, and on the Dask cluster at the address `cluster`; the
    table goes to no cluster but the one that is named here.
    """
    memory = Forgetful() if memory is None else memory
    points = points_asked(scenarios, data.fingerprint)
    everything = points_needed(scenarios, data.fingerprint)
    records = dict(memory.known([point.key for point in everything]))
    missing = [point for point in everything if point.key not in records]
    report = progress or (lambda done, total: None)
    report(len(records), len(everything))
    done = _done(batches_of(missing, processes), data, processes, cluster, cancelled or (lambda: False))
    for point, record in _computed(done, memory):
        records[point.key] = record
        if record["error"] is not None and on_failure:
            on_failure(point, record["error"])
        report(len(records), len(everything))
        if on_rows and len(records) % 8 == 0:
            on_rows(tidy(points, records, data.fingerprint, swept))
    return tidy(points, records, data.fingerprint, swept)


def run(scenario: Scenario, data: Dataset, memory: Memory | None = None) -> pd.DataFrame:
    """The rows of one scenario's repeats."""
    return sweep([scenario], data, memory)


def points_asked(scenarios: Sequence[Scenario], fingerprint: str) -> list[Point]:
    """Every repeat of every scenario, in order."""
    return [point_of(scenario, repeat, fingerprint) for scenario in scenarios for repeat in range(scenario.repeats)]


def points_needed(scenarios: Sequence[Scenario], fingerprint: str) -> list[Point]:
    """What a sweep of these scenarios computes, each point once: their own, their baselines and their attacks."""
    points = points_asked(scenarios, fingerprint)
    others = (*_baselines(points, fingerprint), *_attacks(points, fingerprint))
    return list({point.key: point for point in (*points, *others)}.values())


def _baselines(points: Sequence[Point], fingerprint: str) -> Iterator[Point]:
    """The same learner on the raw training people, once for every protected point."""
    for point in points:
        if point.scenario.anonymize:
            yield point_of(point.scenario.unprotected(), point.repeat, fingerprint)


def _attacks(points: Sequence[Point], fingerprint: str) -> Iterator[Point]:
    """The attacks of every point, after the models that people wait for."""
    for point in points:
        yield from attack_points(point.scenario, point.repeat, fingerprint)


def batches_of(points: Iterable[Point], processes: int = 1) -> list[Batch]:
    """What is computed at a time: points that train together, at most 64, and each process its share of them."""
    groups: dict[Any, list[Point]] = {}
    attacks: dict[Any, list[Point]] = {}
    for point in points:
        if point.attack:
            together = (table_of(point), point.repeat, point.attack) if shares_shadows(point) else point.key
            attacks.setdefault(together, []).append(point)
    for point in sorted((point for point in points if not point.attack), key=lambda point: point.repeat):
        groups.setdefault(_kept_together(point), []).append(point)
    batches = []
    for (_, learner, venue), group in groups.items():
        trains_together = venue is None and method(Learner, learner).fit_many.__func__ is not Learner.fit_many.__func__  # type: ignore[attr-defined]
        width = min(BATCH, -(-len(group) // processes)) if trains_together else 1
        batches += [Batch(tuple(group[start : start + width])) for start in range(0, len(group), width)]
    attacked = [Batch(tuple(group)) for group in attacks.values()]
    return [*batches, *sorted(attacked, key=lambda batch: batch.points[0].repeat)]


def _kept_together(point: Point) -> tuple[Any, str, str | None]:
    """Points that train on one table, by one learner, in one place."""
    venue = point.scenario.venue
    return table_of(point), point.scenario.learner.method, venue.method if venue else None


def _done(
    batches: Sequence[Batch], data: Dataset, processes: int, cluster: str | None, cancelled: Callable[[], bool]
) -> Done:
    if cluster is not None:
        from ppml_core.experiment.cluster import on_cluster

        return on_cluster(batches, data, cluster, cancelled)
    return in_processes(batches, data, processes, cancelled) if processes > 1 else in_turn(batches, data, cancelled)


def _computed(done: Done, memory: Memory) -> Iterator[tuple[Point, Record]]:
    """Every point with its record as soon as it is there and kept; failures are not kept, so they are tried again."""
    for batch, records in done:
        for point, record in zip(batch.points, records, strict=True):
            if record["error"] is None:
                memory.keep(point.key, point.scenario, point.repeat, record)
            yield point, record
