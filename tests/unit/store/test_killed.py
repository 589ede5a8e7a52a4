"""kill -9 while four processes write: nothing that was reported as finished is lost, doubled or damaged."""

from __future__ import annotations

import json
import multiprocessing
import random
import signal
import time
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
from patience import PATIENCE

from ppml_core.experiment.sweep import points_needed, sweep
from ppml_core.store import Store
from ppml_core.store.recording import recording
from ppml_core.store.runs import find_run, list_runs, rows_of

WRITERS = 4
MOST_POINTS = 16


@pytest.mark.slow
def test_no_finished_point_is_lost_doubled_or_damaged(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kill falls anywhere between two points: up to one point's time, as last measured, after a reported one."""
    import killed_writer
    from killed_writer import ROUNDS, write

    monkeypatch.setenv("PYTHONPATH", str(Path(killed_writer.__file__).parent))  # where the server of forks looks

    draw = random.Random(7)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["killed_writer"])
    reported: set[str] = set()
    seconds = 0.0
    for number in range(ROUNDS):
        files = [tmp_path / f"{number}_{me}" for me in range(WRITERS)]
        writers = [
            context.Process(target=write, args=(database, number, me, str(file))) for me, file in enumerate(files)
        ]
        for writer in writers:
            writer.start()
        waited_for(files, 1)
        first, began = len(told(files)), time.monotonic()
        waited_for(files, draw.randint(1, MOST_POINTS))
        more, passed = len(told(files)) - first, time.monotonic() - began
        seconds = WRITERS * passed / more if more else seconds
        time.sleep(draw.random() * seconds)
        for writer in draw.sample(writers, WRITERS):
            writer.kill()
        for writer in writers:
            writer.join()
        assert [writer.exitcode for writer in writers] == [-signal.SIGKILL] * WRITERS, "each was at work until then"
        for writer in writers:
            writer.close()
        now = set(told(files))
        assert now <= needed(number, len(now))
        reported |= now
        assert reported <= whole(database)
    resumed(database)


def told(files: list[Path]) -> list[str]:
    """The keys of the points that the writers have reported as finished."""
    return [line for file in files if file.exists() for line in file.read_text().splitlines()]


def waited_for(files: list[Path], points: int) -> None:
    """Returns as soon as so many points are reported."""
    deadline = time.monotonic() + PATIENCE
    while len(told(files)) < points:
        assert time.monotonic() < deadline, "the writers do not get on"
        time.sleep(0.005)


def needed(number: int, points: int) -> set[str]:
    """The keys of a round's plans, as far as writers can be who have reported so many points.

    Who begins a plan has seen every point of those before it kept, and each writer may die between keeping and telling.
    """
    from killed_writer import DATA, ROUNDS, plan

    keys: set[str] = set()
    seed = number
    while len(keys) <= points + WRITERS:
        keys |= {point.key for point in points_needed(plan(seed), DATA.fingerprint)}
        seed += ROUNDS
    return keys


def whole(url: str) -> set[str]:
    """The keys of all points, each there once and readable; every run has all of its places or is not there."""
    store = Store(url)
    with store.reading() as connection:
        if store.engine.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        found = connection.execute(sa.text("SELECT key, record FROM points")).all()
    keys = [key for key, _ in found]
    assert len(keys) == len(set(keys))
    for _, record in found:
        assert {"rows", "guarantee", "seconds", "error"} <= set(json.loads(record))
    for run in list_runs(store):
        assert run.total == 40
    store.close()
    return set(keys)


def resumed(url: str) -> None:
    """The last round goes on where it was killed, and ends with the rows that it would have had."""
    from killed_writer import DATA, ROUNDS, SWEPT, plan

    store = Store(url)
    scenarios = plan(ROUNDS - 1)
    with recording(store, scenarios, DATA, [SWEPT]) as again:
        rows = sweep(scenarios, DATA, store, swept=[SWEPT])
    run = find_run(store, again.run_id)
    assert (run.state, run.name, run.done) == ("finished", f"round {ROUNDS - 1}", run.total)
    pd.testing.assert_frame_equal(rows, rows_of(store, run), check_exact=True)
    alone = sweep(scenarios, DATA, swept=[SWEPT])
    pd.testing.assert_frame_equal(rows.drop(columns="seconds"), alone.drop(columns="seconds"), check_exact=True)
    store.close()
