"""The one place that writes results: finished points in a database, kept at once and never computed twice.

SQLite in the user's data folder by default, any database that SQLAlchemy reaches by URL (environment `PPML_STORE`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from platformdirs import user_data_path
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError, SQLAlchemyError

from ppml_core.errors import BadInput
from ppml_core.experiment.points import Record
from ppml_core.experiment.scenario import Scenario, scenario_from_toml

SCHEMA_VERSION = 1
MOST_KEYS_ASKED = 500

_metadata = sa.MetaData()
_about = sa.Table(
    "about", _metadata, sa.Column("name", sa.String(40), primary_key=True), sa.Column("value", sa.String(200))
)
_points = sa.Table(
    "points",
    _metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("scenario_id", sa.String(16), nullable=False, index=True),
    sa.Column("repeat", sa.Integer, nullable=False),
    sa.Column("scenario", sa.Text, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("created", sa.DateTime, server_default=sa.func.now()),
)


class Store:
    """Remembers points across processes and sessions; several may write at once.

    Raises BadInput where the database cannot be opened or was written by a newer version.
    """

    def __init__(self, url: str | None = None) -> None:
        self.url = url or os.environ.get("PPML_STORE") or default_url()
        try:
            sa.make_url(self.url)
        except SQLAlchemyError as fault:
            raise BadInput("PPML_STORE is no database URL such as sqlite:////folder/results.sqlite.") from fault
        try:
            self.engine = sa.create_engine(self.url)
            if self.engine.dialect.name == "sqlite":
                sa.event.listen(self.engine, "connect", _prepare_sqlite)
            self._make_tables()
            self._check_version()
        except ImportError as fault:
            raise BadInput(f"the results database needs the package {fault.name!r}, which is not installed.") from fault
        except SQLAlchemyError as fault:
            reason = str(getattr(fault, "orig", None) or fault).splitlines()[0]
            raise BadInput(f"the results database {sa.make_url(self.url)!r} cannot be opened: {reason}.") from fault

    def known(self, keys: Sequence[str]) -> dict[str, Record]:
        """The records of those keys that are there."""
        found: dict[str, Record] = {}
        with self.engine.connect() as connection:
            for start in range(0, len(keys), MOST_KEYS_ASKED):
                asked = _points.c.key.in_(keys[start : start + MOST_KEYS_ASKED])
                for key, record in connection.execute(sa.select(_points.c.key, _points.c.record).where(asked)):
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
        with self._unless_there() as connection:
            connection.execute(_points.insert().values(row))

    def scenarios(self) -> list[Scenario]:
        """Every scenario of which a point is known, newest first."""
        newest = sa.func.max(_points.c.created)
        asked = sa.select(sa.func.min(_points.c.scenario)).group_by(_points.c.scenario_id).order_by(newest.desc())
        with self.engine.connect() as connection:
            return [scenario_from_toml(text) for (text,) in connection.execute(asked)]

    def __len__(self) -> int:
        with self.engine.connect() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(_points)).scalar_one())

    def close(self) -> None:
        self.engine.dispose()

    def _make_tables(self) -> None:
        """Two processes may both find no tables; the one that loses the race looks again."""
        try:
            _metadata.create_all(self.engine)
        except (OperationalError, ProgrammingError):
            _metadata.create_all(self.engine)

    @contextmanager
    def _unless_there(self) -> Iterator[sa.Connection]:
        try:
            with self.engine.begin() as connection:
                yield connection
        except IntegrityError:
            return

    def _check_version(self) -> None:
        with self._unless_there() as connection:
            connection.execute(_about.insert().values(name="version", value=str(SCHEMA_VERSION)))
        with self.engine.connect() as connection:
            version = connection.execute(sa.select(_about.c.value).where(_about.c.name == "version")).scalar_one()
        if int(version) > SCHEMA_VERSION:
            raise BadInput(f"the results database was written by a newer version of this program (format {version}).")


def default_url() -> str:
    """A SQLite file in the user's data folder, which is made where it is absent."""
    try:
        folder: Path = user_data_path("ppml-explorer", appauthor=False, ensure_exists=True)
    except OSError as fault:
        raise BadInput(
            f"the folder for results cannot be made ({fault.strerror}): name a database with PPML_STORE."
        ) from fault
    return f"sqlite:///{folder / 'results.sqlite'}"


def _prepare_sqlite(connection: Any, _: Any) -> None:
    """Write-ahead log: readers do not wait for writers, and a killed writer leaves no half row."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 30000")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.close()
