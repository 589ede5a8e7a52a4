"""A solver's search as a run: looking at many settings is spent like a sweep, so what it tried is kept and counted.

In: what was asked for, then each point as it is tried. Out: a run whose points come one by one, some on the people
that were searched on, the others, with fresh seeds, on the test people that checked what was found.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import pandas as pd
import sqlalchemy as sa

from ppml_core.data.dataset import Dataset
from ppml_core.experiment.designs import Family
from ppml_core.experiment.needs import Need
from ppml_core.experiment.points import Point, point_of
from ppml_core.experiment.results import tidy
from ppml_core.experiment.search import people_to_search_on
from ppml_core.store.points import Store
from ppml_core.store.recording import seen_alive
from ppml_core.store.runs import LONGEST_NAME, Run, note_failure, scenarios_of, touch_run
from ppml_core.store.schema import points, run_points, runs

PEOPLE = "people"
SEARCHED, CHECKED = "training people, split again", "test people, fresh seeds"


class SearchRecorder:
    """The run under way; `tried` is for the solver's `on_point`."""

    def __init__(self, store: Store, run_id: str) -> None:
        self.store, self.run_id = store, run_id
        with store.reading() as connection:
            keys = sa.select(run_points.c.key).where(run_points.c.run_id == run_id)
            self.keys = set(connection.execute(keys).scalars())
            known = connection.execute(sa.select(runs.c.scenarios).where(runs.c.id == run_id)).scalar_one()
        self.scenarios: list[str] = json.loads(known)

    def tried(self, point: Point, gap: str | None) -> None:
        """Counts a point once, with the reason where it is a gap."""
        if point.key not in self.keys:
            self._add(point)
        if gap is not None:
            note_failure(self.store, self.run_id, point, gap)

    def _add(self, point: Point) -> None:
        text = point.scenario.to_toml()
        row = {"run_id": self.run_id, "position": len(self.keys), "key": point.key}
        with self.store.writing() as connection:
            connection.execute(run_points.insert(), row)
            if text not in self.scenarios:
                self.scenarios.append(text)
                told = {"scenarios": json.dumps(self.scenarios), "scenario_count": len(self.scenarios)}
                connection.execute(runs.update().where(runs.c.id == self.run_id).values(told))
        self.keys.add(point.key)


@contextmanager
def recording_search(
    store: Store,
    families: Sequence[Family],
    needs: Sequence[Need],
    data: Dataset,
    budget: int,
    seed: int = 1,
    cancelled: Callable[[], bool] | None = None,
) -> Iterator[SearchRecorder]:
    """A run that lives as long as the block: finished where it ends by itself, else stopped; none if nothing was tried.

    The same question on the same table, asked again, goes on in the same run.
    """
    base = families[0].base
    wanted = [need.text for need in needs]
    asked = {
        "needs": wanted, "budget": budget, "seed": seed,
        "searched_on": people_to_search_on(data, base.seed).fingerprint,
    }  # fmt: skip
    deciding = [[family.base.to_toml(), [str(span) for span in family.spans]] for family in families]
    told = json.dumps(["search", deciding, asked, data.fingerprint])
    run_id = hashlib.sha256(told.encode()).hexdigest()[:12]
    row = {
        "id": run_id,
        "name": f"search: {base.learner.method} on {base.dataset}, {', '.join(wanted)}"[:LONGEST_NAME],
        "note": "",
        "created": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "dataset": base.dataset,
        "fingerprint": data.fingerprint,
        "scenarios": "[]",
        "scenario_count": 0,
        "swept": "[]",
        "search": json.dumps(asked),
    }
    alive = {"state": "running", "seen": time.time()}
    with store.writing() as connection:
        if not connection.execute(runs.update().where(runs.c.id == run_id).values(alive)).rowcount:
            connection.execute(runs.insert().values(row | alive))
    recorder, ended = SearchRecorder(store, run_id), False
    with seen_alive(store, run_id):
        try:
            yield recorder
            ended = not (cancelled and cancelled())
        finally:
            if recorder.keys:
                touch_run(store, run_id, "finished" if ended else "stopped")
            else:
                with store.writing() as connection:
                    connection.execute(runs.delete().where(runs.c.id == run_id))


def searched_rows(store: Store, run: Run) -> pd.DataFrame:
    """Tidy rows of what a search tried, by the present methods; the column `people` says on whom.

    What it measured on the people it searched on and what was checked on test people are never one number.
    """
    assert run.search is not None
    by_id = {scenario.id: scenario for scenario in scenarios_of(store, run)}
    asked = (
        sa.select(points.c.scenario_id, points.c.repeat)
        .join(run_points, run_points.c.key == points.c.key)
        .where(run_points.c.run_id == run.id)
        .group_by(points.c.scenario_id, points.c.repeat)
        .order_by(sa.func.min(run_points.c.position))
    )
    with store.reading() as connection:
        there = [(by_id[name], repeat) for name, repeat in connection.execute(asked).all() if name in by_id]
    frames = []
    for people, fingerprint in ((SEARCHED, str(run.search["searched_on"])), (CHECKED, run.fingerprint)):
        tried = [point_of(scenario, repeat, fingerprint) for scenario, repeat in there]
        rows = tidy(tried, store.known(_keys(store, run)), fingerprint)
        frames.append(rows.assign(**{PEOPLE: people}))
    whole = [frame for frame in frames if len(frame)]
    return pd.concat(whole, ignore_index=True) if whole else frames[0]


def _keys(store: Store, run: Run) -> list[str]:
    asked = sa.select(run_points.c.key).where(run_points.c.run_id == run.id)
    with store.reading() as connection:
        return list(connection.execute(asked).scalars())
