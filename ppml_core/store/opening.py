"""Opening a results database by its URL: SQLite made ready for several writers, PostgreSQL through psycopg."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from platformdirs import user_data_path
from sqlalchemy.exc import SQLAlchemyError

from ppml_core.errors import BadInput

WAIT_MILLISECONDS = 60_000
POSTGRES = ("postgres", "postgresql")


def open_engine(url: str | None) -> sa.Engine:
    """The engine for the URL, `PPML_STORE`, or the file in the user's data folder; raises BadInput where it is none."""
    try:
        place = sa.make_url(url or os.environ.get("PPML_STORE") or default_url())
    except SQLAlchemyError as fault:
        raise BadInput("PPML_STORE is no database URL such as sqlite:////folder/results.sqlite.") from fault
    if place.drivername in POSTGRES:
        place = place.set(drivername="postgresql+psycopg")
    try:
        engine = sa.create_engine(place, pool_pre_ping=place.get_backend_name() != "sqlite")
    except ImportError as fault:
        if place.get_driver_name() == "psycopg":
            raise BadInput("a PostgreSQL store needs the extra: pip install ppml-explorer[postgres].") from fault
        raise BadInput(f"the results database needs the package {fault.name!r}, which is not installed.") from fault
    except SQLAlchemyError as fault:
        raise BadInput(f"PPML_STORE names no kind of database that is known here: {place.drivername!r}.") from fault
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


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
    """Write-ahead log: readers do not wait for writers, and a killed writer leaves no half row.

    What was committed is with the operating system, so that a process that is killed loses nothing of it. `NORMAL` does
    not wait for the disk: where the machine itself goes down, the last points may have to be computed again.
    """
    connection.isolation_level = None  # the driver's own transactions leave out changes to tables
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {WAIT_MILLISECONDS}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA synchronous = NORMAL")
    deadline = time.monotonic() + WAIT_MILLISECONDS / 1000
    while cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:  # several that open a new file at once: SQLite does not wait for this change
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    """A transaction that will write takes its turn at once: one that has read cannot become a writer by waiting."""
    options = connection.get_execution_options()
    writes, durable = options.get("writes", False), options.get("durable", False)
    connection.exec_driver_sql(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
