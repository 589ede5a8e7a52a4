"""Workers die and are replaced: the same rows from one process, from two, and from a cluster, whoever is killed."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from clusters import clustered
from patience import PATIENCE

from ppml_core.cli import main
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput
from ppml_core.experiment import cluster, workers
from ppml_core.experiment.scenario import Scenario, expand
from ppml_core.experiment.sweep import Forgetful, sweep
from ppml_core.learn.models import one_thread


@pytest.fixture(scope="module")
def credit() -> Dataset:
    return load("german_credit")


def scenarios() -> list[Scenario]:
    """A learner that trains many at once, one that trains one by one, behind an anonymizer and not."""
    forest = Scenario.of("german_credit", "random_forest", {"n_estimators": 20}, repeats=8)
    protected = Scenario.of("german_credit", "logistic_regression", anonymize=[("full_domain", {})], repeats=1)
    private = expand(Scenario.of("german_credit", "dp_gd", repeats=2), {"learner.epsilon": [0.3, 1, 3]})
    return [forest, *expand(protected, {"anonymize.k": [2, 5, 10]}), *private]


def same(left: pd.DataFrame, right: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(left.drop(columns="seconds"), right.drop(columns="seconds"), check_exact=True)


def children() -> list[int]:
    """Processes that this one has spawned to work for it."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            mine = f"\nPPid:\t{os.getpid()}\n" in status.read_text()
            if mine and b"spawn_main" in (status.parent / "cmdline").read_bytes():
                found.append(int(status.parent.name))
        except OSError:
            continue
    return found


def killing(kill: Callable[[], None], at: int) -> Callable[[int, int], None]:
    """A progress report that kills somebody once, when so many points are there."""
    over = threading.Event()

    def report(done: int, total: int) -> None:
        if done >= at and not over.is_set():
            over.set()
            kill()

    return report


@pytest.mark.slow
def test_the_same_rows_from_one_process_two_and_a_cluster_where_workers_are_killed(
    credit: Dataset, tmp_path: Path
) -> None:
    alone = sweep(scenarios(), credit)
    assert alone["error"].isna().all()
    killed: list[int] = []

    def kill_one() -> None:
        killed.append(children()[0])
        os.kill(killed[0], signal.SIGKILL)

    same(alone, sweep(scenarios(), credit, processes=2, progress=killing(kill_one, 4)))
    assert killed
    with clustered(tmp_path) as running:
        same(
            alone,
            sweep(
                scenarios(), credit, cluster=running.address,
                progress=killing(running.workers[0].kill, 4),
            ),
        )  # fmt: skip
        assert running.workers[0].wait(PATIENCE) == -signal.SIGKILL
        assert running.workers[1].poll() is None


def test_what_kills_its_process_each_time_is_a_gap_and_the_others_are_computed(
    credit: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pool is a stand-in that dies with the batch of that seed, so that no real process has to."""
    from concurrent.futures import Future
    from concurrent.futures.process import BrokenProcessPool

    class Pool:
        broken = False

        def __enter__(self) -> Pool:
            return self

        def __exit__(self, *_: object) -> None: ...

        def submit(self, _: object, batch: workers.Batch) -> Future[list[workers.Record]]:
            future: Future[list[workers.Record]] = Future()
            self.broken |= batch.points[0].scenario.seed == 13
            if self.broken:
                future.set_exception(BrokenProcessPool("killed"))
            else:
                future.set_result(workers.Bench(credit).compute(batch))
            return future

    monkeypatch.setattr(workers, "_pool", lambda data, processes: Pool())
    plans = [Scenario.of("german_credit", "logistic_regression", seed=seed, repeats=1) for seed in (12, 13, 14, 15)]
    told: list[tuple[int, str]] = []
    rows = sweep(
        plans, credit, processes=2, on_failure=lambda point, reason: told.append((point.scenario.seed, reason))
    )
    gaps = rows[rows["value"].isna()]
    assert set(gaps["scenario_id"]) == {plans[1].id}
    assert gaps["error"].str.contains("died 2 times").all()
    assert [seed for seed, _ in told] == [13]
    assert len(rows[rows["value"].notna()]) == len(sweep([plans[0], *plans[2:]], credit))


def test_the_thread_limit_lasts_until_the_last_one_leaves() -> None:
    from threadpoolctl import threadpool_info, threadpool_limits

    def threads() -> set[int]:
        return {entry["num_threads"] for entry in threadpool_info()}

    with threadpool_limits(2):
        before = threads()
        first, second = one_thread(), one_thread()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert threads() == {1}
        second.__exit__(None, None, None)
        assert threads() == before


def test_a_cluster_that_is_not_there_is_told(
    credit: Dataset, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.3)
    with pytest.raises(BadInput, match="no Dask scheduler answers"):
        sweep(scenarios(), credit, Forgetful(), cluster="tcp://127.0.0.1:9")
    arguments = ["sweep", "--dataset", "german_credit", "--learner", "dp_gd", "--out", str(tmp_path / "x.parquet")]
    assert main([*arguments, "--cluster", "tcp://127.0.0.1:9"]) == 2
    assert "no Dask scheduler answers at 'tcp://127.0.0.1:9'" in capsys.readouterr().err
    assert main([*arguments, "--cluster", "tcp://127.0.0.1:9", "--processes", "2"]) == 2
    assert "not both" in capsys.readouterr().err
