"""Finished points: kept at once, never computed twice, known to every process that opens the same database."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from ppml_core.errors import BadInput
from ppml_core.experiment.points import Record
from ppml_core.experiment.scenario import Scenario, scenario_from_toml
from ppml_core.store.migrations import migrate
from ppml_core.store.opening import open_engine
from ppml_core.store.schema import points

MOST_KEYS_ASKED = 500


class Store:
    """Remembers points across processes and sessions; several may write at once.

    SQLite in the user's data folder by default, any database that SQLAlchemy reaches by URL (environment `PPML_STORE`).
    Raises BadInput where the database cannot be opened, read or written, or was written by a newer version.
    """

    def __init__(self, url: str | None = None) -> None:
        self.engine = open_engine(url)
        try:
            with self._told("opened"):
                migrate(self.engine)
        except BadInput:
            self.close()
            raise

    def known(self, keys: Sequence[str]) -> dict[str, Record]:
        """The records of those keys that are there."""
        found: dict[str, Record] = {}
        with self.reading() as connection:
            for start in range(0, len(keys), MOST_KEYS_ASKED):
                asked = points.c.key.in_(keys[start : start + MOST_KEYS_ASKED])
                for key, record in connection.execute(sa.select(points.c.key, points.c.record).where(asked)):
                    with suppress(json.JSONDecodeError):  # a damaged record is not known: its point is computed again
                        found[key] = json.loads(record)
        return found

    def keep(self, key: str, scenario: Scenario, repeat: int, record: Record) -> None:
        """Writes one finished point in a transaction of its own; who comes second changes nothing."""
        row = {
            "key": key,
            "scenario_id": scenario.id,
            "repeat": repeat,
            "scenario": scenario.to_toml(),
            "record": json.dumps(record, allow_nan=False),
        }
        with suppress(IntegrityError), self.writing() as connection:
            connection.execute(points.insert().values(row))

    def scenarios(self) -> list[Scenario]:
        """Every scenario of which a point is known, newest first."""
        newest = sa.func.max(points.c.created)
        asked = sa.select(sa.func.min(points.c.scenario)).group_by(points.c.scenario_id).order_by(newest.desc())
        with self.reading() as connection:
            return [scenario_from_toml(text) for (text,) in connection.execute(asked)]

    def __len__(self) -> int:
        with self.reading() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(points)).scalar_one())

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        with self._told("read"), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self, durable: bool = False) -> Iterator[sa.Connection]:
        """One transaction: all of it is there afterwards, or nothing. Raises IntegrityError where a row is there.

        A durable one waits for the disk when it ends, on SQLite as well.
        """
        options = {"writes": True, "durable": durable}
        with (
            self._told("written"),
            self.engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except IntegrityError:
            raise
        except SQLAlchemyError as fault:
            reason = str(getattr(fault, "orig", None) or fault).strip().splitlines()[0]
            raise BadInput(f"the results database {self.engine.url!r} cannot be {what}: {reason}.") from fault
