"""Where batches are computed: here in turn, or in processes of this machine that may die and are replaced.

In: batches of points and the table. Out: each batch with its records as soon as they are there, in any order.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ppml_core.data.dataset import Dataset
from ppml_core.errors import PPMLError, Unreachable
from ppml_core.experiment.attacked import attack_all, attack_failure
from ppml_core.experiment.points import Point, Record, compute, failure
from ppml_core.experiment.prepare import Prepared, depends_on_repeat, hands_out_table, prepare
from ppml_core.learn.models import one_thread
from ppml_core.workers import FreshProcesses, leave_with

DEATHS_ALLOWED = 2


@dataclass(frozen=True)
class Batch:
    """Points that train together: same prepared table, same learner class; or one attack, on one point or several."""

    points: tuple[Point, ...]


Done = Iterator[tuple[Batch, list[Record]]]


def table_of(point: Point) -> tuple[Any, ...]:
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
        """The records of the batch's points; where their table cannot be prepared, its reason for each."""
        with one_thread():
            try:
                prepared = self._prepared(batch.points[0])
            except PPMLError as fault:
                return lost(batch, fault)
            if batch.points[0].attack:
                return attack_all(batch.points, prepared)
            return compute(batch.points, prepared)

    def _prepared(self, point: Point) -> Prepared:
        table = table_of(point)
        if table not in self.prepared:
            while len(self.prepared) >= self.kept:
                self.prepared.pop(next(iter(self.prepared)))
            self.prepared[table] = prepare(point.scenario, self.data, point.repeat)
        return self.prepared[table]


def lost(batch: Batch, fault: Exception) -> list[Record]:
    """A gap with the reason for each point of the batch."""
    return [attack_failure(point, fault) if point.attack else failure(point, fault) for point in batch.points]


def in_turn(batches: Sequence[Batch], data: Dataset, cancelled: Callable[[], bool]) -> Done:
    """One after another, in this process."""
    bench = Bench(data)
    for batch in batches:
        if cancelled():
            return
        yield batch, bench.compute(batch)


def in_processes(batches: Sequence[Batch], data: Dataset, processes: int, cancelled: Callable[[], bool]) -> Done:
    """In so many processes. When one dies, all are replaced, and what was under way is tried again one by one.

    A batch during which a process dies twice while nothing else runs is given up, with that as its reason.
    """
    waiting, suspects = list(reversed(batches)), list[Batch]()
    deaths: dict[Batch, int] = {}
    while (waiting or suspects) and not cancelled():
        under_way: list[Batch] = []
        with _pool(data, processes) as pool, suppress(BrokenProcessPool):
            yield from _until_one_dies(pool, processes, waiting, suspects, under_way, cancelled)
        if len(under_way) == 1:
            alone = under_way[0]
            deaths[alone] = deaths.get(alone, 0) + 1
            if deaths[alone] >= DEATHS_ALLOWED:
                yield under_way.pop(), lost(alone, _died())
        suspects += under_way


def _until_one_dies(
    pool: ProcessPoolExecutor,
    processes: int,
    waiting: list[Batch],
    suspects: list[Batch],
    under_way: list[Batch],
    cancelled: Callable[[], bool],
) -> Done:
    """What comes of the batches, suspects first and one at a time; `under_way` are those of which nothing came yet."""
    running: dict[Future[list[Record]], Batch] = {}
    while True:
        most = 1 if suspects else 2 * processes
        while (suspects or waiting) and len(running) < most and not cancelled():
            under_way.append((suspects or waiting).pop())
            running[pool.submit(_work, under_way[-1])] = under_way[-1]
        if not running:
            return
        finished, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in finished:
            records = future.result()
            under_way.remove(running[future])
            yield running.pop(future), records


def _died() -> Unreachable:
    return Unreachable(
        f"the process that computed this died {DEATHS_ALLOWED} times, perhaps for want of memory: "
        f"try fewer --processes, or a smaller setting."
    )


def _pool(data: Dataset, processes: int) -> ProcessPoolExecutor:
    context = FreshProcesses()
    return ProcessPoolExecutor(
        processes, mp_context=context, initializer=_start_worker, initargs=(data, os.getpid())
    )  # fmt: skip


_worker: Bench | None = None


def _start_worker(data: Dataset, parent: int) -> None:
    global _worker
    _worker = Bench(data)
    leave_with(parent)


def _work(batch: Batch) -> list[Record]:
    if _worker is None:
        raise RuntimeError("a worker was asked before it was given a table")
    return _worker.compute(batch)
