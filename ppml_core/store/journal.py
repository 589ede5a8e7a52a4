"""The query desk's journal in the database: budgets that outlive the process, never overspent by several at once.

A charge is one transaction. The first statement adds the cost where it still fits, and so takes the lock: whoever comes
second waits and sees what is left. Then the answer is drawn, and written beside its cost; then comes the commit, on
SQLite through to the disk, so that not even a power failure forgets a charge whose answer was handed out.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from ppml_core.queries.ledger import Entry, Session
from ppml_core.store.points import Store
from ppml_core.store.schema import budgets, charges


class StoredJournal:
    """Implements `queries.ledger.Journal` in a store. Raises BadInput where the database cannot be read or written."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def open(self, session: Session) -> Session:
        row = {
            "key": session.key, "analyst": session.analyst, "dataset": session.table, "epsilon": session.epsilon,
            "delta": session.delta, "spent": 0, "charges": 0,
        }  # fmt: skip
        found = self._session(session.key)
        if found is not None:
            return found
        with suppress(IntegrityError), self._store.writing() as connection:
            connection.execute(budgets.insert().values(row))
        return self._session(session.key) or session

    def charge(self, session: Session, cost: int, text: str, draw: Callable[[], str]) -> Entry | None:
        there = self._session(session.key) or session
        fits = sa.and_(budgets.c.key == session.key, budgets.c.spent + cost <= there.budget)
        more = {"spent": budgets.c.spent + cost, "charges": budgets.c.charges + 1}
        with self._store.writing(durable=True) as connection:
            if connection.execute(budgets.update().where(fits).values(more)).rowcount != 1:
                return None
            asked = sa.select(budgets.c.charges).where(budgets.c.key == session.key)
            entry = Entry(int(connection.execute(asked).scalar_one()), text, cost, draw())
            row = {"budget": session.key, "number": entry.number, "query": text, "cost": cost, "answer": entry.answer}
            connection.execute(charges.insert().values(row))
        return entry

    def spent(self, session: Session) -> int:
        with self._store.reading() as connection:
            asked = sa.select(budgets.c.spent).where(budgets.c.key == session.key)
            return int(connection.execute(asked).scalar() or 0)

    def entries(self, session: Session) -> list[Entry]:
        shown = charges.c.number, charges.c.query, charges.c.cost, charges.c.answer
        asked = sa.select(*shown).where(charges.c.budget == session.key).order_by(charges.c.number)
        with self._store.reading() as connection:
            return [Entry(*row) for row in connection.execute(asked)]

    def sessions(self, table: str) -> list[Session]:
        return self._sessions(budgets.c.dataset == table)

    def _session(self, key: str) -> Session | None:
        return next(iter(self._sessions(budgets.c.key == key)), None)

    def _sessions(self, which: sa.ColumnElement[bool]) -> list[Session]:
        asked = sa.select(budgets.c.analyst, budgets.c.dataset, budgets.c.epsilon, budgets.c.delta).where(which)
        with self._store.reading() as connection:
            return [Session(*row) for row in connection.execute(asked.order_by(budgets.c.analyst))]
