"""Saved scenarios: settings under a name, with a note, found again from any session that opens the same store."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from ppml_core.errors import BadInput
from ppml_core.store.points import Store
from ppml_core.store.runs import LONGEST_NOTE, checked_name
from ppml_core.store.schema import saved_scenarios

LONGEST_CONTENT = 100_000


@dataclass(frozen=True)
class Saved:
    """A saved scenario. `content` is what brings it back: a scenario file, or a link's query."""

    id: str
    name: str
    note: str
    created: str
    dataset: str
    content: str


def save_scenario(store: Store, name: str, dataset: str, content: str, note: str = "") -> Saved:
    """Keeps the settings under the name. Raises BadInput where it is taken, or something is too long."""
    for what, text, most in (("a note", note, LONGEST_NOTE), ("a scenario", content, LONGEST_CONTENT)):
        if len(text) > most:
            raise BadInput(f"{what} has at most {most:,} characters, not {len(text):,}.")
    created = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    saved = Saved(uuid.uuid4().hex[:12], checked_name(name), note, created, dataset, content)
    try:
        with store.writing() as connection:
            connection.execute(saved_scenarios.insert().values(vars(saved)))
    except IntegrityError as fault:
        raise _taken(saved.name) from fault
    return saved


def list_scenarios(store: Store) -> list[Saved]:
    """All saved scenarios, the newest first."""
    asked = sa.select(saved_scenarios).order_by(saved_scenarios.c.created.desc(), saved_scenarios.c.name)
    with store.reading() as connection:
        return [Saved(**row) for row in connection.execute(asked).mappings()]


def rename_scenario(store: Store, saved_id: str, name: str) -> None:
    """Gives it another name. Raises BadInput where that is taken, or it is not there any more."""
    _change(store, saved_id, name=checked_name(name))


def note_scenario(store: Store, saved_id: str, note: str) -> None:
    """Gives it another note. Raises BadInput where it is too long, or the scenario is not there any more."""
    if len(note) > LONGEST_NOTE:
        raise BadInput(f"a note has at most {LONGEST_NOTE:,} characters, not {len(note):,}.")
    _change(store, saved_id, note=note)


def delete_scenario(store: Store, saved_id: str) -> None:
    """Removes it; what is not there any more is no fault."""
    with store.writing() as connection:
        connection.execute(saved_scenarios.delete().where(saved_scenarios.c.id == saved_id))


def _change(store: Store, saved_id: str, **values: str) -> None:
    change = saved_scenarios.update().where(saved_scenarios.c.id == saved_id).values(values)
    try:
        with store.writing() as connection:
            changed = connection.execute(change).rowcount
    except IntegrityError as fault:
        raise _taken(values["name"]) from fault
    if not changed:
        raise BadInput("this saved scenario is not there any more.")


def _taken(name: str) -> BadInput:
    return BadInput(f"a scenario called {name!r} is saved already: give another name.")
