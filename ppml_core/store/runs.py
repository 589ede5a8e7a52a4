"""Runs: sweeps and searches that somebody started, with name, note and state, found again with all that was computed.

A run's id is made of what it asks for, so that the same sweep on the same table, started again, goes on in the same
run. Its results are points of the store; those of an imported file are kept with the run alone: no sweep reads them.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, get_args

import pandas as pd
import sqlalchemy as sa

from ppml_core.data.bundled import names
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput, PPMLError
from ppml_core.experiment.points import Point, Record
from ppml_core.experiment.results import tidy
from ppml_core.experiment.scenario import Scenario, scenario_from_toml
from ppml_core.experiment.sweep import points_asked, points_needed
from ppml_core.experiment.workers import Batch, lost
from ppml_core.store.points import Store
from ppml_core.store.schema import points, run_points, runs

State = Literal["running", "finished", "stopped", "interrupted"]
STATES: tuple[State, ...] = get_args(State)
SILENT_SECONDS = 120
LONGEST_NAME, LONGEST_NOTE = 200, 5_000
UNTOLD = "it was not computed; run it again on its table to see why"


@dataclass(frozen=True)
class Run:
    """What a list shows. `done` and `failed` of `total` points; `interrupted`: its process is gone before the end.

    `search` says what a solver was asked for; None where the run is a sweep.
    """

    id: str
    name: str
    note: str
    created: str
    dataset: str
    fingerprint: str
    swept: tuple[str, ...]
    scenarios: int
    state: State
    done: int
    failed: int
    total: int
    search: dict[str, Any] | None = None


def begin_run(
    store: Store,
    scenarios: Sequence[Scenario],
    data: Dataset,
    swept: Sequence[str] = (),
    name: str = "",
    note: str = "",
    usual: str = "",
) -> str:
    """The id of the run that asks for these scenarios on this table: a new one, or the same one going on."""
    keys = [point.key for point in points_needed(scenarios, data.fingerprint)]
    return write_run(store, Written(scenarios, data.fingerprint, swept, keys, name=name, note=note, usual=usual))


@dataclass(frozen=True)
class Written:
    """A run as it is written: what it asks for, what it is called, and what is known of its points already.

    `keys` are of its points, in order; `records` and `reasons` (why a point is a gap) go by key. `name` is given to it
    also where it is there already, `usual` only where it is new and nobody has named it. `id` is "" where it follows
    from what is asked.
    """

    scenarios: Sequence[Scenario]
    fingerprint: str
    swept: Sequence[str]
    keys: Sequence[str]
    state: State = "running"
    name: str = ""
    usual: str = ""
    note: str = ""
    created: str = ""
    id: str = ""
    records: Mapping[str, Record] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)


def write_run(store: Store, run: Written) -> str:
    """Writes a run and the keys of its points in one transaction, or revives the one that is there; gives its id."""
    if not run.scenarios:
        raise BadInput("a run needs at least one scenario.")
    texts = [scenario.to_toml() for scenario in run.scenarios]
    asked = json.dumps([texts, list(run.swept), list(run.keys)])
    run_id = run.id or hashlib.sha256(asked.encode()).hexdigest()[:12]
    alive: dict[str, Any] = {"state": run.state, "seen": time.time()}
    alive |= {"name": checked_name(run.name)} if run.name else {}
    alive |= {"note": _checked_note(run.note)} if run.note else {}
    row = {
        "id": run_id,
        "name": run.usual or _usual_name(run.scenarios, run.swept),
        "note": "",
        "created": run.created or f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "dataset": run.scenarios[0].dataset,
        "fingerprint": run.fingerprint,
        "scenarios": json.dumps(texts),
        "scenario_count": len(texts),
        "swept": json.dumps(list(run.swept)),
    }
    places = [{"run_id": run_id, "position": place, "key": key} for place, key in enumerate(run.keys)]
    with store.writing() as connection:
        _take_turns(connection)
        if not connection.execute(runs.update().where(runs.c.id == run_id).values(alive)).rowcount:
            connection.execute(runs.insert().values(row | alive))
            connection.execute(run_points.insert(), places)
        for key, record in run.records.items():
            told = {"record": json.dumps(record, allow_nan=False)}
            connection.execute(run_points.update().where(_at(run_id, key)).values(told))
        for key, reason in run.reasons.items():
            connection.execute(run_points.update().where(_at(run_id, key)).values(reason=reason))
    return run_id


def note_failure(store: Store, run_id: str, point: Point, reason: str) -> None:
    """Keeps why a point of the run is a gap; of a table that is not bundled no words, which might quote a cell."""
    told = reason if point.scenario.dataset in names() else UNTOLD
    with store.writing() as connection:
        connection.execute(run_points.update().where(_at(run_id, point.key)).values(reason=told))


def touch_run(store: Store, run_id: str, state: State = "running") -> None:
    """Says that somebody is at work on the run, or how it ended."""
    with store.writing() as connection:
        connection.execute(runs.update().where(runs.c.id == run_id).values(state=state, seen=time.time()))


def list_runs(store: Store) -> list[Run]:
    """All runs, the newest first."""
    there = sa.or_(points.c.key.is_not(None), run_points.c.record.is_not(None))
    failed = sa.and_(run_points.c.reason.is_not(None), sa.not_(there))
    counted = (
        sa.select(
            run_points.c.run_id,
            sa.func.count().label("total"),
            sa.func.sum(sa.case((there, 1), else_=0)).label("done"),
            sa.func.sum(sa.case((failed, 1), else_=0)).label("failed"),
        )
        .select_from(run_points.outerjoin(points, points.c.key == run_points.c.key))
        .group_by(run_points.c.run_id)
        .subquery()
    )
    shown = [column for column in runs.c if column.name != "scenarios"]
    asked = sa.select(*shown, counted.c.total, counted.c.done, counted.c.failed).join(
        counted, counted.c.run_id == runs.c.id
    )
    with store.reading() as connection:
        found = connection.execute(asked.order_by(runs.c.created.desc(), runs.c.id)).mappings().all()
    return [_run(dict(row)) for row in found]


def find_run(store: Store, named: str) -> Run:
    """The run with that id, the beginning of one, or that name. Raises BadInput where there is none, or are several."""
    everything = list_runs(store)
    found = [run for run in everything if run.id == named]
    found = found or [run for run in everything if run.name == named]
    found = found or [run for run in everything if len(named) >= 4 and run.id.startswith(named)]
    if len(found) != 1:
        several = f"{len(found)} runs are called" if found else "there is no run"
        raise BadInput(f"{several} {named!r}: take an id from ppml runs list.")
    return found[0]


def scenarios_of(store: Store, run: Run) -> list[Scenario]:
    """The run's scenarios, to look at or to run again. Raises BadInput where a method is not known any more."""
    with store.reading() as connection:
        text = connection.execute(sa.select(runs.c.scenarios).where(runs.c.id == run.id)).scalar_one()
    return [scenario_from_toml(toml) for toml in json.loads(text)]


def rows_of(store: Store, run: Run) -> pd.DataFrame:
    """Tidy rows of what the run has by now, as the sweep gave them; gaps carry their reason.

    Points are known by their place in the run: what an older version computed is shown as it was computed.
    Raises BadInput for a search.
    """
    check_is_sweep(run)
    scenarios = scenarios_of(store, run)
    needed = points_needed(scenarios, run.fingerprint)
    kept = stored_points(store, run)
    records: dict[str, Record] = {}
    if len(kept) == len(needed):
        for point, (_, record, reason) in zip(needed, kept, strict=True):
            if record is not None:
                records[point.key] = record
            elif reason is not None:
                records[point.key] = gap_of(point, reason)
    return tidy(points_asked(scenarios, run.fingerprint), records, run.fingerprint, run.swept)


def stored_points(store: Store, run: Run) -> list[tuple[str, Record | None, str | None]]:
    """Key, record and reason of a gap of each of the run's points, in order."""
    asked = (
        sa.select(run_points.c.key, sa.func.coalesce(run_points.c.record, points.c.record), run_points.c.reason)
        .select_from(run_points.outerjoin(points, points.c.key == run_points.c.key))
        .where(run_points.c.run_id == run.id)
        .order_by(run_points.c.position)
    )
    with store.reading() as connection:
        found = connection.execute(asked).all()
    return [(key, None if record is None else json.loads(record), reason) for key, record, reason in found]


def rename_run(store: Store, run: Run, name: str) -> None:
    """Gives the run another name."""
    with store.writing() as connection:
        connection.execute(runs.update().where(runs.c.id == run.id).values(name=checked_name(name)))


def note_run(store: Store, run: Run, note: str) -> None:
    """Gives the run another note."""
    with store.writing() as connection:
        connection.execute(runs.update().where(runs.c.id == run.id).values(note=_checked_note(note)))


def delete_run(store: Store, run: Run) -> None:
    """Removes the run, and its points where no other run has them. Raises BadInput while it is running."""
    if run.state == "running":
        raise BadInput(f"the run {run.name!r} is running: stop it first.")
    mine = sa.select(run_points.c.key).where(run_points.c.run_id == run.id)
    others = sa.select(run_points.c.key).where(run_points.c.run_id != run.id)
    with store.writing() as connection:
        _take_turns(connection)
        connection.execute(points.delete().where(points.c.key.in_(mine), points.c.key.not_in(others)))
        connection.execute(run_points.delete().where(run_points.c.run_id == run.id))
        connection.execute(runs.delete().where(runs.c.id == run.id))


def check_is_sweep(run: Run) -> None:
    """Raises BadInput for a search: its points lie on two sets of people, in the order in which they were tried."""
    if run.search is not None:
        raise BadInput(f"the run {run.name!r} is a search, not a sweep: ask ppml solve again, or see ppml runs show.")


def checked_name(name: str) -> str:
    """The name without space around it. Raises BadInput where nothing or too much is left."""
    short = " ".join(name.split())
    if not short or len(short) > LONGEST_NAME:
        raise BadInput(f"a name has 1 to {LONGEST_NAME} characters, not {len(short)}.")
    return short


def gap_of(point: Point, reason: str) -> Record:
    """The record of a point that was not computed, as the sweep would have told it."""
    return lost(Batch((point,)), PPMLError(reason))[0]


def _checked_note(note: str) -> str:
    if len(note) > LONGEST_NOTE:
        raise BadInput(f"a note has at most {LONGEST_NOTE} characters, not {len(note)}.")
    return note


def _at(run_id: str, key: str) -> sa.ColumnElement[bool]:
    return sa.and_(run_points.c.run_id == run_id, run_points.c.key == key)


def _usual_name(scenarios: Sequence[Scenario], swept: Sequence[str]) -> str:
    learners = list(dict.fromkeys(scenario.learner.method for scenario in scenarios))
    over = f" over {', '.join(swept)}" if swept else ""
    return f"{', '.join(learners)} on {scenarios[0].dataset}{over}"[:LONGEST_NAME]


def _run(row: Mapping[str, Any]) -> Run:
    state: State = row["state"]
    if state == "running" and time.time() - row["seen"] > SILENT_SECONDS:
        state = "interrupted"
    plain = {name: row[name] for name in ("id", "name", "note", "created", "dataset", "fingerprint")}
    search = None if row["search"] is None else json.loads(row["search"])
    return Run(
        **plain, swept=tuple(json.loads(row["swept"])), scenarios=row["scenario_count"], state=state,
        done=int(row["done"]), failed=int(row["failed"]), total=int(row["total"]), search=search,
    )  # fmt: skip


def _take_turns(connection: sa.Connection) -> None:
    """Two that begin or delete the same run do so one after the other; SQLite has one writer at a time anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext("ppml runs"))))
