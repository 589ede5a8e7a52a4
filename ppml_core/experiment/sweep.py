"""Sweeps: many scenarios and repeats at once, each point computed once, in one process or several, to tidy rows."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd
from threadpoolctl import threadpool_limits

from ppml_core.catalog import method
from ppml_core.data.dataset import Dataset
from ppml_core.errors import PPMLError
from ppml_core.experiment.attacked import attack_failure, attack_points, attacked
from ppml_core.experiment.points import Point, Record, compute, failure, point_of
from ppml_core.experiment.prepare import Prepared, depends_on_repeat, hands_out_table, prepare
from ppml_core.experiment.results import tidy
from ppml_core.experiment.scenario import Scenario
from ppml_core.learn.base import Learner
from ppml_core.workers import leave_with

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


@dataclass(frozen=True)
class Batch:
    """Points that train together: same prepared table, same learner class; or one attack."""

    points: tuple[Point, ...]


def sweep(
    scenarios: Sequence[Scenario],
    data: Dataset,
    memory: Memory | None = None,
    *,
    swept: Sequence[str] = (),
    processes: int = 1,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    on_rows: Callable[[pd.DataFrame], None] | None = None,
) -> pd.DataFrame:
    """Tidy rows, one per scenario × repeat × measure or finding, for all points that are known in the end.

    Points that `memory` knows are not computed again; each finished batch is kept at once. `progress(done, total)`
    counts points, `on_rows` gets all rows so far after each batch, `cancelled` is asked between batches. A point that
    fails stays as a gap with its reason. The rows are the same (but for seconds) whatever the number of processes and
    whatever else is swept beside them.
    """
    memory = Forgetful() if memory is None else memory
    points = _points(scenarios, data.fingerprint)
    others = (*_baselines(points, data.fingerprint), *_attacks(points, data.fingerprint))
    everything = list({point.key: point for point in (*points, *others)}.values())
    records = dict(memory.known([point.key for point in everything]))
    missing = [point for point in everything if point.key not in records]
    report = progress or (lambda done, total: None)
    report(len(records), len(everything))
    for point, record in _computed(_batches(missing), data, processes, cancelled or (lambda: False), memory):
        records[point.key] = record
        report(len(records), len(everything))
        if on_rows and len(records) % 8 == 0:
            on_rows(tidy(points, records, data.fingerprint, swept))
    return tidy(points, records, data.fingerprint, swept)


def run(scenario: Scenario, data: Dataset, memory: Memory | None = None) -> pd.DataFrame:
    """The rows of one scenario's repeats."""
    return sweep([scenario], data, memory)


def _points(scenarios: Sequence[Scenario], fingerprint: str) -> list[Point]:
    return [point_of(scenario, repeat, fingerprint) for scenario in scenarios for repeat in range(scenario.repeats)]


def _baselines(points: Sequence[Point], fingerprint: str) -> Iterator[Point]:
    """The same learner on the raw training people, once for every protected point."""
    for point in points:
        if point.scenario.anonymize:
            yield point_of(point.scenario.unprotected(), point.repeat, fingerprint)


def _attacks(points: Sequence[Point], fingerprint: str) -> Iterator[Point]:
    """The attacks of every point, after the models that people wait for."""
    for point in points:
        yield from attack_points(point.scenario, point.repeat, fingerprint)


def _batches(points: Iterable[Point]) -> list[Batch]:
    groups: dict[Any, list[Point]] = {}
    alone = [Batch((point,)) for point in points if point.attack]
    for point in sorted((point for point in points if not point.attack), key=lambda point: point.repeat):
        groups.setdefault((_table_of(point), point.scenario.learner.method), []).append(point)
    batches = []
    for (_, learner), group in groups.items():
        trains_together = method(Learner, learner).fit_many.__func__ is not Learner.fit_many.__func__  # type: ignore[attr-defined]
        width = BATCH if trains_together else 1
        batches += [Batch(tuple(group[start : start + width])) for start in range(0, len(group), width)]
    return [*batches, *sorted(alone, key=lambda batch: batch.points[0].repeat)]


def _table_of(point: Point) -> tuple[Any, ...]:
    """What decides the prepared table of a point."""
    scenario = point.scenario
    repeat = point.repeat if depends_on_repeat(scenario) else 0
    return scenario.anonymize, scenario.seed, hands_out_table(scenario), repeat


class Bench:
    """Computes batches on one table, remembering the last few prepared tables."""

    kept = 3

    def __init__(self, data: Dataset) -> None:
        self.data = data
        self.prepared: dict[Any, Prepared] = {}

    def compute(self, batch: Batch) -> list[Record]:
        """One BLAS thread, so that a sum does not depend on how many cores there are."""
        with threadpool_limits(1):
            try:
                prepared = self._prepared(batch.points[0])
            except PPMLError as fault:
                return [
                    attack_failure(point, fault) if point.attack else failure(point, fault) for point in batch.points
                ]
            if batch.points[0].attack:
                return [attacked(point, prepared) for point in batch.points]
            return compute(batch.points, prepared)

    def _prepared(self, point: Point) -> Prepared:
        table = _table_of(point)
        if table not in self.prepared:
            while len(self.prepared) >= self.kept:
                self.prepared.pop(next(iter(self.prepared)))
            self.prepared[table] = prepare(point.scenario, self.data, point.repeat)
        return self.prepared[table]


def _computed(
    batches: Sequence[Batch], data: Dataset, processes: int, cancelled: Callable[[], bool], memory: Memory
) -> Iterator[tuple[Point, Record]]:
    """Every point with its record as soon as it is there and kept; failures are not kept, so they are tried again."""
    done = _in_processes(batches, data, processes, cancelled) if processes > 1 else _in_turn(batches, data, cancelled)
    for batch, records in done:
        for point, record in zip(batch.points, records, strict=True):
            if record["error"] is None:
                memory.keep(point.key, point.scenario, point.repeat, record)
            yield point, record


def _in_turn(
    batches: Sequence[Batch], data: Dataset, cancelled: Callable[[], bool]
) -> Iterator[tuple[Batch, list[Record]]]:
    bench = Bench(data)
    for batch in batches:
        if cancelled():
            return
        yield batch, bench.compute(batch)


_worker: Bench | None = None


def _start_worker(data: Dataset, parent: int) -> None:
    global _worker
    _worker = Bench(data)
    leave_with(parent)


def _work(batch: Batch) -> list[Record]:
    if _worker is None:
        raise RuntimeError("a worker was asked before it was given a table")
    return _worker.compute(batch)


def _in_processes(
    batches: Sequence[Batch], data: Dataset, processes: int, cancelled: Callable[[], bool]
) -> Iterator[tuple[Batch, list[Record]]]:
    context = multiprocessing.get_context("spawn")
    waiting = list(reversed(batches))
    running: dict[Future[list[Record]], Batch] = {}
    with ProcessPoolExecutor(
        processes, mp_context=context, initializer=_start_worker, initargs=(data, os.getpid())
    ) as pool:
        while running or waiting:
            while waiting and len(running) < 2 * processes and not cancelled():
                batch = waiting.pop()
                running[pool.submit(_work, batch)] = batch
            if not running:
                return
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                yield running.pop(future), future.result()
